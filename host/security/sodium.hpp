// libsodium wants one call before its first use; this makes it, once, from wherever that first use is.
#pragma once

namespace evhost::security {

/// Terminates the process when libsodium cannot find randomness: nothing here may go on without it. Any thread.
void ensure_sodium() noexcept;

}  // namespace evhost::security
