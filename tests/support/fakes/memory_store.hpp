// A store for unit tests: io::store on an in-memory SQLite database, one thread, nothing runs until the test says so.
//
// Units wait in a queue; run_group() runs some of them as the real store does: savepoint each, one commit, then the
// outcomes. Faults by number: fail_next (statements), undo_next_groups (a group is rolled back and run again),
// give_up_next (a group fails for good), refuse_next (submit says again). Single-threaded unless stated: submit() may be
// called from any thread.
#pragma once
#include "host/io/store.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

struct sqlite3;

namespace evhost::fakes {

class memory_store final : public io::store {
 public:
  memory_store();
  ~memory_store() override;

  [[nodiscard]] std::int32_t dialect() const override { return EVH_DIALECT_SQLITE; }
  core::result<void> submit(std::unique_ptr<io::unit> work) override;
  core::result<void> read(const std::function<core::result<void>(io::transaction&)>& fn) override;
  core::result<void> migrate(std::string_view owner, std::span<const io::migration> steps) override;
  void on_close(std::function<void(io::native_handle)> fn) override { close_hooks_.push_back(std::move(fn)); }
  void observe(io::group_observer* observer) override { observer_ = observer; }
  core::result<void> start() override { return core::success(); }
  void stop(std::chrono::steady_clock::time_point deadline) override;  // runs what is queued, then refuses
  [[nodiscard]] io::store_stats stats() const override { return stats_; }
  [[nodiscard]] std::string trouble() const override { return {}; }

  // One group of at most units_max units; false when nothing was queued.
  bool run_group(std::size_t units_max = 16);
  [[nodiscard]] std::size_t queued() const;
  // Runs every submitted unit at once inside submit(): for code that waits for its units.
  void run_inline(bool on) { inline_ = on; }
  // A crash: queued units are forgotten without a word, as the process would.
  void forget_queue();

  // Faults.
  void fail_next(int statements, core::error why = {core::errc::io, "the fake store failed a statement"}) {
    fail_next_ = statements;
    fail_why_ = std::move(why);
  }
  void undo_next_groups(int groups) { undo_next_ = groups; }
  void give_up_next(int groups) { give_up_next_ = groups; }
  // A crash now: the group under way leaves nothing behind and no other runs until revive().
  void die() {
    give_up_next_ = 1;
    dead_ = true;
  }
  void revive() { dead_ = false; }
  void refuse_next(int submits) { refuse_next_ = submits; }
  std::chrono::microseconds lane_budget{0};  // handed to lane units
  // Called after the units of a group ran and before it commits: a place for a simulated crash.
  std::function<void()> before_commit;

  // Test's own SQL, outside any unit.
  void execute(const std::string& sql);
  std::int64_t number(const std::string& sql);  // first cell of the first row

 private:
  friend class memory_transaction;
  bool run_once(std::vector<std::unique_ptr<io::unit>>& units, std::vector<bool>& kept);
  void exec_raw(const char* sql);

  sqlite3* db_ = nullptr;
  mutable std::mutex mutex_;  // over the queue
  std::deque<std::unique_ptr<io::unit>> queue_;
  io::group_observer* observer_ = nullptr;
  std::vector<std::function<void(io::native_handle)>> close_hooks_;
  io::store_stats stats_;
  int fail_next_ = 0, undo_next_ = 0, give_up_next_ = 0, refuse_next_ = 0;
  core::error fail_why_;
  bool inline_ = false, closed_ = false, dead_ = false;
};

}  // namespace evhost::fakes
