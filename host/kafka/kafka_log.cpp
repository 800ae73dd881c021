// The port's calls on Kafka.
#include "host/kafka/kafka_log.hpp"

#include "host/core/ids.hpp"
#include "host/core/views.hpp"
#include "host/kafka/client.hpp"
#include "host/kafka/membership.hpp"
#include "host/kafka/positions.hpp"
#include "host/kafka/reader.hpp"
#include "host/kafka/relay.hpp"
#include "host/kafka/topics.hpp"

#include <atomic>
#include <cassert>
#include <condition_variable>
#include <deque>
#include <shared_mutex>
#include <unordered_map>

namespace evhost::kafka {
namespace {

// Event types as numbers of this process. 0 is none, and whatever comes after the bound.
class type_numbers {
 public:
  std::uint32_t intern(std::string_view name) {
    if (name.empty()) return 0;
    {
      const std::shared_lock lock(mutex_);
      if (const auto it = ids_.find(name); it != ids_.end()) return it->second;
    }
    const std::unique_lock lock(mutex_);
    if (const auto it = ids_.find(name); it != ids_.end()) return it->second;
    if (names_.size() > types_max) return 0;
    names_.emplace_back(name);
    const auto id = static_cast<std::uint32_t>(names_.size() - 1);
    ids_.emplace(names_.back(), id);
    return id;
  }
  [[nodiscard]] std::string_view name(std::uint32_t id) const {
    const std::shared_lock lock(mutex_);
    return id < names_.size() ? std::string_view(names_[id]) : std::string_view();
  }

 private:
  static constexpr std::size_t types_max = 65'536;
  mutable std::shared_mutex mutex_;
  std::deque<std::string> names_{std::string()};
  std::unordered_map<std::string_view, std::uint32_t> ids_;
};

constexpr int ask_ms = 1'000;  // between two looks whether to go on waiting

// The open group of this thread has records for the outbox. Of the thread, because a unit runs and commits on one, and with
// several committers another's commit in between would take a common flag away and wake the relay too early.
thread_local bool appended_here = false;

class kafka_log final : public io::event_log, public io::group_observer {
 public:
  kafka_log(io::store& store, io::clock& clock, io::metric_registry& metrics, const kafka_options& options, std::unique_ptr<brokers_voice> voice, client_ptr control)
      : store_(store), clock_(clock), metrics_(metrics), options_(options), voice_(std::move(voice)), control_(std::move(control)), catalog_(store, options_, control_.get(), voice_->log()),
        fetchers_(options_, *voice_), relay_(options_, store, clock, *voice_, metrics) {}
  ~kafka_log() override {
    leave();
    stop();
  }

  core::result<void> load() { return catalog_.load(); }
  core::result<void> start_relay() { return relay_.start(); }

  core::result<io::topic_info> open_topic(std::string_view name, io::topic_options wanted) override { return catalog_.open(name, wanted); }
  [[nodiscard]] core::result<io::topic_info> find_topic(std::string_view name) const override { return catalog_.find(name); }
  [[nodiscard]] core::result<void> check_topic(std::uint32_t topic, io::topic_options wanted) const override { return catalog_.check(topic, wanted); }
  [[nodiscard]] std::vector<io::topic_info> topics() const override { return catalog_.all(); }
  [[nodiscard]] std::int32_t partition_of(std::uint32_t topic, std::string_view key) const override {
    const auto found = catalog_.at(topic);
    return found ? static_cast<std::int32_t>(core::key_hash(key) % found->partitions) : 0;
  }
  std::uint32_t intern_type(std::string_view name) override { return types_.intern(name); }
  [[nodiscard]] std::string_view type_name(std::uint32_t id) const override { return types_.name(id); }

  core::result<void> append(io::transaction& tx, std::span<const io::outgoing> records) override;

