// The relay: takes the outbox to the brokers, each shard in order, until they confirm; then the rows go.
//
// Per pass one unit claims shards, removes what was confirmed and numbers what is new; then what has a number is produced. Crashes repeat records under their old numbers, which readers drop; nothing times out and nothing is skipped.
// Any number of relays work side by side: a shard has one owner by a lease in its row, and two that believe so (a frozen
// process) still leave every shard's order whole, because each produces from the oldest unconfirmed number on.
// A commit in a process whose relay does not own all shards rings at the store, which wakes the relays that do.
// Threading: one thread of its own; wake() from any. stop() sends what is numbered until the deadline, then joins.
// Bounds: in_flight_max records handed to librdkafka; a full queue waits for confirmations.
#pragma once
#include "host/io/clock.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"
#include "host/kafka/client.hpp"
#include "host/kafka/outbox.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace evhost::kafka {

class relay {
 public:
  relay(const kafka_options& options, io::store& store, io::clock& clock, brokers_voice& voice, io::metric_registry& metrics);
  ~relay() { stop(); }
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  core::result<void> start();
  void wake();  // records were committed here
  void stop() noexcept;
  [[nodiscard]] std::string trouble() const;  // empty: what is waiting leaves

 private:
  struct flight {
    std::int64_t stamp;
    bool landed;
  };
  struct shard {
    bool mine = false;
    bool behind = true;          // numbered records may wait in the table
    std::int64_t sent = 0;       // highest stamp handed to the producer
    std::int64_t confirmed = 0;  // every stamp up to here that was ours to send is with the brokers
    std::int64_t forgotten = 0;  // and its row is gone
    std::deque<flight> flying;     // sent above `confirmed`, in order
  };

  core::result<void> make_producer();
  void look();  // somebody else committed records
  void run();
  bool named();
  void pass(bool fresh);
  [[nodiscard]] bool owns_all() const;
  bool tend(bool claim);
  bool send(std::int64_t number, shard& s);
  [[nodiscard]] std::int64_t forgettable() const;
  bool produce(std::int64_t number, shard& s, const outbox_record& record);
  void read_reports(int wait_ms);
  void confirm(const rd_kafka_message_t& message);
  void refuse(std::int64_t number, std::int64_t stamp, const std::string& why);
  static void land(shard& s, std::int64_t stamp);
  void show_size();
  void drop_producer();
  void begin_again(const std::string& why);
  void complain(const std::string& why);

  const kafka_options& options_;
  io::store& store_;
  io::clock& clock_;
  brokers_voice& voice_;
  io::log_sink& log_;
  const std::string owner_;  // the replica's name, so that a restart goes on at once; without one, of this process
  std::string outbox_;
  client_ptr producer_;
  rd_kafka_queue_t* reports_ = nullptr;  // the producer's main queue
  std::map<std::int64_t, shard> shards_;
  std::map<std::string, topic_ptr> topics_;
  std::size_t in_flight_ = 0;
  bool again_ = false;  // the producer is beyond use
  bool more_ = false;   // the last numbering left some
  // Brokers refuse a whole batch for one record's size: what was in it goes again, each record alone, so that the one shows.
  std::set<std::pair<std::int64_t, std::int64_t>> suspects_;  // shard, stamp
  bool alone_ = false;                                        // one of them is under way; sending waits for it
  struct refused_record {
    std::int64_t number, stamp;
    std::string why;
  };
  std::vector<refused_record> refused_;  // not in their table yet
  io::counter confirmed_, failed_, refused_count_, restarts_;
  io::gauge waiting_, oldest_;
  std::chrono::steady_clock::time_point claim_due_{}, forget_due_{};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false, committed_ = false, over_ = false;
  std::string trouble_;
  std::thread thread_;
};

}  // namespace evhost::kafka
