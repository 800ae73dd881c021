// Rows of series, their occurrences, and the last notification of a person: found by key, so plain SQL on the unit.
//
// Inside a unit or a read, any thread.
#pragma once

#include <evh/evh.hpp>

#include "plugins/chat/tasks/values.hpp"

namespace chat {

using evh_schemas::recurrence;

struct stored_series {
  uuid id{};
  std::string owner;
  std::int64_t version = 0;
  bool ended = false;
  recurrence rule;              // as its tasks carry it; occurrence and number are those of `task`
  uuid task{};                  // stands for the series now
  std::int64_t updated_at = 0;
};

std::optional<stored_series> find_series(evh::unit& unit, const uuid& id);
void put_series(evh::unit& unit, const stored_series& value);
std::vector<stored_series> series_of(evh::unit& unit, std::string_view owner, const uuid& after, std::size_t limit);   // going on, by id

struct stored_occurrence {
  uuid series{};
  std::string occurrence;
  uuid task{};
  std::optional<uuid> predecessor;
  bool withdrawn = false;
};

std::optional<stored_occurrence> find_occurrence(evh::unit& unit, const uuid& series, std::string_view occurrence);
std::vector<uuid> tasks_of_series(evh::unit& unit, const uuid& series, std::size_t limit);   // the latest occurrences first
std::vector<stored_occurrence> successors_of(evh::unit& unit, const uuid& predecessor);
void put_occurrence(evh::unit& unit, const stored_occurrence& value);
void erase_occurrence(evh::unit& unit, const uuid& series, std::string_view occurrence, const uuid& task);   // when it is this task's

struct last_notification {
  std::string id;
  uuid task{};
  std::int64_t at = 0;
};
std::optional<last_notification> find_last_notification(evh::unit& unit, std::string_view owner);
void put_last_notification(evh::unit& unit, std::string_view owner, const last_notification& value);   // unless an older one

}  // namespace chat
