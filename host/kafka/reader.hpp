// Reading partitions: a pool of clients without a group, and one reader per (subscription, partition) on them.
//
// Who reads what is not decided here: a group's partitions come from its membership, their offsets from the database. So
// there is nothing to pause, seek or commit on these clients: a reader that must go elsewhere ends its fetching and starts
// it anew on a fresh queue, which steps around the seek defects of librdkafka 2.0.2. Messages are taken in batches: what
// 2.0.2 loses in a batch call is what a seek, pause or rebalance makes outdated between two messages of it, and none of
// these ever happens to a queue here: it has one partition, one version, and is thrown away when fetching stops.
// Threading: open() any thread; a reader by one thread at a time; wake() comes from librdkafka's threads.
// Bounds: queued.max.messages.kbytes per client; a reader that does not take stops being fetched for.
#pragma once
#include "host/io/log.hpp"
#include "host/kafka/client.hpp"
#include "host/kafka/record.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evhost::kafka {

using intern_fn = std::function<std::uint32_t(std::string_view)>;

// One client and the partitions somebody reads on it: librdkafka reads each partition once per client.
class fetch_client {
 public:
  explicit fetch_client(client_ptr client) : client_(std::move(client)) {}
  bool claim(const std::string& topic, std::int32_t partition);
  void give_back(const std::string& topic, std::int32_t partition);
  [[nodiscard]] rd_kafka_t* get() const { return client_.get(); }

 private:
  client_ptr client_;
  std::mutex mutex_;
  std::set<std::pair<std::string, std::int32_t>> claimed_;
};

class fetch_pool {
 public:
  fetch_pool(const kafka_options& options, brokers_voice& voice) : options_(options), voice_(voice) {}
  core::result<std::shared_ptr<fetch_client>> claim(const std::string& topic, std::int32_t partition);

 private:
  const kafka_options& options_;
  brokers_voice& voice_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<fetch_client>> clients_;
};

// The stamps a group has applied, between its reader (which drops repeats) and its position (which keeps them).
class stamp_fence {
 public:
  explicit stamp_fence(bool protects = true) : protects_(protects) {}
  void reset(stamp_book applied);
  bool admit(std::int64_t offset, const stamp& s);
  // What to store when the position goes from `committed` to `next`; nothing when no stamp was seen in between.
  std::optional<stamp_book> until(std::int64_t committed, std::int64_t next);

 private:
  struct seen {
    std::int64_t offset;
    const std::string* shard;  // in shards_
    std::int64_t number;
  };
  const bool protects_;
  std::mutex mutex_;
  stamp_book applied_, ahead_;
  std::deque<seen> pending_;  // admitted and not yet below the position
  std::set<std::string, std::less<>> shards_;  // their names, once each
};

class kafka_reader final : public io::partition_reader {
 public:
  // Empty wake: take() waits a moment for records that are there already.
  kafka_reader(std::shared_ptr<fetch_client> client, io::topic_info topic, std::int32_t partition, std::int64_t offset, bool want_headers,
               std::function<void()> wake, intern_fn intern, std::shared_ptr<stamp_fence> fence);
  ~kafka_reader() override;

  core::result<std::size_t> take(io::event_batch& into, std::size_t max) override;
  void seek(std::int64_t offset) override;
  [[nodiscard]] std::int64_t offset() const override { return offset_; }
  [[nodiscard]] std::int64_t end_offset() const override;
  [[nodiscard]] std::int64_t begin_offset() const override;
  // A position below the oldest record or behind the newest is an error from now on: nothing is skipped unsaid.
  void insist() { insists_ = true; }

 private:
  struct waker {
    std::mutex mutex;
    std::function<void()> wake;
  };
  core::result<void> begin_fetching();
  void end_fetching() noexcept;
  bool ask_watermarks() const;
  [[nodiscard]] std::optional<core::error> out_of_range() const;
  struct fetched;  // the messages of one take and what their events point to
  bool append(io::event_batch& into, const rd_kafka_message_t& message, fetched& held);
  std::uint32_t type_of(std::string_view name);
  evh_sv made_id(std::int64_t offset, fetched& held);
  core::error failed(rd_kafka_resp_err_t code);

  const std::shared_ptr<fetch_client> client_;
  const io::topic_info topic_;
  const std::int32_t partition_;
  std::int64_t offset_;
  const bool want_headers_;
  const intern_fn intern_;
  const std::shared_ptr<stamp_fence> fence_;
  const std::string place_;  // "topic/partition@"
  const std::shared_ptr<waker> waker_;
  topic_ptr handle_;
  queue_ptr queue_;
  bool fetching_ = false, insists_ = false;
  std::optional<core::error> failure_;  // came behind records that were taken: told by the next take
  std::string last_type_;               // records of one type follow one another
  std::uint32_t last_type_id_ = 0;
  mutable std::int64_t low_ = 0, high_ = 0;
};

}  // namespace evhost::kafka
