// One-time initialisation of libsodium.
#include "host/security/sodium.hpp"

#include <sodium.h>
#include <cstdlib>

namespace evhost::security {

void ensure_sodium() noexcept {
  static const bool ready = sodium_init() >= 0;
  if (!ready) std::abort();
}

}  // namespace evhost::security
