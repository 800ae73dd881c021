// The port's calls, and what happens around each group of units.
#include "host/log/embedded_log.hpp"

#include "host/core/failpoint.hpp"
#include "host/core/ids.hpp"
#include "host/core/views.hpp"
#include "host/log/partition.hpp"
#include "host/log/positions.hpp"
#include "host/log/reader.hpp"
#include "host/log/retention.hpp"
#include "host/log/topic_catalog.hpp"
#include "host/log/type_registry.hpp"
#include "host/log/values.hpp"

#include <array>
#include <cassert>
#include <chrono>
#include <cstring>
#include <mutex>
#include <vector>

namespace evhost::log {
namespace {

using core::errc;
using core::fail;

class embedded_log final : public io::event_log, public io::group_observer {
 public:
  embedded_log(io::store& store, io::clock& clock, io::log_sink& log, io::metric_registry& metrics,
               const log_options& options)
      : store_(store), clock_(clock), options_(options), catalog_(store, clock, metrics),
        retention_(store, clock, log, options_) {
    budget_.partition_bytes_max = options.tail_bytes_max;
    budget_.total_bytes_max = options.tails_bytes_max;
    budget_.records_max = options.tail_records_max;
  }

  core::result<void> load() {
    return store_.read([this](io::transaction& tx) -> core::result<void> {
      EVH_TRY(types_.load(tx));
      return catalog_.load(tx);
    });
  }

  core::result<io::topic_info> open_topic(std::string_view name, io::topic_options options) override {
    if (options_.read_only) return catalog_.find(name);
    return catalog_.open(name, options);
  }
  [[nodiscard]] core::result<io::topic_info> find_topic(std::string_view name) const override {
    return catalog_.find(name);
  }
  [[nodiscard]] std::vector<io::topic_info> topics() const override { return catalog_.all(); }
  [[nodiscard]] std::int32_t partition_of(std::uint32_t topic, std::string_view key) const override {
    const auto* t = catalog_.at(topic);
    return t ? static_cast<std::int32_t>(core::key_hash(key) % t->partitions.size()) : 0;
  }
  std::uint32_t intern_type(std::string_view name) override { return types_.intern(name); }
  [[nodiscard]] std::string_view type_name(std::uint32_t id) const override { return types_.name(id); }

  core::result<void> append(io::transaction& tx, std::span<const io::outgoing> records) override;

  std::unique_ptr<io::partition_reader> open_reader(std::uint32_t topic, std::int32_t number, std::int64_t offset,
                                                    bool want_headers, std::function<void()> wake) override {
    auto* p = catalog_.at(topic, number);
    assert(p && "open_reader: no such topic or partition");
    if (!p) return nullptr;
    return std::make_unique<reader>(store_, *p, budget_, options_, offset, want_headers, std::move(wake));
  }

  core::result<io::position> acquire(std::string_view group, std::uint32_t topic, std::int32_t number,
                                     std::int64_t initial) override {
    EVH_TRY(known(topic, number));
    return acquire_position(store_, group, topic, number, initial);
  }
  core::result<void> advance(io::transaction& tx, std::string_view group, std::uint32_t topic, std::int32_t number,
                             const io::position& expected, std::int64_t next) override {
    return advance_position(tx, group, topic, number, expected, next);
  }
  core::result<void> set_position(std::string_view group, std::string_view topic, std::int32_t number,
                                  std::int64_t offset) override {
    EVH_TRY(const auto info, catalog_.find(topic));
    EVH_TRY(known(info.id, number));
    return store_position(store_, group, info.id, number, offset);
  }
  core::result<std::uint64_t> trim() override;

  // io::group_observer, on the store's thread.
  void unit_begun() noexcept override {
    ++unit_serial_;
    types_mark_ = types_.staged();
  }
  void unit_rolled_back() noexcept override;
  void group_committed() noexcept override;
  void group_rolled_back() noexcept override;

 private:
  core::result<void> known(std::uint32_t topic, std::int32_t number) const {
    if (catalog_.at(topic, number)) return core::success();
    return fail(errc::not_found, "topic " + std::to_string(topic) + " has no partition " + std::to_string(number));
  }
  core::result<void> append_one(io::transaction& tx, const io::outgoing& record, std::int64_t now_ns);
  core::result<std::uint32_t> type_of(io::transaction& tx, std::string_view name);
  partition& touch(partition& p);

  io::store& store_;
  io::clock& clock_;
  const log_options options_;
  type_registry types_;
  topic_catalog catalog_;
  retention retention_;
  tail_budget budget_{};

