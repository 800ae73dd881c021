// The words that make tasks: "add ...", "remind me to ...", "don't forget to ...", and plain text that is a task by itself.
#include <algorithm>

#include "plugins/chat/language/task_text.hpp"

namespace chat::language {
namespace {

// Skips "a new task to", "todo:", "the item called"; returns where the title begins.
std::size_t skip_task_words(const clause& c, std::size_t i, bool& subtask) {
  std::size_t k = i;
  while (c.in(k, {"a", "an", "the", "another", "new", "me"})) ++k;
  if (c.in(k, {"recurring", "repeating"}) && c.in(k + 1, {"task", "todo", "item", "reminder"})) ++k;
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
  std::size_t i = c.first;
  if (c.in(i, {"remind", "alert", "notify", "ping"}) && c.is(i + 1, "me")) i += 2;
  else {
    // "set a reminder for 5pm to call mom", "reminder: call mom at 5pm"
    const bool verb = c.in(i, {"set", "add", "create", "make"});
    if (verb) ++i;
    if (verb && c.is(i, "up")) ++i;
    while (verb && c.in(i, {"me", "a", "another", "new"})) ++i;
    if (!c.is(i, "reminder") || !(c.sym(i + 1, ':') || c.in(i + 1, {"to", "for", "that", "about"}) || (verb && (match_temporal(c.s, i + 1, c.last) || match_recurrence(c.s, i + 1, c.first, c.last))))) return false;
    ++i;
    if (c.sym(i, ':')) ++i;
    if (c.is(i, "for") && !match_temporal(c.s, i, c.last)) ++i;
  }
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
  fill_create(c, i, c.last, {.remind = true});
  return true;
}

}  // namespace

// "every weekday at 5pm remind me to log hours", "tomorrow remind me to call Bob"
static bool remind_later(clause& c) {
  std::size_t at = 0;
  if (const auto rule = match_recurrence(c.s, c.first, c.first, c.last)) at = rule->last;
  else if (const auto phrase = match_temporal(c.s, c.first, c.last)) at = phrase->last;
  if (at == 0) return false;
  std::size_t i = at;
  if (c.sym(i, ',')) ++i;
  if (!c.is(i, "remind") || !c.is(i + 1, "me") || !c.in(i + 2, {"to", "about", "of", "that"}) || i + 3 >= c.last) return false;
  fill_create(c, c.first, c.last, {.remind = true, .skip_from = at, .skip_to = i + 3});
  return true;
}

bool parse_create(clause& c) {
  const std::size_t i = c.first;
  if (remind_later(c)) return true;
  if (remind(c)) return true;
  bool subtask = false;
  if (c.in(i, {"add", "create", "new", "make", "jot", "put", "schedule", "note", "todo", "task", "remember", "don't", "do", "don", "never", "i", "i've", "we", "need", "have", "gotta", "must"})) {
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
      // "remember to", "don't forget to", "don't let me forget to", "I need to", "gotta"
      std::size_t k = i;
      bool needs_to = true;
      if (c.is(k, "remember")) ++k;
      else if ((c.is(k, "don't") || (c.is(k, "do") && c.is(k + 1, "not"))) && (c.is(k + (c.is(k, "do") ? 2 : 1), "forget"))) k += c.is(k, "do") ? 3 : 2;
      else if (c.is(k, "don't") && c.is(k + 1, "let") && c.is(k + 2, "me") && c.is(k + 3, "forget")) k += 4;
      else if (c.in(k, {"i", "we"}) && (c.in(k + 1, {"need", "have", "want", "ought", "got"}))) k += c.is(k + 1, "have") && c.is(k + 2, "got") ? 3 : 2;
      else if (c.is(k, "i've") && c.is(k + 1, "got")) k += 2;
      else if (c.in(k, {"i", "we"}) && c.in(k + 1, {"must", "should", "gotta"})) { k += 2; needs_to = false; }
      else if (c.in(k, {"gotta", "must"})) { ++k; needs_to = false; }
      else if (c.in(k, {"need", "have"})) ++k;
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
    fill_create(c, from, c.last, {.remind = false, .subtask = subtask, .destination = explicit_verb && !subtask});
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
  fill_create(c, c.first, c.last, {});
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
  if (!task->repeat) hint_repetition(c);
}

std::optional<create_task> as_task(const clause& c) {
  understanding scratch;
  clause copy{c.s, c.first, c.last, c.ctx, scratch, false};
  fill_create(copy, c.first, c.last, {});
  auto* task = std::get_if<create_task>(&scratch.command);
  if (!task || task->title.empty() || scratch.error || scratch.question) return std::nullopt;
  return std::move(*task);
}

}  // namespace chat::language
