// What an operator does with topics and dead letters, independent of where: on the engine itself (local_admin), or by
// asking the host that holds the data directory (remote_admin). Answers are JSON, printed as they are.
#pragma once
#include "host/core/result.hpp"
#include "host/io/log.hpp"
#include "host/io/store.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::app {

struct new_record {
  std::string topic, type, id, payload;
  std::optional<std::string> key;
};

// Where reading goes on, per partition.
struct read_request {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t from = 0;
  std::uint64_t max = 500;
};

// Where a group goes on: in one partition or all of a topic.
struct new_position {
  std::string group, topic;
  std::optional<std::int32_t> partition;
  std::string from;  // earliest, latest, an offset, or a time (RFC 3339, UTC): the first record at or after it
};

class admin {
 public:
  virtual ~admin() = default;
  // [{name, incarnation, retention_ms, partitions: [{begin, end}]}]
  virtual core::result<boost::json::value> topics() = 0;
  // [{topic, partition, offset, time, type, id, key, payload}]; payload as JSON when it is JSON, else as text
  virtual core::result<boost::json::value> records(const read_request& what) = 0;
  // {topic, partition, id}; durable when it returns
  virtual core::result<boost::json::value> put(const new_record& record) = 0;
  // The dead letters of a group, oldest first.
  virtual core::result<boost::json::value> dead_letters(std::string_view group, std::uint64_t max) = 0;
  // {replayed: n}; no ids: every letter not replayed before
  virtual core::result<boost::json::value> replay(std::string_view group, const std::vector<std::int64_t>& ids) = 0;
  // {discarded: n}: marks letters as dealt with; they stay readable
  virtual core::result<boost::json::value> discard(std::string_view group, const std::vector<std::int64_t>& ids) = 0;
  // [{partition, offset}]
  virtual core::result<boost::json::value> move(const new_position& where) = 0;
};

class local_admin final : public admin {
 public:
  local_admin(io::store& store, io::event_log& log) : store_(&store), log_(&log) {}
  core::result<boost::json::value> topics() override;
  core::result<boost::json::value> records(const read_request& what) override;
  core::result<boost::json::value> put(const new_record& record) override;
  core::result<boost::json::value> dead_letters(std::string_view group, std::uint64_t max) override;
  core::result<boost::json::value> replay(std::string_view group, const std::vector<std::int64_t>& ids) override;
  core::result<boost::json::value> discard(std::string_view group, const std::vector<std::int64_t>& ids) override;
  core::result<boost::json::value> move(const new_position& where) override;

 private:
  io::store* store_;
  io::event_log* log_;
};

}  // namespace evhost::app
