// The row of one project, as ODB maps it. Parsed at C++14.
#pragma once

#include <cstdint>
#include <string>

#include <boost/uuid/uuid.hpp>
#include <odb/core.hxx>

namespace chat {
namespace rows {

#pragma db object table("project")
class project_row {
 public:
#pragma db id
  boost::uuids::uuid id = {};
  std::string owner;
  std::string name;
  std::string name_folded;        // lower case: one name per owner
  std::string description;
  bool archived = false;
  std::int64_t version = 0;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
};

}  // namespace rows
}  // namespace chat
