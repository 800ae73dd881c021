// Wiring, and the wheel: wake, fire, arm for the next.
#include "plugins/notification/plugin.hpp"

#include <algorithm>

#include "migrations.hpp"
#include "plugins/notification/answers.hpp"
#include "plugins/notification/curl_transport.hpp"
#include "plugins/notification/ids.hpp"
#include "plugins/notification/inbox.hpp"
#include "plugins/notification/people.hpp"

namespace notification {

namespace {

namespace es = evh_schemas;
using namespace std::chrono_literals;

constexpr std::array<std::string_view, 9> required{EVH_EXT_HTTP, EVH_EXT_PUBLISH, EVH_EXT_SUBSCRIBE, EVH_EXT_SECRET, EVH_EXT_STORE,
                                                   EVH_EXT_UOW, EVH_EXT_LOG, EVH_EXT_TIMER, EVH_EXT_METRIC};
constexpr std::uint64_t alarm_cookie = 0;           // the first registered handler
constexpr auto longest_drain = 2s;                  // for messages under way; what is cut off goes again
constexpr std::int64_t rebuild_tasks = 256, trim_rows = 2000;
constexpr std::int64_t lease_margin_ms = 5'000;

}  // namespace

const evh::about plugin::about{.id = "notification",
                               .version = "0.1.0",
                               .name = "Notifications",
                               .vendor = "evhost",
                               .text = "Fires reminders at their time: inbox, e-mail, webhooks.",
                               .required = required,
                               .config = setting_keys()};

plugin::~plugin() {
  if (transport_) transport_->stop(std::chrono::steady_clock::now());   // its threads call the dispatcher
}

void plugin::configure(std::string_view json, bool validate_only) {
  auto read = read_settings(json);
  if (!validate_only) settings_ = std::move(read);
}

std::span<const evh::migration> plugin::migrations(std::int32_t dialect) {
  if (dialect == EVH_DIALECT_POSTGRESQL) return postgres_migrations;
  return sqlite_migrations;
}

void plugin::activate() {
  timer(1s, 0ms, false, [this](evh::unit*, std::uint64_t) { woken(); });   // alarm_cookie
  rules_.grace_ms = settings_.grace_ms;
  rules_.default_tz = settings_.default_tz;
  rules_.mail = !settings_.smtp_url.empty();
  index_ = due_index(settings_.default_tz);
  topics_ = {host().topic("notifications"), host().topic("task-updates")};
  metrics_ = {host().metric(EVH_METRIC_COUNTER, "fired_total", "Reminders delivered to the inbox."),
              host().metric(EVH_METRIC_COUNTER, "late_total", "Of these, marked late."),
              host().metric(EVH_METRIC_COUNTER, "missed_total", "Reminders found too late to deliver."),
              host().metric(EVH_METRIC_HISTOGRAM, "fire_delay_seconds", "From the time of a reminder to its unit; the slowest of each batch."),
              host().metric(EVH_METRIC_GAUGE, "jobs_pending", "Messages still to be sent.")};
  tries_ = {host().metric(EVH_METRIC_COUNTER, "sent_total", "Messages that were taken by their endpoint."),
            host().metric(EVH_METRIC_COUNTER, "failed_tries_total", "Tries to send that failed.")};
  routes_ = {&host(), address_guard(settings_.webhook_allow), [this] { return now_ms(); }, [this] { look_for_jobs(); }};
  on_group("reminders", [this](evh::unit& unit, const evh::batch& batch, evh::verdicts v) { on_reminders(unit, batch, v); });
  on_group("user-events", [this](evh::unit& unit, const evh::batch& batch, evh::verdicts v) { on_people(unit, batch, v); });
  for (const auto table : {inbox_endpoints(), webhook_endpoints()})
    for (const auto& each : table) add(each);
  timer(1s, 1s, false, [this](evh::unit*, std::uint64_t) { every_second(); });
  timer(60s, 10min, true, [this](evh::unit* unit, std::uint64_t) { inbox::trim(*unit, now_ms() - settings_.keep_days * 86'400'000, trim_rows); });
}

void plugin::start() {
  transport_ = make_transport();
  dispatch_rules rules;
  rules.schedule = settings_.schedule;
  rules.claims = {new_id(now_ms()), settings_.send_timeout_ms + lease_margin_ms};
  rules.webhook_slots = settings_.webhook_slots;
  rules.mail_slots = settings_.mail_slots;
  if (rules_.mail) rules.mail_from = settings_.smtp_from;
  rules.mail_host = settings_.mail_host;
  rules.default_tz = settings_.default_tz;
  dispatcher_ = std::make_unique<dispatcher>(host(), *transport_, std::move(rules), topics_, [this] { return now_ms(); }, tries_);
}

void plugin::drain(std::chrono::steady_clock::time_point deadline) {
  draining_ = true;
  if (dispatcher_) dispatcher_->stop();
  if (transport_) transport_->stop(std::min(deadline, std::chrono::steady_clock::now() + longest_drain));
}

std::int32_t plugin::health(std::string& reason) {
  if (!failing_) return EVH_HEALTH_OK;
  reason = "the last unit that fires reminders failed; it is tried again every second";
  return EVH_HEALTH_DEGRADED;
}

std::int64_t plugin::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string plugin::secret(const std::string& name) const {
  std::string out;
  if (name.empty()) return out;
  evh_error error = evh::make_error();
  evh::check(host().secret_api().get(
                 host().host(), evh::view(name), [](void* user, evh_sv bytes) { *static_cast<std::string*>(user) = evh::text(bytes); }, &out, &error),
             error, "plugins.notification.smtp_password");
  return out;
}

std::unique_ptr<transport> plugin::make_transport() {
  transport_options options;
  options.guard = routes_.guard;
  options.timeout = std::chrono::milliseconds(settings_.send_timeout_ms);
  options.smtp = {settings_.smtp_url, settings_.smtp_user, secret(settings_.smtp_password), settings_.smtp_starttls, settings_.smtp_ca_file};
  return std::make_unique<curl_transport>(std::move(options));
}

void plugin::add(const endpoint& each) {
  route(each.method, each.pattern,
        [this, handle = each.handle](evh::request request) {
          try {
            handle(routes_, request);
          } catch (const refusal& why) {
            request.respond(problem_of(why, request.id()));
          }
        },
        0, each.cost);
}

// ---- what comes in ----

void plugin::on_reminders(evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts) {
  std::int64_t earliest = never, queued = 0;
  std::vector<snoozed> snoozes;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto event = batch[i];
    const auto type = host().type_name(event.type());
    const auto at_ms = event.time_ns() > 0 ? event.time_ns() / 1'000'000 : now_ms();
    try {
      if (type == es::type::reminder_scheduled) {
        auto done = index_.schedule(unit, es::from_json<es::reminder_scheduled>(event.payload()), at_ms);
        earliest = std::min(earliest, done.earliest_ms);
        snoozes.insert(snoozes.end(), done.snoozes.begin(), done.snoozes.end());
      } else if (type == es::type::reminder_cancelled) {
        index_.cancel(unit, es::from_json<es::reminder_cancelled>(event.payload()), at_ms);
      }
    } catch (const es::payload_error& why) {
      host().warn("reminder event set aside", {{"id", event.id()}, {"type", type}, {"error", why.what()}});
      verdicts.set(i, evh::verdict::dead_letter);
    }
  }
  if (!snoozes.empty()) queued = announce_snoozes(unit, topics_, snoozes, now_ms());
  if (earliest == never && queued == 0) return;
  unit.after([this, earliest, queued](bool committed) {
    if (committed && earliest != never) wake_at(earliest);
    if (committed && queued > 0) look_for_jobs();
  });
}

