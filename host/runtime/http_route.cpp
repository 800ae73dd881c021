// Registration, arrival, dispatch.
#include "host/runtime/http_route.hpp"

#include "host/core/views.hpp"
#include "host/runtime/plugin_instance.hpp"
#include "host/runtime/request_call.hpp"
#include "host/runtime/request_table.hpp"

#include <array>
#include <optional>

namespace evhost::runtime {
namespace {

std::optional<io::http_method> method_of(std::string_view name) {
  for (const auto method : {io::http_method::get, io::http_method::post, io::http_method::put, io::http_method::patch,
                            io::http_method::del})
    if (io::to_string(method) == name) return method;
  return std::nullopt;
}

void refuse_busy(io::http_exchange& exchange) {
  static constexpr std::array<io::http_field, 1> retry{{{"Retry-After", "1"}}};
  exchange.refuse({503, "busy", "too many requests are waiting; send it again", {}}, retry);
}

}  // namespace

core::result<std::shared_ptr<http_route>> http_route::open(plugin_instance& plugin, const evh_route& wanted) {
  const std::string pattern(core::text(wanted.pattern));
  const auto method = method_of(core::text(wanted.method));
  if (!method)
    return core::fail(core::errc::invalid, "route '" + pattern + "': method '" +
                                               std::string(core::text(wanted.method)) +
                                               "' is not one of GET POST PUT PATCH DELETE");
  if (pattern.empty() || pattern.front() != '/')
    return core::fail(core::errc::invalid, "route '" + pattern + "': a pattern starts with '/'");
  if (!plugin.may_serve(pattern))
    return core::fail(core::errc::denied, "route '" + pattern + "' lies outside '/p/" + plugin.id() +
                                              "/': move it there, or grant the prefix in plugins." + plugin.id() +
                                              ".grants");
  auto route = std::make_shared<http_route>(plugin, pattern, wanted.cookie);
  io::http_route_options options;
  if (wanted.body_bytes_max > 0) options.body_bytes_max = wanted.body_bytes_max;
  options.auth = (wanted.flags & EVH_ROUTE_OWN_AUTH) ? io::auth_mode::none
                 : (wanted.flags & EVH_ROUTE_PUBLIC) ? io::auth_mode::optional
                                                     : io::auth_mode::required;
  options.cost = wanted.cost > 0 ? wanted.cost : 1;
  const std::string refused = plugin.shared().ports.http->route(
      *method, pattern, options, [route](io::http_exchange_ptr exchange) { route->arrive(std::move(exchange)); });
  if (!refused.empty()) return core::fail(core::errc::invalid, refused);
  return route;
}

void http_route::arrive(io::http_exchange_ptr exchange) {
  services& shared = plugin_.shared();
  if (plugin_.state() != plugin_state::running) {
    exchange->refuse({503, "plugin-unavailable", "the plugin behind this route is not running", {}});
    return;
  }
  call_gate::pass pass = plugin_.pass();
  if (!pass || plugin_.under_way() > shared.options.requests_in_flight_max) return refuse_busy(*exchange);
  const auto now =
      std::chrono::duration_cast<std::chrono::nanoseconds>(shared.ports.clock.wall().time_since_epoch()).count();
  auto call = std::make_shared<request_call>(shared_from_this(), exchange, std::move(pass), now);
  call->set_handle(request_table::of_process().add(call));
  if (shared.requests.post([self = shared_from_this(), call] { self->dispatch(call); })) return;
  if (call->move(call_state::open, call_state::answered))
    call->finish_refused({503, "busy", "too many requests are waiting; send it again", {}}, true);
}

void http_route::dispatch(const std::shared_ptr<request_call>& call) {
  if (call->exchange().answered()) {  // the deadline passed, or the client went away, while it waited
    if (call->move(call_state::open, call_state::answered)) call->finish({});
    return;
  }
  auto key = idempotency_of(call->exchange().request());
  if (!key) {
    if (call->move(call_state::open, call_state::answered))
      call->finish_refused({400, "idempotency-key-invalid", key.error().message, {}});
    return;
  }
  call->idempotency = std::move(key.value());
  evh_error error = make_error();
  const evh_status status = plugin_.enter("on_request", symbolic_thread::task, error, [&] {
    return plugin_.tables().http->on_request(plugin_.self(), call->handle(), &call->view(), &error);
  });
  if (status == EVH_AGAIN || call->state() != call_state::open) return;
  if (!call->move(call_state::open, call_state::answered)) return;
  if (status == EVH_OK)
    plugin_.misbehaved("on_request", "no_answer",
                       "it returned EVH_OK without respond or apply: return EVH_AGAIN to keep a request");
  plugin_.log(io::log_level::error, "request failed",
              {{"request_id", call->exchange().request().request_id},
               {"route", pattern_},
               {"status", status_name(status)},
               {"error", said(error)}});
  call->finish_refused({500, "internal", "the plugin failed; the log knows this request id", {}});
}

}  // namespace evhost::runtime
