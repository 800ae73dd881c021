// The store's sessions: ODB on the unit's lent handle, every query prepared once per connection.
#include "plugins/identity/store/store.hpp"

#include <evh/odb.hpp>

#include "plugins/identity/accounts/text.hpp"

#include "account_rows.hxx"
#include "account_rows-odb.hxx"

namespace identity {
namespace {

using rows::credential_row;
using rows::preferences_row;
using rows::session_row;
using rows::user_row;

constexpr std::size_t sessions_max = 1000;   // of one account, read at once

user_row row_of(const account& from) {
  user_row row;
  row.id = from.id;
  row.email = from.email;
  row.email_folded = fold(from.email);
  row.name = from.name;
  row.image = from.image;
  row.email_verified = from.email_verified;
  row.roles = join_roles(from.roles);
  if (from.disabled_at) row.disabled_at = *from.disabled_at;
  row.disabled_reason = from.disabled_reason;
  row.tokens_from = from.tokens_from;
  row.created_at = from.created_at;
  row.updated_at = from.updated_at;
  return row;
}

account value_of(const user_row& row) {
  account out;
  out.id = row.id;
  out.email = row.email;
  out.name = row.name;
  out.image = row.image;
  out.email_verified = row.email_verified;
  out.roles = split_roles(row.roles);
  if (!row.disabled_at.null()) out.disabled_at = *row.disabled_at;
  out.disabled_reason = row.disabled_reason;
  out.tokens_from = row.tokens_from;
  out.created_at = row.created_at;
  out.updated_at = row.updated_at;
  return out;
}

session_row row_of(const login_session& from) {
  session_row row;
  row.token_hash = from.token_hash;
  row.id = from.id;
  row.user_id = from.user_id;
  row.ip_address = from.ip_address;
  row.user_agent = from.user_agent;
  row.created_at = from.created_at;
  row.updated_at = from.updated_at;
  row.expires_at = from.expires_at;
  return row;
}

login_session value_of(const session_row& row) {
  return {row.token_hash, row.id, row.user_id, row.ip_address, row.user_agent, row.created_at, row.updated_at, row.expires_at};
}

}  // namespace

struct store::impl {
  evh::odb_pool pool;
};

store::store() : impl_(std::make_unique<impl>()) {}
store::~store() = default;
void store::forget(void* handle) { impl_->pool.forget(handle); }

struct store::session::impl {
  impl(evh::odb_pool& pool, evh::unit& current) : unit(current), scope(pool, current.native()) {}

  template <class Row> std::optional<Row> find(const std::string& id) {
    Row row;
    if (!scope.db().find<Row>(id, row)) return std::nullopt;
    return row;
  }
  template <class Row, class Params, class Make>
  std::vector<Row> list(const char* name, std::size_t limit, const Params& params, Make make) {
    std::vector<Row> out;
    auto found = scope.query<Row>(name, params, make);
    for (auto row = found.begin(); row != found.end() && out.size() < limit; ++row) out.push_back(*row);
    return out;
  }

