// The writer's work: takes waiting units, runs each in a savepoint, commits them once, tells everybody.
//
// Owned by the store, used by its writer thread alone; counters and trouble() may be read by any thread.
// Invariants: nobody hears of an outcome before the COMMIT that decides it; a unit that takes the transaction with it
// (disk full, interrupt, INSERT OR ROLLBACK) costs the others a re-run, never their outcome.
#pragma once
#include "host/io/clock.hpp"
#include "host/io/metrics/storage.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"
#include "host/storage/sqlite_store.hpp"
#include "host/storage/sqlite_transaction.hpp"
#include "host/storage/unit_queue.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace evhost::storage {

class group_writer {
 public:
  group_writer(sqlite_connection& connection, unit_queue& queue, const sqlite_options& options, io::clock& clock,
               io::log_sink& log, io::metric_registry& metrics);

  void observe(io::group_observer* observer) { observer_ = observer; }
  // The thread's body: until the queue is closed and empty. After the deadline of give_up() what is left fails.
  void run();
  // Any thread: units not begun at that time fail with shutdown.
  void give_up_at(std::chrono::steady_clock::time_point deadline) {
    give_up_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
  }

  [[nodiscard]] io::store_stats stats() const;
  [[nodiscard]] std::string trouble() const;

 private:
  struct member {
    queued_unit queued;
    io::unit_outcome outcome = io::unit_outcome::committed;
    std::optional<core::error> why;
    bool ran = false;      // in the transaction that is open now
    bool fatal = false;    // it took a transaction with it once
    bool settled = false;
  };
  using group = std::vector<member*>;
  enum class verdict { done, died, commit_failed, not_begun };
  struct slice;  // what this group may still take: units and time

  void serve();
  verdict attempt(group& units, bool take_more);
  bool take(group& units, slice& left);
  // False when the transaction is gone.
  bool run_unit(member& m, std::chrono::microseconds budget, bool savepoint);
  bool undo_unit(member& m, bool savepoint);
  void judge(member& m, bool keep);
  verdict commit(group& units);
  void after_death(group units, std::deque<group>& left);
  void abandon(const group& units);
  void fail_all(const group& units);
  void settle(const group& units);
  void finish(member& m, io::unit_outcome outcome, const core::error* why);
  void fail_rest();
  void probe();
  void note_trouble(int rc, const core::error& why);
  void clear_trouble();

  sqlite_connection& connection_;
  unit_queue& queue_;
  const sqlite_options options_;
  io::clock& clock_;
  io::log_sink& log_;
  io::group_observer* observer_ = nullptr;
  sqlite_transaction tx_;

  std::vector<std::unique_ptr<member>> taken_;  // of the group being served
  std::size_t kept_ = 0;                        // units in the open transaction that want to commit
  std::int64_t changes_before_ = 0;             // rows this connection had changed before it
  bool lent_ = false;                           // a plugin had the native handle in this transaction
  std::chrono::steady_clock::time_point last_request_;  // when the last request began
  member* culprit_ = nullptr;                   // who ended the transaction
  int commit_code_ = 0;
  core::error commit_error_;

  std::atomic<std::int64_t> give_up_;
  std::atomic<std::uint64_t> committed_{0}, rolled_back_{0}, failed_{0}, groups_{0}, reruns_{0};
  std::atomic<bool> troubled_{false};
  mutable std::mutex trouble_mutex_;
  std::string trouble_;

  io::counter count_of_[2][3];  // by class, by outcome
  io::histogram wait_of_[2];
  io::histogram commit_seconds_, commit_units_;
  io::counter commits_ok_, commits_failed_;
};

}  // namespace evhost::storage
