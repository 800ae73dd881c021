// The oracle of the numbered events: reads the database and the topics of stopped hosts and says what is wrong.
//
//   lost       an acknowledged event that is not stored, or a stored one without its effect (or dead letter) at either stage
//   invented   an event nobody attempted, or a dead letter nobody asked for
//   doubled    an event stored twice, an effect twice, or a total that differs from the distinct effects
//   disorder   a key's numbers that do not go up by one, in the order of effects or in the topic
//   strayed    an effect whose (partition, offset) holds another event, or a position that passes an event without effect
//   unmatched  the outbox not empty at the end, or committed and published sets that differ
#pragma once

#include "tests/faults/broker_log.hpp"
#include "tests/faults/sql.hpp"
#include "tests/faults/writers.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace evhost::faults {

struct expectation {
  std::string prefix;
  bool on_kafka = false;
  std::map<std::string, numbered> ledger;
  std::set<std::string> poisoned;  // ids that must end as dead letters of the first group, once each
  std::set<std::string> foreign;   // ids that strangers wrote to the first topic themselves
  std::function<std::vector<raw_record>(const std::string& topic)> read_topic;
};

struct account {
  std::uint64_t stored = 0, effects = 0, published = 0, repeats = 0, dead = 0;
  std::uint64_t lost = 0, invented = 0, doubled = 0, disorder = 0, strayed = 0, unmatched = 0;
  std::string first;  // the first thing that is wrong, in words

  [[nodiscard]] bool green() const { return lost + invented + doubled + disorder + strayed + unmatched == 0; }
  void note(std::uint64_t& counter, const std::string& what) {
    ++counter;
    if (first.empty()) first = what;
  }
};

account examine(sql& db, const expectation& expected);
// The records of a topic of the embedded log.
std::vector<raw_record> read_embedded(sql& db, const std::string& topic);

}  // namespace evhost::faults
