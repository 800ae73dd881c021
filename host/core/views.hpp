// Between the ABI's views and the standard library's, without copies.
#pragma once
#include <evh/abi/base.h>

#include <string_view>

namespace evhost::core {

inline std::string_view text(evh_sv v) { return v.ptr ? std::string_view(v.ptr, v.len) : std::string_view(); }
inline evh_sv view(std::string_view s) { return {s.data() ? s.data() : "", s.size()}; }
inline constexpr evh_sv absent{nullptr, 0};

}  // namespace evhost::core
