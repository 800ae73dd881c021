// REST in C++: a request to read, an answer to give, and apply() to change something durably before answering.
#pragma once
#include <evh/unit.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evh {
inline namespace v1 {

struct response {
  int status = 200;
  std::string body = {};
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// Escapes for a JSON string literal, quotes included.
inline std::string json_quote(std::string_view s) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : s) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') { out += '\\'; out += c; }
    else if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else if (u < 0x20 || u == 0x7f) { out += "\\u00"; out += hex[u >> 4]; out += hex[u & 15]; }
    else out += c;
  }
  return out += '"';
}

// RFC 9457 problem document. code is stable and becomes type "/problems/<code>"; extra: further members as JSON text
// with a leading comma, or empty.
inline response problem(int status, std::string_view code, std::string_view title, std::string_view detail, std::string_view extra = {}) {
  response r;
  r.status = status;
  r.content_type = "application/problem+json";
  r.body = R"({"type":"/problems/)" + std::string(code) + R"(","title":)" + json_quote(title) + R"(,"status":)" +
           std::to_string(status) + R"(,"detail":)" + json_quote(detail) + R"(,"code":")" + std::string(code) + '"' +
           std::string(extra) + '}';
  return r;
}

// One request. Movable; answer it exactly once with respond or apply. Keeping it and answering later is allowed.
class request {
 public:
  request(const services& with, evh_request* raw, const evh_request_view& seen) noexcept : services_(&with), raw_(raw), view_(&seen) {}

  [[nodiscard]] std::string_view method() const noexcept { return text(view_->method); }
  [[nodiscard]] std::string_view path() const noexcept { return text(view_->path); }
  [[nodiscard]] std::string_view body() const noexcept { return text(view_->body); }
  [[nodiscard]] std::string_view id() const noexcept { return text(view_->request_id); }
  [[nodiscard]] std::string_view subject() const noexcept { return view_->principal ? text(view_->principal->subject) : std::string_view(); }
  [[nodiscard]] std::string_view roles() const noexcept { return view_->principal ? text(view_->principal->roles) : std::string_view(); }
  [[nodiscard]] const evh_request_view& raw() const noexcept { return *view_; }

  // A path parameter by name, without the colon; empty when the pattern has none of that name.
  [[nodiscard]] std::string_view param(std::string_view name) const noexcept {
    for (std::uint32_t i = 0; i < view_->params_count; ++i)
      if (text(view_->params[i].name) == name) return text(view_->params[i].value);
    return {};
  }
  [[nodiscard]] std::optional<std::string_view> query(std::string_view name) const { return optional(services_->http_api().query(raw_, view(name))); }
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const { return optional(services_->http_api().header(raw_, view(name))); }

  // Leaves the handler with the request kept: a copy of this object answers it later, from any thread (apply: from a
  // pool thread).
  [[noreturn]] static void keep() { throw failure(EVH_AGAIN, "the request is kept"); }

  void respond(const response& answer) {
    with_raw(answer, [&](const evh_response& r) { services_->http_api().respond(raw_, &r); });
  }

  // fn(unit&) -> response, re-runnable. Status below 400 commits, otherwise the unit is rolled back; either way the
  // answer goes out after that. The request's views stay valid until fn ran for the last time.
  template <class Fn>
  void apply(Fn fn) {
    struct call {
      Fn fn;
      const services* with;
      evh_request* raw;
    };
    auto* owned = new call{std::move(fn), services_, raw_};
    services_->http_api().apply(
        raw_,
        [](void* user, evh_uow* uow, evh_error* error) -> evh_status {
          auto& c = *static_cast<call*>(user);
          return guarded(error, [&]() -> evh_status {
            unit u(*c.with, uow);
            const response answer = c.fn(u);
            with_raw(answer, [&](const evh_response& r) { c.with->http_api().stage(c.raw, &r); });
            return answer.status < 400 ? EVH_OK : EVH_CANCELLED;
          });
        },
        [](void* user) { delete static_cast<call*>(user); }, owned);
  }

 private:
  static std::optional<std::string_view> optional(evh_sv v) noexcept {
    if (!v.ptr) return std::nullopt;
    return text(v);
  }
  template <class Use>
  static void with_raw(const response& answer, Use&& use) {
    std::vector<evh_pair> pairs;
    pairs.reserve(answer.headers.size());
    for (const auto& [name, content] : answer.headers) pairs.push_back({view(name), view(content)});
    evh_response raw{};
    raw.struct_size = sizeof raw;
    raw.status = answer.status;
    raw.content_type = view(answer.content_type);
    raw.body = view(answer.body);
    raw.headers = pairs.data();
    raw.headers_count = static_cast<std::uint32_t>(pairs.size());
    use(raw);
  }

  const services* services_;
  evh_request* raw_;
  const evh_request_view* view_;
};

}  // namespace v1
}  // namespace evh
