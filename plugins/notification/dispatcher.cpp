// Claim, prepare, send, settle.
#include "plugins/notification/dispatcher.hpp"

#include <random>

#include "plugins/calendar/zone.hpp"
#include "plugins/notification/ids.hpp"
#include "plugins/notification/mail.hpp"
#include "plugins/notification/people.hpp"
#include "plugins/notification/webhooks.hpp"

namespace notification {

namespace {

namespace es = evh_schemas;

constexpr std::string_view webhook_kind = "webhook", mail_kind = "email";
constexpr std::int64_t given_up_per_claim = 256;

double jitter() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<>(0, 1)(random);
}

std::string webhook_body(const job& what) {
  std::string out = "{\"type\":";
  es::append_json_string(out, what.type);
  out += ",\"timestamp\":";
  es::append_instant(out, es::instant_ms{what.created_ms});
  return out + ",\"data\":" + what.payload + "}";
}

std::vector<std::string> webhook_headers(const job& what, const std::string& body, const std::string& secret, const std::string& old_secret, std::int64_t now_s) {
  std::string signatures = webhook_signature(secret, what.id, now_s, body);
  if (!old_secret.empty()) signatures += " " + webhook_signature(old_secret, what.id, now_s, body);
  return {"Content-Type: application/json", "webhook-id: " + what.id, "webhook-timestamp: " + std::to_string(now_s), "webhook-signature: " + signatures,
          "Expect:"};
}

// A server's "no" that will be "no" tomorrow as well: 5xx in SMTP, but not about our login.
bool final_mail_answer(const outcome& came) {
  return !came.sent && !came.login_refused && came.response >= 550 && came.response < 560;
}

std::string when(std::int64_t at_ms, const std::string& tz) {
  const auto local = calendar::to_local(calendar::instant{std::chrono::seconds{at_ms / 1000}}, tz);
  if (!local) return es::instant_text(es::instant_ms{at_ms});
  return calendar::format_date(calendar::date_of(*local)) + " " + calendar::format_time(calendar::time_of(*local)) + " (" + tz + ")";
}

}  // namespace

void dispatcher::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

void dispatcher::look() {
  write_results();
  claim();
}

void dispatcher::claim() {
  std::int64_t webhooks = 0, mails = 0;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    if (claiming_) {
      claim_again_ = true;
      return;
    }
    webhooks = rules_.webhook_slots - under_way_[std::string(webhook_kind)];
    mails = rules_.mail_from.empty() ? 0 : rules_.mail_slots - under_way_[std::string(mail_kind)];
    if (webhooks <= 0 && mails <= 0) return;
    claiming_ = true;
    claim_again_ = false;
  }
  auto got = std::make_shared<claimed>();
  const auto ended = [this, got](evh_status status) {
    bool again = false;
    {
      const std::lock_guard lock(mutex_);
      claiming_ = false;
      if (status == EVH_OK)
        for (const auto& each : got->parcels) ++under_way_[each.what.kind];
      again = status == EVH_OK && (claim_again_ || got->full);
    }
    if (status == EVH_OK) send(std::move(got->parcels));
    if (again) claim();
  };
  const bool queued = evh::write(*host_, [this, got, webhooks, mails](evh::unit& unit) { *got = claim_in(unit, webhooks, mails); }, ended);
  if (queued) return;
  const std::lock_guard lock(mutex_);
  claiming_ = false;   // the next look tries again
}

dispatcher::claimed dispatcher::claim_in(evh::unit& unit, std::int64_t webhooks, std::int64_t mails) {
  claimed out;
  announcer events(topics_);
  const auto now = now_ms_();
  const auto take = [&](std::string_view kind, std::int64_t max) {
    if (max <= 0) return;
    for (const auto& each : jobs::claim(unit, kind, max, rules_.claims, now)) {
      if (auto ready = prepare(unit, each, events)) out.parcels.push_back(std::move(*ready));
      else out.full = true;
    }
  };
  take(webhook_kind, webhooks);
  take(mail_kind, mails);
  events.publish(unit);
  return out;
}

