// The event log port: topics of partitions, appended inside a unit, read by lanes; positions beside the effects.
//
// Embedded, log rows, effects and positions share one database and one transaction. With Kafka the same port is an
// outbox plus consumers. Names and numbers: a topic id is interned for this process; partition = key_hash % partitions.
#pragma once
#include "host/core/result.hpp"
#include "host/io/store.hpp"

#include <evh/abi/event.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::io {

struct topic_options {
  std::uint32_t partitions = 4;
  std::chrono::milliseconds retention = std::chrono::hours(24 * 7);
};

struct topic_info {
  std::uint32_t id = 0;
  std::string name;
  std::uint32_t partitions = 0;
  std::uint64_t incarnation = 0;
  std::chrono::milliseconds retention{};
};

// One outgoing record; views copied by append.
struct outgoing {
  std::uint32_t topic = 0;
  std::string_view type;
  std::string_view id;   // empty: the log makes a UUIDv7
  evh_sv key{};          // ptr NULL: no key (round robin)
  evh_sv payload{};      // ptr NULL: tombstone
  std::span<const evh_pair> headers;
  std::int64_t time_ns = 0;                      // 0: now
  const std::uint8_t* trace_id = nullptr;        // 16 bytes or null
  const std::uint8_t* span_id = nullptr;         // 8 bytes or null
};

// Events plus whatever keeps their views alive. Cheap to move; a retained batch pins its memory.
struct event_batch {
  std::vector<evh_event> events;
  std::vector<std::shared_ptr<const void>> holds;
};

// One partition as one subscription sees it. take() and seek() by one thread at a time (the lane).
class partition_reader {
 public:
  virtual ~partition_reader() = default;
  // Appends up to max events from the current offset on; fewer, or none when the end is reached. Does not block on
  // new events, but may read the disk when the tail in memory does not reach back far enough.
  virtual core::result<std::size_t> take(event_batch& into, std::size_t max) = 0;
  virtual void seek(std::int64_t offset) = 0;
  [[nodiscard]] virtual std::int64_t offset() const = 0;       // next to be taken
  [[nodiscard]] virtual std::int64_t end_offset() const = 0;   // one past the newest committed record
  [[nodiscard]] virtual std::int64_t begin_offset() const = 0; // oldest retained
};

// Fence of a position: the epoch is raised in the database by whoever is assigned.
struct position {
  std::int64_t offset = 0;  // next to process
  std::int64_t epoch = 0;
};

struct partition_ref {
  std::uint32_t topic = 0;
  std::int32_t partition = 0;
};

// Hears which partitions of a group are this process's, one call at a time, on a thread of the log.
class group_listener {
 public:
  virtual ~group_listener() = default;
  virtual void assigned(std::string_view group, partition_ref which) = 0;
  // Returns when nothing of them is in flight any more, or its patience is over: the fence of the position holds anyway.
  virtual void revoked(std::string_view group, std::span<const partition_ref> which) = 0;
};

class event_log {
 public:
  virtual ~event_log() = default;
  // Makes or opens a topic. invalid when it exists with other partitions than asked (0: do not care). [control]
  virtual core::result<topic_info> open_topic(std::string_view name, topic_options options) = 0;
  [[nodiscard]] virtual core::result<topic_info> find_topic(std::string_view name) const = 0;
  // Whether a topic that was found fits who publishes to it. invalid: a sentence that says what to change. [control]
  [[nodiscard]] virtual core::result<void> check_topic(std::uint32_t topic, topic_options wanted) const {
    (void)topic, (void)wanted;
    return core::success();
  }
  [[nodiscard]] virtual std::vector<topic_info> topics() const = 0;
  [[nodiscard]] virtual std::int32_t partition_of(std::uint32_t topic, std::string_view key) const = 0;

  // Interned CloudEvents types; 0 is "none". Any thread.
  virtual std::uint32_t intern_type(std::string_view name) = 0;
  [[nodiscard]] virtual std::string_view type_name(std::uint32_t id) const = 0;  // lives as long as the log

  // Appends inside a unit, on the store's thread. Offsets become visible to readers only after COMMIT.
  virtual core::result<void> append(transaction& tx, std::span<const outgoing> records) = 0;

  // wake() is called (any thread, must be short) after every commit with records for this partition, and never once
  // the reader is gone: it must not destroy the reader, nor take a lock that is held while the reader is destroyed.
  // An empty wake: take() waits a moment for records that are there and still on their way.
  // The log outlives its readers. Records that are there already when the reader opens wake nobody: take() first.
  virtual std::unique_ptr<partition_reader> open_reader(std::uint32_t topic, std::int32_t partition,
                                                        std::int64_t offset, bool want_headers,
                                                        std::function<void()> wake) = 0;

  // Takes over (group, topic, partition): raises the epoch, creates the row at initial when there is none. [task/control]
  virtual core::result<position> acquire(std::string_view group, std::uint32_t topic, std::int32_t partition,
                                         std::int64_t initial) = 0;
  // Compare-and-set inside the unit: from (expected offset, epoch) to next. conflict: someone else owns the partition.
  virtual core::result<void> advance(transaction& tx, std::string_view group, std::uint32_t topic, std::int32_t partition,
                                     const position& expected, std::int64_t next) = 0;
  // Sets a position (replay, operator). Only while the group does not run.
  virtual core::result<void> set_position(std::string_view group, std::string_view topic, std::int32_t partition,
                                          std::int64_t offset) = 0;
  // Deletes what is past its retention, in bounded steps; called by the runtime's housekeeping. Returns records deleted.
  virtual core::result<std::uint64_t> trim() = 0;

  // Whether groups share their partitions with other processes. If not, all are this process's and join() is not called.
  [[nodiscard]] virtual bool shares_partitions() const { return false; }
  // Once per group; the listener outlives leave(). [control]
  virtual core::result<void> join(std::string_view group, std::span<const std::uint32_t> topics, group_listener& listener) {
    (void)group, (void)topics, (void)listener;
    return core::fail(core::errc::unsupported, "this log does not share partitions");
  }
  // Leaves every group: the listener hears of all revocations before this returns. Idempotent. [control]
  virtual void leave() noexcept {}
  // A reader for a group's lane: as open_reader, but it drops what the group has applied before.
  virtual std::unique_ptr<partition_reader> open_group_reader(std::string_view group, std::uint32_t topic, std::int32_t partition, bool want_headers,
                                                              std::function<void()> wake) {
    (void)group;
    return open_reader(topic, partition, 0, want_headers, std::move(wake));
  }
  // Ends what runs by itself (relays); before the store stops. Idempotent. [control]
  virtual void stop() noexcept {}
  // Empty when healthy; otherwise why records wait.
  [[nodiscard]] virtual std::string trouble() const { return {}; }
};

}  // namespace evhost::io
