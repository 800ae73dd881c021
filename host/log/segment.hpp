// A run of one partition's records in memory: ABI events whose views point into the segment's own arena.
//
// Built by one thread (the store's, or a reader that fetches from disk); immutable and shared from then on.
#pragma once
#include "host/io/log.hpp"

#include <evh/abi/event.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace evhost::log {

class arena {
 public:
  char* take(std::size_t bytes, std::size_t alignment = 1);
  std::string_view copy(std::string_view text);
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* at_ = nullptr;
  char* end_ = nullptr;
  std::size_t bytes_ = 0;  // of all blocks
};

struct segment {
  std::vector<evh_event> events;  // ascending offsets
  arena memory;

  [[nodiscard]] std::int64_t begin_offset() const { return events.front().offset; }
  [[nodiscard]] std::int64_t end_offset() const { return events.back().offset + 1; }
  [[nodiscard]] std::size_t bytes() const { return memory.bytes() + events.capacity() * sizeof(evh_event); }
  // Index of the first event at or behind offset.
  [[nodiscard]] std::size_t index_of(std::int64_t offset) const;
};

// Copies a view into the arena, keeping "absent".
evh_sv copy_into(arena& memory, evh_sv view);

// Record headers as one value of a row: count, then per header two lengths and the bytes. Absent values stay absent.
std::string_view encode_headers(arena& memory, std::span<const evh_pair> headers);
// False when the bytes are not what encode_headers made. The pairs point into blob and memory.
bool decode_headers(std::string_view blob, arena& memory, evh_event& into);

}  // namespace evhost::log
