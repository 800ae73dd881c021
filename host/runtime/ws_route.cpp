// Upgrade, inbox, delivery.
#include "host/runtime/ws_route.hpp"

#include "host/core/views.hpp"
#include "host/runtime/plugin_instance.hpp"
#include "host/runtime/request_call.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace evhost::runtime {
namespace {

constexpr std::size_t inbox_bytes_max = 256 * 1024;

std::vector<std::string> protocols_of(const io::http_request& request) {
  std::vector<std::string> out;
  const auto sent = request.field("sec-websocket-protocol");
  std::string_view rest = sent.value_or(std::string_view());
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    std::string_view one = rest.substr(0, comma);
    while (!one.empty() && (one.front() == ' ' || one.front() == '\t')) one.remove_prefix(1);
    while (!one.empty() && (one.back() == ' ' || one.back() == '\t')) one.remove_suffix(1);
    if (!one.empty()) out.emplace_back(one);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return out;
}

struct request_view {
  evh_ws_request view{};
  evh_principal principal{};
  std::string roles;
  std::vector<evh_sv> protocols;

  template <class Protocols>
  void fill(std::uint64_t cookie, std::string_view path, std::optional<std::string_view> origin,
            std::string_view remote, const Protocols& offered, const io::principal* who) {
    for (const auto& one : offered) protocols.push_back(core::view(one));
    view.struct_size = sizeof view;
    view.protocols_count = static_cast<std::uint32_t>(protocols.size());
    view.cookie = cookie;
    view.path = core::view(path);
    view.origin = origin && !origin->empty() ? core::view(*origin) : core::absent;
    view.protocols = protocols.data();
    view.remote_address = core::view(remote);
    if (who == nullptr) return;
    principal = view_of(*who, roles);
    view.principal = &principal;
  }
};

}  // namespace

core::result<std::shared_ptr<ws_route>> ws_route::open(plugin_instance& plugin, const evh_ws_route& wanted) {
  const std::string path(core::text(wanted.path));
  if (path.empty() || path.front() != '/')
    return core::fail(core::errc::invalid, "WebSocket route '" + path + "': a path starts with '/'");
  if (!plugin.may_serve(path))
    return core::fail(core::errc::denied, "WebSocket route '" + path + "' lies outside '/p/" + plugin.id() +
                                              "/': move it there, or grant the prefix in plugins." + plugin.id() +
                                              ".grants");
  auto route = std::make_shared<ws_route>(plugin, path, wanted.cookie);
  io::ws_route_options options;
  options.auth = io::auth_mode::optional;
  options.admit = [raw = route.get()](const io::http_request& request, std::span<const std::string_view> offered) {
    return raw->admit(request, offered);
  };
  const std::string refused = plugin.shared().ports.websocket_routes->websocket(path, std::move(options), *route);
  if (!refused.empty()) return core::fail(core::errc::invalid, refused);
  return route;
}

io::ws_admission ws_route::admit(const io::http_request& request, std::span<const std::string_view> offered) {
  io::ws_admission out;
  call_gate::pass pass = plugin_.state() == plugin_state::running ? plugin_.pass() : call_gate::pass();
  if (!pass) {
    out.admitted = false;
    out.problem = {503, "plugin-unavailable", "the plugin behind this endpoint is not running", {}};
    return out;
  }
  evh_ws_accept accept{};
  accept.struct_size = sizeof accept;
  if (plugin_.tables().ws->on_upgrade != nullptr) {
    request_view asked;
    asked.fill(cookie_, request.path, request.field("origin"), request.client_address, offered, request.who.get());
    evh_error error = make_error();
    const evh_status status = plugin_.enter(
        "on_upgrade", symbolic_thread::task, error,
        [&] {
          plugin_.tables().ws->on_upgrade(plugin_.self(), &asked.view, &accept);
          return EVH_OK;
        },
        call_phase::no_wait);
    if (status != EVH_OK) accept.status = 500;
  }
  if (accept.status != 0) {
    out.admitted = false;
    const unsigned code = accept.status >= 400 && accept.status <= 599 ? static_cast<unsigned>(accept.status) : 500u;
    out.problem = {code,
                   code == 401   ? "authentication-required"
                   : code == 403 ? "forbidden"
                   : code >= 500 ? "internal"
                                 : "upgrade-refused",
                   "the endpoint refused the upgrade",
                   {}};
    return out;
  }
  if (accept.protocol_index > 0 && static_cast<std::size_t>(accept.protocol_index) <= offered.size())
    out.subprotocol = offered[static_cast<std::size_t>(accept.protocol_index) - 1];
  auto ticket = request.who ? std::make_shared<io::principal>(*request.who) : std::make_shared<io::principal>();
  out.who = ticket;
  std::lock_guard lock(admitted_mutex_);
  if (admitted_.size() >= admitted_max)
    std::erase_if(admitted_, [](const auto& one) { return one.second.ticket.expired(); });
  admitted_[ticket.get()] = {ticket, request.who, accept.user};
  return out;
}

