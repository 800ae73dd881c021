// Claims, numbers, produces, forgets.
#include "host/kafka/relay.hpp"

#include "host/core/failpoint.hpp"
#include "host/core/ids.hpp"
#include "host/io/metrics/kafka.hpp"
#include "host/io/sync_unit.hpp"
#include "host/kafka/record.hpp"

#include <algorithm>

namespace evhost::kafka {
namespace {

constexpr std::size_t in_flight_max = 20'000;
constexpr std::int64_t numbered_at_once = 2'000;
constexpr std::int64_t lease_ms = 5'000;
constexpr auto forget_wait = std::chrono::milliseconds(250);  // what is with the brokers need not cost a commit per record
constexpr auto idle_wait = std::chrono::milliseconds(500);    // also how soon a dead relay's shard is looked for
constexpr auto purge_wait = std::chrono::seconds(1);
constexpr auto linger_at_stop = std::chrono::seconds(5);

using event_ptr = std::unique_ptr<rd_kafka_event_t, destroys<rd_kafka_event_destroy>>;

void* opaque_of(std::int64_t shard, std::int64_t stamp, std::uint32_t shards) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(stamp) * shards + static_cast<std::uintptr_t>(shard));
}

// What is wrong with a record, not with the way to the brokers.
bool about_the_record(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE || code == RD_KAFKA_RESP_ERR_INVALID_RECORD;
}

}  // namespace

relay::relay(const kafka_options& options, io::store& store, io::clock& clock, brokers_voice& voice, io::metric_registry& metrics)
    : options_(options), store_(store), clock_(clock), voice_(voice), log_(voice.log()), owner_(options.instance_id.empty() ? core::to_string(core::new_uuid_v7()) : options.instance_id) {
  for (std::uint32_t i = 0; i < options_.outbox_shards; ++i) shards_.emplace(i, shard{});
  namespace m = io::metrics;
  confirmed_ = metrics.get_counter(m::relay_records_total, {"confirmed"});
  failed_ = metrics.get_counter(m::relay_records_total, {"failed"});
  refused_count_ = metrics.get_counter(m::relay_records_total, {"refused"});
  restarts_ = metrics.get_counter(m::relay_restarts_total);
  waiting_ = metrics.get_gauge(m::outbox_waiting_records);
  oldest_ = metrics.get_gauge(m::outbox_oldest_seconds);
}

core::result<void> relay::make_producer() {
  const settings own{{"enable.idempotence", "true"},   {"message.timeout.ms", "0"},        {"linger.ms", "1"},
                     {"queue.buffering.max.messages", std::to_string(2 * in_flight_max)}, {"queue.buffering.max.kbytes", "262144"},
                     {"message.max.bytes", std::to_string(options_.event_bytes_max + 64 * 1024)}, {"compression.type", "lz4"}};
  EVH_TRY(auto conf, make_conf(options_, own, voice_));
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  EVH_TRY(producer_, make_client(RD_KAFKA_PRODUCER, std::move(conf)));
  reports_ = rd_kafka_queue_get_main(producer_.get());
  return core::success();
}

core::result<void> relay::start() {
  EVH_TRY(make_producer());
  store_.on_ring([this] { look(); });
  thread_ = std::thread([this] { run(); });
  return core::success();
}

void relay::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = committed_ = true;
  }
  changed_.notify_one();
}

void relay::look() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

bool relay::owns_all() const {
  return std::ranges::all_of(shards_, [](const auto& s) { return s.second.mine; });
}

std::string relay::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void relay::complain(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (trouble_ == why) return;
  trouble_ = why;
  if (!why.empty()) log_.log(io::log_level::warning, "kafka", "the outbox waits", {{"error", why}});
}

