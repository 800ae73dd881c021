// Event types as numbers: interned by anybody, written to the database by the first record that uses them.
#pragma once
#include "host/io/store.hpp"

#include <cstdint>
#include <deque>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace evhost::log {

class type_registry {
 public:
  core::result<void> load(io::transaction& tx);

  // Any thread. 0 for the empty name, and when the bound is reached (record types are code, not data).
  std::uint32_t intern(std::string_view name);
  [[nodiscard]] std::string_view name(std::uint32_t id) const;

  // The store's thread. Makes sure that the open transaction or an earlier one has the row.
  core::result<void> persist(io::transaction& tx, std::uint32_t id);
  [[nodiscard]] std::size_t staged() const { return staged_.size(); }
  void unstage(std::size_t keep);
  void committed() { staged_.clear(); }

  static constexpr std::uint32_t types_max = 65'536;

 private:
  mutable std::shared_mutex mutex_;
  std::deque<std::string> names_{std::string()};  // by id; 0 is "none"
  std::unordered_map<std::string_view, std::uint32_t> ids_;
  std::vector<bool> persisted_;        // by id; the store's thread
  std::vector<std::uint32_t> staged_;  // persisted by the open group
};

}  // namespace evhost::log
