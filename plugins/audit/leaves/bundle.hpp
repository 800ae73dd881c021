// Up to 256 leaves in one row, and their payloads in another: the stored form of a staged batch.
//
//   leaves    per entry u16 length, bytes                        (big endian: the entry bundle of C2SP tlog-tiles)
//   payloads  nonce prefix 16; per entry u32 length, owner pseudonym 16, XChaCha20 of (salt 32 || payload)
//
// Payloads are encrypted under a key of the event's owner, so deleting that key erases all of them at once, in backups and
// free pages too. An erased entry keeps its place with length 0. No MAC: the leaf's commitment tells what was altered.
// Any thread. Errors: std::runtime_error for a damaged row.
#pragma once
#include "plugins/audit/log/sha256.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace audit {

inline constexpr std::size_t bundle_leaves_max = 256;

using pseudonym = std::array<unsigned char, 16>;
inline std::string_view bytes_of(const pseudonym& p) { return {reinterpret_cast<const char*>(p.data()), p.size()}; }
pseudonym pseudonym_of(std::string_view bytes);  // of exactly 16

std::vector<std::string_view> split_leaves(std::string_view row);

class payload_writer {
 public:
  // salt || payload is what the commitment is over.
  void add(const pseudonym& owner, const hash& key, std::string_view salt, std::string_view payload);
  [[nodiscard]] const std::string& row() const { return row_; }
  [[nodiscard]] std::size_t count() const { return count_; }
  void clear();  // starts another row

 private:
  std::string row_;
  std::uint32_t count_ = 0;
};

struct sealed_payload {
  pseudonym owner{};
  bool erased = false;
  std::string_view cipher;
};
class payload_row {
 public:
  explicit payload_row(std::string_view row);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const sealed_payload& at(std::size_t ordinal) const { return entries_.at(ordinal); }
  // salt || payload.
  [[nodiscard]] std::string open(std::size_t ordinal, const hash& key) const;
  // The row without the content of one entry.
  [[nodiscard]] std::string without(std::size_t ordinal) const;

 private:
  std::string_view row_;
  std::vector<sealed_payload> entries_;
};

}  // namespace audit
