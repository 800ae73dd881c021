// The digest inside tokens.
#include "plugins/chat/tasks/tokens.hpp"

namespace chat {

std::int64_t digest(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return static_cast<std::int64_t>(hash);
}

}  // namespace chat
