// The leaf: the bytes that are hashed, stored and served exactly as they were made.
//
//   {"v":1,"id":"<event id>","t":<ms>,"src":"<topic>/<partition>@<offset>","type":"...","actor":"<pseudonym>",
//    "res":"task:...","pc":"<base64 of SHA256(0x02 || salt || payload)>"}
//
// Nothing personal stands in it: people appear as pseudonyms, content only as a salted commitment, so that payload, salt and
// the key behind a pseudonym can be deleted while every root and proof stays valid. A leaf has at most leaf_bytes_max bytes.
#pragma once
#include "plugins/audit/log/sha256.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace audit {

inline constexpr std::size_t leaf_bytes_max = 4096;
inline constexpr std::size_t salt_bytes = 32;

hash commitment(std::string_view salt, std::string_view payload);

struct leaf {
  std::string id;
  std::int64_t time_ms = 0;
  std::string source;      // topic/partition@offset
  std::string type;
  std::string actor;       // 32 hex digits, or empty
  std::string resource;    // task:<id>, project:<id>, user:<pseudonym>, or empty
  std::string commitment;  // base64
};

std::string source_name(std::string_view topic, std::int32_t partition, std::int64_t offset);
void append_leaf(std::string& out, std::string_view id, std::int64_t time_ms, std::string_view source, std::string_view type,
                 std::string_view actor, std::string_view resource, const hash& commitment);
// Reads back what append_leaf wrote; nothing for anything else.
std::optional<leaf> parse_leaf(std::string_view bytes);

// Texts of strangers as they may stand in a leaf: long ones and such that are no UTF-8 become "sha256:<hex>".
std::string presentable(std::string_view text);
bool valid_utf8(std::string_view text);

std::string hex(std::string_view bytes);

}  // namespace audit
