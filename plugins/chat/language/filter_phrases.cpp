// Everyday words as a filter: "overdue p1 in #work sorted by due", "tasks tagged urgent due this week".
#include <algorithm>

#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

using filter::compare;

struct reader {
  const sentence& s;
  std::size_t last;
  const context& ctx;
  filter_parse& out;
  bool overdue_too;
  bool past;
  std::vector<filter::expression> parts;
  bool done = false, either = false;

  bool is(std::size_t i, std::string_view w) const { return word_is(s, i, last, w); }
  bool in(std::size_t i, std::initializer_list<std::string_view> w) const { return word_in(s, i, last, w); }
  void keep(filter::predicate p) {
    out.narrowed = true;
    auto made = filter::make(std::move(p));
    if (either && !parts.empty()) {                     // "p1 or p2"
      std::vector<filter::expression> both{std::move(parts.back()), std::move(made)};
      parts.back() = filter::any_of(std::move(both));
    } else {
      parts.push_back(std::move(made));
    }
    either = false;
  }
  void span(std::size_t first, std::size_t end, std::string_view kind) { out.spans.push_back({first, end, kind}); }

  void days(compare op, calendar::civil_date day) {
    if (done) keep(filter::done_day{op, day});
    else keep(filter::due_day{op, day});
  }

  std::size_t status(std::size_t i) {
    if ((is(i, "not") || in(i, {"isn't", "aren't"})) && in(i + 1, {"done", "completed", "finished", "complete"})) return set_status(i, i + 2, filter::status::open);
    if (in(i, {"completed", "done", "finished", "closed"})) return set_status(i, i + 1, filter::status::done);
    if (in(i, {"open", "pending", "active", "incomplete", "unfinished", "remaining", "outstanding", "uncompleted"})) return set_status(i, i + 1, filter::status::open);
    if (is(i, "overdue") || is(i, "late") || (is(i, "past") && is(i + 1, "due"))) {
      const std::size_t next = is(i, "past") ? i + 2 : i + 1;
      keep(filter::overdue{});
      span(i, next, "filter");
      return next;
    }
    if ((in(i, {"no", "without"}) && ((is(i + 1, "due") || in(i + 1, {"date", "deadline"})) || (is(i + 1, "a") && in(i + 2, {"due", "date", "deadline"})))) || in(i, {"undated", "unscheduled"})) {
      std::size_t next = i + 1;
      while (in(next, {"a", "due", "date", "dates", "deadline"})) ++next;
      keep(filter::no_due{});
      span(i, next, "filter");
      return next;
    }
    return i;
  }

  std::size_t set_status(std::size_t i, std::size_t next, filter::status value) {
    done = value == filter::status::done;
    span(i, next, "filter");
    keep(filter::status_is{value});
    return next;
  }

  std::size_t names(std::size_t i) {
    if (const auto p = match_priority(s, i, last, false)) {
      keep(filter::priority_is{4 - static_cast<int>(p->value)});
      span(i, p->next, "priority");
      return p->next;
    }
    if (in(i, {"critical"})) {
      keep(filter::priority_is{1});
      span(i, i + 1, "priority");
      return i + 1;
    }
    const std::size_t k = in(i, {"in", "from", "of", "for", "under"}) ? i + 1 : i;
    if (const auto project = match_marked_name(s, k, last, '#')) return project_at(i, project->name, project->next);
    if (const auto tag = match_marked_name(s, i, last, '@')) return tag_at(i, tag->name, tag->next);
    if (k > i) {
      std::size_t p = k;
      if (in(p, {"my", "the"})) ++p;
      if (in(p, {"project", "list"})) ++p;
      if (const auto known = match_known_project(s, p, last, ctx)) {
        std::size_t next = known->next;
        if (in(next, {"project", "list"})) ++next;
        return project_at(i, known->name, next);
      }
      if (p < last && s[p].kind == token_kind::word && !s[p].literal && (in(p + 1, {"project"}) || is(p - 1, "project"))) return project_at(i, std::string{s.source(p, p + 1)}, in(p + 1, {"project"}) ? p + 2 : p + 1);
    }
    std::size_t t = i;
    if (in(t, {"tagged", "labelled", "labeled"})) ++t;
    else if (is(t, "with") && in(t + 1, {"tag", "label"})) t += 2;
    else if (is(t, "with") && is(t + 1, "the") && in(t + 2, {"tag", "label"})) t += 3;
    if (t > i && (is(t, "as") || is(t, "with"))) ++t;
    if (t > i && t < last) {
      if (const auto tag = match_marked_name(s, t, last, '@')) return tag_at(i, tag->name, tag->next);
      if (s[t].kind == token_kind::word) return tag_at(i, std::string{s.source(t, t + 1)}, t + 1);
    }
    return i;
  }

