// The in-memory log.
#include "tests/support/fakes/memory_log.hpp"

#include "host/core/ids.hpp"
#include "host/core/views.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace evhost::fakes {

class memory_log::reader final : public io::partition_reader {
 public:
  reader(memory_log& log, std::uint32_t topic, std::int32_t partition, std::int64_t offset, bool headers,
         std::function<void()> wake)
      : log_(log), topic_(topic), partition_(partition), offset_(offset), headers_(headers), wake_(std::move(wake)) {
    log_.readers_.push_back(this);
  }
  ~reader() override {
    const std::lock_guard lock(log_.mutex_);
    std::erase(log_.readers_, this);
  }

  core::result<std::size_t> take(io::event_batch& into, std::size_t max) override {
    const std::lock_guard lock(log_.mutex_);
    if (log_.fail_next_take > 0) {
      --log_.fail_next_take;
      return core::fail(core::errc::io, "the fake log failed to read");
    }
    const auto& data = partition();
    const auto first = std::ranges::lower_bound(data.records, offset_, {}, [](const auto& r) { return r->offset; });
    const auto last = first + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(max), data.records.end() - first);
    for (auto it = first; it != last; ++it) hand_over(*it, into);
    return static_cast<std::size_t>(last - first);
  }
  void seek(std::int64_t offset) override { offset_ = offset; }
  [[nodiscard]] std::int64_t offset() const override { return offset_; }
  [[nodiscard]] std::int64_t end_offset() const override {
    const std::lock_guard lock(log_.mutex_);
    return partition().end;
  }
  [[nodiscard]] std::int64_t begin_offset() const override {
    const std::lock_guard lock(log_.mutex_);
    return partition().begin;
  }
  void wake() const {
    if (wake_) wake_();
  }

 private:
  const partition_data& partition() const {
    return log_.topics_[topic_ - 1]->partitions[static_cast<std::size_t>(partition_)];
  }
  void hand_over(const std::shared_ptr<const record>& r, io::event_batch& into) {
    evh_event event{};
    event.topic = topic_;
    event.type = r->type;
    event.partition = partition_;
    event.offset = r->offset;
    event.time_ns = r->time_ns;
    event.id = core::view(r->id);
    event.key = r->has_key ? core::view(r->key) : core::absent;
    event.payload = r->has_payload ? core::view(r->payload) : core::absent;
    std::memcpy(event.trace_id, r->trace_id.data(), 16);
    std::memcpy(event.span_id, r->span_id.data(), 8);
    event.attempt = 1;
    event.source = EVH_SOURCE_LOG;
    if (headers_) {
      auto pairs = std::make_shared<std::vector<evh_pair>>();
      for (const auto& [name, value] : r->headers) pairs->push_back({core::view(name), core::view(value)});
      event.headers = pairs->data();
      event.headers_count = static_cast<std::uint32_t>(pairs->size());
      into.holds.push_back(std::move(pairs));
    }
    into.events.push_back(event);
    into.holds.push_back(r);
    offset_ = r->offset + 1;
  }

  memory_log& log_;
  std::uint32_t topic_;
  std::int32_t partition_;
  std::int64_t offset_;
  bool headers_;
  std::function<void()> wake_;
};

core::result<io::topic_info> memory_log::open_topic(std::string_view name, io::topic_options options) {
  const std::lock_guard lock(mutex_);
  if (const auto* found = named(name)) return found->info;
  auto data = std::make_unique<topic_data>();
  data->info = {static_cast<std::uint32_t>(topics_.size() + 1), std::string(name), options.partitions, 1,
                options.retention};
  data->partitions.resize(options.partitions);
  topics_.push_back(std::move(data));
  return topics_.back()->info;
}

const memory_log::topic_data* memory_log::named(std::string_view name) const {
  for (const auto& topic : topics_)
    if (topic->info.name == name) return topic.get();
  return nullptr;
}

core::result<io::topic_info> memory_log::find_topic(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  if (const auto* found = named(name)) return found->info;
  return core::fail(core::errc::not_found, "no topic " + std::string(name));
}

std::vector<io::topic_info> memory_log::topics() const {
  const std::lock_guard lock(mutex_);
  std::vector<io::topic_info> all;
  for (const auto& topic : topics_) all.push_back(topic->info);
  return all;
}

std::int32_t memory_log::partition_of(std::uint32_t topic, std::string_view key) const {
  return static_cast<std::int32_t>(core::key_hash(key) % topics_[topic - 1]->info.partitions);
}

std::uint32_t memory_log::intern_type(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (name.empty()) return 0;
  for (std::size_t i = 0; i < types_.size(); ++i)
    if (*types_[i] == name) return static_cast<std::uint32_t>(i + 1);
  types_.push_back(std::make_unique<std::string>(name));
  return static_cast<std::uint32_t>(types_.size());
}

std::string_view memory_log::type_name(std::uint32_t id) const {
  const std::lock_guard lock(mutex_);
  return id == 0 || id > types_.size() ? std::string_view() : std::string_view(*types_[id - 1]);
}

core::result<void> memory_log::append(io::transaction&, std::span<const io::outgoing> records) {
  const std::lock_guard lock(mutex_);
  if (fail_next_append > 0) {
    --fail_next_append;
    return core::fail(core::errc::io, "the fake log failed to append");
  }
  for (const auto& out : records) {
    auto r = std::make_shared<record>();
    r->time_ns = out.time_ns ? out.time_ns : 1;
    r->type = intern_type(out.type);
    r->id = out.id.empty() ? core::to_string(core::new_uuid_v7()) : std::string(out.id);
    r->has_key = out.key.ptr != nullptr;
    r->key = core::text(out.key);
    r->has_payload = out.payload.ptr != nullptr;
    r->payload = core::text(out.payload);
    if (out.trace_id) std::memcpy(r->trace_id.data(), out.trace_id, 16);
    if (out.span_id) std::memcpy(r->span_id.data(), out.span_id, 8);
    for (const auto& h : out.headers) r->headers.emplace_back(core::text(h.name), core::text(h.value));
    const auto partition = r->has_key ? partition_of(out.topic, r->key) : 0;
    staged_.appends.push_back({{out.topic, partition}, std::move(r)});
  }
  return core::success();
}

