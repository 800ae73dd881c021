// Numbered SQL per owner, each applied once in its own transaction and remembered with its hash.
//
// On the connection's thread. Refused with a sentence, nothing applied: a changed step, a gap in the numbers, a
// database that is newer than this binary, a step whose SQL fails or leaves broken foreign keys.
#pragma once
#include "host/io/clock.hpp"
#include "host/io/store.hpp"
#include "host/storage/sqlite_connection.hpp"

#include <span>
#include <string_view>

namespace evhost::storage {

// The tables of the store itself.
core::result<void> prepare_store_tables(sqlite_connection& connection);

core::result<void> apply_migrations(sqlite_connection& connection, std::string_view owner,
                                    std::span<const io::migration> steps, io::clock& clock);

}  // namespace evhost::storage