  std::size_t project_at(std::size_t i, std::string name, std::size_t next) {
    keep(filter::in_project{std::move(name)});
    span(i, next, "project");
    return next;
  }
  std::size_t tag_at(std::size_t i, std::string name, std::size_t next) {
    keep(filter::has_tag{std::move(name)});
    span(i, next, "tag");
    return next;
  }

  std::size_t order(std::size_t i) {
    std::size_t k = i;
    if (in(k, {"sorted", "sort", "ordered", "order"})) ++k;
    else return i;
    if (is(k, "by")) ++k;
    struct name { std::string_view word; sort_key key; };
    static constexpr name keys[] = {{"due", sort_key::due}, {"date", sort_key::due}, {"deadline", sort_key::due}, {"priority", sort_key::priority}, {"created", sort_key::created},
                                    {"age", sort_key::created}, {"newest", sort_key::created}, {"updated", sort_key::updated}, {"title", sort_key::title}, {"name", sort_key::title},
                                    {"alphabetically", sort_key::title}};
    for (const auto& [word, key] : keys) {
      if (!is(k, word)) continue;
      out.sort = key;
      out.descending = word == "newest";
      ++k;
      if (in(k, {"date", "time"})) ++k;
      if (in(k, {"desc", "descending"})) { out.descending = true; ++k; }
      else if (in(k, {"asc", "ascending"})) ++k;
      span(i, k, "sort");
      out.sorted = true;
      out.narrowed = true;
      return k;
    }
    return i;
  }

  // "next 7 days", "last 30 days", "in the next two weeks"
  std::size_t window(std::size_t i) {
    std::size_t k = i;
    if (in(k, {"in", "within", "over", "for", "during"})) ++k;
    if (is(k, "the")) ++k;
    const bool ahead = in(k, {"next", "coming", "following"}), back = in(k, {"last", "past", "previous"});
    if (!ahead && !back) return i;
    const auto span_of = match_duration(s, k + 1, last);
    const auto now = local_now(ctx);
    if (!span_of || span_of->exact_time || !now) return i;
    const auto today = calendar::date_of(*now);
    const int sign = ahead ? 1 : -1;
    const auto far = calendar::add_days(calendar::add_months(today, sign * span_of->span.months), sign * span_of->span.days);
    days(compare::greater_equal, ahead ? today : far);
    days(ahead ? compare::less : compare::less_equal, ahead ? far : today);
    span(i, span_of->next, "date");
    return span_of->next;
  }

  std::size_t dates(std::size_t i) {
    if (const std::size_t next = window(i); next > i) return next;
    if (in(i, {"today's", "tomorrow's", "yesterday's"})) {
      const auto now = local_now(ctx);
      days(compare::equal, calendar::add_days(calendar::date_of(*now), is(i, "today's") ? 0 : is(i, "tomorrow's") ? 1 : -1));
      span(i, i + 1, "date");
      return i + 1;
    }
    std::size_t k = i;
    if (is(k, "due")) ++k;
    const bool before = is(k, "before"), after = is(k, "after"), since = in(k, {"since", "from"}), until = in(k, {"until", "till", "by"});
    if (before || after || since || until) ++k;
    const auto phrase = match_temporal(s, k, last);
    if (!phrase || !phrase->date) return i;
    const auto where = done || past ? direction::past : direction::any;
    const auto range = resolve_range(*phrase, ctx, phrase->date->kind == date_expr::form::weekday && where == direction::any ? direction::future : where);
    if (!range) {
      const auto r = resolve(*phrase, ctx, direction::any);
      out.error = r.error;
      if (out.error) { out.error->begin = s[phrase->first].begin; out.error->end = s[phrase->last - 1].end; }
      return phrase->last;
    }
    span(i, phrase->last, "date");
    const bool one_day = calendar::days_between(range->from, range->to) == 1;
    if (before || phrase->date->before) days(compare::less, range->from);
    else if (after) days(compare::greater_equal, range->to);
    else if (since && (one_day || !is(k - 1, "from"))) days(compare::greater_equal, range->from);
    else if (until || word_is(s, phrase->first, last, "by")) days(compare::less, range->to);
    else if (one_day && !done && overdue_too && is_today(range->from)) {
      parts.push_back(filter::any_of({filter::make(filter::due_day{compare::equal, range->from}), filter::make(filter::overdue{})}));
      out.narrowed = true;
    } else if (one_day) days(compare::equal, range->from);
    else {
      days(compare::greater_equal, range->from);
      days(compare::less, range->to);
    }
    return phrase->last;
  }

