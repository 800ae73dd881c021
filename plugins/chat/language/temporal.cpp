// Putting date, time, day part and zone together into one phrase, and the rules for where such a phrase may stand.
#include "plugins/chat/language/temporal.hpp"

#include "plugins/calendar/zone_names.hpp"

namespace chat::language {
namespace {

struct part_match { daypart value; std::size_t next; };

daypart part_word(const sentence& s, std::size_t at, std::size_t end) {
  if (word_is(s, at, end, "morning")) return daypart::morning;
  if (word_is(s, at, end, "afternoon")) return daypart::afternoon;
  if (word_is(s, at, end, "evening")) return daypart::evening;
  if (word_in(s, at, end, {"night", "nite"})) return daypart::night;
  return daypart::none;
}

// "morning", "in the morning", "at night" after a date or a time.
std::optional<part_match> match_part(const sentence& s, std::size_t at, std::size_t end) {
  std::size_t i = at;
  if (word_is(s, i, end, "in") && word_is(s, i + 1, end, "the")) i += 2;
  else if (word_is(s, i, end, "at") && word_in(s, i + 1, end, {"night"})) i += 1;
  else if (word_is(s, i, end, "this")) i += 1;
  else if (word_is(s, i, end, "tonight")) return part_match{daypart::night, i + 1};
  const daypart value = part_word(s, i, end);
  if (value == daypart::none || !s.free_right(i + 1)) return std::nullopt;
  return part_match{value, i + 1};
}

std::string fixed_offset_zone(int hours, bool west) {
  return hours == 0 ? "UTC" : std::string{"Etc/GMT"} + (west ? "+" : "-") + std::to_string(hours);   // Etc signs are reversed
}

// CET, UTC+2, Europe/London, "London time", "in New York time"
std::optional<std::pair<zone_expr, std::size_t>> match_zone(const sentence& s, std::size_t at, std::size_t end) {
  std::size_t i = at;
  if (word_is(s, i, end, "in")) ++i;
  if (i >= end || s[i].literal || s[i].kind != token_kind::word) return std::nullopt;
  zone_expr zone;
  if (word_in(s, i, end, {"utc", "gmt"}) && i + 2 < end && (s[i + 1].symbol == '+' || s[i + 1].symbol == '-') && !s[i + 1].spaced &&
      s[i + 2].kind == token_kind::number && !s[i + 2].spaced && s[i + 2].value <= 14 && s.free_right(i + 3)) {
    zone.tz = fixed_offset_zone(s[i + 2].value, s[i + 1].symbol == '-');
    zone.spelled = std::string{s.source(i, i + 3)};
    return std::pair{zone, i + 3};
  }
  if (s[i].text == "z" && !s[i].spaced && s.free_right(i + 1)) {
    zone.tz = "UTC";
    zone.spelled = "Z";
    return std::pair{zone, i + 1};
  }
  if (i + 2 < end && symbol_is(s, i + 1, end, '/') && !s[i + 1].spaced && s[i + 2].kind == token_kind::word) {
    std::size_t last = i + 3;
    while (last + 1 < end && !s[last].spaced && s[last].symbol == '/' && s[last + 1].kind == token_kind::word) last += 2;
    zone.tz = calendar::find_zone_name(s.source(i, last));
    zone.spelled = std::string{s.source(i, last)};
    if (!zone.tz.empty() && s.free_right(last)) return std::pair{zone, last};
  }
  if (const auto* known = calendar::find_abbreviation(s[i].text); known && s.free_right(i + 1)) {
    zone.spelled = std::string{s.source(i, i + 1)};
    zone.abbreviation = known->zones.front() != "UTC";
    if (known->ambiguous) zone.options.assign(known->zones.begin(), known->zones.end());
    else zone.tz = std::string{known->zones.front()};
    if (!known->ambiguous && known->zones.size() > 1) zone.options.assign(known->zones.begin(), known->zones.end());
    return std::pair{zone, i + (word_is(s, i + 1, end, "time") ? 2u : 1u)};
  }
  for (std::size_t words = 1; words <= 2; ++words) {
    if (!word_is(s, i + words, end, "time")) continue;
    const auto tz = calendar::find_place(s.source(i, i + words));
    if (tz.empty()) continue;
    zone.tz = std::string{tz};
    zone.spelled = std::string{s.source(i, i + words)};
    return std::pair{zone, i + words + 1};
  }
  return std::nullopt;
}

// Words after which a bare "at 5" is still complete: "meet at 5 with Bob", but not "at 5 main street".
bool completes_bare_time(const sentence& s, std::size_t i, std::size_t end) {
  if (i >= end || s[i].literal || s[i].kind == token_kind::symbol) return true;
  if (word_in(s, i, end, {"with", "for", "in", "on", "to", "and", "at", "by", "from", "before", "after", "about", "if", "so", "until", "then", "or", "sharp", "please"}))
    return true;
  return match_part(s, i, end) || match_zone(s, i, end) || match_date(s, i, end, false);
}

std::size_t skip_preposition(const sentence& s, std::size_t at, std::size_t end, bool& at_like, bool& before) {
  std::size_t i = at;
  at_like = before = false;
  if (word_is(s, i, end, "no") && word_is(s, i + 1, end, "later") && word_is(s, i + 2, end, "than")) return at_like = true, i + 3;
  if (word_is(s, i, end, "on") && word_is(s, i + 1, end, "or") && word_is(s, i + 2, end, "before")) return i + 3;
  if (word_is(s, i, end, "due")) {
    ++i;
    if (symbol_is(s, i, end, ':')) ++i;
    at_like = false;
    if (!word_in(s, i, end, {"on", "by", "at", "before"})) return i;
  }
  if (word_in(s, i, end, {"at", "around", "by", "before"})) { at_like = true; before = word_is(s, i, end, "before"); return i + 1; }
  if (symbol_is(s, i, end, '@') && i + 1 < end && (s[i + 1].kind == token_kind::number)) return at_like = true, i + 1;
  if (word_in(s, i, end, {"on", "until", "till", "til", "for"})) return i + 1;
  return i;
}

int minutes_of(const time_expr& t) {
  int hour = t.hour;
  if (t.half == time_expr::meridiem::pm && hour < 12) hour += 12;
  if (t.half == time_expr::meridiem::am && hour == 12) hour = 0;
  return hour * 60 + t.minute;
}

// "3-5pm", "from 3 to 5pm", "9:00-10:30": the start is the time; the end is kept for the record.
std::optional<time_match> time_range(const sentence& s, std::size_t at, std::size_t end) {
  const auto first = match_time(s, at, end, true);
  std::size_t i = at;
  time_expr start;
  if (first) {
    start = first->value;
    i = first->next;
  } else if (at < end && s[at].kind == token_kind::number && !s[at].literal && s[at].value >= 1 && s[at].value <= 12 && s.free_left(at)) {
    start.hour = s[at].value;
    i = at + 1;
  } else {
    return std::nullopt;
  }
  if (!(symbol_is(s, i, end, '-') || word_in(s, i, end, {"to", "until", "till"}))) return std::nullopt;
  const auto second = match_time(s, i + 1, end, false, true);   // the far end must be a clock time by itself
  if (!second || second->value.kind != time_expr::form::clock || !second->value.valid || !start.valid) return std::nullopt;
  if (start.half == time_expr::meridiem::none && !start.definite && second->value.half != time_expr::meridiem::none) {
    start.half = second->value.half;
    if (minutes_of(start) > minutes_of(second->value)) start.half = start.half == time_expr::meridiem::pm ? time_expr::meridiem::am : start.half;
  }
  start.range_end_minutes = minutes_of(second->value);
  return time_match{start, second->next, true};
}

}  // namespace

namespace {

constexpr std::uint8_t everywhere = at_start | mid_sentence | at_end;

// Reads one phrase component by component: date, time, part of the day, zone, in any order people use.
class phrase_reader {
 public:
  phrase_reader(const sentence& s, std::size_t at, std::size_t end) : s_(s), at_(at), end_(end) {}

