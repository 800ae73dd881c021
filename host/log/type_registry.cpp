// Interns under a shared lock; remembers which ids the database has.
#include "host/log/type_registry.hpp"

#include "host/core/views.hpp"
#include "host/log/values.hpp"

#include <array>
#include <mutex>

namespace evhost::log {

core::result<void> type_registry::load(io::transaction& tx) {
  const std::unique_lock lock(mutex_);
  return tx.query("SELECT id, name FROM evh_log_types ORDER BY id", {}, [this](std::span<const evh_value> cells) {
    const auto id = static_cast<std::size_t>(cells[0].as.integer);
    if (id == 0 || id > types_max) return true;
    if (names_.size() <= id) names_.resize(id + 1);
    if (persisted_.size() <= id) persisted_.resize(id + 1);
    names_[id].assign(core::text(cells[1].as.bytes));
    persisted_[id] = true;
    ids_[names_[id]] = static_cast<std::uint32_t>(id);
    return true;
  });
}

std::uint32_t type_registry::intern(std::string_view name) {
  if (name.empty()) return 0;
  {
    const std::shared_lock lock(mutex_);
    if (const auto it = ids_.find(name); it != ids_.end()) return it->second;
  }
  const std::unique_lock lock(mutex_);
  if (const auto it = ids_.find(name); it != ids_.end()) return it->second;
  if (names_.size() > types_max) return 0;
  names_.emplace_back(name);
  const auto id = static_cast<std::uint32_t>(names_.size() - 1);
  ids_[names_.back()] = id;
  return id;
}

std::string_view type_registry::name(std::uint32_t id) const {
  const std::shared_lock lock(mutex_);
  return id < names_.size() ? std::string_view(names_[id]) : std::string_view();
}

core::result<void> type_registry::persist(io::transaction& tx, std::uint32_t id) {
  if (id == 0 || (id < persisted_.size() && persisted_[id])) return core::success();
  const std::array values{integer_value(id), text_value(name(id))};
  EVH_TRY(tx.exec("INSERT INTO evh_log_types(id, name) VALUES($1, $2)", values));
  if (persisted_.size() <= id) persisted_.resize(id + 1);
  persisted_[id] = true;
  staged_.push_back(id);
  return core::success();
}

void type_registry::unstage(std::size_t keep) {
  while (staged_.size() > keep) {
    persisted_[staged_.back()] = false;
    staged_.pop_back();
  }
}

}  // namespace evhost::log
