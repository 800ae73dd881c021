// The in-memory store.
#include "tests/support/fakes/memory_store.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace evhost::fakes {

class memory_transaction final : public io::transaction {
 public:
  memory_transaction(memory_store& store, bool read_only) : store_(store), read_only_(read_only) {}

  core::result<std::int64_t> exec(std::string_view sql, std::span<const evh_value> params) override {
    EVH_TRY(step(sql, params, nullptr));
    return sqlite3_changes64(store_.db_);
  }
  core::result<void> query(std::string_view sql, std::span<const evh_value> params, const io::row_sink& row) override {
    return step(sql, params, &row);
  }
  core::result<void> copy_rows(std::string_view table, std::span<const std::string_view> columns,
                               std::span<const evh_value> cells) override {
    std::string sql = "INSERT INTO " + std::string(table) + " (", places;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      sql += (i ? ", " : "") + std::string(columns[i]);
      places += (i ? ", $" : "$") + std::to_string(i + 1);
    }
    sql += ") VALUES (" + places + ")";
    for (std::size_t at = 0; at < cells.size(); at += columns.size()) {
      EVH_TRY(step(sql, cells.subspan(at, columns.size()), nullptr));
    }
    return core::success();
  }
  io::native_handle native() override { return {EVH_DIALECT_SQLITE, store_.db_}; }
  [[nodiscard]] bool read_only() const override { return read_only_; }

 private:
  core::result<void> step(std::string_view sql, std::span<const evh_value> params, const io::row_sink* row) {
    if (!read_only_ && store_.fail_next_ > 0) {
      --store_.fail_next_;
      return store_.fail_why_;
    }
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(store_.db_, sql.data(), static_cast<int>(sql.size()), &raw, nullptr) != SQLITE_OK)
      return core::fail(core::errc::invalid, sqlite3_errmsg(store_.db_));
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
    for (std::size_t i = 0; i < params.size(); ++i) bind(raw, "$" + std::to_string(i + 1), params[i]);
    for (;;) {
      const int code = sqlite3_step(raw);
      if (code == SQLITE_DONE) return core::success();
      if (code == SQLITE_CONSTRAINT) return core::fail(core::errc::conflict, sqlite3_errmsg(store_.db_));
      if (code != SQLITE_ROW) return core::fail(core::errc::io, sqlite3_errmsg(store_.db_));
      if (row && !(*row)(cells(raw))) return core::success();
    }
  }
  static void bind(sqlite3_stmt* s, const std::string& name, const evh_value& v) {
    const int at = sqlite3_bind_parameter_index(s, name.c_str());
    if (v.type == EVH_INTEGER) sqlite3_bind_int64(s, at, v.as.integer);
    if (v.type == EVH_REAL) sqlite3_bind_double(s, at, v.as.real);
    if (v.type == EVH_TEXT)
      sqlite3_bind_text(s, at, v.as.bytes.ptr, static_cast<int>(v.as.bytes.len), SQLITE_TRANSIENT);
    if (v.type == EVH_BLOB)
      sqlite3_bind_blob(s, at, v.as.bytes.ptr, static_cast<int>(v.as.bytes.len), SQLITE_TRANSIENT);
  }
  std::span<const evh_value> cells(sqlite3_stmt* s) {
    cells_.assign(static_cast<std::size_t>(sqlite3_column_count(s)), evh_value{});
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const int c = static_cast<int>(i), type = sqlite3_column_type(s, c);
      evh_value& v = cells_[i];
      if (type == SQLITE_INTEGER) v.type = EVH_INTEGER, v.as.integer = sqlite3_column_int64(s, c);
      if (type == SQLITE_FLOAT) v.type = EVH_REAL, v.as.real = sqlite3_column_double(s, c);
      if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
        v.type = type == SQLITE_TEXT ? EVH_TEXT : EVH_BLOB;
        v.as.bytes = {static_cast<const char*>(sqlite3_column_blob(s, c)),
                      static_cast<std::uint64_t>(sqlite3_column_bytes(s, c))};
      }
    }
    return cells_;
  }

  memory_store& store_;
  bool read_only_;
  std::vector<evh_value> cells_;
};

memory_store::memory_store() {
  if (sqlite3_open(":memory:", &db_) != SQLITE_OK) throw std::runtime_error("no in-memory database");
}

