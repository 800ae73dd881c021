// Clients without a group, and readers on them.
#include "host/kafka/reader.hpp"

#include "host/core/views.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace evhost::kafka {
namespace {

constexpr int watermark_ms = 1'000;  // asked once, when a reader opens: pool threads wait for it
constexpr int patience_ms = 2'000;  // of a reader that nobody wakes

}  // namespace

bool fetch_client::claim(const std::string& topic, std::int32_t partition) {
  const std::lock_guard lock(mutex_);
  return claimed_.emplace(topic, partition).second;
}
void fetch_client::give_back(const std::string& topic, std::int32_t partition) {
  const std::lock_guard lock(mutex_);
  claimed_.erase({topic, partition});
}

core::result<std::shared_ptr<fetch_client>> fetch_pool::claim(const std::string& topic, std::int32_t partition) {
  const std::lock_guard lock(mutex_);
  for (const auto& client : clients_)
    if (client->claim(topic, partition)) return client;
  const settings own{{"enable.auto.commit", "false"},       {"enable.auto.offset.store", "false"}, {"auto.offset.reset", "error"},
                     {"check.crcs", "true"},                {"fetch.wait.max.ms", "100"},          {"fetch.error.backoff.ms", "100"},
                     {"queued.min.messages", "20000"},      {"queued.max.messages.kbytes", "16384"}};
  EVH_TRY(auto conf, make_conf(options_, own, voice_));
  EVH_TRY(auto client, make_client(RD_KAFKA_CONSUMER, std::move(conf)));
  auto made = std::make_shared<fetch_client>(std::move(client));
  made->claim(topic, partition);
  clients_.push_back(made);
  return made;
}

void stamp_fence::reset(stamp_book applied) {
  const std::lock_guard lock(mutex_);
  ahead_ = applied_ = std::move(applied);
  pending_.clear();
}

bool stamp_fence::admit(std::int64_t offset, const stamp& s) {
  const std::lock_guard lock(mutex_);
  if (!ahead_.admit(s) && protects_) return false;
  auto shard = shards_.find(s.shard);
  if (shard == shards_.end()) shard = shards_.emplace(s.shard).first;
  pending_.push_back({offset, &*shard, s.number});
  return true;
}

std::optional<stamp_book> stamp_fence::until(std::int64_t committed, std::int64_t next) {
  const std::lock_guard lock(mutex_);
  for (; !pending_.empty() && pending_.front().offset < committed; pending_.pop_front())
    applied_.admit({*pending_.front().shard, pending_.front().number});
  // What lies between stays pending: the unit may be undone and run again.
  if (pending_.empty() || pending_.front().offset >= next) return std::nullopt;
  stamp_book book = applied_;
  for (const auto& one : pending_) {
    if (one.offset >= next) break;
    book.admit({*one.shard, one.number});
  }
  return book;
}

kafka_reader::kafka_reader(std::shared_ptr<fetch_client> client, io::topic_info topic, std::int32_t partition, std::int64_t offset, bool want_headers,
                           std::function<void()> wake, intern_fn intern, std::shared_ptr<stamp_fence> fence)
    : client_(std::move(client)), topic_(std::move(topic)), partition_(partition), offset_(offset), want_headers_(want_headers),
      intern_(std::move(intern)), fence_(std::move(fence)), place_(topic_.name + "/" + std::to_string(partition) + "@"), waker_(std::make_shared<waker>()),
      handle_(rd_kafka_topic_new(client_->get(), topic_.name.c_str(), nullptr)) {
  waker_->wake = std::move(wake);
  ask_watermarks();
}

kafka_reader::~kafka_reader() {
  {
    const std::lock_guard lock(waker_->mutex);  // waits for a wake-up under way; none follows
    waker_->wake = nullptr;
  }
  end_fetching();
  client_->give_back(topic_.name, partition_);
}