  evh::unit& unit;
  evh::odb_scope scope;
};

store::session::session(store& owner, evh::unit& unit) : impl_(std::make_unique<impl>(owner.impl_->pool, unit)) {}
store::session::~session() = default;

std::optional<account> store::session::find_account(const std::string& id) {
  const auto row = impl_->find<user_row>(id);
  return row ? std::optional(value_of(*row)) : std::nullopt;
}

std::optional<account> store::session::find_account_by_email(const std::string& email) {
  using query = odb::query<user_row>;
  struct params {
    std::string email;
  };
  const auto found = impl_->list<user_row>("user_by_email", 1, params{fold(email)}, [](params& p) { return query::email_folded == query::_ref(p.email); });
  return found.empty() ? std::nullopt : std::optional(value_of(found.front()));
}

// Plain SQL where a key may exist: a refused INSERT would end the transaction on PostgreSQL, and this one, when somebody
// else's unit inserts the same key at the same time, makes the host run this unit again, which then sees the row.
void store::session::insert(const account& account) {
  const auto row = row_of(account);
  const std::optional<std::int64_t> disabled_at = row.disabled_at.null() ? std::nullopt : std::optional(*row.disabled_at);
  const auto inserted = impl_->unit.exec(
      "INSERT INTO identity_user(id, email, email_folded, name, image, email_verified, roles, disabled_at, disabled_reason, tokens_from, created_at, updated_at)"
      " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
      {row.id, row.email, row.email_folded, row.name, row.image, row.email_verified ? 1 : 0, row.roles, disabled_at, row.disabled_reason, row.tokens_from,
       row.created_at, row.updated_at});
  if (inserted == 0) throw duplicate("this account exists");
}

void store::session::update(const account& account) {
  auto row = row_of(account);
  impl_->scope.db().update(row);
}

void store::session::lock(const std::string& user_id) {
  impl_->unit.exec("UPDATE identity_user SET tokens_from = tokens_from WHERE id = $1", {user_id});
}

std::vector<account> store::session::accounts(std::int64_t after_created, const std::string& after_id, std::size_t limit) {
  using query = odb::query<user_row>;
  struct params {
    std::int64_t created;
    std::string id;
  };
  std::vector<account> out;
  for (const auto& row : impl_->list<user_row>("users", limit, params{after_created, after_id}, [](params& p) {
         return (query::created_at > query::_ref(p.created) || (query::created_at == query::_ref(p.created) && query::id > query::_ref(p.id))) +
                "ORDER BY" + query::created_at + "," + query::id;
       }))
    out.push_back(value_of(row));
  return out;
}

std::string store::session::password_of(const std::string& user_id) {
  const auto row = impl_->find<credential_row>(user_id);
  return row ? row->password_hash : std::string();
}

void store::session::set_password(const std::string& user_id, const std::string& hash, std::int64_t now_ms) {
  auto row = impl_->find<credential_row>(user_id);
  const bool is_new = !row;
  if (is_new) {
    row.emplace();
    row->user_id = user_id;
    row->created_at = now_ms;
  }
  row->password_hash = hash;
  row->updated_at = now_ms;
  if (is_new) impl_->scope.db().persist(*row);
  else impl_->scope.db().update(*row);
}

std::optional<login_session> store::session::find_session(const std::string& token_hash) {
  const auto row = impl_->find<session_row>(token_hash);
  return row ? std::optional(value_of(*row)) : std::nullopt;
}

std::vector<login_session> store::session::sessions_of(const std::string& user_id) {
  using query = odb::query<session_row>;
  struct params {
    std::string user;
  };
  std::vector<login_session> out;
  for (const auto& row : impl_->list<session_row>("sessions_of", sessions_max, params{user_id}, [](params& p) {
         return (query::user_id == query::_ref(p.user)) + "ORDER BY" + query::created_at;
       }))
    out.push_back(value_of(row));
  return out;
}

void store::session::insert(const login_session& opened) {
  auto row = row_of(opened);
  impl_->scope.db().persist(row);
}

void store::session::update(const login_session& changed) {
  auto row = row_of(changed);
  impl_->scope.db().update(row);
}

void store::session::erase_session(const std::string& token_hash) { impl_->scope.db().erase<session_row>(token_hash); }

std::size_t store::session::erase_expired_sessions(std::int64_t now_ms, std::size_t limit) {
  using query = odb::query<session_row>;
  struct params {
    std::int64_t now;
  };
  const auto old = impl_->list<session_row>("expired", limit, params{now_ms}, [](params& p) {
    return (query::expires_at <= query::_ref(p.now)) + "ORDER BY" + query::expires_at;
  });
  for (const auto& row : old) erase_session(row.token_hash);
  return old.size();
}

kept_preferences store::session::preferences_of(const std::string& user_id) {
  const auto row = impl_->find<preferences_row>(user_id);
  if (!row) return {.user_id = user_id};
  return {row->user_id, row->body, row->version, row->updated_at};
}

// One statement for the first version and all others, for the reason insert() gives.
void store::session::save(const kept_preferences& from) {
  impl_->unit.exec(
      "INSERT INTO identity_preferences(user_id, body, version, updated_at) VALUES($1, $2, $3, $4)"
      " ON CONFLICT(user_id) DO UPDATE SET body = excluded.body, version = excluded.version, updated_at = excluded.updated_at",
      {from.user_id, from.body, from.version, from.updated_at});
}

}  // namespace identity