// Nothing: the endpoint cannot be sent to any more; its jobs are given up.
std::optional<dispatcher::parcel> dispatcher::prepare(evh::unit& unit, const job& what, announcer& events) {
  std::string why;
  if (what.kind == mail_kind) {
    if (auto ready = prepare_mail(unit, what)) return ready;
    why = "there is no e-mail address to send to";
  } else {
    const auto hook = webhooks::find(unit, std::string_view(what.endpoint).substr(what.endpoint.find(':') + 1));
    if (hook && hook->status == "active") {
      parcel out{what, {}, hook->secret, {}};
      out.message.url = hook->url;
      out.message.body = webhook_body(what);
      if (hook->old_secret_until_ms > now_ms_()) out.old_secret = hook->old_secret;
      return out;
    }
    why = "the endpoint is disabled";
  }
  const auto now = now_ms_();
  jobs::give_up(unit, what.endpoint, why, given_up_per_claim, events, now);
  unit.exec("UPDATE notification_endpoint SET lease_ms = 0, claimed_by = '' WHERE endpoint = $1", {what.endpoint});
  return std::nullopt;
}

std::optional<dispatcher::parcel> dispatcher::prepare_mail(evh::unit& unit, const job& what) {
  const auto to = people::find(unit, what.owner, rules_.default_tz);
  if (!to.has_mail()) return std::nullopt;
  const auto event = es::from_json<es::notification_event>(std::string_view(what.payload));
  mail letter;
  letter.from = rules_.mail_from;
  letter.to = to.email;
  letter.id = what.id;
  letter.host = rules_.mail_host;
  letter.subject = "Reminder: " + event.title;
  letter.date_s = what.created_ms / 1000;
  letter.text = event.title + "\r\n\r\nReminder of " + when(event.fire_at.value, to.wants.tz) + (event.late ? ", sent late\r\n" : "\r\n") +
                "Priority: " + std::string(es::to_text(event.priority)) + "\r\nTask: " + event.task_id + "\r\n";
  parcel out{what, {}, {}, {}};
  out.message.how = outgoing::way::mail;
  out.message.mail_from = letter.from;
  out.message.mail_to = letter.to;
  out.message.body = format_mail(letter);
  return out;
}

void dispatcher::send(std::vector<parcel> parcels) {
  for (auto& each : parcels) {
    if (each.what.kind == webhook_kind)
      each.message.headers = webhook_headers(each.what, each.message.body, each.secret, each.old_secret, now_ms_() / 1000);
    transport_->start(std::move(each.message), [this, what = std::move(each.what)](const outcome& came) { sent(what, came); });
  }
}

void dispatcher::sent(const job& what, const outcome& came) {
  std::string error = came.error.substr(0, 500);
  for (char& c : error)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';   // it goes into events, as JSON
  try_result result{what.id, what.endpoint, what.attempts, fate::put_off, came.response, error, false};
  if (came.sent) result.what = fate::delivered;
  else if (what.kind == webhook_kind && came.response == 410) result.gone = true;
  if (result.gone || (what.kind == mail_kind && final_mail_answer(came))) result.what = fate::refused;
  host_->add(came.sent ? metrics_.sent : metrics_.failed_tries);
  {
    const std::lock_guard lock(mutex_);
    results_.push_back(std::move(result));
  }
  write_results();
}

void dispatcher::write_results() {
  std::vector<try_result> batch;
  {
    const std::lock_guard lock(mutex_);
    if (writing_ || results_.empty()) return;
    writing_ = true;
    batch = results_;
  }
  const auto work = [this, batch](evh::unit& unit) {
    announcer events(topics_);
    for (const auto& each : batch) jobs::settle(unit, each, rules_.schedule, rules_.claims, jitter(), events, now_ms_());
    events.publish(unit);
  };
  if (evh::write(*host_, work, [this, batch](evh_status status) { written(status, batch); })) return;
  const std::lock_guard lock(mutex_);
  writing_ = false;
}

void dispatcher::written(evh_status status, std::vector<try_result> batch) {
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (status == EVH_OK) {
      results_.erase(results_.begin(), results_.begin() + static_cast<std::ptrdiff_t>(batch.size()));
      for (const auto& each : batch) --under_way_[each.endpoint.substr(0, each.endpoint.find(':'))];
      more = !results_.empty();
    }
  }
  if (status != EVH_OK) return;   // they stay; the next look writes them
  if (more) write_results();
  claim();
}

}  // namespace notification
