// Persistence of accounts: entities in and out of the current unit of work. ODB stays behind this header.
//
// Threading: a store may be used by any thread; a session lives on one thread and ends before its callback returns.
// Errors: `duplicate` for an address or id that exists; anything else fails the unit. On PostgreSQL other processes write at
// the same time: two units that insert the same key, update the same row or lock the same account never both commit on what
// they read; the host runs one of them again.
#pragma once

#include <memory>
#include <stdexcept>
#include <vector>

#include <evh/evh.hpp>

#include "plugins/identity/accounts/values.hpp"

namespace identity {

struct duplicate : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class store {
 public:
  store();
  ~store();
  // Call when the host says that this handle closes.
  void forget(void* handle);

  class session {
   public:
    session(store& owner, evh::unit& unit);
    ~session();
    session(const session&) = delete;

    std::optional<account> find_account(const std::string& id);
    std::optional<account> find_account_by_email(const std::string& email);   // without case
    void insert(const account& account);
    void update(const account& account);
    // Units that open or end sessions of one account go one after the other.
    void lock(const std::string& user_id);
    // In the order they were made, after (created_at, id).
    std::vector<account> accounts(std::int64_t after_created, const std::string& after_id, std::size_t limit);

    std::string password_of(const std::string& user_id);   // empty: none
    void set_password(const std::string& user_id, const std::string& hash, std::int64_t now_ms);

    std::optional<login_session> find_session(const std::string& token_hash);
    std::vector<login_session> sessions_of(const std::string& user_id);        // oldest first
    void insert(const login_session& session);
    void update(const login_session& session);
    void erase_session(const std::string& token_hash);
    std::size_t erase_expired_sessions(std::int64_t now_ms, std::size_t limit);

    kept_preferences preferences_of(const std::string& user_id);
    void save(const kept_preferences& preferences);

   private:
    struct impl;
    std::unique_ptr<impl> impl_;
  };

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace identity
