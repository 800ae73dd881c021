// Keys from security.keys_directory, wrapped for the parts of the host that need them.
#include "host/app/keys.hpp"

#include "host/app/engine.hpp"
#include "host/app/failure.hpp"
#include "host/security/key_store.hpp"

namespace evhost::app {
namespace {

security::key_store keys_of(const config::settings& settings) {
  make_data_directory(std::filesystem::absolute(settings.host.data_dir));
  const auto& chosen = settings.security.keys_directory;
  return security::key_store(std::filesystem::absolute(chosen.empty() ? settings.host.data_dir / "keys" : chosen));
}

std::string scope(std::string_view plugin, std::string_view purpose) {
  return std::string(plugin) + "/" + std::string(purpose);  // a plugin id has no slash
}

}  // namespace

std::string issuer_name(const config::settings& s) {
  if (!s.security.issuer.empty()) return s.security.issuer;
  return "http://" + s.http.address + ":" + std::to_string(s.http.port);
}
std::string audience_name(const config::settings& s) { return s.security.audience.empty() ? issuer_name(s) : s.security.audience; }

security::key_ring open_keys(const config::settings& s) {
  const auto seconds = [](std::chrono::milliseconds time) { return std::chrono::duration_cast<std::chrono::seconds>(time); };
  return {keys_of(s), {seconds(s.security.key_rotation), seconds(s.security.key_grace)}};
}

std::unique_ptr<security::token_issuer> open_issuer(const config::settings& s, const io::clock& clock, bool rotate) {
  return std::make_unique<security::token_issuer>(take(open_keys(s).refresh(clock.wall(), rotate)), issuer_name(s), audience_name(s), clock,
                                                  std::chrono::duration_cast<std::chrono::seconds>(s.security.token_lifetime));
}

security::mac_token open_mac(const config::settings& settings) { return security::mac_token(take(keys_of(settings).load_mac_key())); }

std::string admin_token(const config::settings& settings) {
  const io::system_clock clock;
  security::token_request request;
  request.subject = "evhost-cli";
  request.name = "evhost command line";
  request.roles = {"admin"};
  request.lifetime = std::chrono::hours(1);
  return take(open_issuer(settings, clock, false)->issue(request));
}

core::result<std::string> plugin_sealer::seal(std::string_view plugin, std::string_view purpose, std::string_view bytes) {
  auto token = mac_->seal(scope(plugin, purpose), bytes);
  if (token.empty()) return core::fail(core::errc::invalid, "a sealed token holds at most 8192 bytes and needs a purpose of 1 to 100 characters");
  return token;
}

core::result<std::string> plugin_sealer::open(std::string_view plugin, std::string_view purpose, std::string_view token) {
  auto bytes = mac_->open(scope(plugin, purpose), token);
  if (!bytes) return core::fail(core::errc::denied, "the token was not made here for this purpose, or was altered");
  return *std::move(bytes);
}

}  // namespace evhost::app
