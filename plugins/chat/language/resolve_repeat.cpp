// Working out a repetition: times, the day it starts, how it ends, days that short months lack.
#include "plugins/chat/language/resolve_repeat.hpp"

#include <algorithm>

#include "plugins/calendar/zone.hpp"

namespace chat::language {
namespace {

using calendar::civil_date;
using calendar::civil_time;
using calendar::frequency;
using std::chrono::seconds;

int day_of(civil_date d) { return static_cast<int>(static_cast<unsigned>(d.day())); }
int month_of(civil_date d) { return static_cast<int>(static_cast<unsigned>(d.month())); }
bool sub_daily(const calendar::rule& r) { return r.freq <= frequency::hourly; }
bool phase_is_open(const calendar::rule& r) { return r.by_day.empty() && r.by_month_day.empty() && r.by_month.empty() && r.by_set_pos.empty(); }

temporal timed(const time_expr* time, daypart part, const std::optional<zone_expr>& zone) {
  temporal out;
  if (time) out.time = *time;
  out.part = part;
  out.zone = zone;
  out.date.emplace();
  out.date->number = 1;                            // tomorrow: the day of a time does not matter here
  return out;
}

class repeat_resolver {
 public:
  repeat_resolver(const rule_expr& said, const context& ctx, bool new_task) : said_(said), ctx_(ctx), new_task_(new_task), rule_(said.rule) {}

  resolved_repeat run() {
    const auto now = local_now(ctx_);
    if (!now) {
      fail("unknown_zone", "The time zone " + ctx_.tz + " is not known. Use an IANA name such as Europe/Paris.");
      return std::move(out_);
    }
    now_ = *now;
    rule_.week_start = ctx_.prefs.week_start == std::chrono::Sunday && rule_.interval > 1 ? std::chrono::Sunday : std::chrono::Monday;
    if (!read_times() || !read_start() || !days_exist() || !questions()) return std::move(out_);
    if (new_task_) find_first();
    if (!out_.notes.error && !out_.notes.question) finish();
    out_.value.rrule = calendar::to_text(rule_);
    out_.value.anchor = said_.from_completion ? recurrence::anchored::completion : recurrence::anchored::schedule;
    return std::move(out_);
  }

 private:
  void fail(std::string code, std::string text) { out_.notes.error = failure{std::move(code), std::move(text), 0, 0}; }
  void ask(std::string code, std::string text) { if (!out_.notes.question) out_.notes.question = clarification{std::move(code), std::move(text), {}, {}}; }
  void assume(std::string code, std::string text, std::optional<std::string> other = std::nullopt) { out_.notes.assumptions.push_back({std::move(code), std::move(text), std::move(other)}); }

  bool take(resolved r) {
    out_.notes.assumptions.insert(out_.notes.assumptions.end(), r.assumptions.begin(), r.assumptions.end());
    if (r.error) out_.notes.error = std::move(r.error);
    if (r.question) out_.notes.question = std::move(r.question);
    return !out_.notes.error && !out_.notes.question;
  }

  bool read_times() {
    const auto start_time = said_.starts && said_.starts->time ? &*said_.starts->time : nullptr;
    const auto* time = said_.times.empty() ? start_time : &said_.times.front();
    const auto part = said_.part != daypart::none ? said_.part : said_.starts ? said_.starts->part : daypart::none;
    if (!time && part == daypart::none) return true;
    auto r = resolve(timed(time, part, said_.zone), ctx_);
    out_.time = r.time;
    out_.notes.tz = r.tz;
    if (!take(std::move(r))) return false;
    if (said_.times.size() < 2) return true;
    std::vector<int> hours;
    for (const auto& each : said_.times) {
      auto more = resolve(timed(&each, said_.part, said_.zone), ctx_);
      if (more.error || !more.time) return take(std::move(more)) && false;
      if (*more.time % std::chrono::hours{1} != *out_.time % std::chrono::hours{1}) return ask("times", "The times of one task must have the same minutes. Say one task for each time."), false;
      hours.push_back(static_cast<int>(*more.time / std::chrono::hours{1}));
    }
    std::sort(hours.begin(), hours.end());
    out_.time = std::chrono::hours{hours.front()} + *out_.time % std::chrono::hours{1};
    rule_.by_hour = std::move(hours);
    return true;
  }

  bool read_start() {
    if (!said_.starts || (!said_.starts->date && !said_.starts->shift)) return true;
    temporal day = *said_.starts;
    day.time.reset();
    day.part = daypart::none;
    auto r = resolve(day, ctx_);
    if (r.value && !r.date) {
      const auto local = calendar::local_reading(*r.value, ctx_.tz);
      if (local) {
        r.date = calendar::date_of(*local);
        if (!out_.time) out_.time = std::chrono::floor<std::chrono::minutes>(calendar::time_of(*local));
      }
    }
    out_.from = r.date;
    return take(std::move(r));
  }

