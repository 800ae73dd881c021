// Index entries: which leaves concern a task, a person, a type or an event id. Kept as gap lists, one per key and integration.
//
// A key is a kind and 16 bytes; people stand in it as pseudonyms, so the index tells nothing once a person's key is gone.
// Pure, any thread.
#pragma once
#include "plugins/audit/leaves/bundle.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace audit {

inline constexpr std::size_t index_key_bytes = 17;
using index_key = std::array<unsigned char, index_key_bytes>;  // sorts as the database sorts it
inline std::string_view bytes_of(const index_key& k) { return {reinterpret_cast<const char*>(k.data()), k.size()}; }

index_key resource_key(std::string_view resource);  // task:<id> and the like
index_key person_key(const pseudonym& who);
index_key type_key(std::string_view type);
index_key event_key(std::string_view event_id);

// An event id that tells its time needs no index entry: the host's ids are UUIDv7. -1: it does not.
std::int64_t time_in_id(std::string_view event_id);
// How far the time in an id may be from the event's own, for the lookup by time to find it.
inline constexpr std::int64_t id_time_slack_ms = 2000;

// Gaps behind `first`, strictly ascending.
std::string pack_list(const std::vector<std::uint64_t>& leaves);
std::vector<std::uint64_t> unpack_list(std::uint64_t first, std::string_view list);

}  // namespace audit
