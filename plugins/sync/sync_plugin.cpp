// The sync plugin: /api/v1/ws pushes a person's changes live and lets a client resume without a gap.
//
// task-updates arrives twice: by group into the durable feed (feed.hpp), by broadcast into the hub (hub.hpp) that fans
// out to sockets. A resuming client gets feed rows up to the hub's tail, then what was held meanwhile (replayer.hpp).
#include "admissions.hpp"
#include "feed.hpp"
#include "frames.hpp"
#include "hub.hpp"
#include "migrations.hpp"
#include "replayer.hpp"
#include "tickets.hpp"

#include <evh/evh.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>

namespace sync_ {
namespace {

using namespace std::chrono_literals;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

constexpr std::string_view protocol = "todo.sync.v1";
constexpr std::string_view ticket_prefix = "ticket.";

class plugin final : public evh::plugin, private evh::ws_endpoint, private wire {
 public:
  static constexpr evh::config_key keys[] = {
      {.name = "retention_hours", .type = EVH_CONFIG_INTEGER, .default_json = "168", .min = 1, .max = 8760,
       .text = "How long a disconnected client may resume without a full reload."}};
  static constexpr evh::about about{.id = "sync", .version = "0.1.0", .name = "Live sync", .vendor = "evhost",
                                    .text = "Pushes task changes to WebSockets and lets clients resume.", .config = keys};

  void configure(std::string_view json, bool validate_only) override {
    const auto hours = boost::json::parse(json).as_object().at("retention_hours").to_number<std::int64_t>();
    if (!validate_only) retention_ms_ = hours * 3'600'000;
  }

  std::span<const evh::migration> migrations(std::int32_t dialect) override {
    others_ = dialect == EVH_DIALECT_POSTGRESQL;
    if (dialect == EVH_DIALECT_POSTGRESQL) return postgres_migrations;
    return sqlite_migrations;
  }

  void activate() override {
    tickets_ = std::make_unique<tickets>(host());
    admissions_ = std::make_unique<admissions>(host(), admissions::listener{
        .admit = [this](connection_id id, const login& who) { hub_.authenticate(id, who.subject, who.expires_ns, who.session); },
        .refuse = [this](connection_id id, admissions::refusal why) {
          if (why == admissions::refusal::used) host().ws_close(id, close_code::unauthenticated, "the ticket was used before");
          else host().ws_close(id, close_code::overloaded, "the host is busy; ask for another ticket");
        },
        .frame = [this](connection_id id, const std::string& frame) { handle(id, frame); }});
    replayer_ = std::make_unique<replayer>(host(), hub_, [this] { look_again(); });
    topic_ = host().topic("task-updates");
    sent_ = host().metric(EVH_METRIC_COUNTER, "events_pushed_total", "Records handed to the hub by broadcast.");
    delay_ = host().metric(EVH_METRIC_HISTOGRAM, "push_delay_seconds", "From the time of a change to its hand-over to the sockets.");
    open_ = host().metric(EVH_METRIC_GAUGE, "connections", "Open WebSocket connections.");
    on_group("task-updates", [this](evh::unit& unit, const evh::batch& batch, evh::verdicts) { feed::append(unit, batch, host()); });
    on_broadcast("task-updates", [this](const evh::batch& batch) { fan_out(batch); });
    (void)host().topic("user-events");
    on_broadcast("user-events", [this](const evh::batch& batch) { close_revoked(batch); });
    websocket("/api/v1/ws", *this);
    route("POST", "/api/v1/ws-tickets", [this](evh::request r) { issue_ticket(std::move(r)); });
    waiting_cookie_ = timer_slot();
    timer(1s, 1s, false, [this](evh::unit*, std::uint64_t) { every_second(); });
    timer(60s, 60s, true, [this](evh::unit* unit, std::uint64_t) {
      feed::trim(*unit, now_ns() / 1'000'000 - retention_ms_, trim_rows);
      if (others_) tickets::trim_uses(*unit, now_ns());
    });
  }

 private:
  static constexpr std::size_t trim_rows = 2000;

