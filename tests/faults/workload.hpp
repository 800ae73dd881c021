// Writers and a follower against a living host, and the record of what they were promised.
//
// Every intent is noted before it is sent and every acknowledgement when it arrives, outside the system under test.
// Threads: run() starts its own and joins them; the ledger is read afterwards.
#pragma once

#include "tests/support/http_client.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace evhost::faults {

struct promise {
  std::string task;          // id
  std::string owner;
  std::int64_t version = 0;  // highest acknowledged; 0: never
  bool repeats = false;      // created with a rule
  bool completed = false;    // its completion was acknowledged
  bool reminds = false;      // created with a reminder, and nothing was done to it since
};

// What was tried and what was promised, over all runs of one seed.
struct promises {
  std::mutex mutex;
  std::map<std::string, promise> tasks;  // by task id: attempted
  std::atomic<std::uint64_t> acknowledged{0};

  void attempt(const std::string& task, const std::string& owner, bool repeats = false, bool reminds = false);
  void complete(const std::string& task);
  void acknowledge(const std::string& task, std::int64_t version);
};

struct workload_options {
  unsigned writers = 8;
  std::vector<std::string> users;
  std::vector<std::string> tokens;  // of the users
  std::uint64_t seed = 1;
};

// Writers work until stop or the host is gone. Half of them create tasks and change them (PATCH with the ETag), a quarter
// creates repeating tasks and completes them, a quarter sets reminders that fall due while the host is being killed.
class workload {
 public:
  workload(workload_options options, promises& ledger) : options_(std::move(options)), ledger_(&ledger) {}
  // Runs on `port` until keep_going() is false or every writer lost its connection.
  void run(std::uint16_t port, const std::function<bool()>& keep_going);

 private:
  void write(unsigned writer, std::uint16_t port, const std::function<bool()>& keep_going);
  void create_and_change(test::http_client& http, const std::string& owner, unsigned writer, std::uint64_t n, std::mt19937_64& random);
  void repeat(test::http_client& http, const std::string& owner);
  void remind(test::http_client& http, const std::string& owner, std::mt19937_64& random);
  workload_options options_;
  promises* ledger_;
};

// What a live client saw of one user's changes across reconnects.
struct followed {
  std::string epoch;
  std::int64_t last = -1;
  std::vector<std::int64_t> seqs;
  std::uint64_t gaps = 0, repeats = 0, resyncs = 0;
};

// Follows until the connection ends or quiet_for passed without a frame after stop() is true. Resumes from seen.last.
void follow(std::uint16_t port, const std::string& token, followed& seen, const std::function<bool()>& stop);

}  // namespace evhost::faults