  std::optional<temporal> run() {
    out_.first = at_;
    bool at_like = false, before = false;
    std::size_t i = skip_preposition(s_, at_, end_, at_like, before);
    if (word_is(s_, at_, end_, "from")) {                            // only "from 3 to 5pm"
      const auto range = time_range(s_, at_ + 1, end_);
      if (!range) return std::nullopt;
      out_.time = range->value;
      last_ = range->next;
      i = at_ + 1;
    }
    out_.preposition = i != at_;
    out_.core = i;
    before_ = before;
    if (!out_.time && !first_component(i, at_like)) return std::nullopt;
    while (last_ < end_ && (read_part() || read_iso_time() || read_linked())) {}
    if (out_.time && !out_.zone && (out_.date || strong_time_)) read_zone(last_);
    return finish();
  }

 private:
  bool first_component(std::size_t i, bool at_like) {
    last_ = i;
    if (read_date(i, out_.preposition) || read_time(i, at_like)) return true;
    if (i < end_ && s_[i].kind == token_kind::number) {
      // "9 IST", "9 at night", "7 in the morning": a number before a zone or a part of the day is a time.
      const auto zone = match_zone(s_, i + 1, end_);
      const bool part_follows = s_[i].value >= 1 && s_[i].value <= 12 && word_in(s_, i + 1, end_, {"in", "at"}) && match_part(s_, i + 1, end_);
      if (((zone && zone->first.abbreviation) || part_follows) && read_time(i, true)) return strong_time_ = true;
    }
    const auto part = word_is(s_, at_, end_, "in") ? match_part(s_, at_, end_) : std::nullopt;
    if (!part) return false;
    out_.part = part->value;                                          // "in the morning"
    out_.core = at_;
    out_.places = at_end;
    out_.score = 40;
    last_ = part->next;
    return true;
  }