  // The store's thread.
  std::uint64_t unit_serial_ = 0;
  std::uint64_t group_serial_ = 1;
  std::size_t types_mark_ = 0;
  std::vector<partition*> touched_;       // by the open group
  std::vector<partition*> unit_touched_;  // by the open unit, which is unit_touched_serial_
  std::uint64_t unit_touched_serial_ = 0;
  std::vector<std::shared_ptr<wake_slot>> wakes_;
  std::string last_type_;
  std::uint32_t last_type_id_ = 0;
};

bool too_big(const io::outgoing& r, std::uint64_t max, std::uint64_t& bytes) {
  bytes = r.key.len + r.payload.len;
  for (const auto& h : r.headers) bytes += h.name.len + h.value.len;
  return bytes > max;
}

std::string_view new_id(arena& memory) {
  constexpr std::size_t uuid_text_bytes = 36;
  char* to = memory.take(uuid_text_bytes);
  core::write_uuid(core::new_uuid_v7(), to);
  return {to, uuid_text_bytes};
}

core::result<void> embedded_log::append(io::transaction& tx, std::span<const io::outgoing> records) {
  if (tx.read_only()) return fail(errc::state, "a read-only unit cannot publish");
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.wall().time_since_epoch()).count();
  for (const auto& record : records) {
    EVH_TRY(append_one(tx, record, now));
  }
  return core::success();
}

// Notes that the open unit writes to p, so that rolling the unit back finds it.
partition& embedded_log::touch(partition& p) {
  if (p.unit_serial == unit_serial_) return p;
  p.unit_serial = unit_serial_;
  p.unit_mark = p.staged();
  if (std::exchange(unit_touched_serial_, unit_serial_) != unit_serial_) unit_touched_.clear();
  unit_touched_.push_back(&p);
  if (std::exchange(p.group_serial, group_serial_) != group_serial_) touched_.push_back(&p);
  return p;
}

core::result<std::uint32_t> embedded_log::type_of(io::transaction& tx, std::string_view name) {
  if (name != last_type_) {
    last_type_id_ = types_.intern(name);
    last_type_.assign(name);
  }
  EVH_TRY(types_.persist(tx, last_type_id_));
  return last_type_id_;
}

core::result<void> embedded_log::append_one(io::transaction& tx, const io::outgoing& r, std::int64_t now_ns) {
  topic* const t = catalog_.at(r.topic);
  if (!t) return fail(errc::not_found, "there is no topic with number " + std::to_string(r.topic));
  if (std::uint64_t bytes; too_big(r, options_.event_bytes_max, bytes))
    return fail(errc::invalid, "a record of " + std::to_string(bytes) + " bytes for topic " + t->info.name + " is over the limit of " +
                                   std::to_string(options_.event_bytes_max) + " (log.event_bytes_max)");
  EVH_TRY(const auto type, type_of(tx, r.type));
  const auto at = r.key.ptr ? core::key_hash(core::text(r.key)) : t->round_robin.fetch_add(1, std::memory_order_relaxed);
  partition& p = touch(*t->partitions[at % t->partitions.size()]);
  segment& to = p.staging();

  evh_event e{};
  e.topic = r.topic;
  e.type = type;
  e.partition = p.number();
  e.offset = p.next_offset();
  e.time_ns = r.time_ns ? r.time_ns : now_ns;
  const auto id = r.id.empty() ? new_id(to.memory) : to.memory.copy(r.id);
  e.id = core::view(id);
  e.key = copy_into(to.memory, r.key);
  e.payload = copy_into(to.memory, r.payload);
  e.attempt = 1;
  e.source = EVH_SOURCE_LOG;
  evh_value headers = null_value();
  if (!r.headers.empty()) {
    const auto blob = encode_headers(to.memory, r.headers);
    if (!decode_headers(blob, to.memory, e)) return fail(errc::invalid, "record headers do not encode");
    headers = bytes_value(core::view(blob));
  }
  char trace[sizeof e.trace_id + sizeof e.span_id] = {};
  if (r.trace_id) {
    std::memcpy(e.trace_id, r.trace_id, sizeof e.trace_id);
    if (r.span_id) std::memcpy(e.span_id, r.span_id, sizeof e.span_id);
    std::memcpy(trace, e.trace_id, sizeof e.trace_id);
    std::memcpy(trace + sizeof e.trace_id, e.span_id, sizeof e.span_id);
  }
  const std::array values{
      integer_value(e.offset), integer_value(e.time_ns), r.time_ns ? integer_value(now_ns) : null_value(),
      integer_value(type),     text_value(id),           bytes_value(e.key),
      bytes_value(e.payload),  headers,                  r.trace_id ? bytes_value({trace, sizeof trace}) : null_value()};
  EVH_TRY(tx.exec(p.sql().insert, values));
  to.events.push_back(e);  // only now: a row that failed must never reach a reader
  return core::success();
}

void embedded_log::unit_rolled_back() noexcept {
  types_.unstage(types_mark_);
  if (unit_touched_serial_ != unit_serial_) return;
  for (partition* p : unit_touched_) {
    p->unstage(p->unit_mark);
    p->unit_serial = 0;
  }
  unit_touched_.clear();
}

void embedded_log::group_rolled_back() noexcept {
  types_.unstage(0);
  for (partition* p : touched_) {
    p->unstage(0);
    p->unit_serial = 0;
  }
  touched_.clear();
  unit_touched_.clear();
  ++group_serial_;
}

void embedded_log::group_committed() noexcept {
  types_.committed();
  ++group_serial_;
  if (touched_.empty()) return;
  core::failpoint(core::failpoints::before_delivery);
  for (partition* p : touched_) p->publish(budget_, wakes_);
  touched_.clear();
  for (const auto& slot : wakes_) {
    const std::lock_guard lock(slot->mutex);
    if (slot->wake) slot->wake();
  }
  wakes_.clear();
  core::failpoint(core::failpoints::after_delivery);
}

core::result<std::uint64_t> embedded_log::trim() {
  std::uint64_t removed = 0;
  for (const auto& info : catalog_.all()) {
    for (auto& p : catalog_.at(info.id)->partitions) {
      EVH_TRY(const auto rows, retention_.trim(info, *p));
      removed += rows;
    }
  }
  return removed;
}

}  // namespace

core::result<std::unique_ptr<io::event_log>> make_embedded_log(io::store& store, io::clock& clock, io::log_sink& log,
                                                               io::metric_registry& metrics, const log_options& options) {
  if (!options.read_only) {
    const auto steps = topic_catalog::migrations();
    EVH_TRY(store.migrate("host.log", steps));
  }
  auto made = std::make_unique<embedded_log>(store, clock, log, metrics, options);
  EVH_TRY(made->load());
  if (!options.read_only) store.observe(made.get());
  return std::unique_ptr<io::event_log>(std::move(made));
}

}  // namespace evhost::log