memory_store::~memory_store() {
  for (const auto& hook : close_hooks_) hook({EVH_DIALECT_SQLITE, db_});
  sqlite3_close_v2(db_);
}

core::result<void> memory_store::submit(std::unique_ptr<io::unit> work) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return core::fail(core::errc::shutdown, "the fake store is closed");
    if (refuse_next_ > 0) {
      --refuse_next_;
      return core::fail(core::errc::again, "the fake store's queue is full");
    }
    queue_.push_back(std::move(work));
  }
  while (inline_ && run_group()) {
  }
  return core::success();
}

core::result<void> memory_store::read(const std::function<core::result<void>(io::transaction&)>& fn) {
  memory_transaction tx(*this, true);
  return fn(tx);
}

core::result<void> memory_store::migrate(std::string_view, std::span<const io::migration> steps) {
  for (const auto& step : steps) exec_raw(step.sql.c_str());
  return core::success();
}

void memory_store::stop(std::chrono::steady_clock::time_point) {
  while (run_group()) {
  }
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

std::size_t memory_store::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void memory_store::forget_queue() {
  const std::lock_guard lock(mutex_);
  queue_.clear();
}

bool memory_store::run_once(std::vector<std::unique_ptr<io::unit>>& units, std::vector<bool>& kept) {
  memory_transaction tx(*this, false);
  exec_raw("BEGIN");
  for (std::size_t i = 0; i < units.size(); ++i) {
    exec_raw("SAVEPOINT unit");
    if (observer_) observer_->unit_begun();
    kept[i] = units[i]->run(tx, units[i]->kind() == io::unit_class::lane ? lane_budget : std::chrono::microseconds(0));
    if (!kept[i]) {
      exec_raw("ROLLBACK TO unit");
      if (observer_) observer_->unit_rolled_back();
    }
    exec_raw("RELEASE unit");
  }
  if (before_commit) before_commit();
  if (undo_next_ > 0 || give_up_next_ > 0) {
    exec_raw("ROLLBACK");
    if (observer_) observer_->group_rolled_back();
    for (auto& unit : units) unit->undone();
    return false;
  }
  exec_raw("COMMIT");
  if (observer_) observer_->group_committed();
  return true;
}

bool memory_store::run_group(std::size_t units_max) {
  std::vector<std::unique_ptr<io::unit>> units;
  if (dead_) return false;
  {
    const std::lock_guard lock(mutex_);
    for (; !queue_.empty() && units.size() < units_max; queue_.pop_front()) units.push_back(std::move(queue_.front()));
  }
  if (units.empty()) return false;
  std::vector<bool> kept(units.size());
  ++stats_.groups;
  while (!run_once(units, kept)) {
    if (give_up_next_ > 0) {
      --give_up_next_;
      const core::error why{core::errc::io, "the fake store gave a group up"};
      for (auto& unit : units) unit->settled(io::unit_outcome::failed, &why);
      stats_.units_failed += units.size();
      return true;
    }
    --undo_next_;
    ++stats_.reruns;
  }
  for (std::size_t i = 0; i < units.size(); ++i) {
    ++(kept[i] ? stats_.units_committed : stats_.units_rolled_back);
    units[i]->settled(kept[i] ? io::unit_outcome::committed : io::unit_outcome::rolled_back, nullptr);
  }
  return true;
}

void memory_store::exec_raw(const char* sql) {
  char* message = nullptr;
  if (sqlite3_exec(db_, sql, nullptr, nullptr, &message) != SQLITE_OK) {
    const std::string why = message ? message : "unknown";
    sqlite3_free(message);
    throw std::runtime_error("fake store: " + why + " in: " + sql);
  }
}

void memory_store::execute(const std::string& sql) { exec_raw(sql.c_str()); }

std::int64_t memory_store::number(const std::string& sql) {
  std::int64_t value = 0;
  memory_transaction tx(*this, true);
  const auto done = tx.query(sql, {}, [&](std::span<const evh_value> cells) {
    value = cells[0].as.integer;
    return false;
  });
  if (done.has_error()) throw std::runtime_error("fake store: " + done.error().message);
  return value;
}

}  // namespace evhost::fakes
