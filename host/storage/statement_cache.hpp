// Prepared statements of one connection, found by their SQL text. One thread at a time.
//
// A text that was seen at the same address before is found without hashing it (the text itself is still compared: a
// buffer may be used again for another statement). Beyond the bound the least recently used statement goes.
#pragma once
#include "host/core/result.hpp"

#include <evh/abi/store.h>

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace evhost::storage {

struct statement {
  std::string sql;
  sqlite3_stmt* handle = nullptr;
  std::vector<std::uint16_t> order;  // SQLite's parameter index - 1 -> number after the $, when they differ
  std::uint32_t params = 0;          // the highest number
  std::uint64_t used = 0;
  bool busy = false;
  bool cached = false;
};

// A statement in use; resets it at the end, and finalizes it when the cache could not hold it.
class statement_lease {
 public:
  explicit statement_lease(statement* held) : held_(held) {}
  statement_lease(statement_lease&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  statement_lease(const statement_lease&) = delete;
  statement_lease& operator=(const statement_lease&) = delete;
  statement_lease& operator=(statement_lease&&) = delete;
  ~statement_lease();

  // Binds without copying: the values outlive the lease.
  core::result<void> bind(std::span<const evh_value> values);
  // As bind, when the statement is known to take its values in order and there are enough of them.
  int bind_in_order(std::span<const evh_value> values);
  [[nodiscard]] sqlite3_stmt* handle() const { return held_->handle; }
  [[nodiscard]] std::uint32_t params() const { return held_->params; }

 private:
  statement* held_;
};

class statement_cache {
 public:
  static constexpr std::size_t statements_max = 256;

  explicit statement_cache(sqlite3* db) : db_(db) {}
  statement_cache(const statement_cache&) = delete;
  statement_cache& operator=(const statement_cache&) = delete;
  ~statement_cache() { clear(); }

  core::result<statement_lease> get(std::string_view sql);
  void clear();
  [[nodiscard]] std::size_t size() const { return by_text_.size(); }

 private:
  struct address {
    const char* ptr = nullptr;
    statement* found = nullptr;
  };

  core::result<statement*> prepare(std::string_view sql, bool keep);
  void evict_oldest();

  sqlite3* db_;
  std::uint64_t tick_ = 0;
  std::array<address, 128> by_address_{};
  std::unordered_map<std::string_view, std::unique_ptr<statement>> by_text_;  // keys point into the statements
};

}  // namespace evhost::storage
