// The values the rules work on: tasks and projects as stored, and one change of a task.
//
// Plain data, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "plugins/chat/tasks/ids.hpp"
#include "schemas/events/values.hpp"

namespace chat {

using evh_schemas::due;
using evh_schemas::instant_ms;
using evh_schemas::json_text;
using evh_schemas::priority;
using evh_schemas::reminder;
using evh_schemas::task;
using evh_schemas::task_status;

// How a due is stored; the order is part of the schema.
enum class due_kind : std::int32_t { none, date, local, zoned, instant };
due_kind kind_of(const std::optional<due>& value);
// Milliseconds that put all kinds of due in one order: what floats is read as if it were UTC. No due sorts last.
std::int64_t sort_key_of(const std::optional<due>& value);
inline constexpr std::int64_t no_due_sort = INT64_MAX;

struct stored_task {
  chat::task value;
  std::optional<std::int64_t> deleted_at;   // in the trash since, milliseconds
};

struct project {
  std::string id, owner, name, description;
  bool archived = false;
  std::int64_t version = 0;
  instant_ms created_at, updated_at;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("id", self.id);
    visit.required("owner", self.owner);
    visit.required("name", self.name);
    visit.required("description", self.description);
    visit.required("archived", self.archived);
    visit.required("version", self.version);
    visit.required("created_at", self.created_at);
    visit.required("updated_at", self.updated_at);
  }
};

enum class change_kind : std::int32_t { created, updated, completed, reopened, deleted, restored };

// One change of one task; the changes of one request share `group`.
struct change {
  uuid task_id{};
  std::int64_t version = 0;
  std::string owner;
  uuid group{};
  std::int32_t place = 0;
  change_kind action = change_kind::created;
  std::int64_t at = 0;
  std::string actor, source;
  std::string before, after;                 // JSON objects of the fields that differ; "{}" for none
  std::optional<std::int64_t> restores;      // version whose content came back
  std::optional<uuid> undoes;                // the group this change took back
  bool undone = false;
};

}  // namespace chat

namespace evh_schemas {
template <> struct enum_names<chat::change_kind> {
  static constexpr std::array<std::string_view, 6> names{"created", "updated", "completed", "reopened", "deleted", "restored"};
};
}  // namespace evh_schemas
