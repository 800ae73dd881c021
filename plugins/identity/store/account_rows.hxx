// The rows of an account, as ODB maps them. Parsed at C++14. Times are milliseconds, tokens_from seconds.
#pragma once

#include <cstdint>
#include <string>

#include <odb/core.hxx>
#include <odb/nullable.hxx>

namespace identity {
namespace rows {

#pragma db object table("user")
class user_row {
 public:
#pragma db id
  std::string id;
  std::string email;
  std::string email_folded;       // ASCII lower case: one account per address
  std::string name;
  std::string image;              // empty: none
  bool email_verified = false;
  std::string roles;              // with commas, "user" first
  odb::nullable<std::int64_t> disabled_at;
  std::string disabled_reason;
  std::int64_t tokens_from = 0;   // access tokens issued before no longer count
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
};

#pragma db object table("credential")
class credential_row {
 public:
#pragma db id
  std::string user_id;
  std::string password_hash;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
};

#pragma db object table("session")
class session_row {
 public:
#pragma db id
  std::string token_hash;
  std::string id;
  std::string user_id;
  std::string ip_address;
  std::string user_agent;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
  std::int64_t expires_at = 0;
};

#pragma db object table("preferences")
class preferences_row {
 public:
#pragma db id
  std::string user_id;
  std::string body;               // JSON of evh_schemas::user_preferences
  std::int64_t version = 0;
  std::int64_t updated_at = 0;
};

}  // namespace rows
}  // namespace identity
