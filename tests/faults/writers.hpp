// Writers of numbered events, and the record of what they were promised.
//
// Each writer owns keys and counts each one up. An attempt is noted before it is sent and repeated, under the same
// Idempotency-Key, at whatever host answers, until it is acknowledged: so a key's numbers go 1, 2, 3 ... and the highest
// acknowledged one is at most one behind the highest attempted. Threads: its own; the ledger may be read at any time.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace evhost::faults {

struct numbered {
  std::int64_t attempted = 0, acknowledged = 0;
};

class writers {
 public:
  static constexpr std::size_t hosts_max = 4;
  struct options {
    unsigned count = 6, keys_each = 3;
    std::uint64_t seed = 1;
    std::chrono::milliseconds pause{12};  // between two events of a writer
    std::string words;                   // in one event of words_every
    unsigned words_every = 0;
  };

  explicit writers(options how);
  ~writers() { stop(); }

  // Where host number i listens; 0: nowhere.
  void at(std::size_t i, std::uint16_t port) { ports_[i] = port; }
  void start();
  // Takes up no new number; those under way are tried until they are acknowledged or the time is over.
  void stop(std::chrono::milliseconds within = std::chrono::seconds(30));

  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_.load(); }
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(); }  // answers that say "not now"
  [[nodiscard]] std::map<std::string, numbered> ledger() const;
  // Ids of the events that carried the words.
  [[nodiscard]] std::vector<std::string> worded() const;
  [[nodiscard]] std::string wrong() const;  // an answer that should never come

 private:
  void write(unsigned number);

  const options how_;
  std::array<std::atomic<std::uint16_t>, hosts_max> ports_{};
  std::atomic<bool> over_{false};
  std::atomic<std::int64_t> give_up_ns_{INT64_MAX};
  std::atomic<std::uint64_t> acknowledged_{0}, refused_{0};
  mutable std::mutex mutex_;
  std::map<std::string, numbered> ledger_;
  std::vector<std::string> worded_;
  std::string wrong_;
  std::vector<std::jthread> threads_;
};

}  // namespace evhost::faults
