// Staging: a batch of a lane becomes bundles of leaves and payloads, in the unit that moves the lane's position.
//
// Three rows per bundle and one update per batch, whatever the number of events. Every event becomes exactly one leaf: an
// offset below the source's next is staged again only when no leaf has it (a dead letter that was replayed). Lanes run
// this at the same time for different partitions; it holds no state of a unit. Errors: evh::failure.
#pragma once
#include "plugins/audit/store/people.hpp"

#include <evh/event.hpp>
#include <evh/unit.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace audit {

inline constexpr int batch_offset_bits = 44;  // batch = source number << 44 | first offset

class stager {
 public:
  static constexpr std::size_t payload_row_bytes = 256 * 1024;  // a row is closed beyond that: reading one event reads its row

  stager(people& who, std::atomic<std::uint64_t>& staged) : people_(&who), staged_(&staged) {}

  // Counts what was staged into the sequencer's counter after the commit.
  void stage(evh::unit& unit, const evh::batch& batch, std::string_view topic, const evh::services& host);

 private:
  struct source {
    std::int64_t number = 0;
    std::int64_t next = 0;   // as found; only when the batch does not simply go on
    bool goes_on = true;
  };
  source advance(evh::unit& unit, std::string_view topic, std::int32_t partition, std::int64_t first, std::int64_t next);

  people* people_;
  std::atomic<std::uint64_t>* staged_;
  std::mutex mutex_;
  std::map<std::string, std::int64_t, std::less<>> numbers_;  // "topic/partition" -> number, committed ones
};

}  // namespace audit