  // "in 3 hours", "an hour from now": from this very moment.
  bool read_shift(std::size_t from) {
    std::size_t k = from;
    const bool in = word_in(s_, k, end_, {"in", "within"});
    if (in) ++k;
    if (in && word_in(s_, k, end_, {"about", "around"})) ++k;
    const auto span = match_duration(s_, k, end_);
    if (!span || !span->exact_time || out_.time) return false;
    const bool from_now = word_is(s_, span->next, end_, "from") && word_is(s_, span->next + 1, end_, "now");
    if (!in && !from_now) return false;
    out_.shift = span->span;
    out_.places |= everywhere;
    out_.score += 85;
    last_ = span->next + (from_now ? 2 : 0);
    return true;
  }

  bool read_date(std::size_t from, bool preposition) {
    if (out_.date || out_.shift) return false;
    if (read_shift(from)) return true;
    const auto date = match_date(s_, from, end_, preposition);
    if (!date) return false;
    out_.date = date->value;
    out_.date->before = before_ && preposition && !out_.time;
    if (date->part != daypart::none) out_.part = date->part;
    out_.places |= date->places;
    out_.shaky = date->shaky;
    out_.score += date->score;
    last_ = date->next;
    return true;
  }

  bool read_time(std::size_t from, bool after_at) {
    if (out_.time || out_.shift) return false;
    auto time = time_range(s_, from, end_);
    if (!time) time = match_time(s_, from, end_, after_at);
    if (!time) return false;
    const bool bare_number = !time->strong && time->value.kind == time_expr::form::clock && time->next == from + 1 && time->value.range_end_minutes < 0;
    // "tomorrow at 5 call Bob": a date before it makes a bare number a time too.
    const bool leads = after_at && out_.date && s_[from].value <= 23 && !(time->next < end_ && s_[time->next].capital);
    if (bare_number && !leads && !completes_bare_time(s_, time->next, end_)) return false;
    out_.time = time->value;
    out_.score += 60;
    strong_time_ = time->strong;
    last_ = time->next;
    read_zone(last_);
    return true;
  }

  bool read_zone(std::size_t from) {
    auto zone = match_zone(s_, from, end_);
    if (!zone) return false;
    out_.zone = std::move(zone->first);
    last_ = zone->second;
    return true;
  }

  bool read_part() {
    if (out_.part != daypart::none || out_.shift) return false;
    const auto part = match_part(s_, last_, end_);
    if (!part) return false;
    out_.part = part->value;
    last_ = part->next;
    return true;
  }

  // The time of 2026-08-31T17:45[:00][Z].
  bool read_iso_time() {
    if (out_.time || !out_.date || out_.date->kind != date_expr::form::absolute || !word_is(s_, last_, end_, "t") || s_[last_].spaced) return false;
    std::size_t k = last_ + 1;
    if (k + 2 >= end_ || s_[k].kind != token_kind::number || !symbol_is(s_, k + 1, end_, ':') || s_[k + 2].kind != token_kind::number) return false;
    time_expr t;
    t.hour = s_[k].value;
    t.minute = s_[k + 2].value;
    t.definite = true;
    k += 3;
    if (k + 1 < end_ && symbol_is(s_, k, end_, ':') && s_[k + 1].kind == token_kind::number && !s_[k].spaced) {
      t.second = s_[k + 1].value;
      k += 2;
    }
    t.valid = t.hour >= 0 && t.hour < 24 && t.minute >= 0 && t.minute < 60 && t.second >= 0 && t.second < 60;
    out_.time = t;
    strong_time_ = true;
    last_ = k;
    if (auto zone = match_zone(s_, last_, end_); zone && (zone->first.spelled == "Z" || s_[last_].spaced)) read_zone(last_);
    return true;
  }

  // One more component after an optional comma and preposition.
  bool read_linked() {
    std::size_t k = last_;
    if (symbol_is(s_, k, end_, ',')) ++k;
    bool at_like = false, before = false;
    const std::size_t after = skip_preposition(s_, k, end_, at_like, before);
    if (read_time(after, after != k && at_like)) return true;
    if (word_is(s_, after, end_, "the") && word_is(s_, after + 1, end_, "same") && read_time(after + 1, false)) return true;
    if (!out_.time) return false;
    // "at midnight May day parade": a name that is also a word needs more than a time before it.
    if (after == k)
      if (const auto date = match_date(s_, after, end_, false); date && date->shaky && !completes_bare_time(s_, date->next, end_)) return false;
    return read_date(after, after != k);
  }

