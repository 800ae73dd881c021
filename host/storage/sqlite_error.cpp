// Maps result codes to codes and sentences with a remedy.
#include "host/storage/sqlite_error.hpp"

namespace evhost::storage {
namespace {

using core::errc;

struct meaning {
  errc code;
  const char* prefix;
};

meaning meaning_of(int rc) {
  switch (rc & 0xff) {
    case SQLITE_CONSTRAINT: return {errc::conflict, ""};
    case SQLITE_FULL: return {errc::io, "disk full: free space on the volume of the data directory; "};
    case SQLITE_IOERR: return {errc::io, "disk error: check the volume of the data directory; "};
    case SQLITE_CORRUPT: return {errc::io, "damaged database: restore it from a backup; "};
    case SQLITE_NOTADB: return {errc::io, "not a database: restore it from a backup or move the file away; "};
    case SQLITE_READONLY: return {errc::io, "read-only: "};
    case SQLITE_CANTOPEN: return {errc::io, "cannot open: check that the file's folder exists and is ours to write; "};
    case SQLITE_PERM: return {errc::denied, "no permission: check the owner and mode of the file; "};
    case SQLITE_BUSY: return {errc::io, "busy: another process holds the database; "};
    case SQLITE_LOCKED: return {errc::io, "locked: "};
    case SQLITE_INTERRUPT: return {errc::io, "interrupted: "};
    case SQLITE_ABORT: return {errc::io, "the transaction was rolled back meanwhile: "};
    case SQLITE_PROTOCOL: return {errc::io, "locking protocol: "};
    case SQLITE_SCHEMA: return {errc::io, "the schema changed meanwhile: "};
    case SQLITE_NOMEM: return {errc::no_memory, ""};
    case SQLITE_AUTH: return {errc::denied, "refused: transactions, savepoints, ATTACH and PRAGMA belong to the host; "};
    default: return {errc::invalid, ""};  // ERROR, TOOBIG, MISMATCH, RANGE, MISUSE: the statement is wrong
  }
}

}  // namespace

core::error sqlite_error(int rc, std::string_view detail, std::string_view context) {
  const meaning m = meaning_of(rc);
  std::string text(m.prefix);
  if (!context.empty()) text.append(context).append(": ");
  text.append(detail);
  return {m.code, std::move(text)};
}

core::error sqlite_error(sqlite3* db, int rc, std::string_view context) {
  // The handle's text belongs to its last call, which need not be the one that gave rc.
  const bool same = db && (sqlite3_errcode(db) & 0xff) == (rc & 0xff);
  return sqlite_error(rc, same ? sqlite3_errmsg(db) : sqlite3_errstr(rc), context);
}

bool is_storage_trouble(int rc) {
  switch (rc & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL: return true;
    default: return false;
  }
}

bool breaks_transaction(int rc) {
  switch (rc & 0xff) {
    case SQLITE_NOMEM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
    case SQLITE_ABORT: return true;
    default: return is_storage_trouble(rc);
  }
}

}  // namespace evhost::storage
