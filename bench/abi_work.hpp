// The per-event work of the ABI benchmark, the same on both sides of the boundary: reads what a cheap consumer reads.
#pragma once
#include <evh/abi/event.h>

#include <cstdint>

namespace abi_bench {

inline std::uint64_t consume(const evh_event& event) {
  return static_cast<std::uint64_t>(event.offset) + event.type + event.key.len +
         static_cast<unsigned char>(event.payload.ptr[0]) + static_cast<std::uint64_t>(event.partition);
}

}  // namespace abi_bench
