// libpq and SQLite, as plainly as they go.
#include "tests/faults/sql.hpp"

#include <libpq-fe.h>
#include <sqlite3.h>

#include <stdexcept>

namespace evhost::faults {
namespace {

class postgres final : public sql {
 public:
  explicit postgres(const std::string& url) : connection_(PQconnectdb((url + "&connect_timeout=5").c_str())) {
    if (PQstatus(connection_) == CONNECTION_OK) return;
    const std::string why = PQerrorMessage(connection_);
    PQfinish(connection_);
    throw std::runtime_error(why);
  }
  ~postgres() override { PQfinish(connection_); }
  rows query(const std::string& text) override {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_, text.c_str()), &PQclear);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw std::runtime_error(text + ": " + PQerrorMessage(connection_));
    rows all;
    for (int i = 0; i < PQntuples(result.get()); ++i) {
      auto& one = all.emplace_back();
      for (int c = 0; c < PQnfields(result.get()); ++c) one.emplace_back(PQgetvalue(result.get(), i, c), static_cast<std::size_t>(PQgetlength(result.get(), i, c)));
    }
    return all;
  }

 private:
  PGconn* connection_;
};

class sqlite final : public sql {
 public:
  explicit sqlite(const std::filesystem::path& file) {
    if (sqlite3_open_v2(file.c_str(), &handle_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK) throw std::runtime_error("cannot open " + file.string());
    sqlite3_busy_timeout(handle_, 10'000);
  }
  ~sqlite() override { sqlite3_close(handle_); }
  rows query(const std::string& text) override {
    sqlite3_stmt* st = nullptr;
    if (sqlite3_prepare_v2(handle_, text.c_str(), -1, &st, nullptr) != SQLITE_OK) throw std::runtime_error(text + ": " + sqlite3_errmsg(handle_));
    rows all;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
      auto& one = all.emplace_back();
      for (int c = 0; c < sqlite3_column_count(st); ++c) {
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(st, c));
        one.emplace_back(bytes ? bytes : "", static_cast<std::size_t>(sqlite3_column_bytes(st, c)));
      }
    }
    sqlite3_finalize(st);
    if (rc != SQLITE_DONE) throw std::runtime_error(text + ": " + sqlite3_errmsg(handle_));
    return all;
  }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace

std::unique_ptr<sql> open_postgres(const std::string& url) { return std::make_unique<postgres>(url); }
std::unique_ptr<sql> open_sqlite(const std::filesystem::path& file) { return std::make_unique<sqlite>(file); }

}  // namespace evhost::faults