  bool is_today(calendar::civil_date day) const {
    const auto now = local_now(ctx);
    return now && calendar::date_of(*now) == day;
  }

  std::size_t noise(std::size_t i) {
    if (in(i, {"all", "every", "everything", "each"})) {
      out.all = true;
      out.noun = out.noun || is(i, "everything");
      return i + 1;
    }
    if (in(i, {"tasks", "task", "todos", "todo", "items", "item", "things", "stuff", "list", "lists", "agenda", "anything", "reminders"})) {
      out.noun = true;
      return i + 1;
    }
    if (is(i, "to") && is(i + 1, "do")) { out.noun = true; return i + 2; }
    if (is(i, "to") && symbol_is(s, i + 1, last, '-') && in(i + 2, {"do", "dos"})) { out.noun = true; return i + 3; }
    if (in(i, {"my", "the", "me", "any", "that", "which", "are", "is", "was", "were", "there", "on", "in", "for", "of", "with", "due", "i", "have", "do", "please", "and", "what", "what's", "left", "up", "to",
               "a", "some", "currently", "still", "now", "got", "coming", "need", "should", "us", "our", "so", "far", "yet", "only", "just", "at", "by", "s"}))
      return i + 1;
    return i;
  }

  std::size_t search(std::size_t i) {
    if (!in(i, {"about", "regarding", "containing", "mentioning", "matching", "named", "called", "concerning"}) || i + 1 >= last) return i;
    std::size_t end = last;
    while (end > i + 1 && s[end - 1].kind == token_kind::symbol && !s[end - 1].literal) --end;
    std::vector<std::uint8_t> none(s.size(), 0);
    std::string text = residual_title(s, i + 1, end, none);
    if (text.empty()) return i;
    keep(filter::contains{std::move(text)});
    span(i + 1, end, "search");
    return last;
  }

  void run(std::size_t first) {
    // "completed yesterday" and "yesterday completed" mean the same, so the status is found first.
    for (std::size_t i = first; i < last; ++i)
      if (in(i, {"completed", "finished", "done", "closed"}) && !(i > first && is(i - 1, "not"))) done = true;
    for (std::size_t i = first; i < last;) {
      if (s[i].literal) {
        std::size_t end = i + 1;
        while (end < last && s[end].literal) ++end;
        std::vector<std::uint8_t> none(s.size(), 0);
        keep(filter::contains{residual_title(s, i, end, none)});
        span(i, end, "search");
        i = end;
        continue;
      }
      std::size_t next = i;
      if (next == i) next = status(i);
      if (next == i) next = order(i);
      if (next == i) next = names(i);
      if (next == i) next = dates(i);
      if (next == i) next = search(i);
      if (next == i && in(i, {"top", "first"}) && i + 1 < last && s[i + 1].kind == token_kind::number && s[i + 1].value >= 1 && s[i + 1].value <= 200) {
        out.limit = static_cast<std::size_t>(s[i + 1].value);
        next = i + 2;
        out.noun = true;
      }
      if (next == i && is(i, "or") && !parts.empty() && i + 1 < last) {
        either = true;
        next = i + 1;
      }
      if (next == i) next = noise(i);
      if (next == i && s[i].kind == token_kind::symbol && s[i].symbol != '#' && s[i].symbol != '@') next = i + 1;
      if (next == i) {
        out.residue.push_back(i);
        next = i + 1;
      }
      i = next;
    }
    // A completion day says "done" by itself.
    const bool by_day = std::any_of(parts.begin(), parts.end(), [](const auto& p) { return p.leaf && std::holds_alternative<filter::done_day>(*p.leaf); });
    if (by_day)
      std::erase_if(parts, [](const auto& p) { const auto* st = p.leaf ? std::get_if<filter::status_is>(&*p.leaf) : nullptr; return st && st->value == filter::status::done; });
    out.done = done;
    out.where = filter::all_of(std::move(parts));
  }
};

}  // namespace

filter_parse read_filter(const sentence& s, std::size_t first, std::size_t last, const context& ctx, bool due_today_means_overdue_too, bool past) {
  filter_parse out;
  reader r{s, last, ctx, out, due_today_means_overdue_too, past, {}, false, false};
  r.run(first);
  return out;
}

}  // namespace chat::language
