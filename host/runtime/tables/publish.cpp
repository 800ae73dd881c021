// evh.publish/1
#include "host/io/metrics/runtime.hpp"
#include "host/runtime/tables/guard.hpp"
#include "host/runtime/tables/tables.hpp"

#include <memory>
#include <vector>

namespace evhost::runtime {
namespace {

constexpr std::uint32_t record_bytes_1_0 = 96, records_max = 65536, name_bytes_max = 255, key_bytes_max = 1024,
                        headers_max = 64;

evh_status topic(const evh_host* host, evh_sv name, std::uint32_t* id, evh_error* error) {
  return host_call(host, {.function = "evh_publish.topic", .threads = on_control, .registers = true},
                   [&](plugin_instance& plugin) {
                     if (id == nullptr || name.ptr == nullptr || name.len == 0)
                       return say(error, EVH_INVALID, "topic: name or id is missing");
                     io::event_log& log = plugin.shared().ports.log;
                     auto found = log.find_topic(core::text(name));
                     if (!found) found = log.open_topic(core::text(name), plugin.shared().options.topics);
                     if (!found) return say(error, found.error());
                     if (auto fits = log.check_topic(found.value().id, plugin.shared().options.topics); !fits)
                       return say(error, fits.error());
                     *id = found.value().id;
                     plugin.owned.topics[*id] = plugin.shared().ports.metrics.get_counter(
                         io::metrics::events_produced_total, {plugin.id(), found.value().name});
                     return EVH_OK;
                   });
}

// Empty when the record may go out.
std::string fault(const plugin_instance& plugin, const evh_record& r) {
  if (!reaches(&r, &evh_record::time_ns)) return "struct_size " + std::to_string(r.struct_size) + " is too small";
  if (!plugin.owned.topics.contains(r.topic))
    return "topic " + std::to_string(r.topic) + " was not declared with topic() in activate";
  if (r.type.ptr == nullptr || r.type.len == 0 || r.type.len > name_bytes_max) return "type: 1 to 255 bytes";
  if (r.id.len > name_bytes_max || (r.id.len > 0 && r.id.ptr == nullptr)) return "id: at most 255 bytes";
  if (r.key.len > key_bytes_max) return "key: at most 1024 bytes";
  if (r.payload.len > EVH_PAYLOAD_BYTES_MAX)
    return "payload: " + std::to_string(r.payload.len) + " bytes, at most 1000000";
  if (r.headers_count > headers_max || (r.headers_count > 0 && r.headers == nullptr)) return "headers: at most 64";
  return {};
}

io::outgoing outgoing_of(const evh_record& r, const unit_of_work& uow) {
  io::outgoing out;
  out.topic = r.topic;
  out.type = core::text(r.type);
  out.id = core::text(r.id);
  out.key = r.key;
  out.payload = r.payload;
  out.headers = {r.headers, r.headers_count};
  out.time_ns = r.time_ns;
  out.trace_id = uow.trace_id;
  out.span_id = uow.span_id;
  return out;
}

// Counted when the unit has committed; one small allocation per publish call, none per record.
struct produced {
  io::counter counter;
  std::uint64_t count;
};

void count_when_committed(const plugin_instance& plugin, unit_of_work& uow, std::span<const io::outgoing> records) {
  for (std::size_t begin = 0; begin < records.size();) {
    std::size_t end = begin + 1;
    while (end < records.size() && records[end].topic == records[begin].topic) ++end;
    auto note = std::make_unique<produced>(produced{plugin.owned.topics.at(records[begin].topic), end - begin});
    uow.after(
        [](void* user, std::int32_t committed) {
          const std::unique_ptr<produced> told(static_cast<produced*>(user));
          if (committed) told->counter.add(told->count);
        },
        note.get());
    note.release();
    begin = end;
  }
}

evh_status publish(evh_uow* uow, const evh_record* records, std::uint32_t count, std::uint32_t stride,
                   evh_error* error) {
  return unit_call(uow, "evh_publish.publish", true, error, [&](plugin_instance& plugin, unit_of_work& unit) {
    if (count == 0) return EVH_OK;
    if (records == nullptr || stride < record_bytes_1_0 || count > records_max)
      return say(error, EVH_INVALID, "publish: records, stride (sizeof(evh_record)) or count is wrong");
    static thread_local std::vector<io::outgoing> out;
    out.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto& record =
          *reinterpret_cast<const evh_record*>(reinterpret_cast<const char*>(records) + std::size_t{i} * stride);
      if (std::string why = fault(plugin, record); !why.empty())
        return say(error, EVH_INVALID, "publish: record " + std::to_string(i) + ": " + why);
      out.push_back(outgoing_of(record, unit));
    }
    if (auto appended = unit.log().append(unit.tx(), out); !appended) return report(unit, error, appended.error());
    count_when_committed(plugin, unit, out);
    return EVH_OK;
  });
}

}  // namespace

const evh_publish publish_table{sizeof(evh_publish), 0, &topic, &publish};

}  // namespace evhost::runtime
