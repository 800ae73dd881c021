// The stages. Each returns true when the request may go on.
#include "host/http/admission.hpp"

#include <algorithm>
#include <array>

#include "host/http/chars.hpp"
#include "host/http/exchange.hpp"
#include "host/http/serving.hpp"
#include "host/http/target.hpp"

namespace evhost::http {
namespace {

struct stage_context {
  serving& shared;
  exchange& x;
  const peer_identity& peer;
  admission_result& result;

  bool refuse(const io::http_problem& problem, std::span<const io::http_field> fields = {}, bool close = false) {
    result.refused = true;
    result.code = problem.code;
    result.close = close;
    x.set_problem(problem, fields);
    return false;
  }
};

bool known_host(stage_context& c) {
  const auto& hosts = c.shared.options.hosts;
  if (hosts.empty() || c.x.in.host.empty()) return true;
  const auto name = host_name(c.x.in.host);
  if (std::ranges::any_of(hosts, [&](const auto& h) { return same_text(h, name); })) return true;
  return c.refuse({421, "misdirected-request", "this server does not answer for that host", {}}, {}, true);
}

// The client's address and limit key; X-Forwarded-For, -Proto and X-Request-Id count only from trusted proxies.
std::string client_key(stage_context& c) {
  auto& request = c.x.editable_request();
  request.client_address = c.peer.text;
  if (!c.peer.trusted_proxy) return c.peer.limit_key;
  const auto id = c.x.in.request_id;
  if (!id.empty() && id.size() <= 64 && std::ranges::all_of(id, is_tchar)) request.request_id = id;
  if (const auto scheme = request.field("x-forwarded-proto")) request.tls = same_text(*scheme, "https");
  const auto client = c.shared.proxies.client(c.peer.address, c.x.in.forwarded_for);
  c.x.client_text() = client.to_string();
  request.client_address = c.x.client_text();
  return limit_key(client);
}

void know_origin(stage_context& c) {
  if (!c.shared.cors.any()) return;
  if (const auto origin = c.x.request().field("origin")) c.x.cors_fields = c.shared.cors.answer_fields(*origin);
}

void find_route(stage_context& c) {
  auto& request = c.x.editable_request();
  if (c.x.in.asterisk) return;
  if (c.shared.hooks.upgrades != nullptr) c.result.upgrade = c.shared.hooks.upgrades->find(request.path);
  if (c.result.upgrade != nullptr) {
    request.route = c.result.upgrade->path;
    return;
  }
  c.result.route = c.shared.routes.find(request.method, request.path);
  if (c.result.route == nullptr) return;
  request.route = c.result.route->pattern;
  route_table::bind_params(*c.result.route, request.path, c.x.params());
  request.params = c.x.params();
}

bool within_rate(stage_context& c, io::rate_scope scope, std::string_view key, unsigned cost) {
  if (c.shared.hooks.rates == nullptr || cost == 0) return true;
  const auto v = c.shared.hooks.rates->take(scope, key, cost);
  if (v.policy.empty()) return true;
  const auto text = [](std::uint64_t n) { return std::to_string(n); };
  const std::string name = "\"" + std::string(v.policy) + "\"";
  c.x.rate_fields += "RateLimit-Policy: " + name + ";q=" + text(v.limit) + ";w=" + text(v.window_s) + "\r\nRateLimit: " +
                     name + ";r=" + text(v.remaining) + ";t=" + text(v.reset_s) + "\r\n";
  if (v.allowed) return true;
  // Never earlier than the reset, and not all clients in the same second.
  const auto wait = std::max<std::uint64_t>(v.reset_s, 1);
  const auto jitter = static_cast<unsigned char>(c.x.request().request_id.back()) % (wait / 10 + 1);
  const auto retry = text(wait + jitter);
  const auto extra = "\"violated-policies\":[" + name + "]";
  const io::http_field field{"Retry-After", retry};
  return c.refuse({429, "quota-exceeded", "too many requests; wait as long as Retry-After says", extra}, {&field, 1});
}

bool route_found(stage_context& c) {
  if (c.result.route != nullptr) return true;
  const bool options = c.x.in.method == io::http_method::options;
  if (c.result.upgrade != nullptr) {
    const io::http_field get_only{"Allow", "GET"};
    if (c.x.in.method != io::http_method::get)
      return c.refuse({405, "method-not-allowed", "this path speaks WebSocket: GET with Upgrade", {}}, {&get_only, 1}, true);
    if (!c.x.in.upgrades_to_websocket) {
      c.refuse({426, "upgrade-required", "this path speaks WebSocket", {}}, {}, true);
      c.x.out.fields += "Upgrade: websocket\r\n";
      return false;
    }
    if (c.x.in.has_body()) return c.refuse({400, "malformed-request", "an upgrade has no body", {}}, {}, true);
    return true;
  }
  const auto allow = c.x.in.asterisk ? "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" : c.shared.routes.allow(c.x.in.path);
  if (allow.empty()) return c.refuse({404, "not-found", "nothing is here", {}});
  const io::http_field field{"Allow", allow};
  if (!options) return c.refuse({405, "method-not-allowed", "see Allow for what this resource takes", {}}, {&field, 1});
  c.result.refused = true;
  c.x.out.status = 204;
  append_fields(c.x.out, {&field, 1});
  if (!c.x.cors_fields.empty() && c.x.request().field("access-control-request-method")) c.x.out.fields += cors_policy::preflight_fields(allow);
  return false;
}

bool authenticated(stage_context& c, io::auth_mode mode) {
  const auto credentials = c.x.in.authorization;
  if (mode == io::auth_mode::none || (mode == io::auth_mode::optional && credentials.empty())) return true;
  static constexpr std::array<io::http_field, 1> bare{{{"WWW-Authenticate", "Bearer"}}};
  static constexpr std::array<io::http_field, 1> bad{{{"WWW-Authenticate", "Bearer error=\"invalid_token\""}}};
  static constexpr std::array<io::http_field, 1> later{{{"Retry-After", "1"}}};
  if (c.shared.hooks.authenticator == nullptr)
    return c.refuse({503, "authentication-unavailable", "no token issuer is configured", {}}, later);
  if (credentials.empty()) return c.refuse({401, "authentication-required", "send Authorization: Bearer <token>", {}}, bare);
  auto verdict = c.shared.hooks.authenticator->verify(credentials);
  if (verdict.who) {
    c.x.editable_request().who = std::move(verdict.who);
    return true;
  }
  if (verdict.code == "jwks-unavailable") return c.refuse({503, verdict.code, verdict.detail, {}}, later);
  return c.refuse({401, verdict.code, verdict.detail, {}}, verdict.code == "authentication-required" ? bare : bad);
}

bool run_stages(stage_context& c) {
  if (!known_host(c)) return false;
  const auto key = client_key(c);
  know_origin(c);
  find_route(c);
  const bool upgrade = c.result.upgrade != nullptr;
  const auto cost = c.result.route != nullptr ? c.result.route->options.cost : 1;
  if (!within_rate(c, io::rate_scope::address, key, cost) || !route_found(c)) return false;
  if (!authenticated(c, upgrade ? c.result.upgrade->options.auth : c.result.route->options.auth)) return false;
  const auto& who = c.x.request().who;
  return !who || within_rate(c, io::rate_scope::user, who->subject, cost);
}

}  // namespace

peer_identity identify(const serving& shared, const ip_address& peer) {
  const auto address = canonical(peer);
  return {address, address.to_string(), limit_key(address), shared.proxies.contains(address)};
}

admission_result admit(serving& shared, exchange& x, const peer_identity& peer) {
  admission_result result;
  stage_context context{shared, x, peer, result};
  run_stages(context);
  return result;
}

}  // namespace evhost::http