void plugin::on_people(evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto event = batch[i];
    const auto type = host().type_name(event.type());
    if (!type.starts_with("todo.user.")) continue;
    try {
      people::apply(unit, type, es::from_json<es::user_event>(event.payload()));
    } catch (const es::payload_error& why) {
      host().warn("user event set aside", {{"id", event.id()}, {"type", type}, {"error", why.what()}});
      verdicts.set(i, evh::verdict::dead_letter);
    }
  }
  if (!index_.rebuild(unit, rebuild_tasks)) return;
  unit.after([this, at = due_index::earliest(unit)](bool committed) {
    if (committed && at != never) wake_at(at);
  });
}

// ---- the wheel ----

void plugin::wake_at(std::int64_t at_ms) {
  const std::lock_guard lock(waking_);
  if (draining_ || at_ms >= armed_ms_) return;
  if (alarm_ != 0) host().timer_api().cancel(host().host(), alarm_);
  alarm_ = 0;
  const auto delay = std::clamp<std::int64_t>(at_ms - now_ms(), 0, 3'600'000);
  armed_ms_ = host().timer_api().arm(host().host(), delay, 0, 0, alarm_cookie, &alarm_) == EVH_OK ? at_ms : never;
}

void plugin::woken() {
  {
    const std::lock_guard lock(waking_);
    armed_ms_ = never;
    alarm_ = 0;
  }
  fire();
}

