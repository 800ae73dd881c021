// Dead letters for people: list, inspect and replay what was set aside in "<group>.dlq".
//
// Pure functions over the ports, so that `evhost dlq` and `evhost replay` work the same inside a running host (a task
// thread) and in a process without lanes. A replay copies dead letters into "<group>.replay" in one unit with the marks
// that they were replayed; the group's replay lane hands them to the plugin with EVH_SOURCE_REPLAY, exactly once.
// Threading: [task/control]; they block on the store. Bounds: selection.limit letters per call.
#pragma once
#include "host/core/result.hpp"
#include "host/io/log.hpp"
#include "host/io/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evhost::runtime {

// The table of replay marks; part of lane_engine::migrations().
extern const char* const replays_schema;

struct dead_letter {
  std::int64_t id = 0;  // offset in "<group>.dlq": what operators name it by
  std::string reason;   // poison, verdict, crash, no_subscription
  evh_status status = EVH_OK;
  std::string error, plugin, group, topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;  // where the event stands in its topic
  std::uint32_t attempts = 0;
  std::int64_t first_failure_ns = 0, set_aside_ns = 0, event_time_ns = 0;  // Unix nanoseconds; 0: unknown
  std::string host_version, event_type, event_id;
  std::optional<std::string> key, payload;  // nullopt: none, tombstone
  std::vector<std::pair<std::string, std::string>> headers;  // of the original event
  bool replayed = false;
};

struct dead_letter_selection {
  std::vector<std::int64_t> ids{};     // these; empty: all in [from, until)
  std::int64_t from = 0;
  std::optional<std::int64_t> until{};
  std::string topic{};                 // only events of this topic; empty: any
  bool replayed_too = false;           // also those replayed before
  std::size_t limit = 1000;            // at most so many
};

// In the order they were set aside. not_found: the group has no dead letter topic.
core::result<std::vector<dead_letter>> list_dead_letters(io::store& store, io::event_log& log, std::string_view group,
                                                         const dead_letter_selection& selection);

// Hands the selected letters to their group again; how many. invalid: an id that is no letter of the group.
core::result<std::uint64_t> replay(io::store& store, io::event_log& log, std::string_view group,
                                   const dead_letter_selection& selection);

// Marks the selected letters as dealt with, without handing them to anybody; how many. Errors as replay.
core::result<std::uint64_t> discard(io::store& store, io::event_log& log, std::string_view group, const dead_letter_selection& selection);

// How many letters wait, i.e. were not replayed.
core::result<std::uint64_t> count_dead_letters(io::store& store, io::event_log& log, std::string_view group);

// The group's topics, made when absent: one partition, so that letters keep their order.
core::result<io::topic_info> open_dead_letter_topic(io::event_log& log, std::string_view group);
core::result<io::topic_info> open_replay_topic(io::event_log& log, std::string_view group);

}  // namespace evhost::runtime
