// URLs are taken apart with Boost.URL; only scheme, host and port reach the policy, so nothing can be smuggled into it.
#include "addresses.hpp"

#include <evh/failure.hpp>

#include <boost/json.hpp>
#include <boost/url.hpp>

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace web {
namespace {

namespace json = boost::json;

[[noreturn]] void refuse(std::string_view key, std::string_view value, std::string_view remedy) {
  throw evh::failure(EVH_INVALID, "plugins.web." + std::string(key) + ": \"" + std::string(value) + "\" " + std::string(remedy));
}

// "https://host:port", or empty for an empty text.
std::string origin_of(std::string_view key, std::string_view text, std::initializer_list<std::string_view> schemes) {
  if (text.empty()) return {};
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed || parsed->host().empty() || std::ranges::find(schemes, std::string_view(parsed->scheme())) == schemes.end()) {
    std::string allowed;
    for (const auto scheme : schemes) allowed += (allowed.empty() ? "" : " or ") + std::string(scheme) + "://";
    refuse(key, text, "is no URL that begins with " + allowed + "; leave it empty for the page's own origin");
  }
  if (parsed->has_userinfo()) refuse(key, text, "carries a user name; leave it out");
  return std::string(parsed->scheme()) + "://" + std::string(parsed->encoded_host_and_port());
}

std::string api_origin(const addresses& a) { return origin_of("api_url", a.api_url, {"http", "https"}); }
std::string ws_origin(const addresses& a) { return origin_of("ws_url", a.ws_url, {"ws", "wss"}); }
std::string issuer_origin(const addresses& a) { return origin_of("issuer", a.issuer, {"http", "https"}); }

}  // namespace

addresses read_addresses(std::string_view config) {
  const auto parsed = json::parse(config);
  const auto text = [&](std::string_view key) {
    const auto* value = parsed.as_object().if_contains(key);
    return value ? std::string(value->as_string()) : std::string();
  };
  addresses out{text("api_url"), text("ws_url"), text("issuer")};
  (void)api_origin(out), (void)ws_origin(out), (void)issuer_origin(out);
  return out;
}

std::string config_json(const addresses& from) {
  const auto value = [](const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); };
  return json::serialize(json::object{{"api_url", value(from.api_url)}, {"ws_url", value(from.ws_url)}, {"issuer", value(from.issuer)}});
}

std::string content_security_policy(const addresses& from) {
  std::vector<std::string> elsewhere;
  for (auto origin : {api_origin(from), ws_origin(from), issuer_origin(from)})
    if (!origin.empty() && std::ranges::find(elsewhere, origin) == elsewhere.end()) elsewhere.push_back(std::move(origin));
  // A page whose REST is elsewhere derives its WebSocket from it.
  if (from.ws_url.empty() && !from.api_url.empty()) elsewhere.push_back("ws" + api_origin(from).substr(4));
  std::string connect = "connect-src 'self'";
  for (const auto& origin : elsewhere) connect += ' ' + origin;
  return "default-src 'self'; " + connect +
         "; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
         "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
}

}  // namespace web
