// SQL for the in-memory host: one private SQLite database, statements prepared per call.
#include "impl.hpp"

namespace evh::testing {
namespace {

void bind(sqlite3_stmt* st, const evh_value* params, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    // $1 is parameter "$1" wherever it stands; SQLite numbers named parameters by first appearance.
    const int at = sqlite3_bind_parameter_index(st, ("$" + std::to_string(i + 1)).c_str());
    if (at == 0) continue;
    const evh_value& v = params[i];
    switch (v.type) {
      case EVH_INTEGER: sqlite3_bind_int64(st, at, v.as.integer); break;
      case EVH_REAL: sqlite3_bind_double(st, at, v.as.real); break;
      case EVH_TEXT: sqlite3_bind_text64(st, at, v.as.bytes.ptr, v.as.bytes.len, SQLITE_TRANSIENT, SQLITE_UTF8); break;
      case EVH_BLOB: sqlite3_bind_blob64(st, at, v.as.bytes.ptr, v.as.bytes.len, SQLITE_TRANSIENT); break;
      default: sqlite3_bind_null(st, at);
    }
  }
}

evh_value cell(sqlite3_stmt* st, int i) {
  evh_value v{};
  switch (sqlite3_column_type(st, i)) {
    case SQLITE_INTEGER: v.type = EVH_INTEGER; v.as.integer = sqlite3_column_int64(st, i); break;
    case SQLITE_FLOAT: v.type = EVH_REAL; v.as.real = sqlite3_column_double(st, i); break;
    case SQLITE_TEXT:
      v.type = EVH_TEXT;
      v.as.bytes.ptr = reinterpret_cast<const char*>(sqlite3_column_text(st, i));
      v.as.bytes.len = static_cast<std::uint64_t>(sqlite3_column_bytes(st, i));
      break;
    case SQLITE_BLOB: {
      v.type = EVH_BLOB;
      const void* p = sqlite3_column_blob(st, i);
      v.as.bytes.ptr = p ? static_cast<const char*>(p) : "";
      v.as.bytes.len = static_cast<std::uint64_t>(sqlite3_column_bytes(st, i));
      break;
    }
    default: v.type = EVH_NULL;
  }
  return v;
}

}  // namespace

void fill(evh_error* error, evh_status status, std::string_view sentence) {
  if (!error) return;
  error->code = status;
  error->len = static_cast<std::uint32_t>(std::min<std::size_t>(sentence.size(), EVH_ERROR_TEXT_BYTES - 1));
  sentence.copy(error->text, error->len);
  error->text[error->len] = '\0';
}

database::database() {
  if (sqlite3_open(":memory:", &handle) != SQLITE_OK) throw std::runtime_error("cannot open an in-memory database");
  script("PRAGMA foreign_keys=ON");
}
database::~database() { sqlite3_close_v2(handle); }

void database::script(std::string_view sql) {
  char* message = nullptr;
  if (sqlite3_exec(handle, std::string(sql).c_str(), nullptr, nullptr, &message) != SQLITE_OK) {
    std::string why = message ? message : "SQL failed";
    sqlite3_free(message);
    throw std::runtime_error(why);
  }
}

evh_status database::run(std::string_view sql, const evh_value* params, std::uint32_t count, evh_row_fn row, void* user,
                         std::int64_t* changed, evh_error* error) {
  sqlite3_stmt* st = nullptr;
  if (sqlite3_prepare_v2(handle, sql.data(), static_cast<int>(sql.size()), &st, nullptr) != SQLITE_OK) {
    fill(error, EVH_INVALID, sqlite3_errmsg(handle));
    return EVH_INVALID;
  }
  bind(st, params, count);
  evh_status status = EVH_OK;
  int rc = SQLITE_ROW;
  std::vector<evh_value> cells;
  while (status == EVH_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
    if (!row) continue;
    const int n = sqlite3_column_count(st);
    cells.clear();
    for (int i = 0; i < n; ++i) cells.push_back(cell(st, i));
    status = row(user, cells.data(), static_cast<std::uint32_t>(n));
  }
  if (status == EVH_OK && rc != SQLITE_DONE) {
    status = (rc & 0xff) == SQLITE_CONSTRAINT ? EVH_CONFLICT : EVH_IO;
    fill(error, status, sqlite3_errmsg(handle));
  }
  if (changed) *changed = sqlite3_changes64(handle);
  sqlite3_finalize(st);
  return status;
}

}  // namespace evh::testing
