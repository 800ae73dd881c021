// evh_error in and out.
#include "host/runtime/abi_error.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace evhost::runtime {

evh_error make_error() noexcept {
  evh_error error{};
  error.struct_size = sizeof error;
  return error;
}

evh_status say(evh_error* error, evh_status code, std::string_view text, bool retryable) noexcept {
  if (error == nullptr || error->struct_size < offsetof(evh_error, text) + 1) return code;
  std::size_t room = std::min<std::size_t>(error->struct_size - offsetof(evh_error, text), sizeof error->text) - 1;
  std::size_t bytes = std::min(text.size(), room);
  if (bytes < text.size())
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  std::memcpy(error->text, text.data(), bytes);
  error->text[bytes] = '\0';
  error->len = static_cast<std::uint32_t>(bytes);
  error->code = code;
  error->flags = retryable ? EVH_ERROR_RETRYABLE : 0u;
  return code;
}

evh_status say(evh_error* error, const core::error& why) noexcept {
  return say(error, static_cast<evh_status>(why.code), why.message, why.retryable());
}

std::string said(const evh_error& error) {
  std::string text(error.text, std::min<std::size_t>(error.len, sizeof error.text));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return text;
}

const char* status_name(evh_status status) noexcept {
  static constexpr const char* names[] = {"OK",          "INVALID", "STATE", "THREAD",    "NOT_FOUND",
                                          "UNSUPPORTED", "DENIED",  "AGAIN", "TIMEOUT",   "CANCELLED",
                                          "CONFLICT",    "IO",      "NOMEM", "EXCEPTION", "SHUTDOWN"};
  return status >= 0 && status < static_cast<evh_status>(std::size(names)) ? names[status] : "unknown status";
}

}  // namespace evhost::runtime
