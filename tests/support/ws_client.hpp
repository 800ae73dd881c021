// A WebSocket client for tests with its own framing (RFC 6455), so that it can also send what a correct client never would.
//
// Threading: one thread at a time. Errors: a refused upgrade throws ws_refused with the HTTP answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/http_client.hpp"

namespace evhost::test {

struct ws_refused : std::runtime_error {
    explicit ws_refused(http_answer a) : std::runtime_error("upgrade refused with " + std::to_string(a.status)), answer(std::move(a)) {}
    http_answer answer;
};

struct ws_options {
    std::vector<std::string> subprotocols = {};
    std::string origin = {};
    field_list fields = {};
    int receive_buffer = 0;              // bytes, 0 = the system's
};

class ws_client {
public:
    using milliseconds = std::chrono::milliseconds;
    enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };
    struct message {
        opcode kind = opcode::text;
        std::string payload;
    };

    ws_client(std::uint16_t port, const std::string& path, const ws_options& options = {});

    const http_answer& upgrade() const { return upgrade_; }
    bool send(std::string_view text) { return send_frame(opcode::text, text); }
    // first_byte_bits: ORed into the first byte (RSV bits).
    bool send_frame(opcode op, std::string_view payload, bool fin = true, bool masked = true, std::uint8_t first_byte_bits = 0);
    bool send_close(std::uint16_t code, std::string_view reason = {});

    // The next text or binary message; pings are answered on the way. nullopt: closed (see close_code) or nothing in time.
    std::optional<message> receive(milliseconds wait = milliseconds(5000));
    // Reads on until the connection has ended; true when it has.
    bool wait_closed(milliseconds wait = milliseconds(5000));
    // The code of the server's close frame; 0 while none has come, 1006 when the connection ended without one.
    std::uint16_t close_code() const { return close_code_; }
    const std::string& close_reason() const { return close_reason_; }
    std::size_t pings_seen() const { return pings_; }
    bool answer_pings = true;
    raw_client& raw() { return raw_; }

private:
    std::optional<message> next_frame(milliseconds wait);

    raw_client raw_;
    http_answer upgrade_;
    std::uint16_t close_code_ = 0;
    std::string close_reason_;
    std::size_t pings_ = 0;
    bool ended_ = false;
};

}  // namespace evhost::test
