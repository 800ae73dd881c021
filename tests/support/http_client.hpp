// A keep-alive HTTP/1.1 client for tests. With EVH_RECORD_EXCHANGES=<file> every exchange is appended to that file as one
// JSON line {method, path, request_headers, request_body, status, headers, body}: the OpenAPI check reads it.
//
// Threading: one client per thread. Errors: a refused connection, a broken answer or a timeout throws std::runtime_error.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/raw_client.hpp"

namespace evhost::test {

using field_list = std::vector<std::pair<std::string, std::string>>;

struct http_answer {
    unsigned status = 0;
    field_list fields;
    std::string body;

    // First field of that name, case-insensitive; "" when absent.
    std::string field(std::string_view name) const;
    bool has(std::string_view name) const;
};

struct http_ask {
    std::string method = "GET";
    std::string target = "/";
    field_list fields = {};
    std::string body = {};
};

// Parses one answer from the connection, reading as needed; bytes of the next one stay in raw.buffer().
// expects_body is false for HEAD. Interim 1xx answers are returned like any other.
http_answer read_answer(raw_client& raw, bool expects_body = true, std::chrono::milliseconds wait = std::chrono::seconds(10));

class http_client {
public:
    explicit http_client(std::uint16_t port, std::chrono::milliseconds wait = std::chrono::seconds(10));

    // Sent with every request unless the request names the field itself.
    void always(std::string name, std::string value);
    void bearer(const std::string& token) { always("Authorization", "Bearer " + token); }

    // Sends and waits. Connects again when the server has closed an idle connection.
    http_answer send(const http_ask& ask);
    http_answer get(std::string target, field_list fields = {});
    http_answer del(std::string target, field_list fields = {});
    http_answer post(std::string target, std::string json, field_list fields = {});
    http_answer put(std::string target, std::string json, field_list fields = {});
    http_answer patch(std::string target, std::string json, field_list fields = {});
    void disconnect() { raw_.reset(); }

private:
    http_answer with_json(std::string method, std::string target, std::string json, field_list fields);
    std::string serialize(const http_ask& ask) const;

    std::uint16_t port_;
    std::chrono::milliseconds wait_;
    field_list always_;
    std::unique_ptr<raw_client> raw_;
};

// Appends one exchange to the recording, if one is asked for.
void record_exchange(const http_ask& ask, const http_answer& answer);

}  // namespace evhost::test
