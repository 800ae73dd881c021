// Metadata, CreateTopics and the table of known topics.
#include "host/kafka/topics.hpp"

#include "host/io/sync_unit.hpp"
#include "host/kafka/sql.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>

namespace evhost::kafka {

const char* const topics_schema =
    "CREATE TABLE evh_kafka_topics (name TEXT NOT NULL PRIMARY KEY, partitions BIGINT NOT NULL, incarnation BIGINT NOT NULL, retention_ms BIGINT NOT NULL)";

namespace {

constexpr int request_ms = 10'000;
constexpr std::int64_t around_bytes = 2'048;

struct metadata_deleter {
  void operator()(const struct rd_kafka_metadata* m) const noexcept { rd_kafka_metadata_destroy(m); }
};

}  // namespace

core::result<std::uint32_t> topic_catalog::partitions_on_broker(const std::string& name) const {
  const topic_ptr topic(rd_kafka_topic_new(client_, name.c_str(), nullptr));
  const struct rd_kafka_metadata* raw = nullptr;
  const auto code = rd_kafka_metadata(client_, 0, topic.get(), &raw, request_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "asking the brokers at " + options_.bootstrap_servers + " for topic " + name);
  const std::unique_ptr<const struct rd_kafka_metadata, metadata_deleter> metadata(raw);
  if (metadata->topic_cnt != 1) return core::fail(core::errc::not_found, "topic " + name + " is not on the brokers");
  const auto& found = metadata->topics[0];
  if (found.err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) return not_permitted(options_, "describe topic " + name);
  if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || found.partition_cnt == 0)
    return core::fail(core::errc::not_found, "topic " + name + " is not on the brokers");
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(found.err, "topic " + name);
  return static_cast<std::uint32_t>(found.partition_cnt);
}

core::result<void> topic_catalog::create(const std::string& name, std::uint32_t partitions, std::chrono::milliseconds retention) const {
  std::array<char, 512> why{};
  using new_topic_ptr = std::unique_ptr<rd_kafka_NewTopic_t, destroys<rd_kafka_NewTopic_destroy>>;
  const new_topic_ptr topic(rd_kafka_NewTopic_new(name.c_str(), static_cast<int>(partitions), options_.replication, why.data(), why.size()));
  if (!topic) return core::fail(core::errc::invalid, "topic " + name + ": " + why.data());
  rd_kafka_NewTopic_set_config(topic.get(), "retention.ms", std::to_string(retention.count()).c_str());
  rd_kafka_NewTopic_set_config(topic.get(), "max.message.bytes", std::to_string(options_.event_bytes_max + 64 * 1024).c_str());
  const queue_ptr queue(rd_kafka_queue_new(client_));
  rd_kafka_NewTopic_t* list[] = {topic.get()};
  rd_kafka_CreateTopics(client_, list, 1, nullptr, queue.get());
  using event_ptr = std::unique_ptr<rd_kafka_event_t, destroys<rd_kafka_event_destroy>>;
  const event_ptr event(rd_kafka_queue_poll(queue.get(), 2 * request_ms));
  if (!event) return core::fail(core::errc::timeout, "the brokers at " + options_.bootstrap_servers + " did not answer to making topic " + name);
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "making topic " + name);
  std::size_t count = 0;
  const auto* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  const auto code = count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR_UNKNOWN;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return core::success();
  if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED) return not_permitted(options_, "make topic " + name);
  const char* said = count == 1 ? rd_kafka_topic_result_error_string(results[0]) : nullptr;
  return core::fail(error_of(code, "").code, "making topic " + name + " with " + std::to_string(partitions) + " partitions: " + (said ? said : rd_kafka_err2str(code)));
}

