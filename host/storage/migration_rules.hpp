// What holds for numbered migrations on any engine: their names in sentences, their hashes, and which history is sound.
#pragma once
#include "host/io/store.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::storage {

struct applied_step {
  std::int64_t version;
  std::string hash;
};

// SHA-256 of the text, in hexadecimal.
std::string migration_hash(std::string_view sql);
// "migration 2 'add_series' of chat"
std::string migration_name(std::string_view owner, const io::migration& step);
// Refuses gaps, a database newer than this binary, and a step that was changed after it had been applied.
core::result<void> check_migrations(std::string_view owner, std::span<const io::migration> steps,
                                    const std::vector<applied_step>& applied);

}  // namespace evhost::storage
