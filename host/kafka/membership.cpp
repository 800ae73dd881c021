// The group protocol without fetching.
#include "host/kafka/membership.hpp"

#include "host/core/failpoint.hpp"

namespace evhost::kafka {
namespace {

constexpr int poll_ms = 100;
constexpr auto commit_every = std::chrono::seconds(5);

std::vector<membership::place> places_in(const rd_kafka_topic_partition_list_t* list) {
  std::vector<membership::place> places;
  for (int i = 0; list != nullptr && i < list->cnt; ++i) places.emplace_back(list->elems[i].topic, list->elems[i].partition);
  return places;
}

std::mutex members_mutex;
std::map<const rd_kafka_t*, membership*> members;  // callbacks know the client only; its opaque is the brokers' voice

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
                                                            listener tell, brokers_voice& voice) {
  settings own{{"group.id", group},
               {"enable.auto.commit", "false"},
               {"enable.auto.offset.store", "false"},
               {"partition.assignment.strategy", "roundrobin"},  // the sticky ones have ownership defects before 2.2
               {"session.timeout.ms", std::to_string(options.session_timeout.count())},
               {"heartbeat.interval.ms", std::to_string(std::max<std::int64_t>(500, options.session_timeout.count() / 10))},
               {"max.poll.interval.ms", std::to_string(std::max<std::int64_t>(options.session_timeout.count(), 300'000))}};
  if (!options.instance_id.empty()) own.emplace_back("group.instance.id", options.instance_id + "-" + group);
  EVH_TRY(auto conf, make_conf(options, own, voice));
  rd_kafka_conf_set_rebalance_cb(conf.get(), on_rebalance);
  EVH_TRY(auto client, make_client(RD_KAFKA_CONSUMER, std::move(conf)));
  rd_kafka_poll_set_consumer(client.get());
  const list_ptr wanted(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
  for (const auto& topic : topics) rd_kafka_topic_partition_list_add(wanted.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  std::unique_ptr<membership> made(new membership(std::move(client), group, std::move(tell), voice.log()));
  if (const auto code = rd_kafka_subscribe(made->client_.get(), wanted.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return error_of(code, "joining group " + group);
  made->thread_ = std::thread([self = made.get()] { self->poll(); });
  return made;
}

membership::membership(client_ptr client, std::string group, listener tell, io::log_sink& log)
    : client_(std::move(client)), group_(std::move(group)), tell_(std::move(tell)), log_(log) {
  const std::lock_guard lock(members_mutex);
  members.emplace(client_.get(), this);
}

void membership::poll() {
  auto commit_due = std::chrono::steady_clock::now() + commit_every;
  while (!over_) {
    const std::unique_ptr<rd_kafka_message_t, destroys<rd_kafka_message_destroy>> message(rd_kafka_consumer_poll(client_.get(), poll_ms));
    if (message && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      const std::lock_guard lock(mutex_);
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
    }
    log_.log(io::log_level::info, "kafka", "partitions assigned", {{"group", group_}, {"partitions", places.size()}});
    for (const auto& one : places)
      if (held_.insert(one).second) tell_.assigned(one);
    return;
  }
  const std::vector<place> gone(held_.begin(), held_.end());
  held_.clear();
  if (!gone.empty()) {
    log_.log(io::log_level::info, "kafka", "partitions revoked", {{"group", group_}, {"partitions", gone.size()}});
    tell_.revoked(gone);
    commit_noted();
  }
  rd_kafka_assign(client_.get(), nullptr);
  const std::lock_guard lock(mutex_);
  if (!over_) trouble_ = "group " + group_ + ": rebalancing";
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
  return trouble_;
}

void membership::stop() noexcept {
  if (over_.exchange(true)) return;
  if (thread_.joinable()) thread_.join();
  rd_kafka_consumer_close(client_.get());  // revokes, through the callback, on this thread
  const std::lock_guard lock(members_mutex);
  members.erase(client_.get());
}

}  // namespace evhost::kafka
