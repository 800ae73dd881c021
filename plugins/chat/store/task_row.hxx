// The row of one task, as ODB maps it. Parsed at C++14. Lists travel as JSON text; due_sort is the only derived column:
// milliseconds that put every kind of due in one order, never shown to anyone.
#pragma once

#include <cstdint>
#include <string>

#include <boost/uuid/uuid.hpp>
#include <odb/core.hxx>
#include <odb/nullable.hxx>

namespace chat {
namespace rows {

#pragma db object table("task")
class task_row {
 public:
#pragma db id
  boost::uuids::uuid id = {};
  std::string owner;
  std::string title;
  std::string description;
  std::int32_t status = 0;        // task_status
  std::int32_t priority = 0;      // priority
  std::string tags;               // JSON list of text
  odb::nullable<boost::uuids::uuid> project_id;
  odb::nullable<boost::uuids::uuid> parent_id;
  std::int32_t due_kind = 0;      // due_kind
  std::string due_text;           // the date, the local time or the instant, as in JSON
  std::string due_tz;
  std::int64_t due_sort = 0;
  std::string reminders;          // JSON list
  std::string recurrence;         // JSON as it came; empty: none
  std::int64_t version = 0;
  std::int64_t created_at = 0;    // milliseconds, like all times here
  std::int64_t updated_at = 0;
  odb::nullable<std::int64_t> completed_at;
  odb::nullable<std::string> assignee_id;
  odb::nullable<std::int64_t> deleted_at;   // in the trash since
};

}  // namespace rows
}  // namespace chat
