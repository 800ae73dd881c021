// evh.ws/1
#include "host/runtime/tables/guard.hpp"
#include "host/runtime/tables/tables.hpp"
#include "host/runtime/ws_route.hpp"

namespace evhost::runtime {
namespace {

constexpr std::uint64_t frame_bytes_max = 1 << 20;

evh_status route(const evh_host* host, const evh_ws_route* wanted, evh_error* error) {
  return host_call(host, {.function = "evh_ws.route", .threads = on_control, .registers = true},
                   [&](plugin_instance& plugin) {
                     if (!reaches(wanted, &evh_ws_route::cookie))
                       return say(error, EVH_INVALID, "route.struct_size is too small");
                     if (plugin.tables().ws == nullptr)
                       return say(error, EVH_STATE, "route: the plugin has no evh.ws-handler/1");
                     if (plugin.owned.ws_routes.size() >= plugin.shared().options.routes_max)
                       return say(error, EVH_AGAIN, "too many routes");
                     auto opened = ws_route::open(plugin, *wanted);
                     if (!opened) return say(error, opened.error());
                     plugin.owned.ws_routes.push_back(std::move(opened.value()));
                     return EVH_OK;
                   });
}

evh_status send(const evh_host* host, const evh_handle* connections, std::uint64_t count, evh_sv frame,
                std::uint32_t flags) {
  return host_call(host, {.function = "evh_ws.send", .even_failed = true}, [&](plugin_instance& plugin) -> evh_status {
    if (count == 0) return EVH_OK;
    if (connections == nullptr || frame.len > frame_bytes_max || (frame.len > 0 && frame.ptr == nullptr))
      return EVH_INVALID;
    const auto kind = (flags & EVH_WS_BINARY) ? io::ws_kind::binary : io::ws_kind::text;
    // False means that the hub cut those it could not serve; there is nothing for the plugin to repeat.
    plugin.shared().ports.websocket_hub->send(std::span<const io::ws_id>(connections, count),
                                              io::make_ws_frame(std::string(core::text(frame)), kind));
    return EVH_OK;
  });
}

evh_status close(const evh_host* host, evh_handle connection, std::uint16_t code, evh_sv reason) {
  return host_call(host, {.function = "evh_ws.close", .even_failed = true}, [&](plugin_instance& plugin) -> evh_status {
    const bool legal = (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
                       (code >= 3000 && code <= 4999);
    if (!legal) return EVH_INVALID;
    plugin.shared().ports.websocket_hub->close(connection, code, core::text(reason));
    return EVH_OK;
  });
}

evh_status queued(const evh_host* host, evh_handle connection, std::uint64_t* bytes) {
  return host_call(host, {.function = "evh_ws.queued"}, [&](plugin_instance& plugin) -> evh_status {
    if (bytes == nullptr) return EVH_INVALID;
    const auto waiting = plugin.shared().ports.websocket_hub->queued_bytes(connection);
    if (!waiting) return EVH_NOT_FOUND;
    *bytes = *waiting;
    return EVH_OK;
  });
}

}  // namespace

const evh_ws ws_table{sizeof(evh_ws), 0, &route, &send, &close, &queued};

}  // namespace evhost::runtime
