// What this plugin keeps: accounts, sessions, preferences; and new ids and tokens for them.
//
// Plain values; any thread. Times are Unix milliseconds unless the name says seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace identity {

inline constexpr std::string_view role_user = "user", role_admin = "admin", role_auditor = "auditor";

struct account {
  std::string id;
  std::string email;
  std::string name;
  std::string image;
  bool email_verified = false;
  std::vector<std::string> roles{std::string(role_user)};
  std::optional<std::int64_t> disabled_at;
  std::string disabled_reason;
  std::int64_t tokens_from = 0;   // Unix seconds
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;

  [[nodiscard]] bool disabled() const { return disabled_at.has_value(); }
  [[nodiscard]] bool has_role(std::string_view role) const;
};

struct login_session {
  std::string token_hash;
  std::string id;
  std::string user_id;
  std::string ip_address;
  std::string user_agent;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
  std::int64_t expires_at = 0;
};

struct kept_preferences {
  std::string user_id;
  std::string body = "{}";        // JSON of evh_schemas::user_preferences
  std::int64_t version = 0;       // 0: nothing was ever set
  std::int64_t updated_at = 0;
};

std::int64_t now_ms();

// "user,admin"; known roles only, each once, "user" always and first.
std::string join_roles(const std::vector<std::string>& roles);
std::vector<std::string> split_roles(std::string_view text);
bool role_known(std::string_view role);
std::vector<std::string> tidy_roles(const std::vector<std::string>& roles);

std::string new_id(std::int64_t at_ms);       // UUIDv7
// 32 characters of [A-Za-z0-9], 190 bits of chance.
std::string new_session_token();
bool session_token_shaped(std::string_view token);
std::string hash_of_token(std::string_view token);   // SHA-256, hexadecimal

}  // namespace identity
