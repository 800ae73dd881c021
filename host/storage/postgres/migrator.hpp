// Numbered SQL per owner, each applied once in its own transaction, by one host at a time, remembered with its hash.
//
// On a connection of its own. Refused with a sentence, nothing applied: as host/storage/migrator.hpp.
#pragma once
#include "host/io/clock.hpp"
#include "host/io/store.hpp"
#include "host/storage/postgres/connection.hpp"

#include <span>
#include <string_view>

namespace evhost::storage::postgres {

core::result<void> apply_migrations(connection& c, std::string_view owner, std::span<const io::migration> steps,
                                    io::clock& clock);

}  // namespace evhost::storage::postgres
