// The HTTP port: what a route handler sees of a request, how it answers, and the hooks a front is given.
//
// Threading: handlers, authenticators and rate gates are called on an io thread and must not block (post long work to a
//   pool). respond(), refuse() and on_cancel() may be called from any thread.
// Ownership: every view of an exchange lives as long as an http_exchange_ptr to it is held, answered or not.
// Errors: an exchange is answered exactly once; a second answer, or one after the deadline or the client's disconnect,
//   returns false and is counted. An exchange that is dropped unanswered is answered 500 by the front.
// Bounds: head 16 KiB and 64 fields, target 8 KiB, 64 query pairs, body http_route_options::body_bytes_max; all checked
//   before a handler runs.
#pragma once

#include <atomic>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/smart_ptr/intrusive_ptr.hpp>

namespace evhost::io {

enum class http_method : std::uint8_t { get, head, post, put, patch, del, options };
inline constexpr std::size_t http_method_count = 7;

constexpr std::string_view to_string(http_method m) noexcept {
    constexpr std::array<std::string_view, http_method_count> names{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    return names[static_cast<std::size_t>(m)];
}

// A header field, a path parameter or a query pair. Request header names are lower case.
struct http_field {
    std::string_view name;
    std::string_view value;
};

// RFC 9457 problem document. code: stable, lower-case-with-dashes; the type becomes "/problems/<code>".
// extra_json: further members, already JSON without the braces, e.g. R"("errors":[...])".
struct http_problem {
    unsigned status = 500;
    std::string_view code = "internal";
    std::string_view detail = {};
    std::string_view extra_json = {};
};

// W3C Trace Context of the request. present is false when traceparent is missing or malformed.
struct trace_context {
    bool present = false;
    std::array<std::uint8_t, 16> trace_id{};
    std::array<std::uint8_t, 8> span_id{};
    std::uint8_t flags = 0;
};

// Who a verified token speaks for. Immutable and shared: an authenticator may cache it.
struct principal {
    std::string subject;
    std::vector<std::string> roles;
    std::string token_id;     // jti, empty when the issuer sends none
    std::string session_id;   // sid, empty when the issuer sends none
    std::string issuer;
    std::chrono::system_clock::time_point expires{};

    bool has_role(std::string_view role) const noexcept {
        for (const auto& r : roles) if (r == role) return true;
        return false;
    }
};

// The parsed request. path is decoded exactly once and validated UTF-8 without dot segments; target is as sent.
struct http_request {
    http_method method = http_method::get;
    std::string_view target, path, query, body;
    std::string_view route;                    // the matched pattern, "" when none; bounded, fit for a metric label
    std::span<const http_field> fields;
    std::span<const http_field> params;        // names without the colon
    std::string_view client_address;           // the peer, or what trusted proxies say about it
    std::string_view request_id;
    std::chrono::steady_clock::time_point received{}, deadline{};
    trace_context trace;
    std::shared_ptr<const principal> who;      // null: no or optional authentication
    bool tls = false;

    // First field of that lower-case name, or nullopt.
    std::optional<std::string_view> field(std::string_view name) const noexcept { return find(fields, name); }
    std::optional<std::string_view> param(std::string_view name) const noexcept { return find(params, name); }

    static std::optional<std::string_view> find(std::span<const http_field> in, std::string_view name) noexcept {
        for (const auto& f : in) if (f.name == name) return f.value;
        return std::nullopt;
    }
};

class http_exchange;
using http_exchange_ptr = boost::intrusive_ptr<http_exchange>;

// One request and its single answer.
class http_exchange {
public:
    http_exchange(const http_exchange&) = delete;
    http_exchange& operator=(const http_exchange&) = delete;

    const http_request& request() const noexcept { return request_; }

    // Query pairs, percent- and plus-decoded once, in order; parsed at the first call (one thread at a time).
    virtual std::span<const http_field> query_pairs() = 0;
    std::optional<std::string_view> query_value(std::string_view name) { return http_request::find(query_pairs(), name); }

    // Answers. Fields are copied in the call; the front adds Date, Server, Content-Length, X-Request-Id, Cache-Control
    // (no-store unless given), nosniff and rate limit fields. A field with a control character, or one that frames the
    // message (Content-Length, Transfer-Encoding, Connection, ...), turns the answer into 500. HEAD, 204 and 304 send no body.
    virtual bool respond(unsigned status, std::span<const http_field> fields, std::string body) = 0;
    bool respond(unsigned status, std::initializer_list<http_field> fields, std::string body) {
        return respond(status, std::span<const http_field>(fields.begin(), fields.size()), std::move(body));
    }
    // Answers with problem+json that carries the request id. fields: e.g. Retry-After, WWW-Authenticate.
    virtual bool refuse(const http_problem& problem, std::span<const http_field> fields = {}) = 0;

    virtual bool answered() const noexcept = 0;

    // Calls fn once, on the io thread, when the client is gone or the deadline has passed before an answer; at once when
    // that has happened already. At most one callback per exchange: a second call replaces the first.
    virtual void on_cancel(std::function<void()> fn) = 0;

protected:
    http_exchange() = default;
    virtual ~http_exchange() = default;
    virtual void last_release() noexcept = 0;     // the final reference is gone
    std::uint32_t references() const noexcept { return references_.load(std::memory_order_acquire); }

    http_request request_;

private:
    friend void intrusive_ptr_add_ref(http_exchange* x) noexcept { x->references_.fetch_add(1, std::memory_order_relaxed); }
    friend void intrusive_ptr_release(http_exchange* x) noexcept {
        if (x->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) x->last_release();
    }
    std::atomic<std::uint32_t> references_{0};
};

using http_handler = std::function<void(http_exchange_ptr)>;

enum class auth_mode : std::uint8_t { none, optional, required };

struct http_route_options {
    std::size_t body_bytes_max = 1 << 20;
    auth_mode auth = auth_mode::required;
    unsigned cost = 1;                          // units taken from the rate gate; 0 = not limited
    std::chrono::milliseconds deadline{0};      // 0 = the front's default; then 504 handler-timeout
};

// Where routes are registered, before the front starts. HEAD is served by the GET route unless registered itself.
class http_routes {
public:
    virtual ~http_routes() = default;
    // pattern: "/api/v1/tasks/:id" or ending in "/*" (rest of the path as param "*"). Returns an empty string, or the
    // sentence that says why the route is refused (twice the same, bad pattern, already serving). [control]
    virtual std::string route(http_method method, std::string_view pattern, http_route_options options, http_handler handler) = 0;
};

// ---- hooks a front is given; each optional ----

// Verifies an Authorization header. Called on io threads, concurrently.
struct auth_verdict {
    std::shared_ptr<const principal> who;       // null: refused
    std::string_view code = "invalid-token";    // static text: invalid-token, token-expired, jwks-unavailable (-> 503)
    std::string_view detail = {};               // static text, safe to show
};
class authenticator {
public:
    virtual ~authenticator() = default;
    virtual auth_verdict verify(std::string_view authorization) noexcept = 0;
};

// Learns of every answer that denies: 401, 403 and 429, whoever gave it. Called on io threads, concurrently; must not
// block. code: of the problem when the host made it, else empty.
class denial_observer {
public:
    virtual ~denial_observer() = default;
    virtual void denied(const http_request& request, unsigned status, std::string_view code) noexcept = 0;
};

// Decides whether a request of `cost` units may pass. Called on io threads, concurrently: first with the client's address
// before authentication, then with the subject. key: an IPv4 address, an IPv6 /64 prefix, or a subject.
enum class rate_scope : std::uint8_t { address, user };
struct rate_verdict {
    bool allowed = true;
    std::string_view policy = {};               // static name for RateLimit-Policy; empty: no such limit
    std::uint32_t limit = 0, window_s = 0, remaining = 0, reset_s = 0;   // reset_s doubles as Retry-After
};
class rate_gate {
public:
    virtual ~rate_gate() = default;
    virtual rate_verdict take(rate_scope scope, std::string_view key, unsigned cost) noexcept = 0;
};

}  // namespace evhost::io
