// The id of the task that follows another: derived, so that no crash, replay or second device makes twins.
//
// Pure, any thread.
#pragma once

#include <string>
#include <string_view>

namespace recurring {

// UUIDv8 (RFC 9562 section 5.8): the first 128 bits of SHA-256 over the parts, separated by line feeds, with version and
// variant set. `local` only for the further tasks of catch_up=pile_up.
std::string occurrence_id(std::string_view series_id, std::string_view predecessor_id, std::string_view local = {});

}  // namespace recurring
