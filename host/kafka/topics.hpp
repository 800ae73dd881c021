// The topics this process knows, and the broker's side of making and checking them.
//
// The number of partitions decides where a key lies, so it is fixed when a topic is first used and checked ever after. The
// incarnation (part of a client's resume cursor) is drawn once per topic and database.
// Threading: any; lookups take a short lock. open() blocks on the broker and the database: [control].
#pragma once
#include "host/io/log.hpp"
#include "host/io/store.hpp"
#include "host/kafka/client.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace evhost::kafka {

extern const char* const topics_schema;

// The brokers' settings of a topic; nothing where we may not read them.
struct topic_limits {
  std::optional<std::int64_t> retention_ms, message_bytes;  // retention -1: for ever
};

struct known_topic : io::topic_info {
  std::uint64_t bytes_max = 0;  // of a record's key, headers and payload: what the brokers and our own limit allow
  bool seen = false;            // on the brokers, by this process
  bool used_before = false;     // keys were placed by its partitions
  topic_limits limits{};
};

class topic_catalog {
 public:
  topic_catalog(io::store& store, const kafka_options& options, rd_kafka_t* client, io::log_sink& log)
      : store_(store), options_(options), client_(client), log_(log) {}

  core::result<void> load();  // what this database has used before
  core::result<io::topic_info> open(std::string_view name, const io::topic_options& wanted);
  core::result<io::topic_info> find(std::string_view name);
  // Whether a topic that we fill is as wanted; one that only others fill is theirs to shape.
  core::result<void> check(std::uint32_t id, const io::topic_options& wanted) const;
  [[nodiscard]] std::optional<known_topic> at(std::uint32_t id) const;
  [[nodiscard]] std::vector<io::topic_info> all() const;

 private:
  core::result<std::uint32_t> partitions_on_broker(const std::string& name) const;
  core::result<void> create(const std::string& name, std::uint32_t partitions, std::chrono::milliseconds retention) const;
  core::result<std::uint32_t> find_or_create(const std::string& name, const io::topic_options& wanted);
  [[nodiscard]] topic_limits limits_on_broker(const std::string& name) const;
  core::result<io::topic_info> remember(const std::string& name, std::uint32_t partitions, std::chrono::milliseconds retention, const topic_limits& have);

  io::store& store_;
  const kafka_options& options_;
  rd_kafka_t* const client_;
  io::log_sink& log_;
  mutable std::mutex mutex_;
  std::vector<known_topic> topics_;  // id - 1 is the place
};

}  // namespace evhost::kafka
