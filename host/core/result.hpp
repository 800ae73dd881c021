// What a call that may fail returns inside the host: a value, or an error with a closed code and a sentence.
// Value semantics; any thread. The codes are those of the C ABI, so that crossing the boundary loses nothing.
#pragma once
#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>
#include <boost/outcome/try.hpp>

#include <evh/abi/base.h>

#include <cstdint>
#include <string>
#include <utility>

namespace evhost::core {

enum class errc : std::int32_t {
  invalid = EVH_INVALID,          // the caller's fault: do not retry
  state = EVH_STATE,              // not in this lifecycle state
  thread = EVH_THREAD,            // not on this thread
  not_found = EVH_NOT_FOUND,      // the named thing does not exist
  unsupported = EVH_UNSUPPORTED,  // this build or engine cannot
  denied = EVH_DENIED,            // not permitted
  again = EVH_AGAIN,              // full or busy: retry later
  timeout = EVH_TIMEOUT,          // the deadline passed
  cancelled = EVH_CANCELLED,      // the other side went away
  conflict = EVH_CONFLICT,        // a unique key, version or fence did not match
  io = EVH_IO,                    // disk, database or network; retry later
  no_memory = EVH_NOMEM,
  exception = EVH_EXCEPTION,      // a bug was caught at a boundary
  shutdown = EVH_SHUTDOWN,        // draining
};

struct error {
  errc code = errc::invalid;
  std::string message;  // names the thing, the value and the remedy

  [[nodiscard]] bool retryable() const {
    return code == errc::again || code == errc::timeout || code == errc::io || code == errc::shutdown;
  }
};

template <class T = void>
using result = BOOST_OUTCOME_V2_NAMESPACE::basic_result<T, error, BOOST_OUTCOME_V2_NAMESPACE::policy::terminate>;

inline auto success() { return BOOST_OUTCOME_V2_NAMESPACE::success(); }

inline error fail(errc code, std::string message) { return error{code, std::move(message)}; }

}  // namespace evhost::core

// EVH_TRY(auto value, expression): takes the value or returns the error.
#define EVH_TRY BOOST_OUTCOME_TRY
