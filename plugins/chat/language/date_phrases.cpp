// Date phrases: relative days, weekdays, month days, numbers with slashes, offsets, periods, "last friday of the month".
#include <algorithm>

#include "plugins/chat/language/temporal.hpp"

namespace chat::language {
namespace {

using form = date_expr::form;
using found = std::optional<date_match>;

constexpr std::uint8_t everywhere = at_start | mid_sentence | at_end;
constexpr std::uint8_t edges = at_start | at_end;

const lexeme* lex_at(const sentence& s, std::size_t i, std::size_t end) {
  return i < end && !s[i].literal && s[i].kind == token_kind::word ? s[i].lex : nullptr;
}
bool is_weekday(const sentence& s, std::size_t i, std::size_t end) {
  const auto* lex = lex_at(s, i, end);
  return lex && lex->weekday >= 0 && !lex->plural_weekday;
}
int month_at(const sentence& s, std::size_t i, std::size_t end) {
  const auto* lex = lex_at(s, i, end);
  return lex ? lex->month : 0;
}
bool number_at(const sentence& s, std::size_t i, std::size_t end) {
  return i < end && !s[i].literal && s[i].kind == token_kind::number && s[i].value >= 0;
}
std::size_t digits(const token& t) { return t.end - t.begin; }

std::optional<modifier> modifier_at(const sentence& s, std::size_t i, std::size_t end) {
  if (word_is(s, i, end, "this")) return modifier::current;
  if (word_in(s, i, end, {"next", "following"})) return modifier::next;
  if (word_in(s, i, end, {"last", "past", "previous"})) return modifier::last;
  if (word_in(s, i, end, {"coming", "upcoming"})) return modifier::none;
  return std::nullopt;
}

date_match relative(int days, std::size_t next, std::uint8_t places, int score) {
  date_expr e;
  e.kind = form::relative_day;
  e.number = days;
  return {e, next, places, score};
}

// today, tomorrow, day after tomorrow, tonight, this morning
found relative_day(const sentence& s, std::size_t at, std::size_t end) {
  std::size_t i = at;
  if (word_is(s, i, end, "the")) ++i;
  if (word_is(s, i, end, "day") && word_is(s, i + 2, end, "tomorrow") && word_is(s, i + 1, end, "after")) return relative(2, i + 3, everywhere, 85);
  if (word_is(s, i, end, "day") && word_is(s, i + 2, end, "yesterday") && word_is(s, i + 1, end, "before")) return relative(-2, i + 3, everywhere, 85);
  if (i != at) return std::nullopt;
  // "Tomorrow Never Dies": a capital mid-sentence or before another capital is a name.
  const bool name = i < end && s[i].capital && ((i + 1 < end && s[i + 1].capital) || (i > 0 && s[i - 1].kind == token_kind::word && s[i - 1].capital));
  const std::uint8_t places = name ? std::uint8_t{at_end} : everywhere;
  if (word_is(s, i, end, "today")) return relative(0, i + 1, places, 85);
  if (word_in(s, i, end, {"tomorrow", "tmrw", "tmr", "tmw", "tommorow", "tommorrow", "tomorow", "2moro"})) return relative(1, i + 1, places, 85);
  if (word_is(s, i, end, "yesterday")) return relative(-1, i + 1, places, 85);
  if (word_in(s, i, end, {"tonight", "tonite"})) {
    auto out = relative(0, i + 1, places, 85);
    out.part = daypart::night;
    return out;
  }
  if (word_is(s, i, end, "last") && word_is(s, i + 1, end, "night")) {
    auto out = relative(-1, i + 2, edges, 80);
    out.part = daypart::night;
    return out;
  }
  if (word_is(s, i, end, "this") && word_in(s, i + 1, end, {"morning", "afternoon", "evening"})) {
    auto out = relative(0, i + 2, everywhere, 85);
    out.part = word_is(s, i + 1, end, "morning") ? daypart::morning : word_is(s, i + 1, end, "evening") ? daypart::evening : daypart::afternoon;
    return out;
  }
  return std::nullopt;
}

found weekday_phrase(const sentence& s, std::size_t at, std::size_t end) {
  std::size_t i = at;
  date_expr e;
  e.kind = form::weekday;
  bool led = false;
  if (word_is(s, i, end, "the") && word_in(s, i + 1, end, {"coming", "upcoming", "following", "next"})) ++i;
  if (const auto mod = modifier_at(s, i, end)) {
    e.mod = *mod;
    led = true;
    ++i;
    if (word_is(s, i, end, "week") && word_is(s, i + 1, end, "on") && is_weekday(s, i + 2, end)) i += 2;         // next week on friday
    else if (word_is(s, i, end, "week") && is_weekday(s, i + 1, end)) ++i;                                    // next week friday
  }
  if (!is_weekday(s, i, end)) return std::nullopt;
  e.day_index = s[i].lex->weekday;
  const bool shaky = s[i].lex->shaky && !led;
  ++i;
  if (s.size() > i && symbol_is(s, i, end, '.') && !s[i].spaced && shaky) ++i;    // "fri."
  if (!led && word_in(s, i, end, {"next", "this"}) && word_is(s, i + 1, end, "week")) {
    e.mod = word_is(s, i, end, "next") ? modifier::next : modifier::current;
    led = true;
    i += 2;
  }
  return date_match{e, i, led ? edges : std::uint8_t{at_end}, led ? 80 : shaky ? 40 : 70, shaky};
}

found period_phrase(const sentence& s, std::size_t at, std::size_t end) {
  std::size_t i = at;
  date_expr e;
  e.kind = form::period;
  if (word_in(s, i, end, {"eom", "eow", "eoy"})) {
    e.part = edge::end;
    e.mod = modifier::current;
    e.time_unit = s[i].text == "eom" ? unit::month : s[i].text == "eow" ? unit::week : unit::year;
    return date_match{e, i + 1, everywhere, 80};
  }
  std::size_t k = i;
  if (word_is(s, k, end, "the")) ++k;
  const bool is_end = word_is(s, k, end, "end"), is_start = word_in(s, k, end, {"start", "beginning"}), is_middle = word_is(s, k, end, "middle");
  if (is_end || is_start || is_middle) {
    e.part = is_end ? edge::end : is_start ? edge::start : edge::middle;
    ++k;
    if (word_is(s, k, end, "of")) ++k;
    else if (!is_end) return std::nullopt;
    if (word_is(s, k, end, "the")) ++k;
    e.mod = modifier::current;
    if (const auto mod = modifier_at(s, k, end)) { e.mod = *mod; ++k; }
    if (const int month = month_at(s, k, end)) {
      e.month = month;
      return date_match{e, k + 1, edges, 80};
    }
    i = k;
  } else {
    const auto mod = modifier_at(s, i, end);
    if (!mod || *mod == modifier::none) return std::nullopt;
    e.mod = *mod;
    ++i;
  }
  const auto* lex = lex_at(s, i, end);
  if (word_is(s, i, end, "weekend") && e.part == edge::whole) {
    e.kind = form::weekend;
    return date_match{e, i + 1, edges, 80};
  }
  if (!lex || lex->abbreviated_unit || lex->time_unit < unit::week || word_in(s, i, end, {"weeks", "months", "years", "quarters"})) return std::nullopt;
  e.time_unit = lex->time_unit;
  return date_match{e, i + 1, edges, 75};
}

found weekend_phrase(const sentence& s, std::size_t at, std::size_t end) {
  std::size_t i = at;
  if (word_is(s, i, end, "the")) ++i;
  if (!word_is(s, i, end, "weekend")) return std::nullopt;
  date_expr e;
  e.kind = form::weekend;
  return date_match{e, i + 1, 0, 60};
}

// A year that may follow a month and day: 2027, or ", 2027".
std::size_t year_after(const sentence& s, std::size_t i, std::size_t end, int& year) {
  std::size_t k = i;
  if (symbol_is(s, k, end, ',')) ++k;
  if (number_at(s, k, end) && digits(s[k]) == 4 && s[k].value >= 1900 && s[k].value <= 2199 && s[k].spaced && s.free_right(k + 1)) {
    year = s[k].value;
    return k + 1;
  }
  return i;
}

// A day number, "15" or "15th", glued to nothing else.
std::optional<count_match> day_number(const sentence& s, std::size_t i, std::size_t end) {
  if (!number_at(s, i, end) || digits(s[i]) > 2 || s[i].value < 1 || s[i].value > 31 || !s.free_left(i)) return std::nullopt;
  if (const auto ordinal = match_ordinal(s, i, end)) return ordinal;
  if (!s.free_right(i + 1) || (i + 1 < end && symbol_is(s, i + 1, end, ':'))) return std::nullopt;
  return count_match{s[i].value, i + 1};
}

// april 15, apr 15th 2027, 15 april, the 15th of april
found month_day(const sentence& s, std::size_t at, std::size_t end) {
  date_expr e;
  e.kind = form::month_day;
  if (const int month = month_at(s, at, end)) {
    std::size_t k = at + 1;
    if (symbol_is(s, k, end, '.') && !s[k].spaced) ++k;
    if (word_is(s, k, end, "the")) ++k;
    if (const auto day = day_number(s, k, end)) {
      const auto* after = lex_at(s, day->next, end);
      if (after && after->time_unit != unit::none) return std::nullopt;    // "march 3 days"
      if (word_in(s, day->next, end, {"am", "pm"})) return std::nullopt;   // "may 5pm"
      e.month = month;
      e.day = day->value;
      const std::size_t next = year_after(s, day->next, end, e.year);
      return date_match{e, next, e.year ? everywhere : edges, 90};
    }
    return std::nullopt;
  }
  std::size_t i = at;
  if (word_is(s, i, end, "the")) ++i;
  auto day = day_number(s, i, end);
  if (!day) {
    day = match_ordinal(s, i, end);
    if (!day || day->value < 1 || !word_is(s, day->next, end, "of")) return std::nullopt;
  }
  std::size_t k = day->next;
  if (word_is(s, k, end, "of")) ++k;
  const int month = month_at(s, k, end);
  if (!month || (k < end && !s[k].spaced)) return std::nullopt;
  e.month = month;
  e.day = day->value;
  const std::size_t next = year_after(s, k + 1, end, e.year);
  return date_match{e, next, e.year ? everywhere : edges, 90};
}

// 2026-08-31, 2026/8/31, 10/11, 10/11/2026, 31.8.2026, 10-11-2026
found numeric(const sentence& s, std::size_t at, std::size_t end) {
  if (!number_at(s, at, end) || !s.free_left(at) || at + 2 >= end || s[at + 1].spaced || s[at + 2].spaced) return std::nullopt;
  const char separator = s[at + 1].symbol;
  if ((separator != '/' && separator != '-' && separator != '.') || !number_at(s, at + 2, end)) return std::nullopt;
  const bool third = at + 4 < end && s[at + 3].symbol == separator && !s[at + 3].spaced && !s[at + 4].spaced && number_at(s, at + 4, end);
  date_expr e;
  if (third && digits(s[at]) == 4 && digits(s[at + 2]) <= 2 && digits(s[at + 4]) <= 2) {
    e.kind = form::absolute;
    e.year = s[at].value;
    e.month = s[at + 2].value;
    e.day = s[at + 4].value;
    const bool time_follows = word_is(s, at + 5, end, "t") && !s[at + 5].spaced;
    if (!s.free_right(at + 5) && !time_follows) return std::nullopt;
    if (separator == '-' && (digits(s[at + 2]) != 2 || digits(s[at + 4]) != 2)) return std::nullopt;
    return date_match{e, at + 5, everywhere, 100};
  }
  if (digits(s[at]) > 2 || digits(s[at + 2]) > 2) return std::nullopt;
  e.kind = form::numeric;
  e.a = s[at].value;
  e.b = s[at + 2].value;
  if (third) {
    const std::size_t width = digits(s[at + 4]);
    if ((width != 4 && width != 2) || (separator == '-' && width != 4) || !s.free_right(at + 5)) return std::nullopt;
    e.year = width == 4 ? s[at + 4].value : 2000 + s[at + 4].value;
    if (separator == '.') e.day_index = 1;    // dots mean day first everywhere
    return date_match{e, at + 5, edges, 90};
  }
  const bool idiom = (e.a == 24 && e.b == 7) || (e.a == 50 && e.b == 50) || (e.a == 20 && e.b == 20);
  const bool possible = e.a >= 1 && e.b >= 1 && e.a <= 31 && e.b <= 31 && (e.a <= 12 || e.b <= 12);
  if (separator != '/' || idiom || !s.free_right(at + 3) || !possible) return std::nullopt;
  return date_match{e, at + 3, at_end, 60, true};
}

// "the 1st", "the 15th"
found day_of_month(const sentence& s, std::size_t at, std::size_t end, bool after_preposition) {
  std::size_t i = at;
  const bool the = word_is(s, i, end, "the");
  if (the) ++i;
  if (!number_at(s, i, end) || (!the && !after_preposition)) return std::nullopt;
  const auto day = match_ordinal(s, i, end);
  if (!day || day->value > 31) return std::nullopt;
  date_expr e;
  e.kind = form::day_of_month;
  e.day = day->value;
  std::size_t next = day->next;
  if (word_is(s, next, end, "of") && word_in(s, next + 1, end, {"this", "next", "the"}) && word_is(s, next + 2, end, "month")) {
    e.mod = word_is(s, next + 1, end, "next") ? modifier::next : modifier::current;
    next += 3;
  }
  return date_match{e, next, at_end, 50, true};
}

// A point that an offset counts from: today, tomorrow, a weekday, a month day.
std::size_t read_anchor(const sentence& s, std::size_t i, std::size_t end, date_expr& e) {
  if (word_in(s, i, end, {"now", "today"})) return i + 1;
  if (const auto day = relative_day(s, i, end); day && day->part == daypart::none) {
    e.anchor_kind = 1;
    e.anchor_number = day->value.number;
    return day->next;
  }
  if (const auto day = weekday_phrase(s, i, end)) {
    e.anchor_kind = 2;
    e.anchor_day = day->value.day_index;
    e.anchor_mod = day->value.mod;
    return day->next;
  }
  if (const auto day = month_day(s, i, end); day && day->value.year == 0) {
    e.anchor_kind = 3;
    e.anchor_month = day->value.month;
    e.anchor_date = day->value.day;
    return day->next;
  }
  return 0;
}

// in two weeks, within 3 days, 2 weeks from friday, 3 days before april 15
found offset(const sentence& s, std::size_t at, std::size_t end) {
  std::size_t i = at;
  const bool in = word_in(s, i, end, {"in", "within"});
  if (in) ++i;
  if (in && word_in(s, i, end, {"about", "around"})) ++i;
  const auto span = match_duration(s, i, end);
  if (!span || span->exact_time) return std::nullopt;
  date_expr e;
  e.kind = form::offset;
  e.span = span->span;
  e.fuzzy = span->fuzzy;
  std::size_t next = span->next;
  if (word_in(s, next, end, {"from", "after", "before"})) {
    const bool back = word_is(s, next, end, "before");
    if (const std::size_t after = read_anchor(s, next + 1, end, e)) {
      if (back) e.span = {-e.span.months, -e.span.days, -e.span.seconds};
      return date_match{e, after, everywhere, 88};
    }
  }
  if (word_is(s, next, end, "ago")) {
    e.span = {-e.span.months, -e.span.days, -e.span.seconds};
    return date_match{e, next + 1, everywhere, 80};
  }
  if (!in) return std::nullopt;
  return date_match{e, next, everywhere, 85};
}

// first monday of next month, last weekday of the month, last day of june
found nth_weekday(const sentence& s, std::size_t at, std::size_t end) {
  std::size_t i = at;
  if (word_is(s, i, end, "the")) ++i;
  const auto nth = match_ordinal(s, i, end);
  if (!nth || nth->value == 0 || nth->value > 31) return std::nullopt;
  date_expr e;
  e.kind = form::nth_weekday;
  e.ordinal = nth->value;
  i = nth->next;
  if (is_weekday(s, i, end)) e.day_index = s[i].lex->weekday;
  else if (word_in(s, i, end, {"weekday", "workday", "working"})) e.day_index = 7;
  else if (word_is(s, i, end, "day")) e.day_index = 8;
  else return std::nullopt;
  if (word_is(s, i, end, "working") && word_is(s, i + 1, end, "day")) ++i;
  ++i;
  if (!word_in(s, i, end, {"of", "in"})) return std::nullopt;
  ++i;
  if (word_is(s, i, end, "the")) ++i;
  e.mod = modifier::current;
  if (const auto mod = modifier_at(s, i, end)) { e.mod = *mod; ++i; }
  if (const int month = month_at(s, i, end)) {
    e.month = month;
    return date_match{e, year_after(s, i + 1, end, e.year), edges, 88};
  }
  if (!word_is(s, i, end, "month")) return std::nullopt;
  return date_match{e, i + 1, edges, 88};
}

// "in may", "next september": the month as a whole. Names that are also words or people need the preposition.
found month_alone(const sentence& s, std::size_t at, std::size_t end, bool after_preposition) {
  std::size_t i = at;
  date_expr e;
  e.kind = form::month;
  const bool in = word_is(s, i, end, "in");
  if (in) ++i;
  bool led = in || after_preposition;
  if (const auto mod = modifier_at(s, i, end); mod && *mod != modifier::none) { e.mod = *mod; ++i; led = true; }
  const int month = month_at(s, i, end);
  if (!month || (i + 1 < end && s[i + 1].kind == token_kind::number)) return std::nullopt;
  e.month = month;
  const bool shaky = s[i].lex->shaky;
  if (shaky && !in && at > 0 && s[at - 1].text == "for") return std::nullopt;      // "a gift for april"
  std::size_t next = year_after(s, i + 1, end, e.year);
  return date_match{e, next, led ? everywhere : std::uint8_t{at_end}, 45, shaky && !led};
}

struct holiday {
  std::initializer_list<std::string_view> words;
  int month, day;
};

found holiday_phrase(const sentence& s, std::size_t at, std::size_t end) {
  static const holiday days[] = {{{"christmas", "eve"}, 12, 24}, {{"christmas", "day"}, 12, 25}, {{"christmas"}, 12, 25},
                                 {{"new", "year's", "eve"}, 12, 31}, {{"new", "years", "eve"}, 12, 31}, {{"new", "year's", "day"}, 1, 1},
                                 {{"new", "year's"}, 1, 1}, {{"halloween"}, 10, 31}, {{"valentine's", "day"}, 2, 14}, {{"boxing", "day"}, 12, 26}};
  for (const auto& entry : days) {
    std::size_t i = at;
    bool all = true;
    for (const auto word : entry.words) all = all && word_is(s, i++, end, word);
    if (!all) continue;
    date_expr e;
    e.kind = form::month_day;
    e.month = entry.month;
    e.day = entry.day;
    return date_match{e, i, 0, 60};
  }
  return std::nullopt;
}

}  // namespace

std::optional<count_match> match_ordinal(const sentence& s, std::size_t at, std::size_t end) {
  if (number_at(s, at, end) && digits(s[at]) <= 2 && at + 1 < end && !s[at + 1].spaced && s[at].value >= 1) {
    const auto suffix = s[at + 1].text;
    const int n = s[at].value;
    const std::string_view right = n % 100 >= 11 && n % 100 <= 13 ? "th" : n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th";
    if ((suffix == right || suffix == "th") && s.free_left(at) && s.free_right(at + 2)) return count_match{n, at + 2};
    return std::nullopt;
  }
  if (at >= end || s[at].literal || !s.free_left(at) || !s.free_right(at + 1)) return std::nullopt;
  const auto* lex = lex_at(s, at, end);
  if (lex && lex->ordinal != 0) return count_match{lex->ordinal, at + 1};
  return std::nullopt;
}

std::optional<date_match> match_date(const sentence& s, std::size_t at, std::size_t end, bool after_preposition) {
  if (at >= end || s[at].literal || !s.free_left(at)) return std::nullopt;
  const token& t = s[at];
  if (t.kind == token_kind::symbol) return std::nullopt;
  found best;
  const auto keep = [&](found candidate) {
    if (!candidate) return;
    const std::size_t last = candidate->next;
    const bool iso_time = candidate->value.kind == form::absolute && word_is(s, last, end, "t") && !s[last].spaced;
    if (!iso_time && !s.free_right(last)) return;
    if (!best || candidate->next > best->next) best = std::move(candidate);
  };
  if (t.kind == token_kind::number) {
    keep(numeric(s, at, end));
    keep(month_day(s, at, end));
    keep(nth_weekday(s, at, end));
    keep(offset(s, at, end));
    if (after_preposition) keep(day_of_month(s, at, end, true));
    return best;
  }
  keep(relative_day(s, at, end));
  keep(nth_weekday(s, at, end));
  keep(weekday_phrase(s, at, end));
  keep(month_day(s, at, end));
  keep(period_phrase(s, at, end));
  keep(offset(s, at, end));
  keep(day_of_month(s, at, end, after_preposition));
  if (!best) keep(month_alone(s, at, end, after_preposition));
  if (!best && after_preposition) keep(holiday_phrase(s, at, end));
  if (!best) keep(weekend_phrase(s, at, end));
  return best;
}

}  // namespace chat::language
