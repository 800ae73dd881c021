// Keys and gap lists.
#include "plugins/audit/store/postings.hpp"

#include <algorithm>
#include <cstring>

namespace audit {
namespace {

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// The 16 bytes of a UUID in its lower-case text; false for anything else.
bool read_uuid(std::string_view text, unsigned char* out) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size();) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i++] != '-') return false;
      continue;
    }
    const int high = nibble(text[i]), low = nibble(text[i + 1]);
    if (high < 0 || low < 0) return false;
    *out++ = static_cast<unsigned char>(high << 4 | low);
    i += 2;
  }
  return true;
}

index_key key_of(char kind, std::string_view bytes) {
  index_key out;
  out[0] = static_cast<unsigned char>(kind);
  std::memcpy(out.data() + 1, bytes.data(), index_key_bytes - 1);
  return out;
}
index_key digest_key(char kind, std::string_view text) { return key_of(kind, bytes_of(sha256({text}))); }

}  // namespace

// A task's key is its UUIDv7 itself, so that neighbours in time are neighbours in the index.
index_key resource_key(std::string_view resource) {
  unsigned char id[16];
  if (resource.starts_with("task:") && read_uuid(resource.substr(5), id)) return key_of('t', {reinterpret_cast<const char*>(id), sizeof id});
  return digest_key('r', resource);
}
index_key person_key(const pseudonym& who) { return key_of('u', bytes_of(who)); }
index_key type_key(std::string_view type) { return digest_key('y', type); }
index_key event_key(std::string_view event_id) { return digest_key('i', event_id); }

std::int64_t time_in_id(std::string_view event_id) {
  unsigned char id[16];
  if (!read_uuid(event_id, id) || (id[6] >> 4) != 7) return -1;
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | id[i];
  return ms;
}

std::string pack_list(const std::vector<std::uint64_t>& leaves) {
  std::string out;
  for (std::size_t i = 1; i < leaves.size(); ++i) {
    auto gap = leaves[i] - leaves[i - 1];
    for (; gap >= 0x80; gap >>= 7) out += static_cast<char>(gap | 0x80);
    out += static_cast<char>(gap);
  }
  return out;
}

std::vector<std::uint64_t> unpack_list(std::uint64_t first, std::string_view list) {
  std::vector<std::uint64_t> out{first};
  std::uint64_t gap = 0;
  unsigned shift = 0;
  for (const char c : list) {
    const auto b = static_cast<unsigned char>(c);
    gap |= std::uint64_t{b & 0x7fu} << shift;
    shift = std::min(shift + 7, 63u);
    if ((b & 0x80) != 0) continue;
    out.push_back(out.back() + gap);
    gap = 0;
    shift = 0;
  }
  return out;
}

}  // namespace audit
