// The text of a task to be made: entities, the due time among several, two dates in one breath, lists of titles, the title.
#include "plugins/chat/language/task_text.hpp"

#include <algorithm>

namespace chat::language {
namespace {

constexpr std::size_t title_characters_max = 500;

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void take(entities& e, std::size_t first, std::size_t last, std::string_view kind) {
  std::fill(e.taken.begin() + static_cast<std::ptrdiff_t>(first), e.taken.begin() + static_cast<std::ptrdiff_t>(last), std::uint8_t{1});
  e.spans.push_back({first, last, kind});
}

// Asks which of two dates is meant; every option carries the sentence that says it plainly.
// [first_date, after_first) and [second_date, after_second) are the two, `phrase` is where the whole expression begins.
void ask_which_date(clause& c, std::size_t phrase, std::size_t first_date, std::size_t after_first, std::size_t second_date, std::size_t after_second, bool either) {
  const std::string before{c.s.source(c.first, phrase)}, after{c.s.source(after_second, c.last)};
  const std::string a{c.s.source(first_date, after_first)};
  std::string b{c.s.source(second_date, after_second)};
  const bool days_of_month = match_ordinal(c.s, second_date, after_second).has_value();
  if (days_of_month) b = "the " + b;
  const auto say = [&](const std::string& when) { return collapse(before + " " + when + " " + after); };
  clarification question{"dates", either ? "Which of the two dates?" : "Two dates: one task on each of them, or one that repeats?", {}, collapse(c.s.source(phrase, after_second))};
  if (either) {
    question.options.push_back({"first", a, say("on " + a)});
    question.options.push_back({"second", b, say("on " + b)});
  } else {
    question.options.push_back({"two_dates", "One task on each date", say("on " + a) + "; " + say("on " + b)});
    if (days_of_month) question.options.push_back({"monthly", "Every month on both days", say("on " + a + " and " + b + " of every month")});
    else question.options.push_back({"weekly", "Every week on both days", say("every " + a + " and " + b)});
  }
  c.out.question = std::move(question);
}

// "on the 1st and 15th", "friday or saturday": two dates in one breath need a question.
bool two_dates(clause& c, entities& e, std::size_t first, std::size_t last) {
  for (const auto& m : e.times) {
    if (!m.date) continue;
    // "friday or saturday": the first of them stands mid-sentence and was no date by itself.
    if (m.first > first + 1 && m.core == m.first && word_in(c.s, m.first - 1, last, {"or", "and"}))
      for (std::size_t k = m.first - 1; k-- > first && m.first - k < 6;)
        if (const auto other = match_date(c.s, k, m.first - 1, false); other && other->next == m.first - 1 && other->value.kind == m.date->kind && !e.taken[k]) {
          ask_which_date(c, k, k, m.first - 1, m.core, m.last, word_is(c.s, m.first - 1, last, "or"));
          take(e, k, m.first, "date");
          return true;
        }
    std::size_t i = m.last;
    const bool either = word_is(c.s, i, last, "or");
    if (!either && !word_is(c.s, i, last, "and") && !symbol_is(c.s, i, last, ',')) continue;
    ++i;
    if (word_in(c.s, i, last, {"on", "and"})) ++i;
    if (word_is(c.s, i, last, "the")) ++i;
    const auto nth = match_ordinal(c.s, i, last);
    const bool day_number = nth && c.s[i].kind == token_kind::number && (m.date->kind == date_expr::form::day_of_month || m.date->kind == date_expr::form::month_day);
    const auto day = day_number ? std::nullopt : match_date(c.s, i, last, true);
    if (!day_number && !(day && day->value.kind == m.date->kind)) continue;
    const std::size_t end = day_number ? nth->next : day->next;
    ask_which_date(c, m.first, m.core, m.last, i, end, either);
    for (std::size_t k = m.last; k < end; ++k) e.taken[k] = 1;
    e.spans.push_back({m.last, end, "date"});
    return true;
  }
  return false;
}

// The one phrase that is the due time; what it does not use goes back to the title.
std::optional<temporal> choose_time(entities& e, std::vector<std::size_t>& used) {
  std::optional<std::size_t> date, time;
  for (std::size_t i = 0; i < e.times.size(); ++i) {
    const auto& m = e.times[i];
    if (m.date || m.shift) {
      if (!date || m.score >= e.times[*date].score) date = i;
    } else if (!time || m.score >= e.times[*time].score) {
      time = i;
    }
  }
  if (!date && !time) return std::nullopt;
  if (date) used.push_back(*date);
  if (!date || (time && !e.times[*date].time && !e.times[*date].shift)) {
    if (time) used.push_back(*time);
  }
  if (used.size() == 2) return merge(e.times[used[0]], e.times[used[1]]);
  return e.times[used[0]];
}

// "at 8am and 6pm every day": all the times that are joined belong to the rule. True when there are several.
bool take_joined_times(const clause& c, entities& e) {
  const auto alone = [](const temporal& m) { return m.time && !m.date && !m.shift; };
  for (std::size_t i = 0; i + 1 < e.times.size(); ++i) {
    std::size_t k = i;
    while (k + 1 < e.times.size() && alone(e.times[k]) && alone(e.times[k + 1]) && e.times[k + 1].first - e.times[k].last <= 2 &&
           (word_is(c.s, e.times[k].last, c.last, "and") || symbol_is(c.s, e.times[k].last, c.last, ',') || e.times[k + 1].first == e.times[k].last))
      ++k;
    if (k == i) continue;
    auto& rule = e.recurrences.front().value;
    if (!rule.times.empty()) return false;
    for (std::size_t n = i; n <= k; ++n) rule.times.push_back(*e.times[n].time);
    take(e, e.times[i].first, e.times[k].last, "time");
    e.times.erase(e.times.begin() + static_cast<std::ptrdiff_t>(i), e.times.begin() + static_cast<std::ptrdiff_t>(k + 1));
    return true;
  }
  return false;
}

// "every day at 9 to take pills": the word that linked the title to what stood before it.
void drop_link(std::string& title) {
  for (const std::string_view word : {"to ", "about ", "that "})
    if (title.size() > word.size() && title.compare(0, word.size(), word) == 0) {
      title.erase(0, word.size());
      return;
    }
}

void fill_repeat(clause& c, const entities& e, create_task& task) {
  const auto& rule = e.recurrences.front();
  auto r = resolve_repeat(rule.value, c.ctx, true);
  say_options_whole(c, rule, r.notes);
  absorb(c.out, r.notes, c.s, rule.first, rule.last);
  if (!r.value.rrule.empty()) task.repeat = std::move(r.value);      // empty: the question comes first
  task.due = r.first;
  if (e.recurrences.size() > 1 && !c.out.question) {
    const auto& other = e.recurrences[1];
    c.out.question = clarification{"recurrence", "Two repetitions in one task. Say them as two tasks, each with its own.", {}, std::string{c.s.source(other.first, other.last)}};
  }
}

// "milk, eggs and bread" as three titles; empty when it is one.
std::vector<std::string> split_titles(clause& c, std::size_t first, std::size_t last, const std::vector<std::uint8_t>& taken) {
  std::vector<std::string> out;
  std::size_t from = first;
  bool comma = false;
  for (std::size_t i = first; i <= last; ++i) {
    const bool cut = i == last || (!taken[i] && (symbol_is(c.s, i, last, ',') || word_is(c.s, i, last, "and")));
    if (!cut) continue;
    if (i < last && symbol_is(c.s, i, last, ',')) comma = true;
    if (from < i) {
      auto title = residual_title(c.s, from, i, taken);
      if (!title.empty()) out.push_back(std::move(title));
    }
    from = i + 1;
  }
  return comma && out.size() > 1 && out.size() <= 50 ? out : std::vector<std::string>{};
}

// "to groceries", "to my shopping list", "to the work project" at the end, dates after it apart. Returns where the title ends.
std::size_t take_destination(clause& c, entities& e, std::size_t first, std::size_t last) {
  const bool filing = c.in(c.first, {"add", "create", "put", "new", "make"});     // "i have to get to work on friday" files nothing
  for (std::size_t k = last; k-- > first + 1;) {
    if (e.taken[k] || !word_in(c.s, k, last, {"to", "in", "on", "under", "into"})) continue;
    std::size_t name = k + 1;
    while (word_in(c.s, name, last, {"the", "my", "our"})) ++name;
    const bool led = word_is(c.s, name, last, "project");
    if (led) ++name;
    const auto known = match_known_project(c.s, name, last, c.ctx);
    std::size_t next = 0;
    std::string project;
    if (known) {
      next = known->next;
      if (word_in(c.s, next, last, {"project", "list"})) ++next;
      project = known->name;
    } else if (word_in(c.s, name, last, {"list", "todos", "todo", "tasks"}) && name > k + 1) {
      next = name + 1;
      if (word_in(c.s, next, last, {"list"})) ++next;
    } else if (led && name < last && c.s[name].kind == token_kind::word) {
      next = name + 1;
      project = std::string{c.s.source(name, name + 1)};
    } else {
      continue;
    }
    const auto dated = [&](std::size_t i) { return filing && std::any_of(e.times.begin(), e.times.end(), [&](const temporal& m) { return m.first >= next && m.first <= i && i < m.last; }); };
    bool rest_taken = true;
    for (std::size_t i = next; i < last; ++i) rest_taken = rest_taken && (e.taken[i] || dated(i) || (c.s[i].kind == token_kind::symbol && !c.s[i].literal));
    if (!rest_taken) continue;
    if (!project.empty()) e.project = project;
    take(e, k, next, "project");
    return k;
  }
  return last;
}

// "draft outline to report": the parent of a subtask.
std::size_t take_parent(clause& c, entities& e, std::size_t first, std::size_t last, create_task& task) {
  for (std::size_t k = last; k-- > first + 1;) {
    if (e.taken[k] || !word_in(c.s, k, last, {"to", "under", "of", "for", "in"}) || k + 1 >= last) continue;
    std::size_t end = k + 1;
    while (end < last && !e.taken[end]) ++end;
    auto which = read_target(c, k + 1, end);
    task.parent = std::move(which.value);
    take(e, k, end, "parent");
    return k;
  }
  c.out.question = clarification{"target", "A subtask of which task?", {}, {}};
  return last;
}

}  // namespace

void say_options_whole(const clause& c, const recurrence_match& rule, resolved& notes) {
  if (!notes.question) return;
  const std::string before{c.s.source(c.first, rule.first)};
  if (notes.question->code == "holidays") {
    std::size_t from = rule.first, to = rule.last;
    for (std::size_t i = rule.core; i < rule.last; ++i) {
      if (c.in(i, {"except", "excluding", "excepting", "skipping", "besides", "without", "but", "other", "apart"})) from = i;
      if (c.in(i, {"holidays", "holiday"})) to = i + 1;
    }
    if (from == rule.first) return;
    notes.question->options = {{"without_exception", "Save it without that exception", collapse(std::string{c.s.source(c.first, from)} + " " + std::string{c.s.source(to, c.last)})}, {"cancel", "Do nothing", "cancel"}};
    return;
  }
  for (auto& option : notes.question->options)
    if (!option.message.empty()) option.message = collapse(before + " " + option.message + " " + std::string{c.s.source(rule.core, c.last)});
}

std::string_view kind_of(const temporal& t) {
  if (t.shift || ((t.time || t.part != daypart::none) && t.date)) return "datetime";
  return t.date ? "date" : "time";
}

void add_due_reminder(create_task& task, clause& c) {
  reminder at_due;
  if (task.due && !calendar::has_time(*task.due)) {
    at_due.time = c.ctx.prefs.morning;
    c.out.assumptions.push_back({"reminder_time", "a due date without a time reminds at " + calendar::format_time(c.ctx.prefs.morning), std::nullopt});
  }
  task.reminders.insert(task.reminders.begin(), at_due);
}

void fill_create(clause& c, std::size_t first, std::size_t last, const create_options& how) {
  c.out.intent = "create";
  create_task task;
  entities e = scan_entities(c.s, first, last, c.ctx);
  std::fill(e.taken.begin() + static_cast<std::ptrdiff_t>(how.skip_from), e.taken.begin() + static_cast<std::ptrdiff_t>(how.skip_to), std::uint8_t{1});
  if (how.subtask) take_parent(c, e, first, last, task);
  if (how.destination) {                  // plain "... to groceries" is one only for explicit commands
    take_destination(c, e, first, last);
    e.times = scan_temporal(c.s, first, last, e.taken);
  }
  std::vector<std::size_t> used;
  std::optional<temporal> phrase;
  const bool asked_dates = e.recurrences.empty() && two_dates(c, e, first, last);
  if (!e.recurrences.empty()) take_joined_times(c, e);
  phrase = choose_time(e, used);
  for (const auto index : used) take(e, e.times[index].first, e.times[index].last, kind_of(e.times[index]));
  task.title = residual_title(c.s, first, last, e.taken);
  for (const auto& sp : e.spans) add_span(c.out, c.s, sp.first, sp.last, sp.kind);
  if (how.remind && !task.title.empty() && e.taken[first]) drop_link(task.title);
  if (!e.recurrences.empty()) {
    if (phrase) add_to_rule(e.recurrences.front().value, *phrase);
    fill_repeat(c, e, task);
  } else if (phrase) {
    const auto r = resolve(*phrase, c.ctx);
    absorb(c.out, r, c.s, e.times[used.front()].first, e.times[used.front()].last);
    task.due = r.value;
    task.instant = r.instant;
    if (asked_dates) task.due.reset();
  }
  task.assignee = std::move(e.assignee);
  task.priority = e.priority;
  task.project = e.project;
  task.tags = std::move(e.tags);
  task.description = std::move(e.description);
  task.reminders = std::move(e.reminders);
  for (const auto& note : e.notes) absorb(c.out, note, c.s, first, last);
  if (how.remind && (task.due || c.out.question)) add_due_reminder(task, c);
  if (how.remind && !task.due && !c.out.question && !c.out.error) c.out.hints.push_back({"no_time", "No time was given, so there will be no reminder.", std::nullopt});
  const bool relative = std::any_of(task.reminders.begin(), task.reminders.end(), [](const reminder& r) { return !r.at; });
  if (relative && !task.due && !c.out.question && !c.out.error) c.out.question = clarification{"when", "A reminder before what? Say when the task is due.", {}, {}};
  if (characters(task.title) > title_characters_max) c.out.error = failure{"title_too_long", "A title has at most 500 characters; put the rest in the description."};
  if (task.title.empty() && !c.out.error && !c.out.question) {
    if (how.remind && task.due) {
      task.title = "Reminder";
      c.out.assumptions.push_back({"title", "no title was given, \"Reminder\" used", std::nullopt});
    } else {
      c.out.question = clarification{"title", "What should the task say?", {}, {}};
    }
  }
  if (how.destination && task.project && !task.due) {
    auto titles = split_titles(c, first, last, e.taken);
    if (!titles.empty()) {
      c.out.assumptions.push_back({"several_tasks", "read as " + std::to_string(titles.size()) + " tasks", std::nullopt});
      for (auto& title : titles) {
        understanding part;
        part.intent = "create";
        create_task one = task;
        one.title = std::move(title);
        part.command = std::move(one);
        c.out.parts.push_back(std::move(part));
      }
      c.out.intent = "batch";
      c.out.command = batch{};
      return;
    }
  }
  c.out.command = std::move(task);
}

}  // namespace chat::language