std::unique_ptr<io::partition_reader> memory_log::open_reader(std::uint32_t topic, std::int32_t partition,
                                                              std::int64_t offset, bool want_headers,
                                                              std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  return std::make_unique<reader>(*this, topic, partition, offset, want_headers, std::move(wake));
}

core::result<io::position> memory_log::acquire(std::string_view group, std::uint32_t topic, std::int32_t partition,
                                               std::int64_t initial) {
  const std::lock_guard lock(mutex_);
  if (fail_next_acquire > 0) {
    --fail_next_acquire;
    return core::fail(core::errc::io, "the fake log failed to acquire");
  }
  auto& at = positions_.try_emplace({std::string(group), {topic, partition}}, io::position{initial, 0}).first->second;
  ++at.epoch;
  staged_.positions = positions_;
  return at;
}

core::result<void> memory_log::advance(io::transaction&, std::string_view group, std::uint32_t topic,
                                       std::int32_t partition, const io::position& expected, std::int64_t next) {
  const std::lock_guard lock(mutex_);
  const auto at = staged_.positions.find({std::string(group), {topic, partition}});
  if (at == staged_.positions.end() || at->second.offset != expected.offset || at->second.epoch != expected.epoch)
    return core::fail(core::errc::conflict, "the position was moved by another owner");
  at->second.offset = next;
  return core::success();
}

core::result<void> memory_log::set_position(std::string_view group, std::string_view topic, std::int32_t partition,
                                            std::int64_t offset) {
  const std::lock_guard lock(mutex_);
  EVH_TRY(const auto info, find_topic(topic));
  auto& at = positions_[{std::string(group), {info.id, partition}}];
  at.offset = offset;
  ++at.epoch;
  staged_.positions = positions_;
  return core::success();
}

void memory_log::put(const std::string& topic, std::int32_t partition, std::string_view key, std::string_view payload,
                     std::string_view id, std::vector<std::pair<std::string, std::string>> headers) {
  {
    const std::lock_guard lock(mutex_);
    const auto* data = named(topic);
    if (!data) throw std::runtime_error("no topic " + topic);
    auto r = std::make_shared<record>();
    r->time_ns = 1;
    r->type = intern_type("test.event.v1");
    r->has_key = r->has_payload = true;
    r->key = key;
    r->payload = payload;
    r->id = id.empty() ? std::string(payload) : std::string(id);
    r->headers = std::move(headers);
    commit_record(data->info.id, partition, std::move(r));
  }
  wake_all();
}

void memory_log::commit_record(std::uint32_t topic, std::int32_t partition, std::shared_ptr<record> r) {
  auto& data = topics_[topic - 1]->partitions[static_cast<std::size_t>(partition)];
  r->offset = data.end++;
  data.records.push_back(std::move(r));
}

void memory_log::wake_all() {
  const std::lock_guard lock(mutex_);
  for (const auto* r : readers_) r->wake();
}

void memory_log::group_committed() noexcept {
  {
    const std::lock_guard lock(mutex_);
    for (auto& [where, r] : staged_.appends) commit_record(where.first, where.second, std::move(r));
    staged_.appends.clear();
    positions_ = staged_.positions;
  }
  wake_all();
}

void memory_log::group_rolled_back() noexcept {
  const std::lock_guard lock(mutex_);
  staged_.appends.clear();
  staged_.positions = positions_;
}

void memory_log::unit_begun() noexcept {
  const std::lock_guard lock(mutex_);
  savepoint_ = staged_;
}

void memory_log::unit_rolled_back() noexcept {
  const std::lock_guard lock(mutex_);
  staged_ = savepoint_;
}

std::int64_t memory_log::position(std::string_view group, std::string_view topic, std::int32_t partition) const {
  const std::lock_guard lock(mutex_);
  const auto at = positions_.find({std::string(group), {named(topic)->info.id, partition}});
  return at == positions_.end() ? -1 : at->second.offset;
}

std::size_t memory_log::size(std::string_view topic, std::int32_t partition) const {
  const std::lock_guard lock(mutex_);
  const auto* data = named(topic);
  return data ? data->partitions[static_cast<std::size_t>(partition)].records.size() : 0;
}

void memory_log::steal(std::string_view group, std::string_view topic, std::int32_t partition) {
  const std::lock_guard lock(mutex_);
  ++positions_.at({std::string(group), {named(topic)->info.id, partition}}).epoch;
  staged_.positions = positions_;
}

void memory_log::drop(std::string_view topic, std::int32_t partition, std::size_t n) {
  const std::lock_guard lock(mutex_);
  auto& data = const_cast<topic_data*>(named(topic))->partitions[static_cast<std::size_t>(partition)];
  data.records.erase(data.records.begin(), data.records.begin() + static_cast<std::ptrdiff_t>(n));
  data.begin = data.records.empty() ? data.end : data.records.front()->offset;
}

void memory_log::skip_offset(std::string_view topic, std::int32_t partition) {
  const std::lock_guard lock(mutex_);
  ++const_cast<topic_data*>(named(topic))->partitions[static_cast<std::size_t>(partition)].end;
}

}  // namespace evhost::fakes
