// Deleting for good.
#include "plugins/chat/tasks/trash.hpp"

#include <string>
#include <vector>

namespace chat {

std::size_t empty_trash(evh::unit& unit, std::int64_t now_ms) {
  std::vector<std::string> ids;
  unit.query("SELECT id FROM chat_task WHERE deleted_at IS NOT NULL AND deleted_at < $1 ORDER BY deleted_at LIMIT $2", {now_ms - trash_ms, purged_per_run},
             [&](const evh::row& row) { ids.emplace_back(row.text(0)); });
  for (const auto& id : ids) {
    unit.exec("DELETE FROM chat_history WHERE task_id = $1", {evh::value::blob(id)});
    unit.exec("DELETE FROM chat_task WHERE id = $1", {evh::value::blob(id)});
  }
  return ids.size();
}

}  // namespace chat