void relay::run() {
  bool fresh = true;
  for (;;) {
    if (named()) pass(fresh);
    read_reports(0);
    if (again_) begin_again("the producer failed for good");
    std::unique_lock lock(mutex_);
    if (over_) break;
    if (in_flight_ > 0 && !woken_) {  // then confirmations are waited for, on librdkafka's queue
      lock.unlock();
      read_reports(2);
      lock.lock();
    } else {
      const auto wait = more_ && producer_ ? std::chrono::milliseconds(0) : forgettable() > 0 ? forget_wait : idle_wait;
      changed_.wait_for(lock, wait, [&] { return woken_ || over_; });
    }
    fresh = std::exchange(woken_, false);
    const bool committed = std::exchange(committed_, false);
    lock.unlock();
    if (committed && !owns_all()) store_.ring();
  }
  if (named()) pass(true);
  const auto deadline = clock_.steady() + linger_at_stop;
  while (in_flight_ > 0 && clock_.steady() < deadline && !again_) read_reports(50);
  if (forgettable() > 0) tend(false);
  // Whoever takes over need not wait for the lease.
  io::run_in_unit(store_, [&](io::transaction& tx) { return release_shards(tx, owner_); }, std::chrono::seconds(2), io::unit_class::lane).has_value();
}

bool relay::named() {
  if (!outbox_.empty()) return true;
  auto name = outbox_name(store_);  // waits for the store to start
  if (name.has_value()) outbox_ = std::move(name.value());
  return !outbox_.empty();
}

std::int64_t relay::forgettable() const {
  std::int64_t count = 0;
  for (const auto& [number, s] : shards_)
    if (s.mine) count += s.confirmed - s.forgotten;
  return count;
}

void relay::pass(bool fresh) {
  if (!producer_) return;
  const bool claim = clock_.steady() >= claim_due_;
  const auto waiting = forgettable();
  // Rows that are with the brokers go along with the next numbering, or when nothing else is to do.
  const bool forget = waiting >= numbered_at_once || (waiting > 0 && in_flight_ == 0 && clock_.steady() >= forget_due_);
  if ((fresh || claim || forget || more_ || !refused_.empty()) && !tend(claim)) return;
  if (claim) show_size();
  if (alone_ && in_flight_ > 0) return;  // what is under way alone comes first
  for (auto& [number, s] : shards_)
    if (s.mine && s.behind && !send(number, s)) return;
}

bool relay::tend(bool claim) {
  const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.wall().time_since_epoch()).count();
  auto then = shards_;  // the unit may run again: it works on a copy
  std::vector<outbox_record> fresh;
  const auto tended = io::run_in_unit(store_, [&](io::transaction& tx) -> core::result<void> {
    then = shards_;
    fresh.clear();
    std::vector<sent_range> sent;
    for (auto& [number, s] : then) {
      if (claim) {
        EVH_TRY(const bool mine, claim_shard(tx, number, owner_, now_ms, lease_ms));
        if (mine != s.mine) {
          s = shard{};
          s.mine = mine;
        }
        // While this process stood still another may have owned the shard, numbered records and gone before it sent them.
        s.behind = true;
      }
      if (!s.mine) continue;
      for (const auto& one : refused_)
        if (one.number == number) {
          EVH_TRY(set_aside(tx, number, one.stamp, one.why, now_ms * 1'000'000));
        }
      if (s.confirmed > s.forgotten) sent.push_back({number, s.forgotten, s.confirmed});
      s.forgotten = s.confirmed;
    }
    EVH_TRY(forget_sent(tx, sent));
    EVH_TRY(fresh, number_records(tx, owner_, numbered_at_once));
    return core::success();
  }, std::chrono::seconds(30), io::unit_class::lane);
  if (tended.has_error()) {
    if (tended.error().code != core::errc::shutdown) complain("the outbox cannot be written: " + tended.error().message);
    return false;
  }
  shards_ = std::move(then);
  refused_.clear();
  if (!fresh.empty()) core::failpoint(core::failpoints::outbox_numbered);
  more_ = fresh.size() >= static_cast<std::size_t>(numbered_at_once);
  forget_due_ = clock_.steady() + forget_wait;
  const outbox_record* before = nullptr;
  for (const auto& record : fresh) {
    auto& s = shards_[record.shard];
    const auto last = before && before->shard == record.shard ? before->stamp : record.stamp - 1;
    // Only right behind what was sent; else the shard is read from where it stands.
    if (s.behind || s.sent != last || in_flight_ >= in_flight_max || !produce(record.shard, s, record)) s.behind = true;
    before = &record;
  }
  if (claim) claim_due_ = clock_.steady() + std::chrono::milliseconds(lease_ms / 3);
  return true;
}

