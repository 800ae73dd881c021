// How a subcommand ends early: one sentence for stderr and the exit code.
#pragma once
#include "host/app/exit_codes.hpp"
#include "host/core/result.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace evhost::app {

class failure : public std::runtime_error {
 public:
  failure(exit_code code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
  [[nodiscard]] exit_code code() const noexcept { return code_; }

 private:
  exit_code code_;
};

// The exit code an error of a port stands for at start.
inline exit_code exit_code_of(core::errc code) {
  switch (code) {
    case core::errc::conflict: return exit_locked;
    case core::errc::not_found: return exit_not_found;
    case core::errc::io: return exit_io;
    case core::errc::denied: return exit_directory;
    case core::errc::unsupported: return exit_config;
    case core::errc::again:
    case core::errc::timeout: return exit_unavailable;
    default: return exit_data;
  }
}

// Takes the value out, or ends the command.
template <class T>
T take(core::result<T> outcome) {
  if (!outcome) throw failure(exit_code_of(outcome.error().code), outcome.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(outcome).value();
}

// The same for a database or brokers elsewhere: what they refuse is the configuration's to change, else they are not there.
template <class T>
T take_service(core::result<T> outcome) {
  if (!outcome) {
    const auto code = outcome.error().code;
    if (code == core::errc::cancelled) throw failure(exit_ok, outcome.error().message);  // asked to stop meanwhile
    if (code == core::errc::denied) throw failure(exit_config, outcome.error().message);
    if (code == core::errc::io) throw failure(exit_unavailable, outcome.error().message);
  }
  return take(std::move(outcome));
}

}  // namespace evhost::app
