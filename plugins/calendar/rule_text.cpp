// Reading and printing recurrence rules, and which combinations of parts RFC 5545 section 3.3.10 allows.
#include <algorithm>
#include <array>
#include <charconv>

#include "plugins/calendar/recurrence.hpp"

namespace calendar {
namespace {

constexpr std::size_t text_bytes_max = 2000;
constexpr std::array<std::string_view, 7> frequency_names{"SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
constexpr std::array<std::string_view, 7> weekday_names{"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
constexpr std::array<std::string_view, 3> skip_names{"OMIT", "BACKWARD", "FORWARD"};

struct list_part {
  std::string_view name;
  std::vector<int> rule::* list;
  int low, high;       // magnitude where `negative`
  bool negative;
};
constexpr std::array<list_part, 8> list_parts{{{"BYMONTH", &rule::by_month, 1, 12, false},
                                               {"BYWEEKNO", &rule::by_week_no, 1, 53, true},
                                               {"BYYEARDAY", &rule::by_year_day, 1, 366, true},
                                               {"BYMONTHDAY", &rule::by_month_day, 1, 31, true},
                                               {"BYHOUR", &rule::by_hour, 0, 23, false},
                                               {"BYMINUTE", &rule::by_minute, 0, 59, false},
                                               {"BYSECOND", &rule::by_second, 0, 60, false},
                                               {"BYSETPOS", &rule::by_set_pos, 1, 366, true}}};

struct refused {
  rule_error why;
};

std::string quoted(std::string_view value) {
  constexpr std::size_t shown_max = 40;
  std::string out = "\"";
  for (const char c : value.substr(0, shown_max)) out += c >= ' ' && c < 0x7f && c != '"' ? c : '?';
  return out + (value.size() > shown_max ? "...\"" : "\"");
}

class parser {
 public:
  explicit parser(std::string_view text) : text_(text) {}

  rule read() {
    if (text_.empty()) fail(0, "The rule is empty; it needs at least FREQ, such as FREQ=WEEKLY;BYDAY=MO.");
    if (text_.size() > text_bytes_max) fail(0, "The rule is longer than 2000 characters.");
    for (char& c : upper_ = std::string(text_)) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (upper_.starts_with("RRULE:")) fail(0, "Leave out \"RRULE:\"; the rule begins with its first part, such as FREQ=WEEKLY.");
    for (std::size_t at = 0;;) {
      const auto semicolon = std::min(upper_.find(';', at), upper_.size());
      part(at, std::string_view(upper_).substr(at, semicolon - at));
      if (semicolon == upper_.size()) break;
      at = semicolon + 1;
    }
    combinations();
    return out_;
  }

 private:
  [[noreturn]] static void fail(std::size_t at, std::string text) { throw refused{{at, std::move(text)}}; }

  bool has(std::string_view name) const { return place(name) != std::string::npos; }
  std::size_t place(std::string_view name) const {
    const auto found = std::find_if(seen_.begin(), seen_.end(), [&](const auto& s) { return s.first == name; });
    return found == seen_.end() ? std::string::npos : found->second;
  }

  void part(std::size_t at, std::string_view whole) {
    const auto equals = whole.find('=');
    if (whole.empty()) fail(at, "A part of the rule is empty: two semicolons in a row, or one at the end.");
    if (equals == std::string_view::npos) fail(at, quoted(whole) + " is no part of a rule; parts are NAME=VALUE.");
    const auto name = whole.substr(0, equals), value = whole.substr(equals + 1);
    if (has(name)) fail(at, std::string(name) + " is given twice; every part stands at most once.");
    if (value.empty()) fail(at, std::string(name.substr(0, 40)) + " has no value.");
    seen_.emplace_back(name, at);
    const auto value_at = at + equals + 1;
    const auto known = std::find_if(list_parts.begin(), list_parts.end(), [&](const auto& p) { return p.name == name; });
    if (known != list_parts.end()) list(*known, value_at, value);
    else if (name == "FREQ") out_.freq = static_cast<frequency>(one_of(frequency_names, name, value_at, value));
    else if (name == "INTERVAL") out_.interval = number(name, value_at, value, 1, 999'999'999);
    else if (name == "COUNT") out_.count = number(name, value_at, value, 1, 999'999);
    else if (name == "UNTIL") out_.until = until(value_at, value);
    else if (name == "BYDAY") days(value_at, value);
    else if (name == "WKST") out_.week_start = std::chrono::weekday(static_cast<unsigned>(one_of(weekday_names, name, value_at, value)));
    else if (name == "SKIP") out_.skip = static_cast<skip_rule>(one_of(skip_names, name, value_at, value));
    else if (name == "RSCALE") {
      if (value != "GREGORIAN") fail(value_at, "RSCALE " + quoted(value) + " is not supported; only GREGORIAN is.");
    } else {
      fail(at, quoted(name) + " is no part of a rule; known are FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, "
                              "BYDAY, BYHOUR, BYMINUTE, BYSECOND, BYSETPOS, WKST, RSCALE and SKIP.");
    }
  }

  template <std::size_t Count>
  static std::size_t one_of(const std::array<std::string_view, Count>& names, std::string_view part, std::size_t at, std::string_view value) {
    const auto found = std::find(names.begin(), names.end(), value);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    std::string known;
    for (const auto name : names) known += (known.empty() ? "" : ", ") + std::string(name);
    fail(at, std::string(part) + " " + quoted(value) + " is none of " + known + ".");
  }

  // Digits only, nine at most; -1 otherwise.
  static int digits(std::string_view value) {
    if (value.empty() || value.size() > 9 || value.find_first_not_of("0123456789") != std::string_view::npos) return -1;
    int out = 0;
    std::from_chars(value.data(), value.data() + value.size(), out);
    return out;
  }

  static int number(std::string_view name, std::size_t at, std::string_view value, int low, int high) {
    const int found = digits(value);
    if (found < low || found > high)
      fail(at, std::string(name) + " " + quoted(value) + " is not a whole number from " + std::to_string(low) + " to " + std::to_string(high) + ".");
    return found;
  }

  // Calls each(position, element) for the elements between commas.
  template <class Each>
  static void elements(std::size_t at, std::string_view value, Each&& each) {
    for (std::size_t from = 0;;) {
      const auto comma = std::min(value.find(',', from), value.size());
      each(at + from, value.substr(from, comma - from));
      if (comma == value.size()) return;
      from = comma + 1;
    }
  }

  void list(const list_part& part, std::size_t at, std::string_view value) {
    elements(at, value, [&](std::size_t place, std::string_view element) {
      auto rest = element;
      const bool minus = part.negative && rest.starts_with('-');
      if (part.negative && (minus || rest.starts_with('+'))) rest.remove_prefix(1);
      const int found = digits(rest);
      if (found < part.low || found > part.high)
        fail(place, std::string(part.name) + " " + quoted(element) + " is not from " + std::to_string(part.low) + " to " +
                        std::to_string(part.high) + (part.negative ? " or the same with a minus." : "."));
      (out_.*part.list).push_back(minus ? -found : found);
    });
  }

  void days(std::size_t at, std::string_view value) {
    elements(at, value, [&](std::size_t place, std::string_view element) {
      const auto name = element.size() < 2 ? element : element.substr(element.size() - 2);
      const auto found = std::find(weekday_names.begin(), weekday_names.end(), name);
      if (found == weekday_names.end()) fail(place, "BYDAY " + quoted(element) + " is no weekday; write MO, TU, WE, TH, FR, SA or SU, such as -1FR for the last Friday.");
      auto prefix = element.substr(0, element.size() - 2);
      int ordinal = 0;
      if (!prefix.empty()) {
        const bool minus = prefix.starts_with('-');
        if (minus || prefix.starts_with('+')) prefix.remove_prefix(1);
        ordinal = digits(prefix);
        if (ordinal < 1 || ordinal > 53) fail(place, "BYDAY " + quoted(element) + ": the number before the weekday is not from 1 to 53 or the same with a minus.");
        if (minus) ordinal = -ordinal;
      }
      out_.by_day.push_back({ordinal, std::chrono::weekday(static_cast<unsigned>(found - weekday_names.begin()))});
    });
  }

  static rule_end until(std::size_t at, std::string_view value) {
    const auto wrong = [&] {
      fail(at, "UNTIL " + quoted(value) + " is neither a date (20261231) nor a time on a date (20261231T170000, with Z at its end for UTC).");
    };
    const auto field = [&](std::size_t from, std::size_t length) { return digits(value.substr(from, length)); };
    const bool with_time = value.size() >= 15;
    const bool utc = value.size() == 16 && value.back() == 'Z';
    if (value.size() != 8 && value.size() != 15 && !utc) wrong();
    if (digits(value.substr(0, 8)) < 0 || (with_time && (value[8] != 'T' || digits(value.substr(9, 6)) < 0))) wrong();
    const auto day = make_date(field(0, 4), field(4, 2), field(6, 2));
    if (!day.ok() || field(0, 4) < 1) fail(at, "UNTIL " + quoted(value) + ": there is no such day.");
    if (!with_time) return {at_time(day, time_of_day{0}), rule_end::form::date};
    if (field(9, 2) > 23 || field(11, 2) > 59 || field(13, 2) > 60) fail(at, "UNTIL " + quoted(value) + ": there is no such time of day.");
    const auto time = std::chrono::hours{field(9, 2)} + std::chrono::minutes{field(11, 2)} + std::chrono::seconds{std::min(field(13, 2), 59)};
    return {at_time(day, time), utc ? rule_end::form::utc : rule_end::form::local};
  }

  void never_with(std::string_view part, bool wrong, std::string_view sentence) const {
    if (has(part) && wrong) fail(place(part), std::string(part) + " " + std::string(sentence));
  }

  // RFC 5545 section 3.3.10, part by part.
  void combinations() const {
    if (!has("FREQ")) fail(0, "FREQ is missing; write one of SECONDLY, MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY.");
    never_with("UNTIL", has("COUNT"), "and COUNT exclude each other; keep one of them.");
    const auto freq = out_.freq;
    never_with("BYWEEKNO", freq != frequency::yearly, "goes only with FREQ=YEARLY.");
    never_with("BYYEARDAY", freq == frequency::daily || freq == frequency::weekly || freq == frequency::monthly, "does not go with FREQ=DAILY, WEEKLY or MONTHLY.");
    never_with("BYMONTHDAY", freq == frequency::weekly, "does not go with FREQ=WEEKLY.");
    const bool numbered = std::any_of(out_.by_day.begin(), out_.by_day.end(), [](const auto& d) { return d.ordinal != 0; });
    never_with("BYDAY", numbered && freq != frequency::monthly && freq != frequency::yearly, "with numbers (such as 2MO) goes only with FREQ=MONTHLY or YEARLY.");
    never_with("BYDAY", numbered && has("BYWEEKNO"), "with numbers (such as 2MO) does not go with BYWEEKNO.");
    const bool by_other = std::any_of(seen_.begin(), seen_.end(), [](const auto& s) { return s.first.starts_with("BY") && s.first != "BYSETPOS"; });
    never_with("BYSETPOS", !by_other, "needs another BY part to choose from.");
    never_with("SKIP", !has("RSCALE"), "needs RSCALE=GREGORIAN beside it (RFC 7529).");
  }

  std::string_view text_;
  std::string upper_;
  rule out_;
  std::vector<std::pair<std::string_view, std::size_t>> seen_;
};

void put(std::string& out, std::string_view name, const std::vector<int>& list) {
  if (list.empty()) return;
  out += ';';
  out += name;
  for (std::size_t i = 0; i < list.size(); ++i) out += (i == 0 ? "=" : ",") + std::to_string(list[i]);
}

std::string compact_time(const rule_end& end) {
  std::string out;
  for (const char c : end.kind == rule_end::form::date ? format_date(date_of(end.at)) : format_instant(instant{end.at.time_since_epoch()}))
    if (c != '-' && c != ':') out += c;
  if (end.kind == rule_end::form::local) out.pop_back();
  return out;
}

}  // namespace

std::variant<rule, rule_error> parse_rule(std::string_view text) {
  try {
    return parser(text).read();
  } catch (const refused& no) {
    return no.why;
  }
}

rule canonical(rule value) {
  for (const auto& part : list_parts) {
    auto& list = value.*part.list;
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  const auto from_week_start = [&](const weekday_number& d) { return std::pair((d.day - value.week_start).count(), d.ordinal); };
  std::sort(value.by_day.begin(), value.by_day.end(), [&](const auto& a, const auto& b) { return from_week_start(a) < from_week_start(b); });
  value.by_day.erase(std::unique(value.by_day.begin(), value.by_day.end()), value.by_day.end());
  return value;
}

std::string to_text(const rule& value) {
  const rule r = canonical(value);
  std::string out = r.skip == skip_rule::omit ? "" : "RSCALE=GREGORIAN;";
  out += "FREQ=";
  out += frequency_names[static_cast<std::size_t>(r.freq)];
  if (r.interval != 1) out += ";INTERVAL=" + std::to_string(r.interval);
  if (r.count) out += ";COUNT=" + std::to_string(*r.count);
  if (r.until) out += ";UNTIL=" + compact_time(*r.until);
  put(out, "BYMONTH", r.by_month);
  put(out, "BYWEEKNO", r.by_week_no);
  put(out, "BYYEARDAY", r.by_year_day);
  put(out, "BYMONTHDAY", r.by_month_day);
  for (std::size_t i = 0; i < r.by_day.size(); ++i) {
    out += i == 0 ? ";BYDAY=" : ",";
    if (r.by_day[i].ordinal != 0) out += std::to_string(r.by_day[i].ordinal);
    out += weekday_names[r.by_day[i].day.c_encoding()];
  }
  put(out, "BYHOUR", r.by_hour);
  put(out, "BYMINUTE", r.by_minute);
  put(out, "BYSECOND", r.by_second);
  put(out, "BYSETPOS", r.by_set_pos);
  if (r.week_start != std::chrono::Monday) out += ";WKST=" + std::string(weekday_names[r.week_start.c_encoding()]);
  if (r.skip != skip_rule::omit) out += ";SKIP=" + std::string(skip_names[static_cast<std::size_t>(r.skip)]);
  return out;
}

std::optional<rule_error> mismatch(const series& of) {
  if (!of.all_day || of.rule.freq >= frequency::daily) return std::nullopt;
  return rule_error{0, "FREQ=" + std::string(frequency_names[static_cast<std::size_t>(of.rule.freq)]) +
                           " needs a start with a time of day; a date repeats daily at most."};
}

}  // namespace calendar
