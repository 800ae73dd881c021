// One process's membership in one consumer group: which partitions are ours, and nothing else.
//
// The member takes part in Kafka's group protocol (so that replicas share partitions and the usual tools see the group) but
// fetches nothing: it answers every assignment with an empty one and tells the listener; the lanes read through fetch_pool
// from the offset in the database. Committed offsets are for lag tools only.
// Threading: one thread of its own polls; the listener is called on it, one call at a time. stop() leaves the group and joins.
#pragma once
#include "host/io/log.hpp"
#include "host/kafka/client.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace evhost::kafka {

class membership {
 public:
  using place = std::pair<std::string, std::int32_t>;  // topic, partition
  struct listener {
    std::function<void(const place&)> assigned;
    // Returns when nothing of these is in flight any more.
    std::function<void(const std::vector<place>&)> revoked;
  };

  static core::result<std::unique_ptr<membership>> join(const kafka_options& options, const std::string& group, const std::vector<std::string>& topics,
                                                         listener tell, brokers_voice& voice, io::metric_registry& metrics);
  ~membership() { stop(); }
  membership(const membership&) = delete;
  membership& operator=(const membership&) = delete;

  void stop() noexcept;
  // For lag tools; overwritten by the next.
  void note_position(const place& where, std::int64_t next);
  // Empty: in the group. A rebalance is trouble only when it does not end: every replica of a set goes through it at once,
  // and none of them would answer requests meanwhile.
  [[nodiscard]] std::string trouble() const;

 private:
  membership(const kafka_options& options, std::string group, std::vector<std::string> topics, listener tell, brokers_voice& voice, io::metric_registry& metrics);
  core::result<void> subscribe();
  void close() noexcept;
  void join_again();
  void poll();
  void rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions);
  void commit_noted();
  friend void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void*);

  const kafka_options options_;
  const std::string group_;
  const std::vector<std::string> topics_;
  const listener tell_;
  brokers_voice& voice_;
  io::log_sink& log_;
  io::counter assignments_;
  io::gauge assigned_;
  client_ptr client_;  // the poll thread's; none while a broken one is being replaced
  std::set<place> held_;  // the poll thread's
  mutable std::mutex mutex_;
  std::map<place, std::int64_t> noted_;
  std::string trouble_ = "joining";
  std::chrono::steady_clock::time_point borne_until_{};  // until then trouble_ is a rebalance that may yet end
  std::atomic<bool> over_{false};
  std::condition_variable stopped_;
  std::thread thread_;
};

}  // namespace evhost::kafka
