// The entities of test plugin "numbered": ledger::record with a number as its key, and lines that refer to it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <odb/core.hxx>

namespace ledger {

#pragma db object table("record") optimistic
class record {
 public:
#pragma db id
  std::int64_t key = 0;
#pragma db unique
  std::string name;
  std::string note;
#pragma db version
  std::uint64_t version = 0;
};

#pragma db object table("line")
class line {
 public:
#pragma db id auto
  std::int64_t id = 0;
#pragma db not_null
  std::shared_ptr<record> of;
};

}  // namespace ledger
