// Settings of security, secrets, logs and metrics, and of the page's addresses.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/config/value.hpp"

namespace evhost::config {

struct security_settings {
  std::string issuer;    // empty: "evhost"
  std::string audience;  // empty: the issuer
  std::chrono::milliseconds token_lifetime{15 * 60'000};
  std::filesystem::path keys_directory;  // empty: <host.data_dir>/keys
  std::chrono::milliseconds key_rotation{std::chrono::hours(24 * 90)};  // 0: never
  std::chrono::milliseconds key_grace{std::chrono::hours(24 * 30)};
  std::chrono::milliseconds clock_skew{60'000};
  std::uint32_t cache_tokens = 4'096;
  std::chrono::milliseconds cache_time{60'000};
  std::uint32_t user_requests_per_minute = 60'000;  // 0: no limit
  std::uint32_t user_burst = 2'000;
  std::uint32_t address_requests_per_minute = 120'000;  // 0: no limit
  std::uint32_t address_burst = 4'000;
  std::uint32_t rate_keys_max = 65'536;
};

struct secrets_settings {
  std::filesystem::path directory;  // empty: <host.data_dir>/secrets
};

struct dapr_settings {
  std::string secret_store;  // empty: Dapr is not asked
  std::string address = "127.0.0.1";
  std::uint32_t http_port = 3500;
  secret_text api_token;
  std::chrono::milliseconds start_timeout{60'000};
};

struct observe_settings {
  std::string log_format = "text";
  std::string log_level = "info";
  std::uint32_t log_repeat_max = 20;
  std::chrono::milliseconds log_repeat_window{10'000};
};

struct web_settings {
  std::string api_url;   // empty: the page's own origin
  std::string ws_url;    // empty: derived from api_url
  std::string base_url;  // empty: the host's own address
};

}  // namespace evhost::config
