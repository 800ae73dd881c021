// The lines are made once per origin: an answer only copies them.
#include "host/http/cors.hpp"

namespace evhost::http {

cors_policy::cors_policy(const std::vector<std::string>& origins) {
  for (const auto& origin : origins) {
    allowed_.push_back({origin, "Access-Control-Allow-Origin: " + origin +
                                    "\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: ETag, Location, Retry-After, "
                                    "RateLimit, RateLimit-Policy, X-Request-Id, set-auth-token, set-auth-jwt\r\nVary: Origin\r\n"});
  }
}

std::string_view cors_policy::answer_fields(std::string_view origin) const noexcept {
  for (const auto& one : allowed_)
    if (one.origin == origin) return one.fields;
  return {};
}

std::string cors_policy::preflight_fields(std::string_view allow) {
  return "Access-Control-Allow-Methods: " + std::string(allow) +
         "\r\nAccess-Control-Allow-Headers: Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Request-Id, traceparent\r\n"
         "Access-Control-Max-Age: 600\r\n";
}

}  // namespace evhost::http
