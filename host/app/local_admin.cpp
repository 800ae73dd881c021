// Operating on the engine in this process.
#include "host/app/admin.hpp"

#include "host/core/ids.hpp"
#include "host/core/views.hpp"
#include "host/http/chars.hpp"
#include "host/io/sync_unit.hpp"
#include "host/kafka/record.hpp"
#include "host/runtime/dead_letters.hpp"
#include "host/security/base64url.hpp"

#include <boost/json.hpp>

#include <charconv>

namespace evhost::app {
namespace {

namespace json = boost::json;

// Strangers' bytes need not be text, and JSON must be.
json::value shown(std::string_view bytes) {
  if (http::valid_utf8(bytes)) return json::value(bytes);
  return json::object{{"base64url", security::base64url_encode(bytes)}};
}

json::value payload_of(evh_sv raw) {
  if (!raw.ptr) return nullptr;
  boost::system::error_code ec;
  auto parsed = json::parse(core::text(raw), ec);
  return ec ? shown(core::text(raw)) : parsed;
}

json::object show(const evh_event& e, std::string_view topic, const io::event_log& log) {
  return {{"topic", topic},
          {"partition", e.partition},
          {"offset", e.offset},
          {"time_ns", e.time_ns},
          {"type", shown(log.type_name(e.type))},
          {"id", shown(core::text(e.id))},
          {"key", e.key.ptr ? shown(core::text(e.key)) : json::value(nullptr)},
          {"payload", payload_of(e.payload)}};
}

json::object show(const runtime::dead_letter& d) {
  return {{"id", d.id},
          {"reason", d.reason},
          {"error", shown(d.error)},
          {"plugin", d.plugin},
          {"group", d.group},
          {"topic", d.topic},
          {"partition", d.partition},
          {"offset", d.offset},
          {"attempts", d.attempts},
          {"first_failure_ns", d.first_failure_ns},
          {"set_aside_ns", d.set_aside_ns},
          {"host_version", d.host_version},
          {"event_type", shown(d.event_type)},
          {"event_id", shown(d.event_id)},
          {"key", d.key ? shown(*d.key) : json::value(nullptr)},
          {"payload", d.payload ? payload_of(core::view(*d.payload)) : json::value(nullptr)},
          {"replayed", d.replayed}};
}

// The first record at or after a time, by halving: records of a partition are nearly in the order of their times.
core::result<std::int64_t> offset_at(io::event_log& log, const io::topic_info& topic, std::int32_t partition, std::int64_t time_ns) {
  const auto reader = log.open_reader(topic.id, partition, 0, false, {});
  auto low = reader->begin_offset(), high = reader->end_offset();
  io::event_batch batch;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    reader->seek(middle);
    batch.events.clear();
    batch.holds.clear();
    EVH_TRY(const auto taken, reader->take(batch, 1));
    if (taken == 0 || batch.events.front().time_ns >= time_ns) high = middle;
    else low = batch.events.front().offset + 1;
  }
  return low;
}

core::result<std::int64_t> place_of(io::event_log& log, const io::topic_info& topic, std::int32_t partition, const std::string& from) {
  if (from == "earliest" || from == "latest") {
    const auto reader = log.open_reader(topic.id, partition, 0, false, {});
    return from == "earliest" ? reader->begin_offset() : reader->end_offset();
  }
  if (const auto time = kafka::parse_rfc3339(from)) return offset_at(log, topic, partition, *time);
  std::int64_t offset = 0;
  const auto read = std::from_chars(from.data(), from.data() + from.size(), offset);
  if (from.empty() || read.ec != std::errc{} || read.ptr != from.data() + from.size() || offset < 0)
    return core::fail(core::errc::invalid, "from " + from + ": say earliest, latest, an offset, or a time like 2026-11-23T09:00:00Z");
  return offset;
}

}  // namespace

