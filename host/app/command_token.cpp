// token: one access token on stdout, signed by the same key as the host's issuer.
#include "host/app/commands.hpp"
#include "host/app/failure.hpp"
#include "host/app/keys.hpp"
#include "host/security/subject.hpp"

#include <algorithm>
#include <cstdio>

namespace evhost::app {

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
  std::puts(take(open_issuer(settings, clock).issue(request)).c_str());
  return exit_ok;
}

}  // namespace evhost::app
