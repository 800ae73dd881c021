// The port behind evh.secret/1 seal and open: bytes to a URL-safe token nobody else can make, and back.
//
// Threading: any thread, must not block. The MAC covers the plugin and the purpose, so a token of one plugin or purpose
// is refused by every other. Not encryption: whoever holds a token can read its bytes.
// Bounds: token_bytes_max of payload.
#pragma once
#include "host/core/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace evhost::io {

inline constexpr std::size_t token_bytes_max = 16 * 1024;

class token_sealer {
 public:
  virtual ~token_sealer() = default;
  [[nodiscard]] virtual core::result<std::string> seal(std::string_view plugin, std::string_view purpose,
                                                       std::string_view bytes) = 0;
  // denied: not sealed by this key for this plugin and purpose, or altered.
  [[nodiscard]] virtual core::result<std::string> open(std::string_view plugin, std::string_view purpose,
                                                       std::string_view token) = 0;
};

}  // namespace evhost::io
