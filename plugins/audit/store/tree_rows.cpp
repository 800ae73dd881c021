// Plain SQL on the tree's tables.
#include "plugins/audit/store/tree_rows.hpp"

#include <limits>

namespace audit {

std::string stored_tiles::tile(tile_id id) {
  std::string out;
  unit_->query("SELECT hashes FROM audit_tile WHERE level = $1 AND number = $2", {id.level, id.index}, [&](evh::row r) { out = r.text(0); });
  return out;
}

void store_tiles(evh::unit& unit, const std::map<tile_id, std::string>& tiles) {
  for (const auto& [id, hashes] : tiles)
    unit.exec("INSERT INTO audit_tile(level, number, hashes) VALUES($1, $2, $3) ON CONFLICT(level, number) DO UPDATE SET hashes = excluded.hashes",
              {id.level, id.index, evh::value::blob(hashes)});
}

tree_state read_state(evh::unit& unit) {
  tree_state out;
  unit.query("SELECT size, epoch, integrated FROM audit_state WHERE id = 1", {}, [&](evh::row r) {
    out = {static_cast<std::uint64_t>(r.integer(0)), r.integer(1), r.integer(2)};
  });
  return out;
}

stored_checkpoint read_checkpoint(evh::unit& unit, std::optional<std::uint64_t> max_size) {
  stored_checkpoint out;
  const auto limit = max_size ? static_cast<std::int64_t>(*max_size) : std::numeric_limits<std::int64_t>::max();
  unit.query("SELECT size, note FROM audit_checkpoint WHERE size <= $1 ORDER BY size DESC LIMIT 1", {limit},
             [&](evh::row r) { out = {static_cast<std::uint64_t>(r.integer(0)), std::string(r.text(1))}; });
  return out;
}

}  // namespace audit