  std::optional<temporal> finish() {
    out_.last = last_;
    if (out_.last <= out_.core || !s_.free_right(out_.last)) return std::nullopt;
    if (out_.time) out_.places |= at_end;
    if (out_.time && (strong_time_ || out_.date)) out_.places |= everywhere;
    return std::move(out_);
  }

  const sentence& s_;
  const std::size_t at_, end_;
  temporal out_;
  std::size_t last_ = 0;
  bool before_ = false, strong_time_ = false;
};

}  // namespace

std::optional<temporal> match_temporal(const sentence& s, std::size_t at, std::size_t end) {
  if (at >= end || s[at].literal || !s.free_left(at)) return std::nullopt;
  if (s[at].kind == token_kind::symbol && s[at].symbol != '@') return std::nullopt;
  return phrase_reader{s, at, end}.run();
}

namespace {

bool only_punctuation(const sentence& s, std::size_t first, std::size_t last, const std::vector<std::uint8_t>& taken) {
  for (std::size_t i = first; i < last; ++i) {
    if (taken[i] || (s[i].kind == token_kind::symbol && !s[i].literal)) continue;
    if (word_in(s, i, last, {"please", "pls", "thanks"})) continue;
    return false;
  }
  return true;
}

// A weak word at the very end is still a title when the word before makes it one: "call April", "Black Friday", "the sun".
bool harmless_before(const sentence& s, const temporal& m, std::size_t first) {
  if (m.first == first) return false;
  const std::size_t i = m.first - 1;
  if (m.shaky && word_in(s, i, s.size(), {"the", "a", "an", "my", "in", "of", "about", "with", "to", "from", "like", "and", "vs", "per", "than", "for", "or",
                                          "call", "meet", "email", "ask", "tell", "text", "phone", "ring", "see", "visit", "thank", "message", "ping",
                                          "as", "read", "watch", "version", "chapter", "page", "no", "number"}))
    return false;
  if (s[i].kind == token_kind::symbol && s[i].symbol != ',' && s[i].symbol != '-' && s[i].symbol != ':' && s[i].symbol != ')' && !s[i].literal) return m.shaky ? false : true;
  return !word_in(s, i, s.size(), {"black", "good", "cyber", "holy", "easter", "ash", "super", "fat", "shrove", "casual", "about", "of", "like"});
}

}  // namespace

std::vector<temporal> scan_temporal(const sentence& s, std::size_t first, std::size_t last, const std::vector<std::uint8_t>& taken) {
  std::vector<temporal> candidates;
  std::size_t stop = first;                      // the end of the free run that holds i
  for (std::size_t i = first; i < last;) {
    if (stop <= i) stop = i;
    while (stop < last && !taken[stop]) ++stop;
    if (auto m = stop > i ? match_temporal(s, i, stop) : std::nullopt) {
      i = m->last;
      candidates.push_back(std::move(*m));
    } else {
      ++i;
    }
  }
  std::vector<std::uint8_t> covered = taken;
  std::vector<temporal> accepted;
  for (auto it = candidates.rbegin(); it != candidates.rend(); ++it) {
    temporal& m = *it;
    const bool final_place = only_punctuation(s, m.last, last, covered);
    const bool lead_place = only_punctuation(s, first, m.first, covered);
    const bool introduced = lead_place && m.last < last && (symbol_is(s, m.last, last, ':') || symbol_is(s, m.last, last, ','));
    // "on the 5th floor": a day number alone must not lean on the word after it.
    const bool day_number = m.date && m.date->kind == date_expr::form::day_of_month && m.date->mod == modifier::none && !m.time && m.part == daypart::none;
    const bool leans = day_number && m.last < last && !covered[m.last] && !completes_bare_time(s, m.last, last);
    if (leans) continue;
    bool ok = m.preposition && (m.date || m.time || m.shift);
    ok = ok || (m.places & mid_sentence) != 0;
    ok = ok || (final_place && (m.places & at_end) != 0 && (lead_place || harmless_before(s, m, first)));
    ok = ok || (lead_place && ((m.places & at_start) != 0 || introduced));
    if (!ok) continue;
    for (std::size_t i = m.first; i < m.last; ++i) covered[i] = 1;
    accepted.insert(accepted.begin(), std::move(m));
  }
  return accepted;
}

}  // namespace chat::language
