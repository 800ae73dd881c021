// token: one access token on stdout, signed by the same key as the host's issuer; and the wish that its account exists.
#include "host/app/commands.hpp"
#include "host/app/failure.hpp"
#include "host/app/keys.hpp"
#include "host/app/operation.hpp"
#include "host/core/ids.hpp"
#include "host/security/subject.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdio>

namespace evhost::app {
namespace {

namespace json = boost::json;

// Whoever keeps the accounts makes the one of this name when it reads the record; see plugins/identity/README.md.
void request_account(const config::settings& settings, const security::token_request& token) {
  const auto now = core::to_string(core::new_uuid_v7());
  json::array roles(token.roles.begin(), token.roles.end());
  const json::object wish{{"user_id", token.subject},
                          {"name", token.name},
                          {"roles", std::move(roles)},
                          {"reason", "evhost token"},
                          {"actor", json::object{{"id", "evhost-cli"}, {"kind", "system"}}},
                          {"correlation_id", now}};
  operation on(settings);
  on.ensure_topic("user-events");
  (void)take(on->put({"user-events", "todo.user.requested.v1", now, json::serialize(wish), token.subject}));
}

}  // namespace

int print_token(const command_line& line) {
  const auto settings = load_config(line).values;
  const auto subject = security::subject_of_name(line.name);
  if (!subject) throw failure(exit_usage, "--user: a name of 1 to 200 bytes without control characters");
  const io::system_clock clock;
  security::token_request request;
  request.subject = *subject;
  request.name = line.name;
  request.roles = line.roles;
  if (std::ranges::find(request.roles, "user") == request.roles.end()) request.roles.insert(request.roles.begin(), "user");
  request.lifetime = line.lifetime.count() > 0 ? line.lifetime : std::chrono::duration_cast<std::chrono::seconds>(settings.security.token_lifetime);
  const auto token = take(open_issuer(settings, clock, false)->issue(request));
  try {
    request_account(settings, request);
  } catch (const failure& why) {
    std::fprintf(stderr, "evhost token: the token is good, but no account was asked for: %s\n", why.what());
  }
  std::puts(token.c_str());
  return exit_ok;
}

}  // namespace evhost::app