  // The days a rule names must exist in some year; those that exist only in some months keep their place by SKIP.
  bool days_exist() {
    const int highest = rule_.by_month_day.empty() ? 0 : *std::max_element(rule_.by_month_day.begin(), rule_.by_month_day.end());
    if (highest <= 28) return true;
    bool possible = rule_.by_month.empty(), missing = rule_.by_month.empty();
    for (const int month : rule_.by_month) {
      possible = possible || calendar::make_date(2024, month, highest).ok();
      missing = missing || !calendar::make_date(2023, month, highest).ok();
    }
    if (!possible) return fail("invalid_date", "There is no such day in the calendar. Nothing was saved. Put it in quotes to keep it as text."), false;
    if (missing) keep_short_months();
    return true;
  }

  void keep_short_months() {
    rule_.skip = calendar::skip_rule::backward;
    if (rule_.freq == frequency::monthly) assume("short_months", "the last day in months that are shorter");
    else assume("short_months", "the last day of the month in years without that day");
  }

  bool questions() {
    if (said_.times_per > 0) {
      ask_which_days();
      return false;
    }
    if (said_.holidays) {
      ask("holidays", "I do not know which days are holidays, so they cannot be left out. Save it without that exception?");
      out_.notes.question->subject = "holidays";
    }
    if (said_.every_second) assume("every_second", "read as every other one", "the second one of every month");
    return true;
  }

  void ask_which_days() {
    ask("recurrence", "On which days or at which times? Say them all, for example \"every mon and thu\".");
    auto& options = out_.notes.question->options;
    const bool twice = said_.times_per == 2;
    if (rule_.freq == frequency::weekly && said_.times_per <= 3) {
      options.push_back({"first", twice ? "Monday and Thursday" : "Monday, Wednesday and Friday", twice ? "every mon and thu" : "every mon, wed and fri"});
      options.push_back({"second", twice ? "Tuesday and Friday" : "Tuesday, Thursday and Saturday", twice ? "every tue and fri" : "every tue, thu and sat"});
    } else if (rule_.freq == frequency::daily && said_.times_per <= 3) {
      options.push_back({"first", twice ? "At 9:00 and 21:00" : "At 8:00, 14:00 and 20:00", twice ? "every day at 09:00 and 21:00" : "every day at 08:00, 14:00 and 20:00"});
    } else if (rule_.freq == frequency::monthly && twice) {
      options.push_back({"first", "On the 1st and the 15th", "on the 1st and 15th of every month"});
    }
  }

  void find_first() {
    if (sub_daily(rule_)) return first_of_sub_daily();
    const civil_date today = calendar::date_of(now_);
    const civil_date from = out_.from && *out_.from > today ? *out_.from : today;
    const auto there = out_.notes.tz ? calendar::to_local(ctx_.now, *out_.notes.tz) : std::optional{now_};
    const civil_time after = out_.time ? there.value_or(now_) : calendar::at_time(from, seconds{0}) - seconds{1};
    const bool short_before = rule_.skip == calendar::skip_rule::backward;
    const auto at = first_occurrence(rule_, from, out_.time, after);
    if (!at) return ask("recurrence", "That rule has no day from today on. When should it repeat?");
    if (!short_before && rule_.skip == calendar::skip_rule::backward) keep_short_months();
    if (!out_.from && phase_is_open(said_.rule) && calendar::date_of(*at) == today) assume("starts_today", "starts today");
    set_first(*at);
  }

  void first_of_sub_daily() {
    const civil_date today = calendar::date_of(now_);
    civil_date day = out_.from && *out_.from > today ? *out_.from : today;
    if (!out_.time && day == today && phase_is_open(rule_)) {
      const auto step = rule_.freq == frequency::hourly ? seconds{3600} : seconds{60};
      return set_first(std::chrono::floor<std::chrono::minutes>(now_) + step * rule_.interval);
    }
    if (!out_.time) {
      out_.time = day == today ? std::chrono::floor<std::chrono::minutes>(calendar::time_of(now_)) : ctx_.prefs.morning;
      if (day != today) assume("daypart", "starts at " + calendar::format_time(*out_.time) + " by preference");
    }
    if (phase_is_open(rule_) && calendar::at_time(day, *out_.time) <= now_) {
      day = calendar::add_days(day, 1);
      assume("tomorrow", calendar::format_time(*out_.time) + " has passed today, starts tomorrow");
    }
    if (phase_is_open(rule_)) return set_first(calendar::at_time(day, *out_.time));
    const auto at = calendar::next_after({rule_, calendar::at_time(day, *out_.time), false, {}, {}, {}}, now_);
    if (!at) return ask("recurrence", "That rule has no day from today on. When should it repeat?");
    set_first(*at);
  }

  void set_first(civil_time at) {
    at_ = at;
    if (!out_.time && !sub_daily(rule_)) out_.first = calendar::date_of(at);
    else if (out_.notes.tz) out_.first = calendar::zoned{at, *out_.notes.tz};
    else out_.first = calendar::floating{at};
  }

