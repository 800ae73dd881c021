// The host's keys in use: who issues tokens here, who verifies them, and the token operators use.
#pragma once
#include "host/config/settings.hpp"
#include "host/io/clock.hpp"
#include "host/io/tokens.hpp"
#include "host/security/key_ring.hpp"
#include "host/security/mac_token.hpp"
#include "host/security/token_issuer.hpp"

#include <memory>
#include <string>

namespace evhost::app {

// Opens security.keys_directory, making it and the keys at the first start. Throws failure. Only serving hosts rotate.
security::key_ring open_keys(const config::settings& settings);
std::unique_ptr<security::token_issuer> open_issuer(const config::settings& settings, const io::clock& clock, bool rotate);
security::mac_token open_mac(const config::settings& settings);

// A short-lived token with the role admin, for this process to talk to the host that serves the same data.
std::string admin_token(const config::settings& settings);

std::string issuer_name(const config::settings& settings);
std::string audience_name(const config::settings& settings);

// evh.secret/1 seal and open over the host's MAC key; the plugin's id is part of the purpose.
class plugin_sealer final : public io::token_sealer {
 public:
  explicit plugin_sealer(const security::mac_token& mac) : mac_(&mac) {}
  core::result<std::string> seal(std::string_view plugin, std::string_view purpose, std::string_view bytes) override;
  core::result<std::string> open(std::string_view plugin, std::string_view purpose, std::string_view token) override;

 private:
  const security::mac_token* mac_;
};

}  // namespace evhost::app