  std::unique_ptr<io::partition_reader> open_reader(std::uint32_t topic, std::int32_t partition, std::int64_t offset, bool want_headers,
                                                    std::function<void()> wake) override {
    return make_reader(topic, partition, offset, want_headers, std::move(wake), std::make_shared<stamp_fence>(options_.protect_stamps));
  }
  std::unique_ptr<io::partition_reader> open_group_reader(std::string_view group, std::uint32_t topic, std::int32_t partition, bool want_headers,
                                                          std::function<void()> wake) override {
    auto reader = make_reader(topic, partition, 0, want_headers, std::move(wake), fence_of(group, topic, partition));
    if (reader) reader->insist();
    return reader;
  }

  core::result<io::position> acquire(std::string_view group, std::uint32_t topic, std::int32_t partition, std::int64_t initial) override;
  core::result<void> advance(io::transaction& tx, std::string_view group, std::uint32_t topic, std::int32_t partition, const io::position& expected,
                             std::int64_t next) override;
  core::result<void> set_position(std::string_view group, std::string_view topic, std::int32_t partition, std::int64_t offset) override {
    return put_position(store_, group, topic, partition, offset);
  }
  core::result<std::uint64_t> trim() override { return std::uint64_t{0}; }  // retention is the brokers'

  [[nodiscard]] bool shares_partitions() const override { return true; }
  core::result<void> join(std::string_view group, std::span<const std::uint32_t> topics, io::group_listener& listener) override;
  void leave() noexcept override;
  void stop() noexcept override { relay_.stop(); }
  [[nodiscard]] std::string trouble() const override;

  // io::group_observer
  void unit_begun() noexcept override {}
  void unit_rolled_back() noexcept override {}
  void group_rolled_back() noexcept override {}  // its next commit wakes for nothing
  void group_committed() noexcept override {
    if (std::exchange(appended_here, false)) relay_.wake();
  }

 private:
  using fence_key = std::tuple<std::string, std::uint32_t, std::int32_t>;
  std::unique_ptr<kafka_reader> make_reader(std::uint32_t topic, std::int32_t partition, std::int64_t offset, bool want_headers,
                                                    std::function<void()> wake, std::shared_ptr<stamp_fence> fence);
  std::shared_ptr<stamp_fence> fence_of(std::string_view group, std::uint32_t topic, std::int32_t partition);

