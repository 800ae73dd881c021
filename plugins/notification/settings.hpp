// plugins.notification of the configuration: the keys, and what they become.
#pragma once

#include <evh/plugin.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/notification/jobs.hpp"

namespace notification {

struct settings {
  std::int64_t grace_ms = 86'400'000;
  std::int64_t keep_days = 90;
  std::string default_tz = "UTC";
  std::string smtp_url, smtp_from, smtp_user, smtp_password, smtp_ca_file, mail_host;   // smtp_password: name of the secret
  bool smtp_starttls = true;
  std::vector<std::string> webhook_allow;
  retry_schedule schedule = standard_schedule;
  std::int64_t send_timeout_ms = 15'000;
  std::int64_t webhook_slots = 64, mail_slots = 4;
};

std::span<const evh::config_key> setting_keys();
// Throws evh::failure naming the key and the remedy.
settings read_settings(std::string_view json);

}  // namespace notification
