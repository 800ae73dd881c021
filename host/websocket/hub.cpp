// Admission follows RFC 6455 section 4.2 and research/security.md section 6, rows 68-70.
#include "host/websocket/hub.hpp"

#include <algorithm>
#include <array>

#include "host/io/metrics/http.hpp"
#include "host/websocket/session.hpp"
#include "host/websocket/shard.hpp"

namespace evhost::websocket {
namespace {

constexpr std::size_t subprotocols_max = 16;

// 16 bytes in base64: 22 characters and "==".
bool sound_key(std::string_view key) {
  const auto base64 = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  return key.size() == 24 && key.ends_with("==") && std::ranges::all_of(key.substr(0, 22), base64);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos; });
}

// In the client's order. False: malformed, repeated or too many.
bool offered_subprotocols(const io::http_request& request, std::vector<std::string_view>& out) {
  for (const auto& [name, value] : request.fields) {
    if (name != "sec-websocket-protocol") continue;
    auto list = value;
    for (;;) {
      const auto comma = list.find(',');
      auto element = list.substr(0, comma);
      while (element.starts_with(' ') || element.starts_with('\t')) element.remove_prefix(1);
      while (element.ends_with(' ') || element.ends_with('\t')) element.remove_suffix(1);
      if (!is_token(element) || std::ranges::find(out, element) != out.end() || out.size() == subprotocols_max) return false;
      out.push_back(element);
      if (comma == std::string_view::npos) break;
      list.remove_prefix(comma + 1);
    }
  }
  return true;
}

io::upgrade_verdict refused(io::http_problem problem) {
  io::upgrade_verdict v;
  v.refused = true;
  v.problem = problem;
  return v;
}

}  // namespace

hub::hub(hub_options options, io::metric_registry* metrics) : options_(std::move(options)), counters_(std::make_unique<hub_counters>()) {
  namespace m = io::metrics;
  io::metric_registry& registry = metrics != nullptr ? *metrics : no_metrics_;
  counters_->open = registry.get_gauge(m::ws_connections);
  counters_->sent = registry.get_counter(m::ws_messages_sent_total);
  counters_->received = registry.get_counter(m::ws_messages_received_total);
  counters_->dropped_slow = registry.get_counter(m::ws_dropped_total, {"slow"});
  counters_->dropped_limit = registry.get_counter(m::ws_dropped_total, {"limit"});
}

hub::~hub() { stop(); }

std::string hub::websocket(std::string_view path, io::ws_route_options options, io::websocket_handler& handler) {
  const auto name = "websocket route " + std::string(path);
  if (!shards_.empty()) return name + " comes too late: the front is serving";
  if (path.empty() || path[0] != '/') return name + " must begin with '/'";
  if (find(path) != nullptr) return name + " is taken already";
  routes_.push_back({std::string(path), std::move(options), &handler});
  return {};
}

// Fine enough for the shortest deadline of any route.
std::chrono::milliseconds hub::sweep_every() const {
  auto shortest = std::chrono::milliseconds(2000);
  for (const auto& r : routes_) shortest = std::min({shortest, r.options.limits.ping_after, r.options.limits.dead_after, r.options.limits.close_grace});
  return std::max(shortest / 4, std::chrono::milliseconds(10));
}

void hub::attach(std::span<const core::net::io_executor> executors) {
  for (const auto& e : executors)
    shards_.push_back(std::make_unique<shard>(shards_.size(), e, sweep_every(), *counters_, [this] {
      const std::lock_guard lock(empty_mutex_);
      empty_.notify_all();
    }));
}

const io::upgrade_route* hub::find(std::string_view path) const noexcept {
  for (const auto& r : routes_)
    if (r.path == path) return &r;
  return nullptr;
}

bool hub::origin_allowed(const io::http_request& request) const {
  const auto origin = request.field("origin");
  if (!origin) return true;  // not a browser: nobody can be made to connect against their will
  if (std::ranges::find(options_.allowed_origins, *origin) != options_.allowed_origins.end()) return true;
  const auto host = request.field("host");
  return options_.same_origin_allowed && host && *origin == (request.tls ? "https://" : "http://") + std::string(*host);
}