bool kafka_reader::ask_watermarks() const {
  std::int64_t low = 0, high = 0;
  if (rd_kafka_query_watermark_offsets(client_->get(), topic_.name.c_str(), partition_, &low, &high, watermark_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  low_ = low;
  high_ = high;
  return true;
}

// errc::state: the position itself is wrong, only a new one helps.
std::optional<core::error> kafka_reader::out_of_range() const {
  const std::string where = "partition " + std::to_string(partition_) + " of topic " + topic_.name;
  if (offset_ < low_)
    return core::fail(core::errc::state, "records " + std::to_string(offset_) + " to " + std::to_string(low_ - 1) + " of " + where + " (" + std::to_string(low_ - offset_) +
                                             ") were removed by retention before they were read. Nothing is skipped by itself: raise the topic's retention.ms, then go on with"
                                             " `evhost replay <group> --topic " + topic_.name + " --from earliest`");
  if (offset_ > high_)
    return core::fail(core::errc::state, "position " + std::to_string(offset_) + " lies behind the end of " + where + ", which is " + std::to_string(high_) +
                                             ": the topic was made anew or lost records. Choose where to go on with `evhost replay <group> --topic " + topic_.name + " --from earliest`");
  return std::nullopt;
}

std::int64_t kafka_reader::end_offset() const {
  std::int64_t low = 0, high = 0;
  if (rd_kafka_get_watermark_offsets(client_->get(), topic_.name.c_str(), partition_, &low, &high) == RD_KAFKA_RESP_ERR_NO_ERROR && high > high_) high_ = high;
  return std::max(high_, offset_);
}

std::int64_t kafka_reader::begin_offset() const { return low_; }

void kafka_reader::seek(std::int64_t offset) {
  end_fetching();
  failure_.reset();
  offset_ = offset;
}

core::result<void> kafka_reader::begin_fetching() {
  if (insists_ && (offset_ < low_ || offset_ > high_) && ask_watermarks())
    if (auto why = out_of_range()) return *why;
  queue_.reset(rd_kafka_queue_new(client_->get()));
  const auto from = insists_ ? offset_ : std::max(offset_, low_);
  if (rd_kafka_consume_start_queue(handle_.get(), partition_, from, queue_.get()) != 0)
    return error_of(rd_kafka_last_error(), "reading partition " + std::to_string(partition_) + " of topic " + topic_.name + " from offset " + std::to_string(from));
  fetching_ = true;
  rd_kafka_queue_cb_event_enable(queue_.get(), [](rd_kafka_t*, void* opaque) {
    auto& w = *static_cast<waker*>(opaque);
    const std::lock_guard lock(w.mutex);
    if (w.wake) w.wake();
  }, waker_.get());
  return core::success();
}

void kafka_reader::end_fetching() noexcept {
  if (!fetching_) return;
  rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
  rd_kafka_consume_stop(handle_.get(), partition_);
  queue_.reset();
  fetching_ = false;
}

struct kafka_reader::fetched {
  ~fetched() {
    for (auto* m : messages) rd_kafka_message_destroy(m);
  }
  std::vector<rd_kafka_message_t*> messages;
  std::string ids;  // of strangers' records; reserved whole, so that views into it stay
  std::deque<std::vector<evh_pair>> headers;
};

core::error kafka_reader::failed(rd_kafka_resp_err_t code) {
  end_fetching();  // the next take begins anew
  if ((code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) && ask_watermarks())
    if (auto why = out_of_range(); why && insists_) return *why;
  return error_of(code, "reading partition " + std::to_string(partition_) + " of topic " + topic_.name + " at offset " + std::to_string(offset_));
}

core::result<std::size_t> kafka_reader::take(io::event_batch& into, std::size_t max) {
  if (failure_) return *std::exchange(failure_, std::nullopt);
  if (!fetching_) {
    EVH_TRY(begin_fetching());
  }
  std::size_t taken = 0;
  while (taken < max) {
    const bool waits = !waker_->wake && taken == 0 && offset_ < high_;
    auto held = std::make_shared<fetched>();
    held->messages.resize(max - taken);
    const auto got = rd_kafka_consume_batch_queue(queue_.get(), waits ? patience_ms : 0, held->messages.data(), held->messages.size());
    held->messages.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    if (held->messages.empty()) break;
    into.holds.push_back(held);
    into.events.reserve(into.events.size() + held->messages.size());
    for (const auto* message : held->messages) {
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) continue;
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        auto why = failed(message->err);  // what follows it is fetched again
        if (taken == 0) return why;
        failure_ = std::move(why);
        return taken;
      }
      if (message->offset < offset_) continue;
      offset_ = message->offset + 1;
      if (append(into, *message, *held)) ++taken;
    }
  }
  return taken;
}

std::uint32_t kafka_reader::type_of(std::string_view name) {
  if (name.empty()) return 0;
  if (name != last_type_) {
    last_type_id_ = intern_(name);
    last_type_.assign(name);
  }
  return last_type_id_;
}

bool kafka_reader::append(io::event_batch& into, const rd_kafka_message_t& message, fetched& held) {
  auto headers = read_headers(message);
  if (headers.from && fence_ && !fence_->admit(message.offset, *headers.from)) return false;  // published twice
  auto& e = into.events.emplace_back();
  e = {};
  e.topic = topic_.id;
  e.type = type_of(headers.type);
  e.partition = partition_;
  e.offset = message.offset;
  std::optional<std::int64_t> time;
  if (!headers.time.empty()) time = parse_rfc3339(headers.time);
  rd_kafka_timestamp_type_t kind{};
  e.time_ns = time ? *time : rd_kafka_message_timestamp(&message, &kind) * 1'000'000;
  if (message.key) e.key = {static_cast<const char*>(message.key), message.key_len};
  if (message.payload) e.payload = {static_cast<const char*>(message.payload), message.len};
  std::memcpy(e.trace_id, headers.trace_id, sizeof e.trace_id);
  std::memcpy(e.span_id, headers.span_id, sizeof e.span_id);
  e.attempt = 1;
  e.source = EVH_SOURCE_LOG;
  e.id = headers.id.empty() ? made_id(message.offset, held) : core::view(headers.id);
  if (want_headers_ && !headers.others.empty()) {
    const auto& kept = held.headers.emplace_back(std::move(headers.others));
    e.headers = kept.data();
    e.headers_count = static_cast<std::uint32_t>(kept.size());
  }
  return true;
}

// A stranger's record is named by its place: "topic/partition@offset".
evh_sv kafka_reader::made_id(std::int64_t offset, fetched& held) {
  constexpr std::size_t number_bytes_max = 20;
  if (held.ids.capacity() < place_.size() + number_bytes_max) held.ids.reserve(held.messages.size() * (place_.size() + number_bytes_max));
  const auto at = held.ids.size();
  char digits[number_bytes_max];
  held.ids.append(place_).append(digits, std::to_chars(digits, digits + sizeof digits, offset).ptr);
  return {held.ids.data() + at, held.ids.size() - at};
}

}  // namespace evhost::kafka
