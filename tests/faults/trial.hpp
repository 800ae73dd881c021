// One run of one row: its hosts, its writers, its database and topics, and what the oracle says at the end.
//
// A row's function calls start(), steady(), does its harm, then recover(); the harness calls finish(). Every wait has a
// deadline and throws std::runtime_error, which fails the run. Threads: one, beside the writers' and the watcher's own.
#pragma once

#include "tests/faults/bed.hpp"
#include "tests/faults/count_oracle.hpp"
#include "tests/faults/writers.hpp"
#include "tests/support/host_under_test.hpp"
#include "tests/support/tcp_proxy.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace evhost::faults {

using milliseconds = std::chrono::milliseconds;
using environment = std::map<std::string, std::string>;

enum class engine { embedded, cluster };

struct trial_options {
  engine on = engine::cluster;
  std::uint64_t seed = 1;
  unsigned hosts = 1;
  bool broker_by_proxy = false, postgres_by_proxy = false;
  bool only_first_by_proxy = false;  // the other hosts have links of their own
  bool unnamed = false;     // no replica keeps a name: every start and end is a rebalance
  bool supervised = false;  // by evhost run --supervise
  std::string unprotected;  // the control run's missing protection
  environment more;         // of every host
  writers::options load;
};

struct result {
  account found;
  std::uint64_t acknowledged = 0, refused = 0, kills = 0;
  std::int64_t recover_ms = 0;      // from the end of the harm until everything stored before it had its effects
  std::int64_t longest_gap_ms = 0;  // without any effect while writers wrote
  std::string error;                // what broke the run itself
};

class trial {
 public:
  trial(bed& shared, trial_options how);
  ~trial();

  // ---- phases ----
  void start();                                 // hosts, then writers
  void steady(std::uint64_t acknowledged = 150);
  void recover(milliseconds within = std::chrono::seconds(60));  // the harm is over: write on, settle, stop all
  result finish();                              // the oracle; after recover()
  result give_up();                             // the same after a broken run: hosts are killed first
  void keep_logs(const std::string& name) const;  // in the folder fault-logs here

  // ---- hosts ----
  void launch(std::size_t i, const environment& more = {});     // without waiting
  void wait_ready(std::size_t i, milliseconds within = std::chrono::seconds(60));
  void start_host(std::size_t i, const environment& more = {}) { launch(i, more); wait_ready(i); }
  void kill_host(std::size_t i, int signal);
  // Waits for the death by an armed failpoint.
  void wait_killed(std::size_t i, milliseconds within = std::chrono::seconds(40));
  [[nodiscard]] environment failpoint(std::size_t i, const std::string& name, std::uint64_t pass) const;
  void arm(std::size_t i);
  test::host_under_test& host(std::size_t i) { return *hosts_[i]; }

  // ---- looks ----
  std::unique_ptr<sql> database();
  std::int64_t effects(int stage);
  std::vector<raw_record> records(const std::string& topic);
  void wait_until(const std::function<bool()>& done, milliseconds within, const std::string& what);
  void pass_time(milliseconds time);            // of a harm that lasts
  // One event by the row itself, until somebody acknowledges it; its id. Again: the same request once more.
  // deadly: the host may die of it before it answers, so one attempt must do.
  std::string put(const std::string& key, const std::string& words = {}, bool deadly = false);
  void put_again(const std::string& key);
  [[nodiscard]] std::size_t rebalances(std::size_t i) const;
  [[nodiscard]] std::int64_t longest_gap_ms() const { return longest_gap_ms_; }
  void note(const std::string& wrong);          // something a row itself saw and must not be

  bed& shared() { return shared_; }
  writers& load() { return *load_; }
  test::tcp_proxy& postgres_link() { return *postgres_link_; }
  std::mt19937_64& random() { return random_; }
  [[nodiscard]] const std::string& prefix() const { return prefix_; }
  [[nodiscard]] bool on_kafka() const { return how_.on == engine::cluster; }
  [[nodiscard]] const trial_options& how() const { return how_; }
  [[nodiscard]] std::string database_url() const { return url_; }
  std::set<std::string> poisoned, foreign;      // what the oracle shall expect
  bool worded_are_poisoned = false;
  bool expects_clean_stop = true;
  std::uint64_t kills = 0;

 private:
  [[nodiscard]] environment environment_of(std::size_t i) const;
  [[nodiscard]] bool settled();
  void watch();
  void stop_hosts();

  bed& shared_;
  const trial_options how_;
  std::mt19937_64 random_;
  const bool named_;  // replicas keep their names over restarts; a quarter of the seeds does without
  std::string prefix_, database_, url_, host_url_;
  std::unique_ptr<test::tcp_proxy> postgres_link_;
  std::vector<std::unique_ptr<test::host_under_test>> hosts_;
  std::unique_ptr<writers> load_;
  std::atomic<bool> watching_{false};
  std::atomic<std::int64_t> longest_gap_ms_{0};
  std::jthread watcher_;
  std::int64_t recover_ms_ = 0;
  std::map<std::string, numbered> own_;  // what put() attempted
  std::string wrong_;
};

}  // namespace evhost::faults
