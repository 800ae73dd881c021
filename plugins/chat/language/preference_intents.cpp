// What a person sets once: quiet hours, the digest, zone, locale, the first day of the week, what "morning" means, channels.
#include "plugins/calendar/zone_names.hpp"
#include "plugins/chat/language/clause.hpp"
#include "plugins/chat/language/resolve_repeat.hpp"

namespace chat::language {
namespace {

bool prefers(clause& c, set_preferences command) {
  c.out.intent = "preferences";
  c.out.command = std::move(command);
  return true;
}

// A time of day at `at`: bare hours allowed; night hours ("between 10 and 7") are read from the words around.
std::optional<calendar::time_of_day> read_clock(clause& c, std::size_t at, std::size_t last, std::size_t& next) {
  std::size_t i = at;
  if (c.in(i, {"at", "around", "about"})) ++i;
  const auto time = match_time(c.s, i, last, true);
  if (!time) return std::nullopt;
  temporal phrase;
  phrase.time = time->value;
  phrase.date.emplace();
  phrase.date->number = 1;
  const auto r = resolve(phrase, c.ctx);
  if (r.error) c.out.error = r.error;
  next = time->next;
  if (!r.time) return std::nullopt;
  const bool unsaid = time->value.kind == time_expr::form::clock && time->value.half == time_expr::meridiem::none && !time->value.definite;
  return unsaid ? std::chrono::hours{time->value.hour} + std::chrono::minutes{time->value.minute} : *r.time;
}

bool half_unsaid(const clause& c, std::size_t at, std::size_t last) {
  const auto time = match_time(c.s, at, last, true);
  return time && time->value.kind == time_expr::form::clock && time->value.half == time_expr::meridiem::none && !time->value.definite;
}

// "between 10pm and 7am", "from 22:00 to 7", "after 10pm", "22:00-07:00"
bool quiet_span(clause& c, std::size_t at, std::size_t last, set_preferences& out) {
  std::size_t i = at;
  while (c.in(i, {"between", "from", "to", "at", "are", "is", "be", "on", "every", "day"}) || c.sym(i, ':') || c.sym(i, '=')) ++i;
  const bool after = c.is(i, "after");
  if (after) ++i;
  std::size_t next = i;
  auto from = read_clock(c, i, last, next);
  if (!from) return false;
  const bool from_unsaid = half_unsaid(c, i, last);
  std::optional<calendar::time_of_day> to;
  bool to_unsaid = false;
  if (c.in(next, {"and", "to", "until", "till", "through"}) || c.sym(next, '-')) {
    const std::size_t k = next + 1;
    to_unsaid = half_unsaid(c, k, last);
    const auto hour = match_time(c.s, k, last, true, true);
    if (!hour) return false;
    to = read_clock(c, k, last, next);
    if (!to && hour->value.kind == time_expr::form::clock && hour->value.valid) {
      to = std::chrono::hours{hour->value.hour % 24} + std::chrono::minutes{hour->value.minute};
      next = hour->next;
    }
    if (!to) return false;
  } else if (after) {
    to = c.ctx.prefs.morning;
    c.out.assumptions.push_back({"daypart", "until " + calendar::format_time(*to) + ", the morning by preference", std::nullopt});
  } else {
    return false;
  }
  // Quiet hours are at night: "10 to 7" means from ten in the evening.
  constexpr auto noon = std::chrono::hours{12};
  if (from_unsaid && *from <= noon && *from >= std::chrono::hours{6}) *from += noon;
  if (to_unsaid && *to == noon) *to = calendar::time_of_day{0};
  if (next != last && !(c.in(next, {"every", "each", "at"}) || c.in(next, {"daily", "please"}))) return false;
  *from %= std::chrono::hours{24};
  *to %= std::chrono::hours{24};
  out.quiet_hours = set_preferences::span{*from, *to};
  add_span(c.out, c.s, at, last, "time");
  return true;
}

// "don't bother me between 10pm and 7am", "quiet hours 22:00 to 7:00", "no notifications after 10pm", "turn off quiet hours"
bool quiet(clause& c, std::size_t last) {
  std::size_t i = c.first;
  set_preferences out;
  if (c.in(i, {"turn", "switch", "disable", "remove", "clear", "delete", "stop", "no", "end", "cancel"})) {
    std::size_t k = i + 1;
    while (c.in(k, {"off", "my", "the", "more"})) ++k;
    if (c.is(k, "quiet") && c.is(k + 1, "hours") && (k + 2 == last || (c.is(k + 2, "off") && k + 3 == last))) {
      out.clear_quiet_hours = true;
      return prefers(c, std::move(out));
    }
  }
  bool asked = false;
  if (c.in(i, {"don't", "do", "never", "dont"})) {
    ++i;
    if (c.is(i, "not")) ++i;
    if (c.in(i, {"bother", "disturb", "notify", "remind", "ping", "message", "contact", "alert", "wake"}) && (c.is(i + 1, "me") || c.is(i, "disturb"))) {
      asked = true;
      i += c.is(i + 1, "me") ? 2 : 1;
    }
  } else if (c.is(i, "no") && c.in(i + 1, {"notifications", "reminders", "alerts", "pings", "messages"})) {
    asked = true;
    i += 2;
  } else if (c.in(i, {"mute", "silence", "pause", "hold"}) && (c.in(i + 1, {"notifications", "reminders", "everything", "alerts", "me"}) || (c.in(i + 1, {"all", "my"}) && c.in(i + 2, {"notifications", "reminders", "alerts"})))) {
    asked = true;
    i += c.in(i + 1, {"all", "my"}) ? 3 : 2;
  } else {
    if (c.in(i, {"set", "change", "make", "use", "turn", "enable", "add", "update", "put"})) ++i;
    while (c.in(i, {"my", "the", "on"})) ++i;
    if (!c.is(i, "quiet") || !c.in(i + 1, {"hours", "time"})) {
      if (!c.is(i, "be") || !c.is(i + 1, "quiet")) return false;
    }
    asked = true;
    i += 2;
  }
  if (!asked) return false;
  if (quiet_span(c, i, last, out)) return prefers(c, std::move(out));
  const bool bare = i == last || c.in(i, {"at", "during"}) || (i < last && c.in(i, {"on"}));
  if (!bare && !c.is(c.first, "mute")) return false;
  if (c.out.error) return prefers(c, {});
  c.out.question = clarification{"when", "Quiet from when to when? Say for example \"quiet hours from 22:00 to 7:00\".", {{"night", "22:00 to 7:00", "quiet hours from 22:00 to 07:00"}}, {}};
  return prefers(c, {});
}

// "email me a digest every weekday at 8", "send me a daily summary", "stop the digest"
bool digest(clause& c, std::size_t last) {
  std::size_t i = c.first, noun = last;
  for (std::size_t k = i; k < last && noun == last; ++k)
    if (c.in(k, {"digest", "summary", "overview", "agenda", "briefing"})) noun = k;
  if (noun == last) return false;
  set_preferences out;
  if (c.in(i, {"stop", "cancel", "no", "disable", "remove", "turn", "unsubscribe", "delete", "end"}) || (c.in(i, {"don't", "never"}) && c.in(i + 1, {"send", "email", "mail"}))) {
    for (std::size_t k = i + 1; k < noun; ++k)
      if (!c.in(k, {"the", "my", "more", "sending", "me", "off", "emailing", "daily", "weekly", "from", "a", "email", "any", "mail", "send", "morning"})) return false;
    if (noun + 1 != last && !(c.in(noun + 1, {"off", "email", "emails", "mails"}) && noun + 2 == last)) return false;
    out.clear_digest = true;
    return prefers(c, std::move(out));
  }
  const bool mail = c.in(i, {"email", "mail"}) && c.is(i + 1, "me");
  const bool send = c.in(i, {"send", "give", "show"}) && c.is(i + 1, "me");
  const bool want = c.in(i, {"i"}) && c.in(i + 1, {"want", "need"});
  const bool set = c.in(i, {"set", "change", "enable", "schedule"}) && (c.is(noun, "digest"));
  if (!mail && !send && !want && !set) return false;
  if (send && !c.is(i, "send")) return false;
  out.digest.emplace();
  out.digest->channel = mail ? "email" : "in_app";
  rule_expr rule;
  rule.rule.freq = calendar::frequency::daily;
  bool timed = false;
  for (std::size_t k = i + (set ? 1 : 2); k < last; ++k) {
    if (k == noun) continue;
    if (c.in(k, {"a", "an", "the", "my", "of", "tasks", "todos", "to", "email", "mail", "all", "open", "what", "due", "is", "by", "with", "via", "me", "task"})) {
      if (c.in(k, {"email", "mail"})) out.digest->channel = "email";
      continue;
    }
    if (c.is(k, "daily") && k < noun) continue;
    if (c.is(k, "weekly") && k < noun) { rule.rule.freq = calendar::frequency::weekly; continue; }
    if (c.is(k, "morning") && k < noun) { rule.part = daypart::morning; continue; }
    if (c.is(k, "evening") && k < noun) { rule.part = daypart::evening; continue; }
    if (auto found = match_recurrence(c.s, k, c.first, last)) {
      add_span(c.out, c.s, found->first, found->last, "recurrence");
      auto times = std::move(rule.times);
      rule = std::move(found->value);
      if (rule.times.empty()) rule.times = std::move(times);
      k = found->last - 1;
      continue;
    }
    const auto phrase = match_temporal(c.s, k, last);
    if (!phrase) return c.out.spans.clear(), false;
    add_to_rule(rule, *phrase);
    add_span(c.out, c.s, phrase->first, phrase->last, "time");
    k = phrase->last - 1;
  }
  // A digest at 7:30 is read at breakfast.
  if (!rule.times.empty() && rule.part == daypart::none && rule.times.front().hour >= 5) rule.part = daypart::morning;
  auto r = resolve_repeat(rule, c.ctx, false);
  absorb(c.out, r.notes, c.s, c.first, last);
  timed = r.time.has_value();
  out.digest->rrule = r.value.rrule;
  out.digest->time = r.time.value_or(c.ctx.prefs.morning);
  if (!timed) c.out.assumptions.push_back({"daypart", "at " + calendar::format_time(c.ctx.prefs.morning) + " by preference", std::nullopt});
  return prefers(c, std::move(out));
}

std::string zone_called(const clause& c, std::size_t first, std::size_t last) {
  if (const auto exact = calendar::find_zone_name(c.s.source(first, last)); !exact.empty()) return exact;
  if (word_is(c.s, last - 1, last, "time") && last > first + 1) --last;
  if (const auto place = calendar::find_place(c.s.source(first, last)); !place.empty()) return std::string{place};
  if (last == first + 1)
    if (const auto* known = calendar::find_abbreviation(c.s[first].text); known && !known->ambiguous) return std::string{known->zones.front()};
  return {};
}

// "set my timezone to Europe/Paris", "my time zone is Tokyo", "I'm in Berlin now", "use London time"
bool zone(clause& c, std::size_t last) {
  std::size_t i = c.first;
  bool said = false;
  if (c.in(i, {"set", "change", "switch", "use", "update", "make"})) ++i;
  if (c.in(i, {"my", "the", "timezone"}) || c.is(i, "time") || i > c.first) {
    while (c.in(i, {"my", "the"})) ++i;
    if (c.is(i, "timezone")) { said = true; ++i; }
    else if (c.is(i, "time") && c.is(i + 1, "zone")) { said = true; i += 2; }
    while (said && (c.in(i, {"to", "is", "as", "in", "now"}) || c.sym(i, ':') || c.sym(i, '='))) ++i;
  }
  std::size_t end = last;
  if (!said) {
    const bool here = (c.is(c.first, "i'm") && c.is(c.first + 1, "in")) || (c.is(c.first, "i") && c.in(c.first + 1, {"am", "live", "moved"}) && c.in(c.first + 2, {"in", "to"}));
    const bool use = c.is(c.first, "use") && c.is(last - 1, "time");
    if (!here && !use) return false;
    i = use ? c.first + 1 : c.is(c.first, "i'm") ? c.first + 2 : c.first + 3;
    if (here && c.in(end - 1, {"now", "today", "currently"})) --end;
  }
  if (i >= end) {
    if (!said) return false;
    c.out.question = clarification{"tz", "Which time zone? Say for example \"set my time zone to Europe/Paris\".", {}, {}};
    return prefers(c, {});
  }
  set_preferences out;
  const std::string name = zone_called(c, i, end);
  if (name.empty()) {
    if (!said) return false;
    c.out.error = failure{"unknown_zone", "The time zone \"" + std::string{c.s.source(i, end)} + "\" is not known. Use an IANA name such as Europe/Paris.", c.s[i].begin, c.s[end - 1].end};
    return prefers(c, {});
  }
  out.tz = name;
  add_span(c.out, c.s, i, end, "zone");
  return prefers(c, std::move(out));
}

// "week starts on sunday", "start the week on monday", "set the first day of the week to saturday"
bool week(clause& c, std::size_t last) {
  if (last < c.first + 3 || !c.s[last - 1].lex || c.s[last - 1].lex->weekday < 0) return false;
  bool week = false, start = false;
  for (std::size_t k = c.first; k + 1 < last; ++k) {
    week = week || c.in(k, {"week", "weeks"});
    start = start || c.in(k, {"start", "starts", "begin", "begins", "first"});
    if (!c.in(k, {"set", "change", "make", "start", "starts", "begin", "begins", "my", "the", "week", "weeks", "of", "first", "day", "on", "to", "is", "should", "a", "from", "with", "day's"})) return false;
  }
  if (!week || !start) return false;
  set_preferences out;
  out.week_start = std::chrono::weekday{static_cast<unsigned>(c.s[last - 1].lex->weekday)};
  add_span(c.out, c.s, last - 1, last, "date");
  return prefers(c, std::move(out));
}

// "use british dates", "set locale to en-GB", "dates are day first"
bool locale(clause& c, std::size_t last) {
  std::size_t i = c.first;
  const bool verb = c.in(i, {"set", "use", "change", "switch"});
  if (verb) ++i;
  if (c.is(i, "to")) ++i;
  while (c.in(i, {"my", "the"})) ++i;
  set_preferences out;
  if (c.in(i, {"locale", "language", "region"})) {
    ++i;
    while (c.in(i, {"to", "is", "as"}) || c.sym(i, ':') || c.sym(i, '=')) ++i;
    if (i >= last) return false;
    const bool tag = last - i == 3 && (c.sym(i + 1, '-') || c.s[i + 1].symbol == '_') && c.s[i].text.size() == 2 && c.s[i + 2].text.size() == 2;
    if (!tag && !(last == i + 1 && c.s[i].text.size() == 5 && c.s[i].text[2] == '_')) {
      c.out.error = failure{"invalid_locale", "\"" + std::string{c.s.source(i, last)} + "\" is no locale. Use one such as en-US or en-GB.", c.s[i].begin, c.s[last - 1].end};
      return prefers(c, {});
    }
    std::string value{c.s.source(i, last)};
    value[2] = '-';
    for (std::size_t k = 0; k < 2; ++k) value[k] = static_cast<char>(value[k] | 0x20);
    for (std::size_t k = 3; k < 5; ++k) value[k] = static_cast<char>(value[k] & ~0x20);
    out.locale = std::move(value);
    return prefers(c, std::move(out));
  }
  const bool british = c.in(i, {"british", "uk", "european"}), american = c.in(i, {"american", "us"});
  if (verb && (british || american) && c.in(i + 1, {"date", "dates"})) {
    const std::size_t end = c.in(i + 2, {"format", "order", "style"}) ? i + 3 : i + 2;
    if (end != last) return false;
    out.locale = british ? "en-GB" : "en-US";
    return prefers(c, std::move(out));
  }
  if (c.is(i, "dates") && c.in(i + 1, {"are", "as"}) && c.in(i + 2, {"day", "month"}) && c.is(i + 3, "first") && i + 4 == last) {
    out.locale = c.is(i + 2, "day") ? "en-GB" : "en-US";
    return prefers(c, std::move(out));
  }
  return false;
}

// "use 24-hour time from now on", "switch to am/pm": nothing to set, and better said than saved as a task.
bool clock_form(clause& c, std::size_t last) {
  std::size_t i = c.first;
  if (!c.in(i, {"use", "set", "switch", "change", "show"})) return false;
  ++i;
  while (c.in(i, {"to", "me", "my", "the", "a", "time", "times", "clock", "format", "in", "as"})) ++i;
  const std::size_t form = i;
  const bool hours = i < last && !c.s[i].literal && (c.s[i].value == 12 || c.s[i].value == 24) && c.s[i].kind == token_kind::number;
  if (hours) {
    ++i;
    if (c.sym(i, '-')) ++i;
    if (!c.in(i, {"hour", "hours", "h", "hr"})) return false;
    ++i;
  } else if (c.is(i, "military")) {
    ++i;
  } else if (c.is(i, "am") && c.sym(i + 1, '/') && c.is(i + 2, "pm")) {
    i += 3;
  } else {
    return false;
  }
  const std::size_t after = i;
  while (c.in(i, {"time", "times", "clock", "format"})) ++i;
  if (i == after && form == c.first + 1) return false;                        // "use 24 hour fitness coupon"
  if (c.is(i, "from") && c.in(i + 1, {"now", "here"}) && c.is(i + 2, "on")) i += 3;
  if (i != last) return false;
  c.out.error = failure{"no_such_setting", "There is no setting for that: replies always write times with 24 hours, such as 17:00. You may write them either way. Nothing was changed.", c.s[form].begin, c.s[after - 1].end};
  return prefers(c, {});
}

// "morning means 8am", "set evening to 19:00", "my day ends at 6pm", "eod is 18:00"
bool words(clause& c, std::size_t last) {
  std::size_t i = c.first;
  const bool verb = c.in(i, {"set", "change", "make"});
  if (verb) ++i;
  while (c.in(i, {"my", "the"})) ++i;
  set_preferences out;
  std::optional<calendar::time_of_day>* slot = c.is(i, "morning") ? &out.morning : c.is(i, "afternoon") ? &out.afternoon : c.is(i, "evening") ? &out.evening : c.in(i, {"tonight", "night"}) ? &out.tonight : c.in(i, {"eod"}) ? &out.eod : nullptr;
  std::size_t k = i + 1;
  if (!slot && c.is(i, "end") && c.is(i + 1, "of") && c.in(i + 2, {"day", "the"})) {
    slot = &out.eod;
    k = c.is(i + 2, "the") ? i + 4 : i + 3;
  }
  if (!slot && c.in(i, {"day", "workday"}) && c.in(i + 1, {"ends", "end"})) {
    slot = &out.eod;
    k = i + 1;
  }
  if (!slot) return false;
  if (!c.in(k, {"means", "mean", "is", "starts", "start", "begins", "ends", "to", "should"}) && !c.sym(k, '=')) return false;
  while (c.in(k, {"means", "mean", "is", "starts", "start", "begins", "ends", "end", "to", "at", "be", "should"}) || c.sym(k, '=')) ++k;
  const auto time = match_time(c.s, k, last, true);
  if (!time || time->next != last) return false;
  temporal phrase;
  phrase.time = time->value;
  phrase.part = slot == &out.morning ? daypart::morning : slot == &out.eod ? daypart::none : daypart::evening;
  phrase.date.emplace();
  phrase.date->number = 1;
  const auto r = resolve(phrase, c.ctx);
  absorb(c.out, r, c.s, k, last);
  *slot = r.time;
  add_span(c.out, c.s, k, last, "time");
  return prefers(c, std::move(out));
}

// "set default reminder to 15 minutes before", "always remind me 10 minutes before", "no default reminder"
bool default_reminder(clause& c, std::size_t last) {
  std::size_t i = c.first;
  set_preferences out;
  bool by_default = false, off = false;
  if (c.in(last - 1, {"default"}) && c.is(last - 2, "by") && last > i + 3) {
    by_default = true;
    last -= 2;
  }
  if (c.is(i, "always") || (c.is(i, "by") && c.is(i + 1, "default"))) {
    i += c.is(i, "always") ? 1 : 2;
    if (c.sym(i, ',')) ++i;
    by_default = true;
  }
  if (c.in(i, {"no", "remove", "clear", "disable"})) {
    off = true;
    ++i;
  } else if (c.in(i, {"set", "change", "make", "use"})) {
    ++i;
  }
  while (c.in(i, {"my", "the", "a"})) ++i;
  if (c.is(i, "default") && c.in(i + 1, {"reminder", "reminders"})) {
    i += 2;
    by_default = true;
    while (c.in(i, {"to", "is", "at", "of"}) || c.sym(i, ':')) ++i;
  } else if (by_default && c.is(i, "remind") && c.is(i + 1, "me")) {
    i += 2;
  } else {
    return false;
  }
  if (off || c.in(i, {"off", "none"})) {
    out.clear_default_reminder = true;
    return prefers(c, std::move(out));
  }
  const auto one = match_reminder(c.s, i, last, c.ctx);
  std::size_t end = one ? one->next : i;
  calendar::period offset;
  if (one && one->relative && !one->value.time) {
    offset = one->value.offset;
  } else if (const auto span = match_duration(c.s, i, last)) {
    offset = {-span->span.months, -span->span.days, -span->span.seconds};
    end = span->next;
  } else {
    return false;
  }
  while (c.in(end, {"before", "tasks", "task", "due", "the", "time", "anything", "everything", "every", "any", "a", "is"})) ++end;
  if (end != last) return false;
  out.default_reminder = offset;
  add_span(c.out, c.s, i, last, "reminder");
  return prefers(c, std::move(out));
}

// "notify me by email", "send reminders by email", "stop emailing me", "turn off email notifications"
bool channels(clause& c, std::size_t last) {
  std::size_t i = c.first;
  set_preferences out;
  const bool off = c.in(i, {"stop", "don't", "disable", "no", "never"}) || (c.in(i, {"turn", "switch"}) && (c.is(i + 1, "off") || c.is(last - 1, "off")));
  const bool on = c.in(i, {"enable", "notify", "send", "remind", "use"}) || (c.in(i, {"turn", "switch"}) && (c.is(i + 1, "on") || c.is(last - 1, "on")));
  if (!off && !on) return false;
  std::string channel;
  bool about = false;
  for (std::size_t k = i + 1; k < last; ++k) {
    if (c.in(k, {"email", "emails", "emailing", "mail", "mails", "mailing"})) {
      channel = "email";
      about = about || c.in(k, {"emailing", "mailing", "emails", "mails"}) || (off && c.is(k, "email") && c.is(k + 1, "me"));
    } else if (c.in(k, {"webhook", "webhooks"})) {
      channel = "webhook";
      about = true;
    } else if (c.in(k, {"notifications", "reminders", "notification", "alerts"})) {
      about = true;
    } else if (!c.in(k, {"me", "by", "via", "with", "per", "through", "on", "off", "sending", "any", "more", "my", "about", "over", "for", "the", "to", "all"})) {
      return false;
    }
  }
  about = about || (c.in(i, {"notify", "remind"}) && c.is(i + 1, "me"));
  if (channel.empty() || !about) return false;
  (off ? out.channels_remove : out.channels_add).push_back(std::move(channel));
  return prefers(c, std::move(out));
}

}  // namespace

bool parse_preferences(clause& c) {
  const std::size_t last = content_end(c);
  if (last < c.first + 2) return false;
  for (auto parse : {quiet, digest, zone, week, locale, clock_form, words, default_reminder, channels}) {
    if (parse(c, last)) return true;
    c.out.spans.clear();
    c.out.assumptions.clear();
    c.out.error.reset();
  }
  return false;
}

}  // namespace chat::language
