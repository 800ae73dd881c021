// Arena and the headers' encoding.
#include "host/log/segment.hpp"

#include <algorithm>
#include <cstring>

namespace evhost::log {
namespace {

constexpr std::size_t block_bytes_min = 512;
constexpr std::size_t block_bytes_max = 256u << 10;
constexpr std::uint32_t absent_length = 0xffffffffu;

void put32(char*& at, std::uint32_t value) {
  std::memcpy(at, &value, sizeof value);  // little-endian machines only, as is the rest of the file format's reader
  at += sizeof value;
}

bool get32(std::string_view& from, std::uint32_t& value) {
  if (from.size() < sizeof value) return false;
  std::memcpy(&value, from.data(), sizeof value);
  from.remove_prefix(sizeof value);
  return true;
}

bool get_view(std::string_view& from, std::uint32_t length, evh_sv& view) {
  if (length == absent_length) {
    view = {nullptr, 0};
    return true;
  }
  if (from.size() < length) return false;
  view = {from.data(), length};
  from.remove_prefix(length);
  return true;
}

}  // namespace

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "record headers are stored little-endian");

char* arena::take(std::size_t bytes, std::size_t alignment) {
  const auto misfit = reinterpret_cast<std::uintptr_t>(at_) % alignment;
  const std::size_t padding = misfit ? alignment - misfit : 0;
  if (!at_ || static_cast<std::size_t>(end_ - at_) < padding + bytes) {
    // Blocks double, so a segment of one small record stays small and a big batch takes few blocks.
    const std::size_t size = std::max(std::clamp(bytes_, block_bytes_min, block_bytes_max), bytes);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    at_ = blocks_.back().get();
    end_ = at_ + size;
    bytes_ += size;
    return std::exchange(at_, at_ + bytes);
  }
  char* const taken = at_ + padding;
  at_ = taken + bytes;
  return taken;
}

std::string_view arena::copy(std::string_view text) {
  char* to = take(text.size());
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

std::size_t segment::index_of(std::int64_t offset) const {
  const auto it = std::lower_bound(events.begin(), events.end(), offset,
                                   [](const evh_event& e, std::int64_t o) { return e.offset < o; });
  return static_cast<std::size_t>(it - events.begin());
}

evh_sv copy_into(arena& memory, evh_sv view) {
  if (!view.ptr) return {nullptr, 0};
  const auto copied = memory.copy({view.ptr, view.len});
  return {copied.data(), copied.size()};
}

std::string_view encode_headers(arena& memory, std::span<const evh_pair> headers) {
  std::size_t bytes = sizeof(std::uint32_t);
  for (const auto& h : headers) bytes += 2 * sizeof(std::uint32_t) + h.name.len + h.value.len;
  char* const begin = memory.take(bytes);
  char* at = begin;
  put32(at, static_cast<std::uint32_t>(headers.size()));
  for (const auto& h : headers) {
    put32(at, static_cast<std::uint32_t>(h.name.len));
    put32(at, h.value.ptr ? static_cast<std::uint32_t>(h.value.len) : absent_length);
    if (h.name.len) at = static_cast<char*>(std::memcpy(at, h.name.ptr, h.name.len)) + h.name.len;
    if (h.value.ptr && h.value.len) at = static_cast<char*>(std::memcpy(at, h.value.ptr, h.value.len)) + h.value.len;
  }
  return {begin, static_cast<std::size_t>(at - begin)};
}

bool decode_headers(std::string_view blob, arena& memory, evh_event& into) {
  std::uint32_t count = 0;
  if (!get32(blob, count) || count > blob.size()) return false;
  auto* pairs = reinterpret_cast<evh_pair*>(memory.take(count * sizeof(evh_pair), alignof(evh_pair)));
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t name = 0, value = 0;
    pairs[i] = {};
    if (!get32(blob, name) || !get32(blob, value) || !get_view(blob, name, pairs[i].name) ||
        !get_view(blob, value, pairs[i].value))
      return false;
  }
  into.headers = pairs;
  into.headers_count = count;
  return true;
}

}  // namespace evhost::log
