// The version of this build, from CMake.
#pragma once

namespace evhost::app {
inline constexpr const char* version = EVHOST_VERSION;
}
