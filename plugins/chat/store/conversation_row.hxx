// A conversation and its messages, as ODB maps them. Parsed at C++14. `state` is a cereal record (talk/state.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/uuid/uuid.hpp>
#include <odb/core.hxx>

namespace chat {
namespace rows {

#pragma db object table("conversation")
class conversation_row {
 public:
#pragma db id
  boost::uuids::uuid id = {};
  std::string owner;
  std::string title;              // the first message, cut
  std::int64_t messages = 0;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
#pragma db sqlite:type("BLOB") pgsql:type("BYTEA")
  std::vector<unsigned char> state;
};

#pragma db value
struct message_key {
  boost::uuids::uuid conversation_id = {};
  std::int64_t place = 0;
};

#pragma db object table("message")
class message_row {
 public:
#pragma db id column("")
  message_key key;
  std::string role;               // user | assistant
  std::string text;
  std::string intent;             // on assistant messages
  std::int64_t at = 0;
};

}  // namespace rows
}  // namespace chat
