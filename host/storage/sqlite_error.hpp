// SQLite's result codes in the house's words: the one place where a foreign error becomes ours.
#pragma once
#include "host/core/result.hpp"

#include <sqlite3.h>

#include <string>
#include <string_view>

namespace evhost::storage {

// The error of the last call on db. context says what was tried: "exec", "commit", "open".
core::error sqlite_error(sqlite3* db, int rc, std::string_view context);
core::error sqlite_error(int rc, std::string_view detail, std::string_view context);

// The database or the disk failed, not the statement: writes fail for everybody until it is mended.
bool is_storage_trouble(int rc);
// After this code the transaction may be gone or half done, so the unit's verdict no longer counts.
bool breaks_transaction(int rc);

}  // namespace evhost::storage
