// The entity of test plugin "named": the same class name as plugin "numbered" uses, another key and other columns.
#pragma once

#include <cstdint>
#include <string>

#include <odb/core.hxx>

namespace ledger {

#pragma db object table("record") optimistic
class record {
 public:
#pragma db id
  std::string key;
  std::int64_t cents = 0;
#pragma db unique
  std::string name;
#pragma db version
  std::uint64_t version = 0;
};

}  // namespace ledger
