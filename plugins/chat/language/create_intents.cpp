// Making tasks: "add ...", "remind me to ...", subtasks, shopping lists, and plain text that is a task by itself.
#include <algorithm>

#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

constexpr std::size_t title_characters_max = 500;

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

struct options {
  bool remind = false;        // "remind me to": a reminder at the due time
  bool implicit = false;
};

void take(entities& e, std::size_t first, std::size_t last, std::string_view kind) {
  std::fill(e.taken.begin() + static_cast<std::ptrdiff_t>(first), e.taken.begin() + static_cast<std::ptrdiff_t>(last), std::uint8_t{1});
  e.spans.push_back({first, last, kind});
}

std::string_view kind_of(const temporal& t) {
  if (t.shift || ((t.time || t.part != daypart::none) && t.date)) return "datetime";
  return t.date ? "date" : "time";
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

void add_due_reminder(create_task& task, clause& c) {
  reminder at_due;
  if (task.due && !calendar::has_time(*task.due)) {
    at_due.time = c.ctx.prefs.morning;
    c.out.assumptions.push_back({"reminder_time", "a due date without a time reminds at " + calendar::format_time(c.ctx.prefs.morning), std::nullopt});
  }
  task.reminders.insert(task.reminders.begin(), at_due);
}

// "tomorrow" or "at 9" after "remind me" that turned out relative to the due day.
void unsupported_recurrence(clause& c, const entities& e, const std::string& title) {
  c.out.intent = "unsupported";
  c.out.command = unsupported{"recurrence"};
  const auto& rule = e.recurrences.front();
  c.out.slots["what"] = "recurrence";
  if (!title.empty()) c.out.slots["title"] = title;
  c.out.slots["recurrence"] = std::string{c.s.source(rule.first, rule.last)};
  c.out.question = clarification{"recurrence", "Repeating tasks are not available yet, so nothing was saved. Leave out \"" + std::string{c.s.source(rule.first, rule.last)} + "\" to add it once.", {}, {}};
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

// "to groceries", "to my shopping list", "to the work project" at the end. Returns where the title ends.
std::size_t take_destination(clause& c, entities& e, std::size_t first, std::size_t last) {
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
    bool rest_taken = true;
    for (std::size_t i = next; i < last; ++i) rest_taken = rest_taken && (e.taken[i] || (c.s[i].kind == token_kind::symbol && !c.s[i].literal));
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

void fill_create(clause& c, std::size_t first, std::size_t last, const options& how, bool subtask = false, bool destination = false) {
  c.out.intent = "create";
  create_task task;
  entities e = scan_entities(c.s, first, last, c.ctx);
  if (subtask) take_parent(c, e, first, last, task);
  if (destination) {                  // plain "... to groceries" is one only for explicit commands
    take_destination(c, e, first, last);
    e.times = scan_temporal(c.s, first, last, e.taken);
  }
  std::vector<std::size_t> used;
  std::optional<temporal> phrase;
  const bool asked_dates = e.recurrences.empty() && two_dates(c, e, first, last);
  if (e.recurrences.empty()) phrase = choose_time(e, used);
  for (const auto index : used) take(e, e.times[index].first, e.times[index].last, kind_of(e.times[index]));
  task.title = residual_title(c.s, first, last, e.taken);
  for (const auto& sp : e.spans) add_span(c.out, c.s, sp.first, sp.last, sp.kind);
  if (!e.recurrences.empty()) return unsupported_recurrence(c, e, task.title);
  if (phrase) {
    const auto r = resolve(*phrase, c.ctx);
    absorb(c.out, r, c.s, e.times[used.front()].first, e.times[used.front()].last);
    task.due = r.value;
    task.instant = r.instant;
    if (asked_dates) task.due.reset();
  }
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
  if (destination && task.project && !task.due) {
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

// Skips "a new task to", "todo:", "the item called"; returns where the title begins.
std::size_t skip_task_words(const clause& c, std::size_t i, bool& subtask) {
  std::size_t k = i;
  while (c.in(k, {"a", "an", "the", "another", "new", "me"})) ++k;
  if (c.in(k, {"subtask", "sub"}) && (c.is(k, "subtask") || c.in(k + 1, {"task"}) || c.sym(k + 1, '-'))) {
    subtask = true;
    k += c.is(k, "subtask") ? 1 : c.sym(k + 1, '-') ? 3 : 2;
    if (c.sym(k, ':')) ++k;
    return k;
  }
  const std::size_t noun = k;
  if (c.in(k, {"task", "todo", "item", "reminder"}) || (c.is(k, "note") && c.is(c.first, "make"))) ++k;
  else if (c.is(k, "to") && c.is(k + 1, "do") && !c.in(k + 2, {"a", "the"})) k += 2;
  else if (c.is(k, "to") && c.sym(k + 1, '-') && c.is(k + 2, "do")) k += 3;
  if (k == noun) return i;
  if (c.sym(k, ':') || c.sym(k, ',') || c.sym(k, '-')) ++k;
  else if (c.in(k, {"to", "called", "named", "for", "that", "saying", "titled"})) ++k;
  return k < c.last ? k : i;
}

bool is_question(const clause& c) {
  std::size_t last = c.last;
  if (last > c.first && c.sym(last - 1, '?')) return true;
  return c.in(c.first, {"why", "how", "where", "who", "whose", "what", "what's", "when", "which", "is", "are", "does", "did", "was", "were"});
}

// Weekday and day names of other languages: the text stays whole, and the person is told.
void hint_other_language(clause& c) {
  for (std::size_t i = c.first; i < c.last; ++i) {
    const auto text = c.s[i].text;
    for (const std::string_view word : {"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "demain", "aujourd'hui", "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag",
                                        "sonntag", "morgen", "heute", "\xC3\xBC" "bermorgen", "lunes", "martes", "mi\xC3\xA9rcoles", "jueves", "viernes", "s\xC3\xA1" "bado", "domingo", "ma\xC3\xB1" "ana", "hoy",
                                        "luned\xC3\xAC", "venerd\xC3\xAC", "domani", "oggi", "segunda", "amanh\xC3\xA3", "hoje"})
      if (text == word) {
        c.out.hints.push_back({"english_dates", "Only English dates are recognised; \"" + std::string{c.s.source(i, i + 1)} + "\" stays in the title.", std::nullopt});
        return;
      }
  }
}

void hint_repetition(clause& c) {
  static constexpr std::string_view words[] = {"daily", "weekly", "monthly", "quarterly", "yearly", "annual"};
  for (std::size_t i = c.first; i < c.last; ++i)
    for (const auto word : words)
      if (c.is(i, word)) c.out.hints.push_back({"repeat", "Make it repeat " + std::string{word} + "?", std::nullopt});
}

// "remind me to call mom at 5", "remind me at 5 to call mom", "remind me about rent friday"
bool remind(clause& c) {
  if (!c.is(c.first, "remind") || !c.is(c.first + 1, "me")) return false;
  std::size_t i = c.first + 2;
  if (c.ends_at(i)) {
    c.out.intent = "create";
    c.out.command = create_task{};
    c.out.question = clarification{"title", "Remind you of what, and when?", {}, {}};
    return true;
  }
  if (c.in(i, {"to", "about", "that", "of"})) ++i;
  else if (const auto phrase = match_temporal(c.s, i, c.last); phrase && c.in(phrase->last, {"to", "about", "that"}) && phrase->last + 1 < c.last) {
    // The time comes first: the linking word is no part of the title.
    clause rest{c.s, phrase->last + 1, c.last, c.ctx, c.out, false};
    entities e = scan_entities(c.s, rest.first, rest.last, c.ctx);
    const bool other_time = std::any_of(e.times.begin(), e.times.end(), [](const auto& t) { return t.date || t.shift; });
    if (!other_time && e.recurrences.empty()) {
      fill_create(rest, rest.first, rest.last, {});
      if (auto* task = std::get_if<create_task>(&c.out.command)) {
        const auto r = resolve(*phrase, c.ctx);
        absorb(c.out, r, c.s, phrase->first, phrase->last);
        add_span(c.out, c.s, phrase->first, phrase->last, kind_of(*phrase));
        task->due = r.value;
        task->instant = r.instant;
        add_due_reminder(*task, c);
      }
      return true;
    }
  }
  if (i >= c.last) return false;
  fill_create(c, i, c.last, {true, false});
  return true;
}

}  // namespace

bool parse_create(clause& c) {
  const std::size_t i = c.first;
  if (remind(c)) return true;
  bool subtask = false;
  if (c.in(i, {"add", "create", "new", "make", "jot", "put", "schedule", "note", "todo", "task", "remember", "don't", "do", "don", "never", "i", "need"})) {
    std::size_t from = i + 1;
    bool explicit_verb = false;
    if (c.in(i, {"add", "create"})) {
      if (c.sym(from, ':')) ++from;
      from = skip_task_words(c, from, subtask);
      explicit_verb = true;
    } else if (c.in(i, {"new", "make", "put"})) {
      const std::size_t after = skip_task_words(c, from, subtask);
      if (after == from && !subtask) {
        if (!c.is(i, "put")) return false;
        // "put X on my list"
        bool list = false;
        for (std::size_t k = from; k < c.last; ++k) list = list || (c.is(k, "on") && c.in(k + 1, {"my", "the"}) && c.in(k + 2, {"list", "todo"}));
        if (!list) return false;
      }
      from = after;
      explicit_verb = true;
    } else if (c.in(i, {"jot", "note"})) {
      if (!c.is(from, "down")) return false;
      ++from;
      if (c.sym(from, ':') || c.is(from, "to")) ++from;
      explicit_verb = true;
    } else if (c.is(i, "schedule")) {
      explicit_verb = true;
    } else if (c.in(i, {"todo", "task"})) {
      if (c.sym(from, ':')) ++from;
      explicit_verb = from > i + 1 || c.is(i, "todo");
      if (!explicit_verb) return false;
    } else {
      // "remember to", "don't forget to", "don't let me forget to", "I need to"
      std::size_t k = i;
      bool needs_to = true;
      if (c.is(k, "remember")) ++k;
      else if ((c.is(k, "don't") || (c.is(k, "do") && c.is(k + 1, "not"))) && (c.is(k + (c.is(k, "do") ? 2 : 1), "forget"))) k += c.is(k, "do") ? 3 : 2;
      else if (c.is(k, "don't") && c.is(k + 1, "let") && c.is(k + 2, "me") && c.is(k + 3, "forget")) k += 4;
      else if (c.is(k, "i") && (c.in(k + 1, {"need", "have", "want", "ought"}))) k += 2;
      else if (c.is(k, "i") && c.in(k + 1, {"must", "should", "gotta"})) { k += 2; needs_to = false; }
      else if (c.is(k, "need")) ++k;
      else return false;
      if (needs_to && !c.is(k, "to")) return false;
      from = needs_to ? k + 1 : k;
      explicit_verb = true;
    }
    if (from >= c.last) {
      c.out.intent = "create";
      c.out.command = create_task{};
      c.out.question = clarification{"title", "What should the task say?", {}, {}};
      return true;
    }
    fill_create(c, from, c.last, {}, subtask, explicit_verb && !subtask);
    return true;
  }
  return false;
}

// A bare number with nothing pending: of the last list, but to what end?
static bool lone_number(clause& c) {
  if (c.last - c.first != 1 || c.s[c.first].kind != token_kind::number || c.s[c.first].literal) return false;
  c.out.intent = "unknown";
  c.out.question = clarification{"reference", "What should happen with number " + std::string{c.s.source(c.first, c.last)} + "? Say for example \"complete 2\".", {}, {}};
  return true;
}

void parse_implicit_create(clause& c) {
  if (lone_number(c)) return;
  understanding& out = c.out;
  std::size_t words = 0;
  for (std::size_t i = c.first; i < c.last; ++i) words += c.s[i].literal || c.s[i].kind != token_kind::symbol ? 1 : 0;
  if (words == 0) {
    out.intent = "unknown";
    out.question = clarification{"unknown", "I did not understand that. Say \"help\" for examples.", {}, {}};
    return;
  }
  fill_create(c, c.first, c.last, {false, true});
  auto* task = std::get_if<create_task>(&out.command);
  if (!task) return;
  const bool entities_found = task->due || task->priority || task->project || !task->tags.empty() || !task->reminders.empty() || out.question || out.error;
  const bool doubtful = is_question(c) || !looks_like_words(c.s, c.first, c.last) || words < 2;
  if (doubtful && !entities_found) {
    out.offer = *task;
    out.intent = "unknown";
    out.command = unknown{};
    out.question = clarification{"unknown", "I did not understand that. Add \"" + out.offer->title + "\" as a task?", {{"create", "Add it as a task", "add " + std::string{c.s.source(c.first, c.last)}}, {"cancel", "Do nothing", "cancel"}}, {}};
    return;
  }
  out.assumptions.insert(out.assumptions.begin(), {"implicit_create", "no command word, read as a new task", std::nullopt});
  hint_other_language(c);
  hint_repetition(c);
}

std::optional<create_task> as_task(const clause& c) {
  understanding scratch;
  clause copy{c.s, c.first, c.last, c.ctx, scratch, false};
  fill_create(copy, c.first, c.last, {false, true});
  auto* task = std::get_if<create_task>(&scratch.command);
  if (!task || task->title.empty() || scratch.error || scratch.question) return std::nullopt;
  return std::move(*task);
}

}  // namespace chat::language