topic_limits topic_catalog::limits_on_broker(const std::string& name) const {
  topic_limits have;
  bool compacted = false;
  using resource_ptr = std::unique_ptr<rd_kafka_ConfigResource_t, destroys<rd_kafka_ConfigResource_destroy>>;
  const resource_ptr asked(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
  const queue_ptr queue(rd_kafka_queue_new(client_));
  rd_kafka_ConfigResource_t* list[] = {asked.get()};
  rd_kafka_DescribeConfigs(client_, list, 1, nullptr, queue.get());
  using event_ptr = std::unique_ptr<rd_kafka_event_t, destroys<rd_kafka_event_destroy>>;
  const event_ptr event(rd_kafka_queue_poll(queue.get(), request_ms));
  std::size_t count = 0;
  const auto* result = event ? rd_kafka_event_DescribeConfigs_result(event.get()) : nullptr;
  const auto* resources = result ? rd_kafka_DescribeConfigs_result_resources(result, &count) : nullptr;
  if (count != 1 || rd_kafka_ConfigResource_error(resources[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    log_.log(io::log_level::warning, "kafka", "the settings of a topic cannot be read, so they are not checked", {{"topic", name}});
    return have;
  }
  const auto* entries = rd_kafka_ConfigResource_configs(resources[0], &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view key = rd_kafka_ConfigEntry_name(entries[i]);
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value == nullptr) continue;
    if (key == "retention.ms") have.retention_ms = std::strtoll(value, nullptr, 10);
    if (key == "max.message.bytes") have.message_bytes = std::strtoll(value, nullptr, 10);
    if (key == "cleanup.policy") compacted = std::string_view(value).find("compact") != std::string_view::npos;
  }
  if (compacted) log_.log(io::log_level::warning, "kafka", "a topic is compacted: older records of a key will be gone for who reads it again", {{"topic", name}});
  if (have.message_bytes && *have.message_bytes < static_cast<std::int64_t>(options_.event_bytes_max))
    log_.log(io::log_level::warning, "kafka", "a topic takes smaller records than log.event_bytes_max; larger ones are refused when they are published",
             {{"topic", name}, {"max_message_bytes", *have.message_bytes}, {"event_bytes_max", options_.event_bytes_max}});
  return have;
}

core::result<void> topic_catalog::check(std::uint32_t id, const io::topic_options& wanted) const {
  const auto topic = at(id);
  if (!topic) return core::fail(core::errc::not_found, "there is no topic with number " + std::to_string(id));
  if (wanted.partitions == 1 && topic->partitions != 1)
    return core::fail(core::errc::invalid, "topic " + topic->name + " has " + std::to_string(topic->partitions) + " partitions on the brokers and must have one");
  if (wanted.partitions != 1 && !topic->used_before && topic->partitions < options_.partitions)
    return core::fail(core::errc::invalid, "topic " + topic->name + " has " + std::to_string(topic->partitions) + " partitions on the brokers and kafka.partitions wants " +
                                               std::to_string(options_.partitions) + ": add partitions before its first use, or set kafka.partitions to " +
                                               std::to_string(topic->partitions));
  if (const auto keeps = topic->limits.retention_ms; keeps && *keeps >= 0 && *keeps < wanted.retention.count())
    return core::fail(core::errc::invalid, "topic " + topic->name + " keeps records for " + std::to_string(*keeps) + " ms on the brokers and log.retention wants " +
                                               std::to_string(wanted.retention.count()) + " ms: raise retention.ms of the topic, or lower log.retention");
  return core::success();
}

core::result<void> topic_catalog::load() {
  return store_.read([&](io::transaction& tx) {
    return tx.query("SELECT name, partitions, incarnation, retention_ms FROM evh_kafka_topics ORDER BY name", {}, [&](std::span<const evh_value> cells) {
      const std::lock_guard lock(mutex_);
      topics_.push_back({{static_cast<std::uint32_t>(topics_.size() + 1), std::string(core::text(cells[0].as.bytes)), static_cast<std::uint32_t>(cells[1].as.integer),
                          static_cast<std::uint64_t>(cells[2].as.integer), std::chrono::milliseconds(cells[3].as.integer)}, options_.event_bytes_max, false, true, {}});
      return true;
    });
  });
}

core::result<io::topic_info> topic_catalog::remember(const std::string& name, std::uint32_t partitions, std::chrono::milliseconds retention, const topic_limits& have) {
  known_topic info{{0, name, partitions, 0, retention}, options_.event_bytes_max, true, false, have};
  // What goes around a record on its way: batch and record headers, ce_* headers, the stamp.
  if (have.message_bytes) info.bytes_max = std::min<std::uint64_t>(info.bytes_max, static_cast<std::uint64_t>(std::max<std::int64_t>(*have.message_bytes - around_bytes, 0)));
  const auto drawn = static_cast<std::int64_t>(std::random_device{}()) << 16 | (std::random_device{}() & 0xffff);
  EVH_TRY(io::run_in_unit(store_, [&](io::transaction& tx) {
    const std::array values{sql_text(name), sql_integer(partitions), sql_integer(drawn), sql_integer(retention.count())};
    return tx.query("INSERT INTO evh_kafka_topics(name, partitions, incarnation, retention_ms) VALUES($1, $2, $3, $4)"
                    " ON CONFLICT(name) DO UPDATE SET retention_ms = evh_kafka_topics.retention_ms RETURNING partitions, incarnation",
                    values, [&](std::span<const evh_value> cells) {
                      info.partitions = static_cast<std::uint32_t>(cells[0].as.integer);
                      info.incarnation = static_cast<std::uint64_t>(cells[1].as.integer);
                      return true;
                    });
  }));
  if (info.partitions != partitions)
    return core::fail(core::errc::invalid, "topic " + name + " has " + std::to_string(partitions) + " partitions on the brokers, and keys were placed by " +
                                               std::to_string(info.partitions) + ": make a new topic instead of adding partitions");
  const std::lock_guard lock(mutex_);
  for (auto& known : topics_)
    if (known.name == name) {
      known.bytes_max = info.bytes_max;
      known.limits = have;
      known.seen = true;
      return known;
    }
  info.id = static_cast<std::uint32_t>(topics_.size() + 1);
  topics_.push_back(info);
  return info;
}

core::result<std::uint32_t> topic_catalog::find_or_create(const std::string& name, const io::topic_options& wanted) {
  // One partition is asked for on purpose (dead letters); every other number is the embedded default, and the cluster has its own.
  const auto partitions = wanted.partitions == 1 ? 1 : options_.partitions;
  auto found = partitions_on_broker(name);
  if (found.has_error() && found.error().code == core::errc::not_found) {
    if (!options_.create_topics)
      return core::fail(core::errc::denied, "topic " + name + " is not on the brokers and kafka.create_topics is false: make it with " + std::to_string(partitions) +
                                                " partitions and retention.ms=" + std::to_string(wanted.retention.count()));
    EVH_TRY(create(name, partitions, wanted.retention));
    // Metadata follows the creation within moments, on a busy broker within many; until then the start may take.
    const auto deadline = std::chrono::steady_clock::now() + std::max(options_.start_timeout, std::chrono::milliseconds(request_ms));
    do found = partitions_on_broker(name);
    while (found.has_error() && found.error().code == core::errc::not_found && std::chrono::steady_clock::now() < deadline);
  }
  return found;
}

core::result<io::topic_info> topic_catalog::open(std::string_view name, const io::topic_options& wanted) {
  const std::string topic(name);
  EVH_TRY(const auto partitions, find_or_create(topic, wanted));
  EVH_TRY(const auto opened, remember(topic, partitions, wanted.retention, limits_on_broker(topic)));
  EVH_TRY(check(opened.id, wanted));
  return opened;
}

core::result<io::topic_info> topic_catalog::find(std::string_view name) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& known : topics_)
      if (known.name == name && (known.seen || options_.read_only)) return known;
  }
  const std::string topic(name);
  EVH_TRY(const auto partitions, partitions_on_broker(topic));
  return remember(topic, partitions, io::topic_options{}.retention, limits_on_broker(topic));
}

std::optional<known_topic> topic_catalog::at(std::uint32_t id) const {
  const std::lock_guard lock(mutex_);
  if (id == 0 || id > topics_.size()) return std::nullopt;
  return topics_[id - 1];
}

std::vector<io::topic_info> topic_catalog::all() const {
  const std::lock_guard lock(mutex_);
  return {topics_.begin(), topics_.end()};
}

}  // namespace evhost::kafka