  // COUNT and UNTIL.
  void finish() {
    if (said_.count > 0) rule_.count = said_.count;
    else if (said_.lasting) last_for(*said_.lasting);
    else if (said_.until || said_.until_year) last_until();
  }

  void end_on(civil_date day) {
    if (new_task_ && at_ && day < calendar::date_of(*at_)) return ask("past", calendar::format_date(day) + " is before the first time. Until when should it repeat?");
    rule_.until = calendar::rule_end{calendar::at_time(day, seconds{0}), calendar::rule_end::form::date};
  }

  void last_until() {
    if (said_.until_year) return end_on(calendar::make_date(said_.through ? said_.until_year : said_.until_year - 1, 12, 31));
    const auto range = resolve_range(*said_.until, ctx_, direction::future);
    if (!range) {
      take(resolve(*said_.until, ctx_));
      return;
    }
    using form = date_expr::form;
    // "until december" ends before it; "through december" and "until the end of december" do not.
    const bool whole = said_.until->date->kind == form::month || (said_.until->date->kind == form::period && said_.until->date->part == edge::whole);
    const bool before = said_.until->date->before || (whole && !said_.through);
    end_on(calendar::add_days(before ? range->from : range->to, -1));
  }

  // "for 5 days" counts occurrences where the rule divides the span, else it is a last day.
  void last_for(const calendar::period& span) {
    const int interval = rule_.interval;
    const std::int64_t whole_seconds = std::int64_t{span.days} * 86400 + span.seconds.count();
    const bool open = phase_is_open(rule_) && rule_.by_hour.size() < 2;
    std::int64_t count = 0;
    if (span.months == 0 && rule_.freq <= frequency::daily && open) {
      const std::int64_t step = (rule_.freq == frequency::minutely ? 60 : rule_.freq == frequency::hourly ? 3600 : 86400) * std::int64_t{interval};
      if (whole_seconds >= step) count = (whole_seconds + step - 1) / step;
    } else if (span.months == 0 && span.seconds.count() == 0 && rule_.freq == frequency::weekly && span.days % (7 * interval) == 0) {
      count = span.days / (7 * interval) * static_cast<std::int64_t>(std::max<std::size_t>(rule_.by_day.size(), 1));
    } else if (span.days == 0 && span.seconds.count() == 0 && rule_.freq == frequency::monthly && span.months % interval == 0 && rule_.by_set_pos.size() < 2 && (rule_.by_day.size() < 2 || !rule_.by_set_pos.empty())) {
      count = span.months / interval * static_cast<std::int64_t>(std::max<std::size_t>(rule_.by_month_day.size(), 1));
    } else if (span.days == 0 && span.seconds.count() == 0 && rule_.freq == frequency::yearly && span.months % (12 * interval) == 0 && rule_.by_month.size() < 2) {
      count = span.months / (12 * interval);
    }
    if (count > 0 && count <= 999'999) {
      rule_.count = static_cast<int>(count);
      return;
    }
    const civil_date start = at_ ? calendar::date_of(*at_) : out_.from ? *out_.from : calendar::date_of(now_);
    end_on(calendar::add_days(calendar::add_days(calendar::add_months(start, span.months), span.days), span.seconds.count() > 0 ? 0 : -1));
  }

  const rule_expr& said_;
  const context& ctx_;
  const bool new_task_;
  calendar::rule rule_;
  resolved_repeat out_;
  civil_time now_{};
  std::optional<civil_time> at_;
};

}  // namespace

std::optional<civil_time> first_occurrence(calendar::rule& rule, civil_date from, std::optional<calendar::time_of_day> time, civil_time after) {
  const auto clock = time.value_or(seconds{0});
  if (phase_is_open(rule)) {
    civil_time at = calendar::at_time(from, clock);
    if (at <= after) at = calendar::at_time(calendar::add_days(std::max(from, calendar::date_of(after)), 1), clock);
    if (rule.by_hour.size() > 1) {
      calendar::series hours{rule, calendar::at_time(from, clock), false, {}, {}, {}};
      hours.rule.interval = 1;
      if (const auto next = calendar::next_after(hours, after)) at = *next;
    }
    const civil_date day = calendar::date_of(at);
    const bool leap_day = month_of(day) == 2 && day_of(day) == 29;
    if ((rule.freq == frequency::monthly && day_of(day) > 28) || (rule.freq == frequency::yearly && leap_day)) {
      if (rule.freq == frequency::yearly) rule.by_month = {2};
      rule.by_month_day = {day_of(day)};
      rule.skip = calendar::skip_rule::backward;
    }
    return at;
  }
  // The phase of INTERVAL counts from the first day that fits.
  calendar::series every{rule, calendar::at_time(from, clock), !time, {}, {}, {}};
  every.rule.interval = 1;
  return calendar::next_after(every, after);
}

resolved_repeat resolve_repeat(const rule_expr& said, const context& ctx, bool new_task) { return repeat_resolver{said, ctx, new_task}.run(); }

}  // namespace chat::language
