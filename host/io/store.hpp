// The store port: units of work on a transactional database.
//
// A unit is a re-runnable closure. The store runs queued units in groups, each in a savepoint, and commits the group
// once; whoever waits hears of the outcome only after COMMIT was confirmed. Units of one store never overlap in time
// on SQLite; a PostgreSQL store may run units of different ordering keys side by side (unit::order_key).
// Reads run on the calling thread in a snapshot of their own.
#pragma once
#include "host/core/result.hpp"

#include <evh/abi/store.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::io {

// Rows of a query, one call each; the cells live until it returns. Return false to stop.
using row_sink = std::function<bool(std::span<const evh_value> cells)>;

struct native_handle {
  std::int32_t kind = 0;  // EVH_DIALECT_*
  void* handle = nullptr;
};

// One open transaction (or savepoint) on one connection; lives for one run of a unit or one read. One thread.
class transaction {
 public:
  virtual ~transaction() = default;
  // Rows changed. conflict: a constraint; io: the transaction is broken and will be re-run or reported by the store.
  virtual core::result<std::int64_t> exec(std::string_view sql, std::span<const evh_value> params) = 0;
  virtual core::result<void> query(std::string_view sql, std::span<const evh_value> params, const row_sink& row) = 0;
  // Bulk insert of rows * columns.size() cells.
  virtual core::result<void> copy_rows(std::string_view table, std::span<const std::string_view> columns,
                                       std::span<const evh_value> cells) = 0;
  // Lent to plugins; the store's authorizer guards it. Never ownership.
  virtual native_handle native() = 0;
  [[nodiscard]] virtual bool read_only() const = 0;
};

enum class unit_class { request, lane };  // requests go first; a lane's batch is cut short while requests wait

// What became of a unit.
enum class unit_outcome {
  committed,    // durable
  rolled_back,  // run() asked for it: nothing of it exists
  failed,       // nothing of it exists, why says it: io (disk full, damage), shutdown, exception (run threw), conflict
                // (a deferred key left broken)
};

class unit {
 public:
  virtual ~unit() = default;
  // Does the work; true to commit, false to roll back. Re-runnable: may be called again after a rollback it did not
  // ask for. On the store's thread; no waiting. budget: how long a lane batch should take at most now (zero: no limit).
  virtual bool run(transaction& tx, std::chrono::microseconds budget) = 0;
  // Called when a run is undone by the store (group failed), before the next run or settled(failed): drop what the
  // last run staged.
  virtual void undone() noexcept {}
  // Exactly once, after the group's COMMIT or the final rollback. On the store's thread: post, do not work.
  virtual void settled(unit_outcome outcome, const core::error* why) noexcept = 0;
  [[nodiscard]] virtual unit_class kind() const { return unit_class::request; }
  [[nodiscard]] virtual std::uint64_t order_key() const { return 0; }
};

// Called on the store's thread around each group: the log hands out offsets here and delivers after commit.
// A store with several committers (PostgreSQL) calls group_committed() alone, from any of them at once.
class group_observer {
 public:
  virtual ~group_observer() = default;
  virtual void group_committed() noexcept = 0;                // durable now; before any settled() of the group
  virtual void group_rolled_back() noexcept = 0;              // the whole group is undone
  virtual void unit_begun() noexcept = 0;                     // a savepoint was set
  virtual void unit_rolled_back() noexcept = 0;               // back to that savepoint
};

struct migration {
  std::uint32_t version = 0;
  std::string name;
  std::string sql;
};

struct store_stats {
  std::uint64_t units_committed = 0, units_rolled_back = 0, units_failed = 0, groups = 0, reruns = 0;
  std::uint64_t queue_depth = 0;
};

class store {
 public:
  virtual ~store() = default;
  [[nodiscard]] virtual std::int32_t dialect() const = 0;  // EVH_DIALECT_*
  // Queues a unit. again: queue full (nothing kept; unit is handed back destroyed without settled()). shutdown: closed.
  virtual core::result<void> submit(std::unique_ptr<unit> work) = 0;
  // Runs fn in a read-only snapshot on this thread. Capped by the store's read timeout. Blocks while no reader is free.
  virtual core::result<void> read(const std::function<core::result<void>(transaction&)>& fn) = 0;
  // Applies the owner's pending migrations in order under the store's lock. Before the first unit only. [control]
  virtual core::result<void> migrate(std::string_view owner, std::span<const migration> steps) = 0;
  // fn is called with each native handle before it is closed.
  virtual void on_close(std::function<void(native_handle)> fn) = 0;
  virtual void observe(group_observer* observer) = 0;  // one; before start
  // A word to the other processes that share the database: something may be there for them. A hint, it may be lost; never
  // heard by its sender. Nothing where one process has the database. ring() from any thread, after start.
  virtual void ring() noexcept {}
  virtual void on_ring(std::function<void()> fn) { (void)fn; }  // one, none to end it; set before start. fn: be quick
  virtual core::result<void> start() = 0;              // the writer runs from here on
  // Finishes what is queued until the deadline, fails the rest with shutdown, closes. Idempotent.
  virtual void stop(std::chrono::steady_clock::time_point deadline) = 0;
  [[nodiscard]] virtual store_stats stats() const = 0;
  // Empty when healthy; otherwise the reason writes fail now ("disk full: ...").
  [[nodiscard]] virtual std::string trouble() const = 0;
};

}  // namespace evhost::io
