// evh.issuer/1
#include "host/runtime/tables/guard.hpp"
#include "host/runtime/tables/tables.hpp"

#include <cstring>

namespace evhost::runtime {
namespace {

evh_status hand_over(std::string_view made, char* out, std::uint64_t capacity, std::uint64_t* needed) {
  *needed = made.size();
  if (capacity < made.size() || out == nullptr) return EVH_INVALID;
  std::memcpy(out, made.data(), made.size());
  return EVH_OK;
}

io::token_request request_of(const evh_token_request& wanted, std::chrono::seconds default_lifetime) {
  io::token_request request;
  request.subject = core::text(wanted.subject);
  request.name = core::text(wanted.name);
  request.session_id = core::text(wanted.session);
  request.claims = core::text(wanted.claims);
  request.issued_from = wanted.issued_from_s;
  request.lifetime = wanted.lifetime_s > 0 ? std::chrono::seconds(wanted.lifetime_s) : default_lifetime;
  std::string_view rest = core::text(wanted.roles);
  while (!rest.empty()) {
    const auto space = rest.find(' ');
    request.roles.emplace_back(rest.substr(0, space));
    rest = space == rest.npos ? std::string_view{} : rest.substr(space + 1);
  }
  return request;
}

evh_status issue(const evh_host* host, const evh_token_request* wanted, char* out, std::uint64_t capacity,
                 std::uint64_t* needed, evh_error* error) {
  return host_call(host, {.function = "evh_issuer.issue"}, [&](plugin_instance& plugin) -> evh_status {
    if (needed == nullptr) return EVH_INVALID;
    *needed = 0;
    if (!reaches(wanted, &evh_token_request::issued_from_s))
      return say(error, EVH_INVALID, "token_request.struct_size is too small");
    const auto& issuer = *plugin.shared().ports.issuer;
    const auto token = issuer.issue(request_of(*wanted, issuer.default_lifetime()));
    if (!token) return say(error, token.error());
    return hand_over(token.value(), out, capacity, needed);
  });
}

evh_status jwks(const evh_host* host, char* out, std::uint64_t capacity, std::uint64_t* needed) {
  return host_call(host, {.function = "evh_issuer.jwks"}, [&](plugin_instance& plugin) -> evh_status {
    if (needed == nullptr) return EVH_INVALID;
    return hand_over(plugin.shared().ports.issuer->jwks(), out, capacity, needed);
  });
}

evh_sv name(const evh_host* host) {
  evh_sv out = core::absent;
  host_call(host, {.function = "evh_issuer.name"}, [&](plugin_instance& plugin) {
    out = core::view(plugin.shared().ports.issuer->issuer());
    return EVH_OK;
  });
  return out;
}

}  // namespace

const evh_issuer issuer_table{sizeof(evh_issuer), 0, &issue, &jwks, &name};

}  // namespace evhost::runtime
