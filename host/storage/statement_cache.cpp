// Looks statements up, prepares them, and maps $1..$n to SQLite's parameter indexes.
#include "host/storage/statement_cache.hpp"

#include "host/storage/sqlite_error.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace evhost::storage {
namespace {

using core::errc;
using core::fail;

int bind_one(sqlite3_stmt* stmt, int index, const evh_value& v) {
  switch (v.type) {
    case EVH_NULL: return sqlite3_bind_null(stmt, index);
    case EVH_INTEGER: return sqlite3_bind_int64(stmt, index, v.as.integer);
    case EVH_REAL: return sqlite3_bind_double(stmt, index, v.as.real);
    case EVH_TEXT:  // an absent view binds NULL
      return sqlite3_bind_text64(stmt, index, v.as.bytes.ptr, v.as.bytes.len, SQLITE_STATIC, SQLITE_UTF8);
    case EVH_BLOB: return sqlite3_bind_blob64(stmt, index, v.as.bytes.ptr, v.as.bytes.len, SQLITE_STATIC);
    default: return SQLITE_MISUSE;
  }
}

std::string_view shortened(std::string_view sql) { return sql.substr(0, 120); }

// SQLite numbers $NAME parameters by first appearance; ours mean what they say.
core::result<void> number_parameters(statement& s) {
  const int count = sqlite3_bind_parameter_count(s.handle);
  bool in_order = true;
  for (int i = 1; i <= count; ++i) {
    unsigned number = static_cast<unsigned>(i);
    if (const char* name = sqlite3_bind_parameter_name(s.handle, i)) {
      const char* end = name + std::strlen(name);
      const auto parsed = std::from_chars(name + 1, end, number);
      if (parsed.ec != std::errc() || parsed.ptr != end || number == 0 || number > 0xffff)
        return fail(errc::invalid, "parameter '" + std::string(name) + "' is not $1..$n in: " + std::string(shortened(s.sql)));
    }
    in_order = in_order && number == static_cast<unsigned>(i);
    s.params = std::max(s.params, number);
    s.order.push_back(static_cast<std::uint16_t>(number - 1));
  }
  if (in_order) s.order = {};
  return core::success();
}

}  // namespace

statement_lease::~statement_lease() {
  if (!held_) return;
  sqlite3_reset(held_->handle);
  held_->busy = false;
  if (held_->cached) return;
  sqlite3_finalize(held_->handle);
  delete held_;
}

int statement_lease::bind_in_order(std::span<const evh_value> values) {
  int index = 0;
  for (const auto& v : values)
    if (const int rc = bind_one(held_->handle, ++index, v); rc != SQLITE_OK) return rc;
  return SQLITE_OK;
}

core::result<void> statement_lease::bind(std::span<const evh_value> values) {
  if (values.size() != held_->params)
    return fail(errc::invalid, "the statement takes " + std::to_string(held_->params) + " values, " +
                                   std::to_string(values.size()) + " were given: " + std::string(shortened(held_->sql)));
  int rc = SQLITE_OK;
  if (held_->order.empty()) {
    rc = bind_in_order(values);
  } else {
    for (std::size_t i = 0; i < held_->order.size() && rc == SQLITE_OK; ++i)
      rc = bind_one(held_->handle, static_cast<int>(i + 1), values[held_->order[i]]);
  }
  if (rc != SQLITE_OK) return sqlite_error(rc, sqlite3_errstr(rc), "bind");
  return core::success();
}

core::result<statement*> statement_cache::prepare(std::string_view sql, bool keep) {
  auto made = std::make_unique<statement>();
  made->sql.assign(sql);
  const char* tail = nullptr;
  const int rc = sqlite3_prepare_v3(db_, made->sql.c_str(), static_cast<int>(made->sql.size() + 1),
                                    keep ? SQLITE_PREPARE_PERSISTENT : 0, &made->handle, &tail);
  if (rc != SQLITE_OK) return sqlite_error(db_, rc, shortened(sql));
  std::string_view rest(tail);
  if (const auto code = rest.find_first_not_of(" \t\r\n;"); code != rest.npos && rest.substr(code, 2) != "--") {
    sqlite3_finalize(made->handle);
    return fail(errc::invalid, "one statement per call, more follow after: " + std::string(shortened(sql)));
  }
  if (!made->handle) return fail(errc::invalid, "empty statement");
  if (auto numbered = number_parameters(*made); !numbered) {
    sqlite3_finalize(made->handle);
    return std::move(numbered).error();
  }
  made->cached = keep;
  return made.release();
}

core::result<statement_lease> statement_cache::get(std::string_view sql) {
  if (sql.empty()) return fail(errc::invalid, "empty statement");
  const auto bits = reinterpret_cast<std::uintptr_t>(sql.data());
  address& slot = by_address_[(bits ^ (bits >> 9) ^ sql.size()) % by_address_.size()];
  statement* found = nullptr;
  if (slot.ptr == sql.data() && slot.found && slot.found->sql == sql) {
    found = slot.found;
  } else if (const auto it = by_text_.find(sql); it != by_text_.end()) {
    found = it->second.get();
    slot = {sql.data(), found};
  }
  if (found && found->busy) {  // a row callback runs the statement it is called by
    EVH_TRY(found, prepare(sql, false));
  } else if (!found) {
    if (by_text_.size() >= statements_max) evict_oldest();
    EVH_TRY(found, prepare(sql, true));
    by_text_.emplace(found->sql, std::unique_ptr<statement>(found));
    slot = {sql.data(), found};
  }
  found->busy = true;
  found->used = ++tick_;
  return statement_lease(found);
}

void statement_cache::evict_oldest() {
  auto oldest = by_text_.end();
  for (auto it = by_text_.begin(); it != by_text_.end(); ++it)
    if (!it->second->busy && (oldest == by_text_.end() || it->second->used < oldest->second->used)) oldest = it;
  if (oldest == by_text_.end()) return;
  for (auto& slot : by_address_)
    if (slot.found == oldest->second.get()) slot = {};
  const auto gone = std::move(oldest->second);  // the key points into it, so it dies after the entry
  by_text_.erase(oldest);
  sqlite3_finalize(gone->handle);
}

void statement_cache::clear() {
  by_address_ = {};
  for (auto& [text, s] : by_text_) sqlite3_finalize(s->handle);
  by_text_.clear();
}

}  // namespace evhost::storage