  // ---- wire: the hub's way out ----
  void send(std::span<const connection_id> to, std::string_view frame) override { host().ws_send(to, frame); }
  void close(connection_id id, std::uint16_t code, std::string_view reason) override { host().ws_close(id, code, reason); }

  // ---- WebSocket events ----
  void on_upgrade(const evh_ws_request& request, evh_ws_accept& accept) override {
    for (std::uint32_t i = 0; i < request.protocols_count; ++i) {
      const auto offered = evh::text(request.protocols[i]);
      if (offered == protocol) accept.protocol_index = static_cast<std::int32_t>(i) + 1;
      if (offered.substr(0, ticket_prefix.size()) != ticket_prefix) continue;
      auto use = tickets_->redeem(offered.substr(ticket_prefix.size()), now_ns());
      if (!use) {
        accept.status = 401;
        return;
      }
      const std::lock_guard lock(mutex_);
      admitted_.emplace(++admitted_count_, admission{std::move(*use), now_ns()});
      accept.user = admitted_count_;
    }
  }

  void on_open(evh_handle id, const evh_ws_request& request, std::uint64_t user) override {
    hub_.opened(id, now_ns());
    if (user != 0) {
      if (auto use = take_admitted(user)) {
        if (others_) admissions_->begin(id, std::move(*use));
        else hub_.authenticate(id, use->who.subject, use->who.expires_ns, use->who.session);
      }
    } else if (request.principal && request.principal->subject.len > 0) {
      hub_.authenticate(id, evh::text(request.principal->subject), request.principal->expires_ns, evh::text(request.principal->session));
    }
  }

  void on_message(evh_handle id, std::string_view data, bool binary) override {
    if (binary) return hub_.send(id, frames::error("invalid-frame", "send text frames with one JSON object each"));
    if (!admissions_->keep(id, data)) handle(id, data);
  }

  void on_close(evh_handle id, std::uint16_t) override {
    admissions_->closed(id);
    hub_.closed(id);
  }

  // ---- steps ----
  std::optional<use_of_ticket> take_admitted(std::uint64_t user) {
    const std::lock_guard lock(mutex_);
    const auto it = admitted_.find(user);
    if (it == admitted_.end()) return std::nullopt;
    auto use = std::move(it->second.use);
    admitted_.erase(it);
    return use;
  }

  void handle(evh_handle id, std::string_view data) {
    auto frame = parse_frame(data);
    if (const auto* auth = std::get_if<auth_frame>(&frame)) authenticate(id, auth->token);
    else if (const auto* subscribe = std::get_if<subscribe_frame>(&frame)) resume(id, subscribe->from);
    else if (std::holds_alternative<ping_frame>(frame)) hub_.send(id, frames::pong());
    else hub_.send(id, frames::error("invalid-frame", std::get<bad_frame>(frame).detail));
  }

  void authenticate(evh_handle id, const std::string& token) {
    evh_principal who{};
    who.struct_size = sizeof who;
    evh_error error = evh::make_error();
    if (host().http_api().authenticate(host().host(), evh::view(token), &who, &error) != EVH_OK) {
      hub_.send(id, frames::error("invalid-token", std::string_view(error.text, error.len)));
      return host().ws_close(id, close_code::unauthenticated, "the access token was refused");
    }
    const std::string subject(evh::text(who.subject)), session(evh::text(who.session));
    if (hub_.authenticate(id, subject, who.expires_ns, session)) hub_.send(id, frames::authenticated(subject, who.expires_ns));
  }