core::result<json::value> local_admin::topics() {
  json::array list;
  for (const auto& t : log_->topics()) {
    json::array partitions;
    for (std::uint32_t p = 0; p < t.partitions; ++p) {
      const auto reader = log_->open_reader(t.id, static_cast<std::int32_t>(p), 0, false, {});
      partitions.push_back(json::object{{"begin", reader->begin_offset()}, {"end", reader->end_offset()}});
    }
    list.push_back(json::object{{"name", t.name}, {"incarnation", t.incarnation}, {"retention_ms", t.retention.count()}, {"partitions", std::move(partitions)}});
  }
  return json::value(std::move(list));
}

core::result<json::value> local_admin::records(const read_request& what) {
  EVH_TRY(auto topic, log_->find_topic(what.topic));
  if (what.partition < 0 || static_cast<std::uint32_t>(what.partition) >= topic.partitions)
    return core::fail(core::errc::invalid, "topic " + topic.name + " has partitions 0 to " + std::to_string(topic.partitions - 1) + ", not " + std::to_string(what.partition));
  const auto reader = log_->open_reader(topic.id, what.partition, what.from, true, {});
  if (what.from < reader->begin_offset()) reader->seek(reader->begin_offset());
  io::event_batch batch;
  json::array list;
  while (list.size() < what.max) {
    batch.events.clear();
    batch.holds.clear();
    EVH_TRY(auto taken, reader->take(batch, static_cast<std::size_t>(what.max - list.size())));
    if (taken == 0) break;
    for (const auto& e : batch.events) list.push_back(show(e, topic.name, *log_));
  }
  return json::value(std::move(list));
}

core::result<json::value> local_admin::put(const new_record& record) {
  EVH_TRY(auto topic, log_->find_topic(record.topic));
  const auto id = record.id.empty() ? core::to_string(core::new_uuid_v7()) : record.id;
  io::outgoing out;
  out.topic = topic.id;
  out.type = record.type;
  out.id = id;
  if (record.key) out.key = core::view(*record.key);
  out.payload = core::view(record.payload);
  EVH_TRY(io::run_in_unit(*store_, [&](io::transaction& tx) { return log_->append(tx, {&out, 1}); }));
  return json::value(json::object{{"topic", topic.name},
                                  {"partition", record.key ? json::value(log_->partition_of(topic.id, *record.key)) : json::value(nullptr)},
                                  {"id", id}});
}

core::result<json::value> local_admin::dead_letters(std::string_view group, std::uint64_t max) {
  runtime::dead_letter_selection selection;
  selection.replayed_too = true;
  selection.limit = static_cast<std::size_t>(max);
  EVH_TRY(auto letters, runtime::list_dead_letters(*store_, *log_, group, selection));
  json::array list;
  for (const auto& d : letters) list.push_back(show(d));
  return json::value(std::move(list));
}

core::result<json::value> local_admin::replay(std::string_view group, const std::vector<std::int64_t>& ids) {
  runtime::dead_letter_selection selection;
  selection.ids = ids;
  EVH_TRY(auto count, runtime::replay(*store_, *log_, group, selection));
  return json::value(json::object{{"replayed", count}});
}

core::result<json::value> local_admin::discard(std::string_view group, const std::vector<std::int64_t>& ids) {
  runtime::dead_letter_selection selection;
  selection.ids = ids;
  EVH_TRY(auto count, runtime::discard(*store_, *log_, group, selection));
  return json::value(json::object{{"discarded", count}});
}

core::result<json::value> local_admin::move(const new_position& where) {
  EVH_TRY(const auto topic, log_->find_topic(where.topic));
  const auto partitions = static_cast<std::int32_t>(topic.partitions);
  if (where.partition && (*where.partition < 0 || *where.partition >= partitions))
    return core::fail(core::errc::invalid, "topic " + topic.name + " has partitions 0 to " + std::to_string(partitions - 1) + ", not " + std::to_string(*where.partition));
  json::array moved;
  for (std::int32_t p = where.partition.value_or(0); p < (where.partition ? *where.partition + 1 : partitions); ++p) {
    EVH_TRY(const auto offset, place_of(*log_, topic, p, where.from));
    EVH_TRY(log_->set_position(where.group, topic.name, p, offset));
    moved.push_back(json::object{{"partition", p}, {"offset", offset}});
  }
  return json::value(std::move(moved));
}

}  // namespace evhost::app
