// The tree's rows: tiles, the one state row, checkpoints. Reading inside any unit, writing inside the sequencer's.
#pragma once
#include "plugins/audit/log/merkle.hpp"

#include <evh/unit.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace audit {

class stored_tiles final : public tile_source {
 public:
  explicit stored_tiles(evh::unit& unit) : unit_(&unit) {}
  std::string tile(tile_id id) override;

 private:
  evh::unit* unit_;
};

void store_tiles(evh::unit& unit, const std::map<tile_id, std::string>& tiles);

struct tree_state {
  std::uint64_t size = 0;
  std::int64_t epoch = 0;
  std::int64_t integrated_ms = 0;
};
tree_state read_state(evh::unit& unit);

// The newest checkpoint at or below max_size (any when absent); its note is empty when there is none.
struct stored_checkpoint {
  std::uint64_t size = 0;
  std::string note;
};
stored_checkpoint read_checkpoint(evh::unit& unit, std::optional<std::uint64_t> max_size = std::nullopt);

}  // namespace audit