// The bound: whatever was missed (another replica's rows, an alarm that could not be armed) is seen here.
void plugin::every_second() {
  std::int64_t next = never, pending = 0;
  bool stale = false;
  evh::read(host(), [&](evh::unit& unit) {
    next = due_index::earliest(unit);
    stale = due_index::stale(unit);
    pending = jobs::pending(unit);
  });
  host().set(metrics_.pending, static_cast<double>(pending));
  if (stale) evh::write(host(), [this](evh::unit& unit) { index_.rebuild(unit, rebuild_tasks); }, [](evh_status) {});
  if (next <= now_ms()) fire();
  else if (next != never) wake_at(next);
  look_for_jobs();
}

void plugin::fire() {
  if (draining_) return;
  fire_again_ = true;
  if (firing_.exchange(true)) return;
  fire_again_ = false;
  auto what = std::make_shared<fired>();
  auto rules = rules_;
  rules.batch = batch_;
  const bool queued = evh::write(
      host(), [this, what, rules](evh::unit& unit) { *what = fire_due(unit, rules, topics_, now_ms()); },
      [this, what](evh_status status) { fired_one(status, *what); });
  if (!queued) firing_ = false;   // the queue is full: the next second tries again
}

void plugin::fired_one(evh_status status, const fired& what) {
  failing_ = status != EVH_OK && status != EVH_SHUTDOWN;
  firing_ = false;
  if (status != EVH_OK) return narrow_down(status);
  const bool full = what.taken == batch_.exchange(rules_.batch);
  host().add(metrics_.fired, static_cast<double>(what.delivered));
  host().add(metrics_.late, static_cast<double>(what.late));
  host().add(metrics_.missed, static_cast<double>(what.missed));
  if (what.delivered > 0) host().observe(metrics_.delay, static_cast<double>(what.worst_delay_ms) / 1000);
  if (what.jobs > 0) look_for_jobs();
  if (full || fire_again_) fire();
  else if (what.next_ms != never) wake_at(what.next_ms);
}

// A unit that cannot be written (not one that merely came at a bad time): the row to blame is found by smaller units and
// put off, so that it holds up nobody else's reminders.
void plugin::narrow_down(evh_status status) {
  if (draining_ || status == EVH_SHUTDOWN || status == EVH_IO || status == EVH_AGAIN || status == EVH_TIMEOUT) return;
  constexpr std::int64_t smaller = 4;
  if (batch_ > 1) {
    batch_ = std::max<std::int64_t>(1, batch_ / smaller);
    return fire();
  }
  host().error("a reminder cannot be fired and is put off by ten minutes; the log above says why");
  const auto put_off = [this](evh::unit& unit) { put_off_first(unit, now_ms(), now_ms() + 600'000); };
  evh::write(host(), put_off, [this](evh_status done) {
    batch_ = rules_.batch;
    if (done == EVH_OK) fire();
  });
}

void plugin::look_for_jobs() {
  if (dispatcher_ && !draining_) dispatcher_->look();
}

}  // namespace notification
