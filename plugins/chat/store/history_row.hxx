// One change of one task, as ODB maps it: what the history shows and what undo needs, in one row. Parsed at C++14.
// The rows of one request share group_id, a UUIDv7: the greatest of an owner is what they did last.
#pragma once

#include <cstdint>
#include <string>

#include <boost/uuid/uuid.hpp>
#include <odb/core.hxx>
#include <odb/nullable.hxx>

namespace chat {
namespace rows {

#pragma db value
struct history_key {
  boost::uuids::uuid task_id = {};
  std::int64_t version = 0;       // the task's version after the change
};

#pragma db object table("history")
class history_row {
 public:
#pragma db id column("")
  history_key key;
  std::string owner;
#pragma db not_null
  boost::uuids::uuid group_id = {};
  std::int32_t place = 0;         // order inside the group
  std::int32_t action = 0;        // change_kind
  std::int64_t at = 0;
  std::string actor;
  std::string source;
  std::string before;             // JSON of the changed fields, as they were
  std::string after;              // and as they became
  odb::nullable<std::int64_t> restores;              // the version whose content this change brought back
  odb::nullable<boost::uuids::uuid> undoes;          // set on the rows an undo makes: the group it took back
  bool undone = false;            // a later undo took this change back
};

}  // namespace rows
}  // namespace chat
