// evh.http/1
#include "host/runtime/http_route.hpp"
#include "host/runtime/request_call.hpp"
#include "host/runtime/request_table.hpp"
#include "host/runtime/request_unit.hpp"
#include "host/runtime/tables/guard.hpp"
#include "host/runtime/tables/tables.hpp"

#include <algorithm>
#include <cstring>

namespace evhost::runtime {
namespace {

constexpr std::size_t header_name_bytes_max = 256, token_bytes_max = 16 * 1024;

std::shared_ptr<request_call> find(evh_request* request) {
  return request_table::of_process().find(request);
}

// A call on a request that is answered already, or never was one.
evh_status stale(const char* function) {
  if (const call_frame* call = current_call())
    call->plugin->misbehaved(function, "answered", "this request is answered already, or was given to apply");
  return EVH_STATE;
}

evh_status route(const evh_host* host, const evh_route* wanted, evh_error* error) {
  return host_call(host, {.function = "evh_http.route", .threads = on_control, .registers = true},
                   [&](plugin_instance& plugin) {
                     if (!reaches(wanted, &evh_route::cost))
                       return say(error, EVH_INVALID, "route.struct_size is too small");
                     if (plugin.tables().http == nullptr || plugin.tables().http->on_request == nullptr)
                       return say(error, EVH_STATE, "route: the plugin has no evh.http-handler/1 with on_request");
                     if (plugin.owned.routes.size() >= plugin.shared().options.routes_max)
                       return say(error, EVH_AGAIN, "too many routes");
                     auto opened = http_route::open(plugin, *wanted);
                     if (!opened) return say(error, opened.error());
                     plugin.owned.routes.push_back(std::move(opened.value()));
                     return EVH_OK;
                   });
}

evh_sv header(evh_request* request, evh_sv name) {
  evh_sv out = core::absent;
  shielded([&] {
    const auto call = find(request);
    if (!call || name.len > header_name_bytes_max) return EVH_STATE;
    std::string lower(core::text(name));
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (const auto value = call->exchange().request().field(lower)) out = core::view(*value);
    return EVH_OK;
  });
  return out;
}

evh_sv query(evh_request* request, evh_sv name) {
  evh_sv out = core::absent;
  shielded([&] {
    const auto call = find(request);
    if (!call) return EVH_STATE;
    if (const auto value = call->query(core::text(name))) out = core::view(*value);
    return EVH_OK;
  });
  return out;
}

evh_status respond(evh_request* request, const evh_response* response) {
  return shielded([&]() -> evh_status {
    const auto call = find(request);
    if (!call) return stale("evh_http.respond");
    auto copied = copy_answer(response);
    if (!copied) return EVH_INVALID;
    if (!call->move(call_state::open, call_state::answered)) return stale("evh_http.respond");
    return call->finish(std::move(copied.value())) ? EVH_OK : EVH_CANCELLED;
  });
}

// release comes exactly once, also when the request is refused: the caller has nothing to remember.
evh_status apply(evh_request* request, evh_uow_fn fn, void (*release)(void* user), void* user) {
  bool handed_on = false;
  const evh_status status = shielded([&]() -> evh_status {
    const auto call = find(request);
    if (!call) return stale("evh_http.apply");
    if (fn == nullptr) return EVH_INVALID;
    if (const evh_status refused = admit(call->plugin(), {.function = "evh_http.apply", .threads = on_task});
        refused != EVH_OK)
      return refused;
    if (!call->move(call_state::open, call_state::applying)) return stale("evh_http.apply");
    handed_on = true;
    return submit_request(call, {fn, release, user});
  });
  if (!handed_on && release != nullptr) shielded([&] { return release(user), EVH_OK; });
  return status;
}

evh_status stage(evh_request* request, const evh_response* response) {
  return shielded([&]() -> evh_status {
    const call_frame* frame = current_call();
    const auto call = find(request);
    if (!call) return stale("evh_http.stage");
    if (frame == nullptr || frame->thread != symbolic_thread::unit || frame->plugin != &call->plugin() ||
        call->state() != call_state::applying) {
      call->plugin().misbehaved("evh_http.stage", "unit", "stage belongs into the function given to apply");
      return EVH_STATE;
    }
    auto copied = copy_answer(response);
    if (!copied) return EVH_INVALID;
    call->staged = std::move(copied.value());
    return EVH_OK;
  });
}

evh_status authenticate(const evh_host* host, evh_sv token, evh_principal* out, evh_error* error) {
  return host_call(host, {.function = "evh_http.authenticate", .threads = on_task}, [&](plugin_instance& plugin) {
    struct held {
      std::shared_ptr<const io::principal> who;
      std::string roles;
    };
    static thread_local held last;  // what *out points to until the next call on this thread
    if (!reaches(out, &evh_principal::expires_ns))
      return say(error, EVH_INVALID, "authenticate: out.struct_size is too small");
    if (token.ptr == nullptr || token.len > token_bytes_max)
      return say(error, EVH_DENIED, "no token, or one longer than 16 KiB");
    io::authenticator* checker = plugin.shared().ports.authenticator;
    if (checker == nullptr) return say(error, EVH_UNSUPPORTED, "this host checks no tokens");
    io::auth_verdict verdict = checker->verify("Bearer " + std::string(core::text(token)));
    if (!verdict.who) return say(error, EVH_DENIED, verdict.detail.empty() ? verdict.code : verdict.detail);
    last.who = std::move(verdict.who);
    evh_principal seen = view_of(*last.who, last.roles);
    seen.struct_size = std::min(out->struct_size, seen.struct_size);
    std::memcpy(out, &seen, seen.struct_size);
    return EVH_OK;
  });
}

}  // namespace

const evh_http http_table{sizeof(evh_http), 0, &route, &header, &query, &respond, &apply, &stage, &authenticate};

}  // namespace evhost::runtime
