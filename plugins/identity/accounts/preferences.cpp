// Field by field.
#include "plugins/identity/accounts/preferences.hpp"

#include <algorithm>
#include <array>

#include "plugins/calendar/zone.hpp"

namespace identity {
namespace {

constexpr std::array<std::string_view, 12> known{"tz",      "locale",  "week_start", "morning",     "afternoon",        "evening",
                                                 "tonight", "eod",     "quiet_hours", "default_reminder", "channels", "digest"};

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool clock_time(std::string_view text) {   // HH:MM
  return text.size() == 5 && text[2] == ':' && digits(text.substr(0, 2)) && digits(text.substr(3)) && text.substr(0, 2) < "24" && text.substr(3) < "60";
}

bool letters(std::string_view text, std::size_t min, std::size_t max) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return text.size() >= min && text.size() <= max && std::all_of(text.begin(), text.end(), fits);
}

bool language_tag(std::string_view text) {   // BCP 47, its shape: en, en-US, zh-Hant-TW
  if (text.size() > 35) return false;
  bool first = true;
  while (true) {
    const auto dash = text.find('-');
    if (!letters(text.substr(0, dash), first ? 2 : 1, 8)) return false;
    if (dash == text.npos) return true;
    text = text.substr(dash + 1);
    first = false;
  }
}

// Zero or before: PT0S, -PT15M, -PT1H30M, -P1D. At most three digits a number.
bool offset_before(std::string_view text) {
  if (text == "PT0S") return true;
  if (!text.starts_with("-P")) return false;
  text.remove_prefix(2);
  std::string_view order = "WDTHMS";
  bool any = false;
  while (!text.empty()) {
    if (text.front() == 'T') {
      const auto at = order.find('T');
      if (at == order.npos || text.size() == 1) return false;
      order = order.substr(at + 1);
      text.remove_prefix(1);
      continue;
    }
    const auto end = text.find_first_not_of("0123456789");
    if (end == text.npos || end == 0 || end > 3) return false;
    const auto at = order.find(text[end]);
    if (at == order.npos || (std::string_view("HMS").find(text[end]) != std::string_view::npos && order.find('T') != order.npos)) return false;
    order = order.substr(at + 1);
    text.remove_prefix(end + 1);
    any = true;
  }
  return any;
}

bool rule_shaped(std::string_view text) {
  return text.size() <= 500 && text.find("FREQ=") != text.npos &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=;,+-") == text.npos;
}

template <std::size_t Count>
bool one_of(std::string_view value, const std::array<std::string_view, Count>& choices) {
  return std::find(choices.begin(), choices.end(), value) != choices.end();
}

class checker {
 public:
  explicit checker(std::vector<field_fault>& faults) : faults_(faults) {}
  void expect(bool good, std::string pointer, std::string message) {
    if (!good) faults_.push_back({std::move(pointer), "invalid", std::move(message)});
  }
  void time(const std::string& value, const std::string& pointer) { expect(value.empty() || clock_time(value), pointer, "a time of day is HH:MM, such as 08:30"); }

 private:
  std::vector<field_fault>& faults_;
};

}  // namespace

evh_schemas::user_preferences read_preferences(std::string_view json, std::vector<field_fault>& faults) {
  const auto parsed = evh_schemas::parse_untrusted_json(json);
  const auto& object = evh_schemas::json_in::object_of(parsed, "");
  for (const auto& [name, value] : object)
    if (!one_of(std::string_view(name), known)) faults.push_back({"/" + std::string(name), "unknown-field", "is no preference"});
  return evh_schemas::from_json<evh_schemas::user_preferences>(parsed);
}

void check_preferences(const evh_schemas::user_preferences& p, std::vector<field_fault>& faults) {
  checker check(faults);
  check.expect(p.tz.empty() || calendar::zone_known(p.tz), "/tz", "is not a zone of the tz database, such as Europe/Paris");
  check.expect(p.locale.empty() || language_tag(p.locale), "/locale", "is not a language tag, such as en-US");
  static constexpr std::array<std::string_view, 4> starts{"", "monday", "sunday", "saturday"};
  check.expect(one_of(p.week_start, starts), "/week_start", "is monday, sunday or saturday");
  for (const auto& [value, name] : {std::pair{&p.morning, "/morning"}, {&p.afternoon, "/afternoon"}, {&p.evening, "/evening"}, {&p.tonight, "/tonight"}, {&p.eod, "/eod"}})
    check.time(*value, name);
  if (p.quiet_hours) {
    check.expect(clock_time(p.quiet_hours->from), "/quiet_hours/from", "a time of day is HH:MM, such as 22:00");
    check.expect(clock_time(p.quiet_hours->to), "/quiet_hours/to", "a time of day is HH:MM, such as 07:00");
    check.expect(p.quiet_hours->from != p.quiet_hours->to, "/quiet_hours", "begin and end at different times");
  }
  check.expect(p.default_reminder.empty() || offset_before(p.default_reminder), "/default_reminder", "is an ISO 8601 duration before the time, such as -PT15M");
  static constexpr std::array<std::string_view, 3> channels{"in_app", "email", "webhook"};
  for (std::size_t i = 0; i < p.channels.size(); ++i) {
    const bool again = std::find(p.channels.begin(), p.channels.begin() + static_cast<std::ptrdiff_t>(i), p.channels[i]) != p.channels.begin() + static_cast<std::ptrdiff_t>(i);
    check.expect(one_of(p.channels[i], channels) && !again, "/channels/" + std::to_string(i), "is in_app, email or webhook, each once");
  }
  if (!p.digest) return;
  static constexpr std::array<std::string_view, 2> digests{"email", "in_app"};
  check.expect(one_of(p.digest->channel, digests), "/digest/channel", "is email or in_app");
  check.expect(clock_time(p.digest->time), "/digest/time", "a time of day is HH:MM, such as 07:30");
  check.expect(rule_shaped(p.digest->rrule), "/digest/rrule", "is a recurrence rule, such as FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR");
}

}  // namespace identity
