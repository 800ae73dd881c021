// How the persistence code that ODB generates names its prepared statements on PostgreSQL. Included by a patched copy of
// one of ODB's headers (cmake/odb.cmake), which asks here instead of using the name the ODB compiler wrote down: several
// plugins, and several versions of one, share a connection, and a name may stand for one statement only.
#pragma once

namespace evh {

class odb_statement_names {
 public:
  // Valid as long as this object.
  virtual const char* unique_name(const char* name) = 0;

 protected:
  ~odb_statement_names() = default;
};

// Any connection that was not made by <evh/odb.hpp> keeps the written name.
template <class Connection>
const char* odb_statement_name(Connection& connection, const char* name) {
  auto* const names = dynamic_cast<odb_statement_names*>(&connection);
  return names != nullptr ? names->unique_name(name) : name;
}

}  // namespace evh