  void resume(evh_handle id, const std::optional<since>& from) {
    const auto person = hub_.person_of(id);
    if (person.empty()) return hub_.send(id, frames::error("authentication-required", "send an auth frame first"));
    const auto info = host().topic_info(topic_);
    const auto epoch = std::to_string(info.incarnation) + "-" + std::to_string(info.partitions);
    const auto partition = host().partition_of(topic_, person);
    const auto seen = hub_.hold(id, partition);
    if (!seen) return hub_.send(id, frames::error("busy", "a subscription of this connection is being resumed already"));
    const auto next = host().broadcast_position(topic_, partition);
    if (!next) {
      hub_.stop_holding(id);
      return host().ws_close(id, close_code::overloaded, "the host is starting; connect again");
    }
    const auto tail = std::max(*seen, *next - 1);
    if (!from) {
      hub_.send(id, frames::subscribed(epoch, tail));
      return hub_.release(id, tail, tail);
    }
    if (from->epoch != epoch) {
      hub_.stop_holding(id);
      return hub_.send(id, frames::resync_required("epoch_changed", epoch, tail));
    }
    replayer_->start({id, person, partition, from->seq, std::max(tail, from->seq), from->seq}, epoch);
  }

  void fan_out(const evh::batch& batch) {
    for (const auto e : batch) hub_.live({e.partition(), e.offset(), e.key(), e.id(), host().type_name(e.type()), e.payload()});
    if (batch.size() > 0) host().observe(delay_, static_cast<double>(now_ns() - batch[0].time_ns()) / 1e9);  // the oldest waited longest
    host().add(sent_, static_cast<double>(batch.size()));
  }

  // Only what ends connections is looked at; the host refuses new ones by itself.
  void close_revoked(const evh::batch& batch) {
    for (const auto e : batch) {
      const auto type = host().type_name(e.type());
      const bool everything = type == "todo.user.disabled.v1" || type == "todo.user.deleted.v1";
      if (!everything && type != "todo.user.session_revoked.v1") continue;
      boost::system::error_code ec;
      const auto payload = boost::json::parse(e.payload(), ec);
      const auto* session = !ec && payload.is_object() ? payload.get_object().if_contains("session_id") : nullptr;
      hub_.revoke(e.key(), !everything && session && session->is_string() ? std::string_view(session->get_string()) : std::string_view(), now_ns());
    }
  }

  void issue_ticket(evh::request r) {
    const auto* principal = r.raw().principal;
    const login who{std::string(r.subject()), principal ? principal->expires_ns : 0, std::string(principal ? evh::text(principal->session) : std::string_view())};
    r.respond({.status = 201,
               .body = R"({"ticket":)" + evh::json_quote(tickets_->issue(who, now_ns())) + R"(,"expires_in":)" +
                       std::to_string(tickets::lifetime_s) + '}'});
  }

  void every_second() {
    const auto now = now_ns();
    hub_.sweep(now);
    host().set(open_, static_cast<double>(hub_.connections()));
    const std::lock_guard lock(mutex_);
    std::erase_if(admitted_, [&](const auto& a) { return now - a.second.at_ns > 10'000'000'000; });
  }

  // One one-shot timer at a time looks after waiting replays.
  std::uint64_t timer_slot() {
    timer(24h, 0ms, false, [this](evh::unit*, std::uint64_t) { replays_due(); });
    return 0;  // the first registered handler
  }
  void look_again() {
    if (armed_.exchange(true)) return;
    evh_handle id = 0;
    if (host().timer_api().arm(host().host(), replayer::look_again.count(), 0, 0, waiting_cookie_, &id) != EVH_OK) armed_ = false;
  }
  void replays_due() {
    armed_ = false;
    replayer_->run_waiting();
  }

  struct admission {
    use_of_ticket use;
    std::int64_t at_ns;
  };

  hub hub_{*this, {}};
  std::unique_ptr<tickets> tickets_;
  std::unique_ptr<admissions> admissions_;
  bool others_ = false;  // other processes may serve the same database
  std::unique_ptr<replayer> replayer_;
  std::uint32_t topic_ = 0, sent_ = 0, open_ = 0, delay_ = 0;
  std::uint64_t waiting_cookie_ = 0;
  std::int64_t retention_ms_ = 168LL * 3'600'000;
  std::atomic<bool> armed_ = false;
  std::mutex mutex_;  // admitted_ only
  std::uint64_t admitted_count_ = 0;
  std::map<std::uint64_t, admission> admitted_;
};

}  // namespace
}  // namespace sync_

EVH_PLUGIN(sync_::plugin)
