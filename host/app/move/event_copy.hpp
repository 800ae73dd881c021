// Takes the records of the embedded log over to the outbox that feeds Kafka, with what each group has behind it.
//
// Everything the embedded log still holds goes: what a group has not consumed it gets from Kafka, in the order of its keys;
// what it has consumed it passes over. One thread, inside one transaction of the target.
#pragma once
#include "host/io/log.hpp"
#include "host/io/store.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evhost::app {

struct moved_topic {
  std::string name;
  std::uint64_t records = 0, waiting = 0;  // waiting: at least one group has not consumed them
};

// The topics as the target has them, made where they are missing. Refuses one that holds records already.
core::result<std::vector<io::topic_info>> open_topics(io::event_log& from, io::event_log& to);

core::result<std::vector<moved_topic>> copy_events(io::store& store, io::event_log& from, io::transaction& to, const std::string& outbox, std::uint32_t shards,
                                                   const std::vector<io::topic_info>& topics);

}  // namespace evhost::app