std::optional<ws_route::admitted> ws_route::take_admitted(const io::principal* ticket) {
  std::lock_guard lock(admitted_mutex_);
  const auto found = admitted_.find(ticket);
  if (found == admitted_.end()) return std::nullopt;
  admitted out = std::move(found->second);
  admitted_.erase(found);
  return out;
}

void ws_route::on_open(io::ws_id id, const io::http_request& request) noexcept {
  event what;
  what.what = event::kind::open;
  what.opening = std::make_unique<opened>();
  what.opening->origin = request.field("origin").value_or(std::string_view());
  what.opening->remote = request.client_address;
  what.opening->protocols = protocols_of(request);
  if (auto known = take_admitted(request.who.get())) {
    what.opening->who = std::move(known->who);
    what.opening->user = known->user;
  } else {
    what.opening->who = request.who;
  }
  auto made = std::make_shared<connection>();
  shard& home = shards_[id % shard_count];
  {
    std::lock_guard lock(home.mutex);
    home.connections[id] = made;
  }
  push(id, made, std::move(what), false);
}

bool ws_route::on_message(io::ws_id id, io::ws_kind kind, std::string_view message) noexcept {
  const connection_ptr to = find(id);
  if (!to) return true;
  event what;
  what.data = message;
  what.flags = kind == io::ws_kind::text ? EVH_WS_TEXT : EVH_WS_BINARY;
  return push(id, to, std::move(what), true);
}

void ws_route::on_close(io::ws_id id, std::uint16_t code) noexcept {
  connection_ptr gone;
  {
    shard& home = shards_[id % shard_count];
    std::lock_guard lock(home.mutex);
    const auto found = home.connections.find(id);
    if (found == home.connections.end()) return;
    gone = std::move(found->second);
    home.connections.erase(found);
  }
  event what;
  what.what = event::kind::close;
  what.code = code;
  push(id, gone, std::move(what), false);
}

ws_route::connection_ptr ws_route::find(io::ws_id id) {
  shard& home = shards_[id % shard_count];
  std::lock_guard lock(home.mutex);
  const auto found = home.connections.find(id);
  return found == home.connections.end() ? nullptr : found->second;
}

bool ws_route::push(io::ws_id id, const connection_ptr& to, event what, bool bounded) {
  std::lock_guard lock(to->mutex);
  if (bounded) {
    std::size_t bytes = what.data.size();
    for (const event& one : to->inbox) bytes += one.data.size();
    if (to->inbox.size() >= plugin_.shared().options.ws_inbox_max || (bytes > inbox_bytes_max && !to->inbox.empty()))
      return false;
  }
  to->inbox.push_back(std::move(what));
  if (to->scheduled) return true;
  to->scheduled = true;
  boost::asio::post(plugin_.shared().ports.pool, [this, id, to] { run(id, to); });
  return true;
}

void ws_route::run(io::ws_id id, const connection_ptr& of) {
  for (std::size_t turn = 0; turn < events_per_turn; ++turn) {
    event next;
    {
      std::lock_guard lock(of->mutex);
      if (of->inbox.empty()) {
        of->scheduled = false;
        return;
      }
      next = std::move(of->inbox.front());
      of->inbox.pop_front();
    }
    deliver(id, next);
  }
  boost::asio::post(plugin_.shared().ports.pool, [this, id, of] { run(id, of); });  // others first
}

void ws_route::deliver(io::ws_id id, event& what) {
  const call_gate::pass pass = plugin_.pass();
  if (!pass) return;  // stopping: the plugin forgets its connections in stop
  const evh_ws_handler& handler = *plugin_.tables().ws;
  evh_error error = make_error();
  const evh_status status = plugin_.enter("ws handler", symbolic_thread::task, error, [&] {
    if (what.what == event::kind::open) {
      const opened& o = *what.opening;
      request_view asked;
      asked.fill(cookie_, path_, o.origin, o.remote, o.protocols, o.who.get());
      if (handler.on_open) handler.on_open(plugin_.self(), id, &asked.view, o.user);
    } else if (what.what == event::kind::message) {
      if (handler.on_message) handler.on_message(plugin_.self(), id, core::view(what.data), what.flags);
    } else if (handler.on_close) {
      handler.on_close(plugin_.self(), id, what.code);
    }
    return EVH_OK;
  });
  if (status != EVH_OK && what.what != event::kind::close)
    plugin_.shared().ports.websocket_hub->close(id, io::ws_code::internal, "internal error");
}

}  // namespace evhost::runtime