bool relay::send(std::int64_t number, shard& s) {
  while (in_flight_ < in_flight_max) {
    const auto records = read_numbered(store_, number, s.sent, numbered_at_once);
    if (records.has_error()) {
      complain("the outbox cannot be read: " + records.error().message);
      return false;
    }
    if (records.value().empty()) {
      s.behind = false;
      return true;
    }
    if (s.sent == 0) s.confirmed = s.forgotten = records.value().front().stamp - 1;  // the oldest that is left
    for (const auto& record : records.value())
      if (!produce(number, s, record)) return false;
  }
  return true;
}

bool relay::produce(std::int64_t number, shard& s, const outbox_record& record) {
  const bool suspect = !suspects_.empty() && suspects_.contains({number, record.stamp});
  if ((suspect || alone_) && in_flight_ > 0) return false;
  alone_ = suspect;
  auto& topic = topics_[record.topic];
  if (!topic) topic.reset(rd_kafka_topic_new(producer_.get(), record.topic.c_str(), nullptr));
  rd_kafka_headers_t* headers = rd_kafka_headers_new(8);
  const auto add = [&](const char* name, std::string_view value) {
    rd_kafka_header_add(headers, name, -1, value.data(), static_cast<ssize_t>(value.size()));
  };
  add(header_version, "1.0");
  add(header_id, record.id);
  if (!record.type.empty()) add(header_type, record.type);
  add(header_source, "evhost");
  add(header_time, rfc3339(record.time_ns));
  add(header_content, "application/json");
  if (record.trace.size() == 24) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(record.trace.data());
    add(header_trace, traceparent(bytes, bytes + 16));
  }
  add(header_stamp, stamp_text(outbox_, number, record.stamp));
  std::vector<evh_pair> others;
  unpack_headers(record.headers, others);
  for (const auto& h : others) add(std::string(h.name.ptr, h.name.len).c_str(), {h.value.ptr, h.value.len});
  const auto code = rd_kafka_producev(
      producer_.get(), RD_KAFKA_V_RKT(topic.get()), RD_KAFKA_V_PARTITION(record.partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_KEY(record.has_key ? record.key.data() : nullptr, record.has_key ? record.key.size() : 0),
      RD_KAFKA_V_VALUE(record.has_payload ? const_cast<char*>(record.payload.data()) : nullptr, record.has_payload ? record.payload.size() : 0),
      RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(opaque_of(number, record.stamp, options_.outbox_shards)), RD_KAFKA_V_END);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    s.sent = record.stamp;
    s.flying.push_back({record.stamp, false});
    ++in_flight_;
    core::failpoint(core::failpoints::outbox_produced);
    return true;
  }
  rd_kafka_headers_destroy(headers);
  if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {  // above what this host sends at all
    s.sent = record.stamp;
    s.flying.push_back({record.stamp, false});
    refuse(number, record.stamp, "record " + record.id + " for topic " + record.topic + ": " + rd_kafka_err2str(code));
    return true;
  }
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;  // the next pass goes on here
  if (code == RD_KAFKA_RESP_ERR__FATAL) again_ = true;
  complain("record " + record.id + " for topic " + record.topic + " cannot be sent: " + rd_kafka_err2str(code));
  return false;
}

void relay::confirm(const rd_kafka_message_t& message) {
  --in_flight_;
  const auto packed = reinterpret_cast<std::uintptr_t>(message._private);
  const auto number = static_cast<std::int64_t>(packed % options_.outbox_shards), stamp = static_cast<std::int64_t>(packed / options_.outbox_shards);
  if (about_the_record(message.err)) {
    again_ = true;
    if (!alone_) return void(suspects_.emplace(number, stamp));
    return refuse(number, stamp, std::string("a record for topic ") + rd_kafka_topic_name(message.rkt) + " of " + std::to_string(message.len) + " bytes: " + rd_kafka_err2str(message.err));
  }
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    failed_.add();
    complain(std::string("a record for topic ") + rd_kafka_topic_name(message.rkt) + " was not taken: " + rd_kafka_err2str(message.err));
    again_ = true;  // whatever became of it: everything from the oldest unconfirmed on goes once more, under its number
    return;
  }
  core::failpoint(core::failpoints::outbox_confirmed);
  confirmed_.add();
  if (!suspects_.empty()) suspects_.erase({number, stamp});
  land(shards_[number], stamp);
  if (core::struck(core::failpoints::producer_fatal))
    rd_kafka_test_fatal_error(producer_.get(), RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "by a failpoint");
}

