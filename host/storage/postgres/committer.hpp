// One committer: a thread, a connection, a queue. Takes what waits, runs each unit in a savepoint of one transaction,
// commits once, tells everybody.
//
// Owned by the store; run() is its thread's body, the rest may be called by any thread. Invariants: nobody hears of an
// outcome before the server confirmed the COMMIT that decides it, by its command tag; if that answer was lost, the
// group's marker is read on a new connection first. All units of a group were submitted before its snapshot was taken,
// so each sees whatever was settled before it was submitted.
#pragma once
#include "host/io/clock.hpp"
#include "host/io/metrics/storage.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"
#include "host/storage/postgres/link.hpp"
#include "host/storage/postgres/marker.hpp"
#include "host/storage/postgres/transaction.hpp"
#include "host/storage/postgres_store.hpp"
#include "host/storage/unit_queue.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace evhost::storage::postgres {

class committer {
 public:
  committer(const postgres_options& options, std::string slot, std::function<void(io::native_handle)> before_close,
            io::clock& clock, io::log_sink& log, io::metric_registry& metrics);

  unit_queue& queue() { return queue_; }
  [[nodiscard]] bool busy() const { return busy_.load(std::memory_order_relaxed); }
  void observe(io::group_observer* observer) { observer_ = observer; }
  // Whose requests it takes along once its own queue has none left. Before run().
  void help(std::vector<committer*> others) { others_ = std::move(others); }
  void run();
  // Units not begun by then fail with shutdown; an outage is waited out no longer than that.
  void give_up_at(std::chrono::steady_clock::time_point deadline);

  [[nodiscard]] io::store_stats stats() const;
  [[nodiscard]] std::string trouble() const { return link_.trouble(); }

 private:
  struct member {
    queued_unit queued;
    io::unit_outcome outcome = io::unit_outcome::committed;
    std::optional<core::error> why;
    bool ran = false, exact = false, savepoint = false, settled = false;
  };
  struct group {
    std::vector<member*> units;
    int tries = 0;
  };
  enum class verdict { done, again, lost, commit_failed, unknown };
  enum class step { next, rewound, again, lost };

  void serve();
  void take();
  bool keep(std::optional<queued_unit> next);
  bool others_wait() const;
  verdict attempt(group& g);
  step run_unit(group& g, std::size_t& index);
  void call(member& m);
  step look(group& g, std::size_t& index);
  verdict commit(group& g);
  void retry(group g, std::deque<group>& left);
  void halve(group g, std::deque<group>& left);
  void resolve(group g, std::deque<group>& left);
  void forget(const group& g);
  void fail_all(const group& g, const core::error& why);
  void finish(member& m, io::unit_outcome outcome, const core::error* why);
  void tell_committed(const group& g);
  void fail_rest();
  bool given_up() const;

  const postgres_options options_;
  io::clock& clock_;
  io::log_sink& log_;
  unit_queue queue_;
  std::vector<committer*> others_;
  link link_;
  commit_marker marker_;
  io::group_observer* observer_ = nullptr;
  std::optional<transaction> tx_;  // on link_'s connection

  std::vector<std::unique_ptr<member>> taken_;
  std::chrono::steady_clock::time_point last_request_;
  std::size_t last_requests_ = 0;  // of the group before
  bool lent_in_group_ = false;
  bool borrower_failed_ = false;  // its prepared names may be left on the connection
  bool stale_plan_ = false;       // a migration changed what a prepared query gives
  core::error last_fault_;

  std::atomic<bool> busy_{false};
  std::atomic<std::int64_t> give_up_;
  std::atomic<std::uint64_t> committed_{0}, rolled_back_{0}, failed_{0}, groups_{0}, reruns_{0};
  io::counter count_of_[2][3];  // by class, by outcome
  io::histogram wait_of_[2];
  io::histogram commit_seconds_, commit_units_;
  io::counter commits_ok_, commits_failed_;
};

}  // namespace evhost::storage::postgres