io::upgrade_verdict hub::negotiate(const io::upgrade_route& route, const io::http_request& request) {
  if (request.field("sec-websocket-version") != "13") {
    auto v = refused({426, "upgrade-required", "only WebSocket version 13 is spoken here", {}});
    v.fields = {{"Sec-WebSocket-Version", "13"}, {"Upgrade", "websocket"}};
    return v;
  }
  if (!sound_key(request.field("sec-websocket-key").value_or(""))) return refused({400, "malformed-request", "sec-websocket-key", {}});
  std::vector<std::string_view> offered;
  if (!offered_subprotocols(request, offered)) return refused({400, "malformed-request", "sec-websocket-protocol", {}});
  if (!origin_allowed(request)) return refused({403, "bad-origin", "this page may not connect here; see websocket.allowed_origins", {}});
  if (draining_.load(std::memory_order_relaxed) || counters_->connections.load(std::memory_order_relaxed) >= options_.connections_max) {
    counters_->refused.fetch_add(1);
    auto v = refused({503, "too-many-connections", "no WebSocket can be opened now; connect again later", {}});
    v.fields = {{"Retry-After", "5"}};
    return v;
  }
  io::upgrade_verdict v;
  v.admission.who = request.who;
  if (route.options.admit) v.admission = route.options.admit(request, offered);
  if (!v.admission.admitted) {
    counters_->refused.fetch_add(1);
    v.refused = true;
    v.problem = v.admission.problem;
    if (v.problem.status == 401) v.fields = {{"WWW-Authenticate", "Bearer"}};
  }
  if (!v.admission.subprotocol.empty() && std::ranges::find(offered, v.admission.subprotocol) == offered.end()) v.admission.subprotocol.clear();
  return v;
}

void hub::adopt(const io::upgrade_route& route, std::size_t index, std::unique_ptr<core::net::wire> connection,
                const io::http_request& request, io::ws_admission admission, std::shared_ptr<void> lease) {
  if (draining_.load()) return;  // came between negotiate() and drain(): simply closed
  auto& home = *shards_[index];
  const auto id = home.reserve();
  if (id == 0) return;  // 16 million connections on one thread: the connection is simply closed
  auto seen = request;
  if (admission.who) seen.who = admission.who;
  session::start(home, id, route, std::move(connection), seen, std::move(admission), std::move(lease));
}

bool hub::send(std::span<const io::ws_id> ids, const io::ws_frame& frame) {
  if (ids.empty() || !frame) return true;
  if (ids.size() == 1) {
    const auto at = slot_table::shard_of(ids[0]);
    return at >= shards_.size() || shards_[at]->post_frame(ids, frame);
  }
  bool all = true;
  std::vector<io::ws_id> of_shard;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    of_shard.clear();
    std::ranges::copy_if(ids, std::back_inserter(of_shard), [&](io::ws_id id) { return slot_table::shard_of(id) == i; });
    if (!of_shard.empty()) all = shards_[i]->post_frame(of_shard, frame) && all;
  }
  return all;
}

void hub::close(io::ws_id id, std::uint16_t code, std::string_view reason) {
  if (const auto at = slot_table::shard_of(id); at < shards_.size()) shards_[at]->post_close(id, code, reason.substr(0, 123));
}

std::optional<std::size_t> hub::queued_bytes(io::ws_id id) const noexcept {
  const auto at = slot_table::shard_of(id);
  return at < shards_.size() ? shards_[at]->queued_bytes(id) : std::nullopt;
}

std::size_t hub::connections() const noexcept { return counters_->live.load(); }

void hub::drain() {
  draining_.store(true);
  for (const auto& s : shards_) s->post_close_all(io::ws_code::service_restart);
}

void hub::stop() {
  if (std::exchange(stopped_, true) || shards_.empty()) return;
  draining_.store(true);
  for (const auto& s : shards_) s->post_abort_all();
  {
    std::unique_lock lock(empty_mutex_);
    empty_.wait(lock, [&] { return counters_->connections.load() == 0; });
  }
  for (const auto& s : shards_) s->shut_inbox();
}

void hub::detach() noexcept {
  for (const auto& s : shards_) s->detach();
}

io::ws_stats hub::stats() const {
  const auto& c = *counters_;
  return {c.opened.load(), c.closed.load(), c.messages_in.load(), c.frames_out.load(), c.bytes_out.load(), c.slow_closed.load(), c.refused.load()};
}

}  // namespace evhost::websocket