  io::store& store_;
  io::clock& clock_;
  io::metric_registry& metrics_;
  const kafka_options options_;
  const std::unique_ptr<brokers_voice> voice_;
  client_ptr control_;  // metadata and topics
  mutable topic_catalog catalog_;
  fetch_pool fetchers_;
  relay relay_;
  type_numbers types_;
  std::atomic<std::uint64_t> round_robin_{0};
  std::mutex mutex_;  // over the two below
  std::map<fence_key, std::shared_ptr<stamp_fence>> fences_;
  std::map<std::string, std::unique_ptr<membership>, std::less<>> groups_;
  mutable std::mutex groups_mutex_;
};

core::result<void> kafka_log::append(io::transaction& tx, std::span<const io::outgoing> records) {
  if (tx.read_only()) return core::fail(core::errc::state, "a read-only unit cannot publish");
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.wall().time_since_epoch()).count();
  std::vector<outbox_row> rows;
  std::deque<std::string> kept;  // what the rows' views show
  for (const auto& r : records) {
    const auto topic = catalog_.at(r.topic);
    if (!topic) return core::fail(core::errc::not_found, "there is no topic with number " + std::to_string(r.topic));
    std::uint64_t bytes = r.key.len + r.payload.len;
    for (const auto& h : r.headers) bytes += h.name.len + h.value.len;
    if (bytes > topic->bytes_max)
      return core::fail(core::errc::invalid, "a record of " + std::to_string(bytes) + " bytes for topic " + topic->name + " is over the limit of " +
                                                 std::to_string(topic->bytes_max) +
                                                 (topic->bytes_max < options_.event_bytes_max ? " (max.message.bytes of the topic)" : " (log.event_bytes_max)"));
    const auto hash = r.key.ptr ? core::key_hash(core::text(r.key)) : round_robin_.fetch_add(1);
    const std::string& id = kept.emplace_back(r.id.empty() ? core::to_string(core::new_uuid_v7()) : std::string(r.id));
    const std::string& headers = kept.emplace_back(pack_headers(r.headers.data(), r.headers.size()));
    std::string& trace = kept.emplace_back();
    if (r.trace_id) {
      trace.assign(reinterpret_cast<const char*>(r.trace_id), 16);
      if (r.span_id) trace.append(reinterpret_cast<const char*>(r.span_id), 8);
      else trace.append(8, '\0');
    }
    outbox_row& row = rows.emplace_back();
    // By key alone, so that the shards of a key's records are the same on every topic; the high half, so that a shard does
    // not always meet the same partitions.
    row.shard = static_cast<std::int64_t>((hash >> 32) % options_.outbox_shards);
    row.topic = kept.emplace_back(topic->name);
    row.partition = static_cast<std::int32_t>(hash % topic->partitions);
    row.type = r.type;
    row.id = id;
    row.headers = headers;
    row.key = r.key;
    row.payload = r.payload;
    row.time_ns = r.time_ns ? r.time_ns : now;
    row.trace = trace;
  }
  EVH_TRY(insert_rows(tx, rows));
  appended_here = true;
  return core::success();
}

std::unique_ptr<kafka_reader> kafka_log::make_reader(std::uint32_t topic, std::int32_t partition, std::int64_t offset, bool want_headers,
                                                             std::function<void()> wake, std::shared_ptr<stamp_fence> fence) {
  const auto info = catalog_.at(topic);
  if (!info || partition < 0 || static_cast<std::uint32_t>(partition) >= info->partitions) return nullptr;
  auto client = fetchers_.claim(info->name, partition);
  if (client.has_error()) {
    voice_->log().log(io::log_level::error, "kafka", "a reader cannot start", {{"topic", info->name}, {"partition", partition}, {"error", client.error().message}});
    return nullptr;
  }
  return std::make_unique<kafka_reader>(std::move(client.value()), *info, partition, offset, want_headers, std::move(wake),
                                        [this](std::string_view type) { return types_.intern(type); }, std::move(fence));
}

std::shared_ptr<stamp_fence> kafka_log::fence_of(std::string_view group, std::uint32_t topic, std::int32_t partition) {
  const std::lock_guard lock(mutex_);
  auto& fence = fences_[{std::string(group), topic, partition}];
  if (!fence) fence = std::make_shared<stamp_fence>(options_.protect_stamps);
  return fence;
}

core::result<io::position> kafka_log::acquire(std::string_view group, std::uint32_t topic, std::int32_t partition, std::int64_t initial) {
  const auto info = catalog_.at(topic);
  if (!info) return core::fail(core::errc::not_found, "there is no topic with number " + std::to_string(topic));
  EVH_TRY(auto taken, take_position(store_, group, info->name, partition, initial));
  fence_of(group, topic, partition)->reset(std::move(taken.stamps));
  return taken.at;
}

core::result<void> kafka_log::advance(io::transaction& tx, std::string_view group, std::uint32_t topic, std::int32_t partition,
                                      const io::position& expected, std::int64_t next) {
  const auto info = catalog_.at(topic);
  if (!info) return core::fail(core::errc::not_found, "there is no topic with number " + std::to_string(topic));
  const auto stamps = fence_of(group, topic, partition)->until(expected.offset, next);
  EVH_TRY(move_position(tx, group, info->name, partition, expected, next, stamps ? &*stamps : nullptr));
  const std::lock_guard lock(groups_mutex_);
  if (const auto it = groups_.find(group); it != groups_.end()) it->second->note_position({info->name, partition}, next);
  return core::success();
}

core::result<void> kafka_log::join(std::string_view group, std::span<const std::uint32_t> topics, io::group_listener& listener) {
  std::vector<std::string> names;
  std::map<std::string, std::uint32_t> numbers;
  for (const auto id : topics) {
    const auto info = catalog_.at(id);
    if (!info) return core::fail(core::errc::not_found, "there is no topic with number " + std::to_string(id));
    names.push_back(info->name);
    numbers.emplace(info->name, id);
  }
  const std::string name(group);
  membership::listener tell;
  tell.assigned = [name, numbers, &listener](const membership::place& p) { listener.assigned(name, {numbers.at(p.first), p.second}); };
  tell.revoked = [name, numbers, &listener](const std::vector<membership::place>& gone) {
    std::vector<io::partition_ref> refs;
    for (const auto& p : gone) refs.push_back({numbers.at(p.first), p.second});
    listener.revoked(name, refs);
  };
  EVH_TRY(auto member, membership::join(options_, name, names, std::move(tell), *voice_, metrics_));
  const std::lock_guard lock(groups_mutex_);
  groups_[name] = std::move(member);
  return core::success();
}

void kafka_log::leave() noexcept {
  std::map<std::string, std::unique_ptr<membership>, std::less<>> leaving;
  {
    const std::lock_guard lock(groups_mutex_);
    leaving.swap(groups_);
  }
  for (auto& [name, member] : leaving) member->stop();
}

std::string kafka_log::trouble() const {
  if (auto why = relay_.trouble(); !why.empty()) return why;
  const std::lock_guard lock(groups_mutex_);
  for (const auto& [name, member] : groups_)
    if (auto why = member->trouble(); !why.empty()) return why;
  return {};
}

// Asks until the brokers answer.
core::result<void> wait_for_brokers(rd_kafka_t* client, const kafka_options& options, io::clock& clock, brokers_voice& voice) {
  const auto deadline = clock.steady() + options.start_timeout;
  std::string told;
  for (;;) {
    const struct rd_kafka_metadata* metadata = nullptr;
    const auto code = rd_kafka_metadata(client, 0, nullptr, &metadata, ask_ms);
    rd_kafka_poll(client, 0);  // refusals come this way
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_metadata_destroy(metadata);
      voice.answered();
      return core::success();
    }
    auto why = voice.last().value_or(core::fail(core::errc::timeout, "no broker answers at " + options.bootstrap_servers + " (" + rd_kafka_err2str(code) +
                                                                        "): start it, or check kafka.bootstrap_servers (KAFKA_BOOTSTRAP_SERVERS)"));
    if (clock.steady() >= deadline) {
      why.message += "; given up after " + std::to_string(options.start_timeout.count() / 1000) + " s (kafka.start_timeout)";
      return why;
    }
    if (options.waits && !options.waits(why.message)) return core::fail(core::errc::cancelled, "stopped while waiting: " + why.message);
    if (why.message != told) voice.log().log(io::log_level::warning, "kafka", "waiting for the brokers", {{"error", told = why.message}});
  }
}

}  // namespace

core::result<std::unique_ptr<io::event_log>> make_kafka_log(io::store& store, io::clock& clock, io::log_sink& log, io::metric_registry& metrics,
                                                               const kafka_options& options) {
  if (auto refused = refused_plaintext(options); !refused.empty()) return core::fail(core::errc::denied, std::move(refused));
  EVH_TRY(check_files(options));
  auto voice = std::make_unique<brokers_voice>(options, log);
  EVH_TRY(auto conf, make_conf(options, {}, *voice));
  EVH_TRY(auto control, make_client(RD_KAFKA_PRODUCER, std::move(conf)));
  EVH_TRY(wait_for_brokers(control.get(), options, clock, *voice));
  if (!options.read_only) {
    const auto steps = outbox_migrations(store.dialect());
    EVH_TRY(store.migrate("host.kafka", steps));
  }
  auto made = std::make_unique<kafka_log>(store, clock, metrics, options, std::move(voice), std::move(control));
  EVH_TRY(made->load());
  if (!options.read_only) {
    store.observe(made.get());
    EVH_TRY(made->start_relay());
  }
  return std::unique_ptr<io::event_log>(std::move(made));
}

}  // namespace evhost::kafka
