// Replies in plain English, and values between the language and the store.
#include "plugins/chat/talk/speech.hpp"

#include "plugins/calendar/zone.hpp"

namespace chat::talk {

namespace {

std::string day_text(calendar::civil_date day) {
  static constexpr const char* weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return std::string(weekdays[calendar::weekday_of(day).c_encoding()]) + " " + std::to_string(static_cast<unsigned>(day.day())) + " " +
         months[static_cast<unsigned>(day.month()) - 1] + " " + std::to_string(static_cast<int>(day.year()));
}
std::string time_text(calendar::civil_time at) {
  return day_text(calendar::date_of(at)) + " " + calendar::format_time(std::chrono::floor<std::chrono::minutes>(calendar::time_of(at)));
}

std::string say_zoned(const calendar::zoned& value, const std::string& reader_tz) {
  std::string out = time_text(value.local) + " (" + value.tz;
  if (value.tz != reader_tz)
    if (const auto at = calendar::resolve(value.local, value.tz))
      if (const auto here = calendar::to_local(at->at, reader_tz))
        out += ", " + (calendar::date_of(*here) == calendar::date_of(value.local) ? calendar::format_time(calendar::time_of(*here)) : time_text(*here)) +
               " in " + reader_tz;
  return out + ")";
}

}  // namespace

std::string quoted(std::string_view title) { return "\"" + std::string(title) + "\""; }

std::string count_of(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::optional<calendar::due> spoken(const std::optional<due>& value) {
  if (!value) return std::nullopt;
  if (!value->date.empty())
    if (const auto day = calendar::parse_date(value->date)) return *day;
  if (!value->local.empty())
    if (const auto at = calendar::parse_local(value->local))
      return value->tz.empty() ? calendar::due(calendar::floating{*at}) : calendar::due(calendar::zoned{*at, value->tz});
  if (!value->instant.empty())
    if (const auto at = calendar::parse_instant(value->instant)) return *at;
  return std::nullopt;
}

due stored(const calendar::due& value) {
  due out;
  if (const auto* day = std::get_if<calendar::civil_date>(&value)) out.date = calendar::format_date(*day);
  if (const auto* at = std::get_if<calendar::floating>(&value)) out.local = calendar::format_local(at->local);
  if (const auto* at = std::get_if<calendar::zoned>(&value)) out.local = calendar::format_local(at->local), out.tz = at->tz;
  if (const auto* at = std::get_if<calendar::instant>(&value)) out.instant = calendar::format_instant(*at);
  return out;
}

reminder stored(const language::reminder& value) {
  reminder out;
  if (value.at) out.at = stored(*value.at);
  else out.offset = calendar::format_period(value.offset);
  if (!value.at && value.time) out.time = calendar::format_time(*value.time);
  return out;
}

priority stored(language::priority value) { return static_cast<priority>(value); }

std::string say(const std::optional<due>& value, const std::string& reader_tz) {
  const auto when = spoken(value);
  if (!when) return "no due date";
  if (const auto* day = std::get_if<calendar::civil_date>(&*when)) return day_text(*day);
  if (const auto* at = std::get_if<calendar::floating>(&*when)) return time_text(at->local) + " (" + reader_tz + ")";
  if (const auto* at = std::get_if<calendar::zoned>(&*when)) return say_zoned(*at, reader_tz);
  const auto instant = std::get<calendar::instant>(*when);
  const auto here = calendar::to_local(instant, reader_tz);
  return here ? time_text(*here) + " (" + reader_tz + ")" : calendar::format_instant(instant);
}

std::string say(const reminder& value, const std::optional<due>& before, const std::string& reader_tz) {
  if (value.at) return say(value.at, reader_tz);
  const auto when = spoken(before);
  const auto offset = calendar::parse_period(value.offset);
  if (!when || !offset) return value.offset;
  const auto* zoned = std::get_if<calendar::zoned>(&*when);
  const std::string& tz = zoned != nullptr ? zoned->tz : reader_tz;
  const auto local = zoned != nullptr ? std::optional(zoned->local) : calendar::local_reading(*when, reader_tz);
  if (!local) return value.offset;
  auto at = calendar::add(*local, *offset);
  const auto time = value.time.empty() ? std::nullopt : calendar::parse_time(value.time);
  if (time) at = calendar::at_time(calendar::date_of(at), *time);
  if (!calendar::has_time(*when) && !time && offset->seconds.count() == 0) return day_text(calendar::date_of(at));
  return time_text(at) + " (" + tz + ")";
}

std::string line(const task& value, const std::string& reader_tz) {
  std::string out = value.title;
  if (value.due) out += ", due " + say(value.due, reader_tz);
  if (value.recurrence) out += ", " + say(*value.recurrence) + (value.recurrence->paused ? " (paused)" : "");
  if (value.priority != priority::medium) out += ", p" + std::to_string(4 - static_cast<int>(value.priority));
  for (const auto& tag : value.tags) out += " @" + tag;
  for (const auto& each : value.reminders) out += ", reminder " + say(each, value.due, reader_tz);
  if (value.status == task_status::completed) out += ", done";
  return out;
}

std::string numbered(std::span<const task> tasks, const std::string& reader_tz) {
  std::string out;
  for (std::size_t i = 0; i < tasks.size(); ++i) out += "\n" + std::to_string(i + 1) + ". " + line(tasks[i], reader_tz);
  return out;
}

}  // namespace chat::talk
