// The group protocol without fetching.
#include "host/kafka/membership.hpp"

#include "host/core/failpoint.hpp"
#include "host/io/metrics/kafka.hpp"

#include <array>
#include <chrono>

namespace evhost::kafka {
namespace {

constexpr int poll_ms = 100;
constexpr auto commit_every = std::chrono::seconds(5);
constexpr auto rejoin_pause = std::chrono::seconds(1);

std::vector<membership::place> places_in(const rd_kafka_topic_partition_list_t* list) {
  std::vector<membership::place> places;
  for (int i = 0; list != nullptr && i < list->cnt; ++i) places.emplace_back(list->elems[i].topic, list->elems[i].partition);
  return places;
}

std::mutex members_mutex;
std::map<const rd_kafka_t*, membership*> members;  // callbacks know the client only; its opaque is the brokers' voice

// How long a group may wait for a member that is alive and does not answer: the brokers' rebalance timeout.
std::chrono::milliseconds rebalance_max(const kafka_options& options) { return std::max(options.session_timeout, std::chrono::milliseconds(300'000)); }

}  // namespace

void on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions, void*) {
  membership* self = nullptr;
  {
    const std::lock_guard lock(members_mutex);
    if (const auto it = members.find(client); it != members.end()) self = it->second;
  }
  if (self != nullptr) self->rebalance(what, partitions);
  else rd_kafka_assign(client, nullptr);
}

core::result<std::unique_ptr<membership>> membership::join(const kafka_options& options, const std::string& group, const std::vector<std::string>& topics,
                                                            listener tell, brokers_voice& voice, io::metric_registry& metrics) {
  std::unique_ptr<membership> made(new membership(options, group, topics, std::move(tell), voice, metrics));
  EVH_TRY(made->subscribe());
  made->thread_ = std::thread([self = made.get()] { self->poll(); });
  return made;
}

membership::membership(const kafka_options& options, std::string group, std::vector<std::string> topics, listener tell, brokers_voice& voice, io::metric_registry& metrics)
    : options_(options), group_(std::move(group)), topics_(std::move(topics)), tell_(std::move(tell)), voice_(voice), log_(voice.log()),
      assignments_(metrics.get_counter(io::metrics::rebalances_total, {group_})), assigned_(metrics.get_gauge(io::metrics::assigned_partitions, {group_})) {}

core::result<void> membership::subscribe() {
  settings own{{"group.id", group_},
               {"enable.auto.commit", "false"},
               {"enable.auto.offset.store", "false"},
               {"partition.assignment.strategy", "roundrobin"},  // the sticky ones have ownership defects before 2.2
               {"session.timeout.ms", std::to_string(options_.session_timeout.count())},
               {"heartbeat.interval.ms", std::to_string(std::max<std::int64_t>(500, options_.session_timeout.count() / 10))},
               {"max.poll.interval.ms", std::to_string(rebalance_max(options_).count())}};
  if (!options_.instance_id.empty()) own.emplace_back("group.instance.id", options_.instance_id + "-" + group_);
  EVH_TRY(auto conf, make_conf(options_, own, voice_));
  rd_kafka_conf_set_rebalance_cb(conf.get(), on_rebalance);
  EVH_TRY(client_, make_client(RD_KAFKA_CONSUMER, std::move(conf)));
  {
    const std::lock_guard lock(members_mutex);
    members.emplace(client_.get(), this);
  }
  rd_kafka_poll_set_consumer(client_.get());
  const list_ptr wanted(rd_kafka_topic_partition_list_new(static_cast<int>(topics_.size())));
  for (const auto& topic : topics_) rd_kafka_topic_partition_list_add(wanted.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto code = rd_kafka_subscribe(client_.get(), wanted.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    close();
    return error_of(code, "joining group " + group_);
  }
  return core::success();
}

// Leaves, and forgets the client.
void membership::close() noexcept {
  if (!client_) return;
  rd_kafka_consumer_close(client_.get());  // revokes, through the callback, on this thread
  {
    const std::lock_guard lock(members_mutex);
    members.erase(client_.get());
  }
  client_.reset();
}

// The client is beyond use: the brokers fenced it (they may do so to a static member whose join they answered while they
// died), or its state broke. Without a new one this replica would never get a partition again.
void membership::join_again() {
  std::array<char, 512> why{};
  if (client_) {
    rd_kafka_fatal_error(client_.get(), why.data(), why.size());
    log_.log(io::log_level::warning, "kafka", "joining the group anew", {{"group", group_}, {"error", why.data()}});
    if (!held_.empty()) rebalance(RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS, nullptr);
    close();
    const std::lock_guard lock(mutex_);
    borne_until_ = {};
    trouble_ = "group " + group_ + ": " + why.data() + "; two replicas with one kafka.instance_id push each other out";
  }
  {
    std::unique_lock lock(mutex_);
    if (stopped_.wait_for(lock, rejoin_pause, [this] { return over_.load(); })) return;
  }
  if (const auto joined = subscribe(); joined.has_error()) log_.log(io::log_level::warning, "kafka", "the group cannot be joined", {{"group", group_}, {"error", joined.error().message}});
}

void membership::poll() {
  auto commit_due = std::chrono::steady_clock::now() + commit_every;
  while (!over_) {
    if (!client_ || rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      join_again();
      continue;
    }
    const std::unique_ptr<rd_kafka_message_t, destroys<rd_kafka_message_destroy>> message(rd_kafka_consumer_poll(client_.get(), poll_ms));
    if (message && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      const std::lock_guard lock(mutex_);
      borne_until_ = {};
      trouble_ = "group " + group_ + ": " + rd_kafka_message_errstr(message.get());
    }
    if (const auto now = std::chrono::steady_clock::now(); now >= commit_due) {
      commit_noted();
      commit_due = now + commit_every;
    }
  }
}

void membership::rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions) {
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    const auto places = places_in(partitions);
    // Fetched elsewhere, so nothing is assigned here; but the call must name a list: without one the client waits for its
    // assignment for ever, answers no rebalance, and a replica that comes later never gets a partition.
    const list_ptr none(rd_kafka_topic_partition_list_new(0));
    rd_kafka_assign(client_.get(), none.get());
    {
      const std::lock_guard lock(mutex_);
      trouble_.clear();
      borne_until_ = {};
    }
    log_.log(io::log_level::info, "kafka", "partitions assigned", {{"group", group_}, {"partitions", places.size()}});
    assignments_.add();
    assigned_.set(static_cast<double>(places.size()));
    for (const auto& one : places)
      if (held_.insert(one).second) tell_.assigned(one);
    return;
  }
  const std::vector<place> gone(held_.begin(), held_.end());
  held_.clear();
  assigned_.set(0);
  if (!gone.empty()) {
    log_.log(io::log_level::info, "kafka", "partitions revoked", {{"group", group_}, {"partitions", gone.size()}});
    tell_.revoked(gone);
    commit_noted();
  }
  rd_kafka_assign(client_.get(), nullptr);
  const std::lock_guard lock(mutex_);
  if (over_ || !trouble_.empty()) return;
  trouble_ = "group " + group_ + ": rebalancing";
  borne_until_ = std::chrono::steady_clock::now() + rebalance_max(options_);
}

void membership::note_position(const place& where, std::int64_t next) {
  const std::lock_guard lock(mutex_);
  noted_[where] = next;
}

void membership::commit_noted() {
  std::map<place, std::int64_t> noted;
  {
    const std::lock_guard lock(mutex_);
    noted.swap(noted_);
  }
  if (noted.empty()) return;
  core::failpoint(core::failpoints::before_offset_commit);
  const list_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(noted.size())));
  for (const auto& [where, next] : noted) rd_kafka_topic_partition_list_add(list.get(), where.first.c_str(), where.second)->offset = next;
  rd_kafka_commit(client_.get(), list.get(), 1);  // asynchronous; a lost one only makes a lag tool late
}

std::string membership::trouble() const {
  const std::lock_guard lock(mutex_);
  return std::chrono::steady_clock::now() < borne_until_ ? std::string() : trouble_;
}

void membership::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (over_.exchange(true)) return;
  }
  stopped_.notify_one();
  if (thread_.joinable()) thread_.join();
  close();
}

}  // namespace evhost::kafka
