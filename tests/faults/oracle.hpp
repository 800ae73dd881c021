// The oracle: reads the stopped host's database and says what was lost, doubled, out of order or missing.
//
// Checks of research in the manner of Jepsen's Kafka workload, over this product's tables:
//   lost      an acknowledged version that is not stored
//   invented  a stored task nobody attempted
//   doubled   a task version with more than one event, an event with more than one effect, an occurrence or a reminder twice
//   missing   a stored version without an event, an event without its effect or feed row, a completed occurrence without its
//             successor, a reminder nobody was told of
//   disorder  versions of a task out of order in the log, or effects of a partition out of order
#pragma once

#include "tests/faults/workload.hpp"

#include <filesystem>
#include <string>

namespace evhost::faults {

struct findings {
  std::uint64_t lost = 0, invented = 0, doubled = 0, missing = 0, disorder = 0;
  std::uint64_t events = 0, effects = 0, successors = 0, reminders = 0;
  std::string first;  // the first thing that is wrong, in words

  [[nodiscard]] bool green() const { return lost + invented + doubled + missing + disorder == 0; }
  void note(std::uint64_t& counter, const std::string& what) {
    ++counter;
    if (first.empty()) first = what;
  }
};

// True once every lane has processed every record and no reminder is due any more (read beside the running host).
bool caught_up(const std::filesystem::path& database);

findings examine(const std::filesystem::path& database, const promises& promised);

// The feed's seqs of a person, in order.
std::vector<std::int64_t> feed_of(const std::filesystem::path& database, const std::string& person);

}  // namespace evhost::faults
