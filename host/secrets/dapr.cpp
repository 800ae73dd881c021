// What Dapr answers, in our words. Source: Dapr's secrets API reference (statuses 200, 204, 400, 403, 500).
#include "host/secrets/dapr.hpp"

#include <boost/json.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "host/core/net/ask.hpp"
#include "host/secrets/providers.hpp"

namespace evhost::secrets {
namespace {

namespace json = boost::json;
using core::errc;
using core::fail;

core::net::question to_sidecar(const dapr_options& o, std::string target) {
  core::net::question q;
  q.address = o.address;
  q.port = o.http_port;
  q.target = std::move(target);
  q.deadline = o.deadline;
  q.answer_bytes_max = 2 * io::secret_bytes_max;
  if (!o.api_token.empty()) q.headers.emplace_back("dapr-api-token", o.api_token);
  return q;
}

// "errorCode: message" of Dapr's error object, or the status alone.
std::string words_of(const core::net::answer& a) {
  boost::system::error_code ec;
  const auto parsed = json::parse(a.body, ec);
  std::string out = "status " + std::to_string(a.status);
  if (ec || !parsed.is_object()) return out;
  for (const auto* key : {"errorCode", "message"})
    if (const auto* part = parsed.get_object().if_contains(key); part && part->is_string()) out += ", " + std::string(part->get_string());
  return out;
}

core::error wrong_token() {
  return fail(errc::denied, "Dapr refuses our token; set dapr.api_token (DAPR_API_TOKEN) to the sidecar's");
}

// A store may keep several keys under one name (Kubernetes does): the one called like the secret counts, or the only one.
core::result<io::secret> value_in(std::string_view name, const std::string& body, const std::string& where) {
  boost::system::error_code ec;
  const auto parsed = json::parse(body, ec);
  if (ec || !parsed.is_object()) return fail(errc::io, where + " did not answer with a JSON object for the secret " + std::string(name));
  const auto& keys = parsed.get_object();
  const auto* value = keys.if_contains(name);
  if (!value && keys.size() == 1) value = &keys.begin()->value();
  if (!value) {
    return fail(errc::invalid, "the secret " + std::string(name) + " in " + where + " has " + std::to_string(keys.size()) +
                                   " keys and none of that name; name one of them " + std::string(name));
  }
  if (!value->is_string()) return fail(errc::invalid, "the secret " + std::string(name) + " in " + where + " is no text");
  if (value->get_string().size() > io::secret_bytes_max)
    return fail(errc::invalid, "the secret " + std::string(name) + " in " + where + " has more than 64 KiB; a secret is a key or a password");
  return checked(name, io::secret(std::string_view(value->get_string())), where);
}

}  // namespace

core::result<io::secret> dapr_provider::get(std::string_view name) {
  if (!name_valid(name)) return bad_name(name);
  const auto where = "Dapr's store " + options_.store;
  EVH_TRY(const auto a, core::net::ask(to_sidecar(options_, "/v1.0/secrets/" + boost::urls::encode(options_.store, boost::urls::unreserved_chars) + "/" +
                                                                std::string(name))));
  switch (a.status) {
    case 200: return value_in(name, a.body, where);
    case 204:
    case 404: return fail(errc::not_found, "there is no secret " + std::string(name) + " in " + where);
    case 401: return wrong_token();
    case 403: return fail(errc::denied, "Dapr forbids the secret " + std::string(name) + "; add it to allowedSecrets of the store " + options_.store);
    default:
      return fail(errc::io, where + " cannot give the secret " + std::string(name) + ": " + words_of(a) +
                                "; is there a component of that name (dapr.secret_store)?");
  }
}

core::result<> dapr_provider::look_at_sidecar() const {
  EVH_TRY(const auto a, core::net::ask(to_sidecar(options_, "/v1.0/healthz/outbound")));
  if (a.status < 300) return core::success();
  if (a.status == 401) return wrong_token();
  return fail(errc::again, options_.address + " port " + std::to_string(options_.http_port) + " answers " + words_of(a));
}

}  // namespace evhost::secrets
