// Statements of a unit: cached, bound without copies, their failures noted.
#include "host/storage/sqlite_transaction.hpp"

#include "host/storage/sqlite_error.hpp"

namespace evhost::storage {
namespace {

using core::errc;
using core::fail;

evh_value cell_of(sqlite3_stmt* s, int column) {
  evh_value v{};
  switch (sqlite3_column_type(s, column)) {
    case SQLITE_INTEGER:
      v.type = EVH_INTEGER;
      v.as.integer = sqlite3_column_int64(s, column);
      break;
    case SQLITE_FLOAT:
      v.type = EVH_REAL;
      v.as.real = sqlite3_column_double(s, column);
      break;
    case SQLITE_TEXT:
      v.type = EVH_TEXT;
      v.as.bytes.ptr = reinterpret_cast<const char*>(sqlite3_column_text(s, column));
      v.as.bytes.len = static_cast<std::uint64_t>(sqlite3_column_bytes(s, column));
      break;
    case SQLITE_BLOB: {
      v.type = EVH_BLOB;
      const void* bytes = sqlite3_column_blob(s, column);
      v.as.bytes.ptr = bytes ? static_cast<const char*>(bytes) : "";  // empty is not absent
      v.as.bytes.len = static_cast<std::uint64_t>(sqlite3_column_bytes(s, column));
      break;
    }
    default: v.type = EVH_NULL; break;
  }
  return v;
}

void append_quoted(std::string& out, std::string_view name) {
  out += '"';
  for (const char c : name) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

constexpr std::size_t columns_max = 64;

}  // namespace

core::error sqlite_transaction::failed(int rc, std::string_view sql) {
  auto why = sqlite_error(connection_.handle(), rc, "");
  if (read_only_ && (rc & 0xff) == SQLITE_READONLY)
    return fail(errc::state, "a read cannot write: " + std::string(sql.substr(0, 120)));
  if (read_only_ && (rc & 0xff) == SQLITE_INTERRUPT)
    why = fail(errc::timeout, "the read took longer than the store's read timeout: ask for less at once, or narrow it");
  if ((rc & 0xff) != SQLITE_CONSTRAINT && (rc & 0xff) != SQLITE_FULL && why.code != errc::timeout)
    why.message.append(" in: ").append(sql.substr(0, 120));
  if (breaks_transaction(rc) && !broken_) {
    broken_ = why;
    broken_code_ = rc;
  }
  return why;
}

core::result<statement_lease> sqlite_transaction::prepare(std::string_view sql) {
  if (deadline_ && std::chrono::steady_clock::now() >= *deadline_)
    return fail(errc::timeout, "the read took longer than the store's read timeout: ask for less at once, or narrow it");
  // Once SQLite has ended the transaction by itself, a further statement would commit alone.
  if (!connection_.in_transaction()) {
    if (!broken_) broken_ = fail(errc::io, "the transaction was ended by an earlier failure of this unit");
    return *broken_;
  }
  auto got = connection_.statements().get(sql);
  if (!got && breaks_transaction(sqlite3_errcode(connection_.handle()))) {
    broken_ = got.error();
    broken_code_ = sqlite3_extended_errcode(connection_.handle());
  }
  return got;
}

core::result<std::int64_t> sqlite_transaction::exec(std::string_view sql, std::span<const evh_value> params) {
  auto held = prepare(sql);
  if (!held) return std::move(held).error();
  auto& statement = held.value();
  if (auto bound = statement.bind(params); !bound) return std::move(bound).error();
  sqlite3* db = connection_.handle();
  const auto before = sqlite3_total_changes64(db);
  int rc;
  do rc = sqlite3_step(statement.handle());
  while (rc == SQLITE_ROW);
  if (rc != SQLITE_DONE) return failed(rc, sql);
  // The count of the last DML stays until the next one, so a statement that changed nothing must not report it.
  return sqlite3_total_changes64(db) == before ? 0 : sqlite3_changes64(db);
}

core::result<void> sqlite_transaction::query(std::string_view sql, std::span<const evh_value> params,
                                             const io::row_sink& row) {
  auto held = prepare(sql);
  if (!held) return std::move(held).error();
  auto& statement = held.value();
  if (auto bound = statement.bind(params); !bound) return std::move(bound).error();
  const int columns = sqlite3_column_count(statement.handle());
  if (columns > static_cast<int>(columns_max)) return fail(errc::invalid, "a query gives at most 64 columns");
  evh_value cells[columns_max];
  for (;;) {
    const int rc = sqlite3_step(statement.handle());
    if (rc == SQLITE_DONE) return core::success();
    if (rc != SQLITE_ROW) return failed(rc, sql);
    for (int i = 0; i < columns; ++i) cells[i] = cell_of(statement.handle(), i);
    if (!row({cells, static_cast<std::size_t>(columns)})) return core::success();
  }
}

core::result<void> sqlite_transaction::copy_rows(std::string_view table, std::span<const std::string_view> columns,
                                                 std::span<const evh_value> cells) {
  if (columns.empty() || columns.size() > columns_max || cells.size() % columns.size() != 0)
    return fail(errc::invalid, "copy_rows into " + std::string(table) + ": " + std::to_string(cells.size()) +
                                   " cells do not fill rows of " + std::to_string(columns.size()) + " columns");
  std::string sql = "INSERT INTO ";
  append_quoted(sql, table);
  char separator = '(';
  for (const auto column : columns) {
    sql += separator;
    append_quoted(sql, column);
    separator = ',';
  }
  sql += ") VALUES(?";
  for (std::size_t i = 1; i < columns.size(); ++i) sql += ",?";
  sql += ')';
  auto held = prepare(sql);
  if (!held) return std::move(held).error();
  // One row at a time: a row of VALUES more costs SQLite a statement journal, a step costs less (measured).
  for (; !cells.empty(); cells = cells.subspan(columns.size())) {
    auto& statement = held.value();
    int rc = statement.bind_in_order(cells.first(columns.size()));
    if (rc == SQLITE_OK) rc = sqlite3_step(statement.handle());
    if (rc != SQLITE_DONE) return failed(rc, sql);
    sqlite3_reset(statement.handle());
  }
  return core::success();
}

io::native_handle sqlite_transaction::native() {
  lent_ = true;
  return {EVH_DIALECT_SQLITE, connection_.handle()};
}

}  // namespace evhost::storage