// The brokers will never take it. It stays in a table of its own, the shard goes on, and somebody is told.
void relay::refuse(std::int64_t number, std::int64_t stamp, const std::string& why) {
  refused_count_.add();
  suspects_.erase({number, stamp});
  log_.log(io::log_level::error, "kafka", "a record was refused for good and set aside in evh_outbox_refused: raise max.message.bytes of the topic",
           {{"error", why}, {"shard", number}, {"stamp", stamp}});
  refused_.push_back({number, stamp, why});
  land(shards_[number], stamp);
}

void relay::land(shard& s, std::int64_t stamp) {
  const auto it = std::ranges::lower_bound(s.flying, stamp, {}, &flight::stamp);
  if (it == s.flying.end() || it->stamp != stamp) return;  // of a time before the shard was lost
  it->landed = true;
  // Partitions confirm in any order; what may go is what lies below the first that is still under way. Stamps need not be
  // contiguous: another relay may have sent and removed some while this one was frozen.
  for (; !s.flying.empty() && s.flying.front().landed; s.flying.pop_front()) s.confirmed = s.flying.front().stamp;
}

void relay::show_size() {
  std::vector<std::pair<std::int64_t, std::int64_t>> mine;
  for (const auto& [number, s] : shards_)
    if (s.mine) mine.emplace_back(number, s.forgotten);
  const auto size = measure(store_, mine);
  if (size.has_error()) return;
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.wall().time_since_epoch()).count();
  waiting_.set(static_cast<double>(size.value().records));
  oldest_.set(size.value().oldest_ns ? std::max(0.0, static_cast<double>(now - size.value().oldest_ns) * 1e-9) : 0.0);
}

void relay::read_reports(int wait_ms) {
  if (reports_ == nullptr) return;
  for (event_ptr event(rd_kafka_queue_poll(reports_, wait_ms)); event; event.reset(rd_kafka_queue_poll(reports_, 0))) {
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
      if (rd_kafka_event_error_is_fatal(event.get())) again_ = true;
      voice_.heard(rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get()));
      if (in_flight_ > 0)
        if (const auto why = voice_.last()) complain(why->message);
      continue;
    }
    while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get())) confirm(*message);
    if (again_) continue;
    voice_.answered();
    complain("");
  }
}

void relay::drop_producer() {
  if (!producer_) return;
  rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  // What is reported now does not matter any more: it goes again under its number.
  const auto deadline = clock_.steady() + purge_wait;
  while (rd_kafka_outq_len(producer_.get()) > 0 && clock_.steady() < deadline) event_ptr(rd_kafka_queue_poll(reports_, 10)).reset();
  rd_kafka_queue_destroy(std::exchange(reports_, nullptr));
  topics_.clear();
  producer_.reset();
}

void relay::begin_again(const std::string& why) {
  log_.log(io::log_level::warning, "kafka", "the producer starts anew from the oldest unconfirmed record", {{"error", why}});
  drop_producer();
  in_flight_ = 0;
  again_ = alone_ = false;
  restarts_.add();
  for (auto& [number, s] : shards_) {
    s.flying.clear();
    s.sent = s.confirmed;
    s.behind = true;
  }
  const auto made = make_producer();
  if (!made.has_error()) return;
  complain(made.error().message);  // no thread or no memory for one: tried again with the next pass
  again_ = true;
}

void relay::stop() noexcept {
  store_.on_ring({});
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(over_, true)) return;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  topics_.clear();
  if (reports_ != nullptr) rd_kafka_queue_destroy(std::exchange(reports_, nullptr));
  if (producer_) {
    rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    producer_.reset();
  }
}

}  // namespace evhost::kafka
