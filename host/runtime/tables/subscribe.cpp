// evh.subscribe/1
#include "host/runtime/tables/guard.hpp"
#include "host/runtime/tables/tables.hpp"

#include <algorithm>
#include <optional>

namespace evhost::runtime {
namespace {

core::result<subscription> checked(plugin_instance& plugin, const evh_subscription& what) {
  const std::string topic(core::text(what.topic));
  if (plugin.tables().events == nullptr || plugin.tables().events->on_batch == nullptr)
    return core::fail(core::errc::state,
                      "subscription to '" + topic + "': the plugin has no evh.events/1 with on_batch");
  if (what.kind != EVH_SUBSCRIBE_GROUP && what.kind != EVH_SUBSCRIBE_BROADCAST)
    return core::fail(core::errc::invalid, "subscription to '" + topic + "': kind " + std::to_string(what.kind) +
                                               " is neither group nor broadcast");
  if (plugin.owned.subscriptions.size() >= plugin.shared().options.subscriptions_max)
    return core::fail(core::errc::again,
                      "more than " + std::to_string(plugin.shared().options.subscriptions_max) + " subscriptions");
  if (what.kind == EVH_SUBSCRIBE_BROADCAST && (what.flags & EVH_SUBSCRIBE_NO_EFFECTS) != 0)
    return core::fail(core::errc::invalid, "subscription to '" + topic +
                                               "': EVH_SUBSCRIBE_NO_EFFECTS is for groups; a broadcast has no effects anyway");
  io::event_log& log = plugin.shared().ports.log;
  if (!log.find_topic(topic)) {  // its producer may come later
    if (auto made = log.open_topic(topic, plugin.shared().options.topics); !made) return made.error();
  }
  subscription out;
  out.plugin = plugin.id();
  out.group = what.group.ptr != nullptr && what.group.len > 0 ? std::string(core::text(what.group)) : plugin.id();
  out.topic = topic;
  out.broadcast = what.kind == EVH_SUBSCRIBE_BROADCAST;
  out.earliest = out.broadcast ? (what.flags & EVH_SUBSCRIBE_EARLIEST) != 0 : (what.flags & EVH_SUBSCRIBE_LATEST) == 0;
  out.want_headers = (what.flags & EVH_SUBSCRIBE_HEADERS) != 0;
  out.effects = (what.flags & EVH_SUBSCRIBE_NO_EFFECTS) == 0;
  out.batch_max = what.batch_max;
  out.cookie = what.cookie;
  for (const subscription& other : plugin.owned.subscriptions)
    if (!out.broadcast && !other.broadcast && other.topic == out.topic && other.group == out.group)
      return core::fail(core::errc::invalid, "group '" + out.group + "' subscribes to '" + topic + "' twice");
  return out;
}

evh_status subscribe(const evh_host* host, const evh_subscription* what, evh_error* error) {
  return host_call(
      host, {.function = "evh_subscribe.subscribe", .threads = on_control, .registers = true},
      [&](plugin_instance& plugin) {
        if (!reaches(what, &evh_subscription::cookie) || what->topic.ptr == nullptr || what->topic.len == 0)
          return say(error, EVH_INVALID, "subscription: struct_size or topic is missing");
        auto made = checked(plugin, *what);
        if (!made) return say(error, made.error());
        plugin.owned.adapters.push_back(std::make_unique<batch_adapter>(plugin));
        made.value().handler = plugin.owned.adapters.back().get();
        plugin.owned.subscriptions.push_back(std::move(made.value()));
        return EVH_OK;
      });
}

evh_status topic_id(const evh_host* host, evh_sv name, std::uint32_t* id) {
  return host_call(host, {.function = "evh_subscribe.topic_id"}, [&](plugin_instance& plugin) -> evh_status {
    if (id == nullptr) return EVH_INVALID;
    auto found = plugin.shared().ports.log.find_topic(core::text(name));
    if (!found) return static_cast<evh_status>(found.error().code);
    *id = found.value().id;
    return EVH_OK;
  });
}

evh_status type_id(const evh_host* host, evh_sv name, std::uint32_t* id) {
  return host_call(host, {.function = "evh_subscribe.type_id", .threads = on_control, .registers = true},
                   [&](plugin_instance& plugin) -> evh_status {
                     if (id == nullptr || name.ptr == nullptr || name.len == 0 || name.len > 255) return EVH_INVALID;
                     *id = plugin.shared().ports.log.intern_type(core::text(name));
                     return EVH_OK;
                   });
}

evh_sv type_name(const evh_host* host, std::uint32_t id) {
  evh_sv out = core::absent;
  host_call(host, {.function = "evh_subscribe.type_name", .even_failed = true}, [&](plugin_instance& plugin) {
    const std::string_view name = plugin.shared().ports.log.type_name(id);
    if (!name.empty()) out = core::view(name);
    return EVH_OK;
  });
  return out;
}

std::optional<io::topic_info> topic_of(plugin_instance& plugin, std::uint32_t id) {
  for (io::topic_info& one : plugin.shared().ports.log.topics())
    if (one.id == id) return std::move(one);
  return std::nullopt;
}

evh_status topic_info(const evh_host* host, std::uint32_t topic, evh_topic_info* info) {
  return host_call(host, {.function = "evh_subscribe.topic_info"}, [&](plugin_instance& plugin) -> evh_status {
    if (!reaches(info, &evh_topic_info::name)) return EVH_INVALID;
    const auto found = topic_of(plugin, topic);
    if (!found) return EVH_NOT_FOUND;
    info->partitions = found->partitions;
    info->incarnation = found->incarnation;
    info->retention_ms = found->retention.count();
    info->name = core::view(plugin.shared().topic_name(found->id, found->name));
    return EVH_OK;
  });
}

evh_status partition_of(const evh_host* host, std::uint32_t topic, evh_sv key, std::int32_t* partition) {
  return host_call(host, {.function = "evh_subscribe.partition_of"}, [&](plugin_instance& plugin) -> evh_status {
    if (partition == nullptr || key.ptr == nullptr) return EVH_INVALID;
    const std::int32_t found = plugin.shared().ports.log.partition_of(topic, core::text(key));
    if (found < 0) return EVH_NOT_FOUND;
    *partition = found;
    return EVH_OK;
  });
}

evh_status broadcast_position(const evh_host* host, std::uint32_t topic, std::int32_t partition, std::int64_t* next) {
  return host_call(host, {.function = "evh_subscribe.broadcast_position"}, [&](plugin_instance& plugin) -> evh_status {
    if (next == nullptr) return EVH_INVALID;
    const auto named = topic_of(plugin, topic);
    if (!named || partition < 0 || static_cast<std::uint32_t>(partition) >= named->partitions) return EVH_NOT_FOUND;
    const auto& wanted = plugin.owned.subscriptions;
    if (std::none_of(wanted.begin(), wanted.end(),
                     [&](const subscription& s) { return s.broadcast && s.topic == named->name; }))
      return EVH_NOT_FOUND;
    if (plugin.shared().lanes == nullptr) return EVH_AGAIN;
    for (const lane_state& lane : plugin.shared().lanes->lanes()) {
      if (!lane.broadcast || lane.plugin != plugin.id() || lane.topic != named->name || lane.partition != partition)
        continue;
      *next = lane.offset;
      return EVH_OK;
    }
    return EVH_AGAIN;
  });
}

}  // namespace

const evh_subscribe subscribe_table{
    sizeof(evh_subscribe), 0, &subscribe, &topic_id, &type_id, &type_name, &topic_info, &partition_of,
    &broadcast_position};

}  // namespace evhost::runtime
