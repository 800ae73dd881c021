// io::transaction on a SQLite connection: one object per connection, begun anew for every unit or read.
#pragma once
#include "host/io/store.hpp"
#include "host/storage/sqlite_connection.hpp"

#include <chrono>
#include <optional>

namespace evhost::storage {

class sqlite_transaction final : public io::transaction {
 public:
  explicit sqlite_transaction(sqlite_connection& connection, bool read_only)
      : connection_(connection), read_only_(read_only) {}

  core::result<std::int64_t> exec(std::string_view sql, std::span<const evh_value> params) override;
  core::result<void> query(std::string_view sql, std::span<const evh_value> params, const io::row_sink& row) override;
  core::result<void> copy_rows(std::string_view table, std::span<const std::string_view> columns,
                               std::span<const evh_value> cells) override;
  io::native_handle native() override;
  [[nodiscard]] bool read_only() const override { return read_only_; }

  // For whoever runs the unit. Forgets the last run.
  void begin_run() {
    broken_.reset();
    broken_code_ = SQLITE_OK;
    lent_ = false;
  }
  // Reads: statements after this moment are refused, running ones interrupted.
  void set_deadline(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }
  [[nodiscard]] const std::optional<core::error>& broken() const { return broken_; }
  [[nodiscard]] int broken_code() const { return broken_code_; }
  [[nodiscard]] bool lent() const { return lent_; }

 private:
  core::error failed(int rc, std::string_view sql);
  core::result<statement_lease> prepare(std::string_view sql);

  sqlite_connection& connection_;
  bool read_only_;
  bool lent_ = false;
  int broken_code_ = SQLITE_OK;
  std::optional<core::error> broken_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

}  // namespace evhost::storage
