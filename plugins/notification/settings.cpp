// The table of keys, and the checks a type cannot express.
#include "plugins/notification/settings.hpp"

#include <boost/json.hpp>

#include <charconv>

#include "plugins/calendar/zone.hpp"
#include "plugins/notification/addresses.hpp"
#include "plugins/notification/mail.hpp"

namespace notification {

namespace {

constexpr evh::config_key keys[] = {
    {.name = "grace_s", .type = EVH_CONFIG_INTEGER, .default_json = "86400", .min = 1, .max = 31'536'000,
     .text = "Reminders that were due while no host ran are delivered, marked late, up to this many seconds after their time; older ones are marked missed."},
    {.name = "keep_days", .type = EVH_CONFIG_INTEGER, .default_json = "90", .min = 8, .max = 36'500,
     .text = "How long notifications, delivery logs and traces of cancelled reminders are kept."},
    {.name = "default_tz", .type = EVH_CONFIG_STRING, .default_json = "\"UTC\"", .text = "Zone of people who have set none (IANA name)."},
    {.name = "smtp_url", .type = EVH_CONFIG_STRING, .default_json = "\"\"", .text = "smtp://host:587 or smtps://host:465; empty: no e-mail."},
    {.name = "smtp_from", .type = EVH_CONFIG_STRING, .default_json = "\"\"", .text = "Sender address of e-mails."},
    {.name = "smtp_user", .type = EVH_CONFIG_STRING, .default_json = "\"\"", .text = "User name at the SMTP server; empty: no login."},
    {.name = "smtp_password", .type = EVH_CONFIG_STRING, .default_json = "\"\"", .text = "Name of the secret that holds the password.", .flags = EVH_CONFIG_SECRET},
    {.name = "smtp_starttls", .type = EVH_CONFIG_BOOLEAN, .default_json = "true", .text = "smtp:// only: demand STARTTLS; false sends in the clear."},
    {.name = "smtp_ca_file", .type = EVH_CONFIG_STRING, .default_json = "\"\"", .text = "Certificates to trust instead of the system's (PEM)."},
    {.name = "mail_host", .type = EVH_CONFIG_STRING, .default_json = "\"\"", .text = "Right side of Message-IDs; empty: the domain of smtp_from."},
    {.name = "webhook_allow", .type = EVH_CONFIG_LIST, .default_json = "[]",
     .text = "Blocks of addresses (CIDR) inside your network that webhooks may reach; others there are refused."},
    {.name = "retry_s", .type = EVH_CONFIG_LIST, .default_json = R"(["0","5","300","1800","7200","18000","36000","50400","72000","86400"])",
     .text = "Seconds to wait before each try to send; as many tries as numbers."},
    {.name = "send_timeout_ms", .type = EVH_CONFIG_DURATION, .default_json = "15000", .min = 100, .max = 60'000, .text = "How long one try to send may take."},
    {.name = "webhook_slots", .type = EVH_CONFIG_INTEGER, .default_json = "64", .min = 1, .max = 1000, .text = "Webhook requests under way at the same time, one per endpoint."},
    {.name = "mail_slots", .type = EVH_CONFIG_INTEGER, .default_json = "4", .min = 1, .max = 100, .text = "E-mails under way at the same time."},
};

evh::failure wrong(std::string_view key, const std::string& what) {
  return {EVH_INVALID, "plugins.notification." + std::string(key) + " " + what};
}

class reader {
 public:
  explicit reader(std::string_view json) : object_(boost::json::parse(json.empty() ? "{}" : json).as_object()) {}
  void take(std::string_view key, std::string& into) const { if (const auto* v = object_.if_contains(key)) into = std::string(v->as_string()); }
  void take(std::string_view key, bool& into) const { if (const auto* v = object_.if_contains(key)) into = v->as_bool(); }
  void take(std::string_view key, std::int64_t& into) const { if (const auto* v = object_.if_contains(key)) into = v->to_number<std::int64_t>(); }
  std::vector<std::string> list(std::string_view key) const {
    std::vector<std::string> out;
    if (const auto* v = object_.if_contains(key))
      for (const auto& each : v->as_array()) out.emplace_back(each.as_string());
    return out;
  }

 private:
  boost::json::object object_;
};

retry_schedule schedule_of(const std::vector<std::string>& texts) {
  retry_schedule out;
  for (const auto& text : texts) {
    double s = -1;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), s);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || !(s >= 0 && s <= 31'536'000))
      throw wrong("retry_s", "holds \"" + text.substr(0, 40) + "\": give seconds from 0 to 31536000");
    out.push_back(static_cast<std::int64_t>(s * 1000));
  }
  if (out.empty() || out.size() > 100) throw wrong("retry_s", "must have 1 to 100 numbers");
  return out;
}

void check_mail(settings& s) {
  if (s.smtp_url.empty()) return;
  if (!s.smtp_url.starts_with("smtp://") && !s.smtp_url.starts_with("smtps://"))
    throw wrong("smtp_url", "is \"" + s.smtp_url + "\": it must begin with smtp:// or smtps://");
  if (!valid_mail_address(s.smtp_from)) throw wrong("smtp_from", "is \"" + s.smtp_from + "\": give the address e-mails come from, such as todo@example.org");
  if (s.mail_host.empty()) s.mail_host = s.smtp_from.substr(s.smtp_from.find('@') + 1);
  if (!valid_mail_address("x@" + s.mail_host)) throw wrong("mail_host", "is \"" + s.mail_host + "\": give a host name");
}

}  // namespace

std::span<const evh::config_key> setting_keys() { return keys; }

settings read_settings(std::string_view json) {
  const reader from(json);
  settings s;
  std::int64_t grace_s = s.grace_ms / 1000;
  from.take("grace_s", grace_s);
  s.grace_ms = grace_s * 1000;
  from.take("keep_days", s.keep_days);
  from.take("default_tz", s.default_tz);
  from.take("smtp_url", s.smtp_url);
  from.take("smtp_from", s.smtp_from);
  from.take("smtp_user", s.smtp_user);
  from.take("smtp_password", s.smtp_password);
  from.take("smtp_starttls", s.smtp_starttls);
  from.take("smtp_ca_file", s.smtp_ca_file);
  from.take("mail_host", s.mail_host);
  from.take("send_timeout_ms", s.send_timeout_ms);
  from.take("webhook_slots", s.webhook_slots);
  from.take("mail_slots", s.mail_slots);
  s.webhook_allow = from.list("webhook_allow");
  if (const auto retries = from.list("retry_s"); !retries.empty()) s.schedule = schedule_of(retries);
  if (!calendar::zone_known(s.default_tz)) throw wrong("default_tz", "is \"" + s.default_tz + "\": give an IANA name such as Europe/Paris");
  try {
    address_guard{s.webhook_allow};
  } catch (const std::invalid_argument& why) {
    throw wrong("webhook_allow", std::string("holds ") + why.what());
  }
  check_mail(s);
  return s;
}

}  // namespace notification
