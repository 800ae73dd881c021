// Changing a task's fields: rename, priority, tags, project, description, reminders.
#include <algorithm>

#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

bool updates(clause& c, std::size_t first, std::size_t last, update_task change) {
  c.out.intent = "update";
  auto which = read_target(c, first, last);
  take_spans(c, which.spans);
  change.which = std::move(which.value);
  everything_open(change.which);
  if (change.which.what == target::kind::filter || change.which.what == target::kind::last_list) c.out.confirm = confirmation::required;
  c.out.command = std::move(change);
  return true;
}

// Positions of `word` outside literals in [first, last).
std::vector<std::size_t> all_of_word(const clause& c, std::size_t first, std::size_t last, std::string_view word) {
  std::vector<std::size_t> out;
  for (std::size_t i = first; i < last; ++i)
    if (word_is(c.s, i, last, word)) out.push_back(i);
  return out;
}

std::string text_of(const clause& c, std::size_t first, std::size_t last) {
  const std::vector<std::uint8_t> none(c.s.size(), 0);
  return first < last ? residual_title(c.s, first, last, none) : std::string{};
}

// rename X to Y; change the title of X to Y
bool rename(clause& c) {
  const std::size_t last = content_end(c);
  std::size_t from = c.first + 1;
  const bool direct = c.in(c.first, {"rename", "retitle"});
  if (!direct) {
    if (!c.in(c.first, {"change", "set", "edit", "update"})) return false;
    if (c.is(from, "the")) ++from;
    if (!c.in(from, {"title", "name"}) || !c.in(from + 1, {"of", "for"})) {
      // change "A" to "B"
      const auto tos = all_of_word(c, c.first + 1, last, "to");
      const bool quoted = tos.size() == 1 && c.s[c.first + 1].literal && tos[0] + 1 < last && c.s[tos[0] + 1].literal;
      if (!quoted) return false;
      from = c.first + 1;
    } else {
      from += 2;
    }
  }
  auto tos = all_of_word(c, from, last, "to");
  std::erase_if(tos, [&](std::size_t i) { return i == from || i + 1 >= last; });
  for (const auto i : all_of_word(c, from, last, "as")) if (tos.empty() && i > from && i + 1 < last) tos.push_back(i);
  update_task change;
  if (tos.empty()) {
    c.out.intent = "update";
    c.out.question = clarification{"rename", "What should the new name be? Say: rename \"old\" to \"new\".", {}, {}};
    c.out.command = std::move(change);
    return direct;
  }
  if (tos.size() > 1) {
    c.out.question = clarification{"rename", "Where does the old name end? Put both in quotes: rename \"old\" to \"new\".", {}, {}};
    for (const auto at : tos) c.out.question->options.push_back({text_of(c, at + 1, last), "\"" + text_of(c, from, at) + "\" becomes \"" + text_of(c, at + 1, last) + "\"",
                                                                                        "rename \"" + text_of(c, from, at) + "\" to \"" + text_of(c, at + 1, last) + "\""});
  }
  change.title = text_of(c, tos.front() + 1, last);
  add_span(c.out, c.s, tos.front() + 1, last, "title");
  return updates(c, from, tos.front(), std::move(change));
}

// One name in a tag list: "urgent", "@urgent", "#urgent", "\"two words\"".
std::optional<name_match> tag_name(const clause& c, std::size_t i, std::size_t last) {
  if (i >= last) return std::nullopt;
  for (const char mark : {'@', '#'})
    if (auto marked = match_marked_name(c.s, i, last, mark)) return marked;
  if (c.s[i].literal) {
    std::size_t end = i + 1;
    while (end < last && c.s[end].literal && c.s[end].symbol != c.s[i].symbol) ++end;
    if (end < last) ++end;
    return name_match{text_of(c, i, end), end};
  }
  if (c.s[i].kind == token_kind::symbol) return std::nullopt;
  std::size_t end = i + 1;
  while (end < last && !c.s[end].spaced && !c.s[end].literal && (c.s[end].kind != token_kind::symbol || c.s[end].symbol == '-' || c.s[end].symbol == '_')) ++end;
  return name_match{std::string{c.s.source(i, end)}, end};
}

// "urgent, q3 and home"
std::vector<std::string> tag_list(const clause& c, std::size_t first, std::size_t last) {
  std::vector<std::string> out;
  for (std::size_t i = first; i < last && out.size() < 50;) {
    if (c.sym(i, ',') || c.is(i, "and")) { ++i; continue; }
    const auto name = tag_name(c, i, last);
    if (!name) return {};
    out.push_back(name->name);
    add_span(c.out, c.s, i, name->next, "tag");
    i = name->next;
  }
  return out;
}

// tag report urgent and q3, drop waiting
bool tag(clause& c) {
  if (!c.in(c.first, {"tag", "label", "untag", "unlabel"})) return false;
  std::size_t last = content_end(c);
  const bool removing = c.in(c.first, {"untag", "unlabel"});
  const std::size_t from = c.first + 1;
  update_task change;
  for (std::size_t i = from; i + 1 < last; ++i) {
    const bool drop = c.in(i, {"drop", "remove", "without"}) || (c.is(i, "not") && i > from);
    if (!drop) continue;
    std::size_t names = i + 1;
    if (c.in(names, {"tag", "tags", "the"})) ++names;
    change.tags_remove = tag_list(c, names, last);
    last = i;
    while (last > from && (c.sym(last - 1, ',') || c.in(last - 1, {"and", "but", "then"}))) --last;
    break;
  }
  std::size_t split = last;
  for (std::size_t i = from + 1; i < last && split == last; ++i)
    if (c.in(i, {"with", "as", "from"}) || (c.sym(i, ':') && i + 1 < last && c.s[i + 1].spaced)) split = i;
  std::size_t tags = split + 1;
  if (split == last) {
    // No "with": the tag list is what commas and "and" join at the end, or everything after the first marked name.
    std::size_t i = last;
    for (std::size_t k = from + 1; k < last; ++k)
      if ((c.sym(k, '@') || c.sym(k, '#')) && c.s.free_left(k)) { i = k; break; }
    if (i == last) {
      std::size_t comma = last;
      for (std::size_t k = from + 1; k < last; ++k)
        if (c.sym(k, ',') || c.is(k, "and")) { comma = k; break; }
      i = comma > from + 1 ? comma - 1 : from;
      while (i > from + 1 && !c.s[i].spaced) --i;
    }
    if (i <= from || i >= last) return false;
    split = tags = i;
  }
  auto names = tag_list(c, tags, last);
  if (names.empty() && change.tags_remove.empty()) return false;
  (removing ? change.tags_remove : change.tags_add) = std::move(names);
  c.out.offer = as_task(c);
  return updates(c, from, split, std::move(change));
}

// add tag urgent to report; remove tag waiting from report; add @home to milk; remove the @urgent tag from report
bool tag_verb(clause& c) {
  const bool add = c.in(c.first, {"add", "put"}), remove = c.in(c.first, {"remove", "drop", "delete", "take"});
  if (!add && !remove) return false;
  std::size_t i = c.first + 1;
  if (c.in(i, {"the", "a"})) ++i;
  const bool said = c.in(i, {"tag", "tags", "label", "labels"});
  if (said) ++i;
  const std::size_t last = content_end(c);
  std::size_t link = last;
  for (std::size_t k = last; k-- > i + 1;)
    if (c.in(k, {"to", "from", "off", "on"})) { link = k; break; }
  if (link == last || link + 1 >= last) return false;
  const bool said_after = !said && link > i + 1 && c.in(link - 1, {"tag", "tags", "label", "labels"});
  // "add price tag to dress" may be a task; without a mark only the removal of one word is surely a tag.
  if (!said && !c.sym(i, '@') && !(said_after && remove && link == i + 2)) return false;
  update_task change;
  (add ? change.tags_add : change.tags_remove) = tag_list(c, i, said_after ? link - 1 : link);
  if ((add ? change.tags_add : change.tags_remove).empty()) return false;
  return updates(c, link + 1, last, std::move(change));
}

// make X p1; set X to high priority; set priority of X to 2; mark X as urgent priority; bump X to p1
bool set_priority(clause& c) {
  if (!c.in(c.first, {"make", "set", "change", "mark", "bump", "raise", "lower", "prioritize", "prioritise", "give"})) return false;
  const std::size_t last = content_end(c);
  std::size_t from = c.first + 1;
  if (c.is(from, "the")) ++from;
  if (c.is(from, "priority") && c.in(from + 1, {"of", "for", "on"})) {
    const auto tos = all_of_word(c, from + 2, last, "to");
    if (tos.empty()) return false;
    const auto p = match_priority(c.s, tos.back() + 1, last, true);
    if (!p || p->next != last) return false;
    update_task change;
    change.priority = p->value;
    add_span(c.out, c.s, tos.back() + 1, last, "priority");
    return updates(c, from + 2, tos.back(), std::move(change));
  }
  from = c.first + 1;
  if (c.in(c.first, {"prioritize", "prioritise"}) && from < last) {
    update_task change;
    change.priority = priority::high;
    return updates(c, from, last, std::move(change));
  }
  for (std::size_t k = from + 1; k < last; ++k) {
    std::size_t at = k;
    if (c.in(at, {"to", "as", "a"})) ++at;
    const bool bare = c.is(c.first, "bump") || c.in(c.first, {"raise", "lower"}) ? at > k : (at > k && c.in(c.first, {"set", "change"}));
    const auto p = match_priority(c.s, at, last, bare);
    if (!p || p->next != last) continue;
    update_task change;
    change.priority = p->value;
    add_span(c.out, c.s, at, last, "priority");
    return updates(c, from, k, std::move(change));
  }
  return false;
}

// move X to #work; put X in the work project; move X to groceries
bool move_to_project(clause& c) {
  if (!c.in(c.first, {"move", "put", "file", "change", "send"})) return false;
  const std::size_t last = content_end(c);
  for (std::size_t k = last; k-- > c.first + 2;) {
    if (!c.in(k, {"to", "in", "into", "under"})) continue;
    std::size_t name = k + 1;
    while (c.in(name, {"the", "my"})) ++name;
    if (c.is(name, "project")) ++name;
    update_task change;
    if (const auto marked = match_marked_name(c.s, name, last, '#'); marked && marked->next == last) change.project = marked->name;
    else if (const auto known = match_known_project(c.s, name, last, c.ctx)) {
      const std::size_t next = word_in(c.s, known->next, last, {"project", "list"}) ? known->next + 1 : known->next;
      if (next == last) change.project = known->name;
    }
    if (!change.project) continue;
    for (const auto& known : c.ctx.projects)
      if (same_name(known, *change.project)) change.project = known;
    add_span(c.out, c.s, name, last, "project");
    if (!c.is(c.first, "move")) c.out.offer = as_task(c);
    return updates(c, c.first + 1, k, std::move(change));
  }
  // "move old monitor to attic": no such project, no date. Never guess: offer the task.
  if (!c.is(c.first, "move")) return false;
  for (std::size_t k = c.first + 2; k + 1 < last; ++k) {
    if (!c.is(k, "to")) continue;
    update_task change;
    change.project = text_of(c, k + 1, last);
    c.out.offer = as_task(c);
    updates(c, c.first + 1, k, std::move(change));
    if (!c.out.error) {
      c.out.question = clarification{"project", "There is no project \"" + text_of(c, k + 1, last) + "\". Add the task \"" + (c.out.offer ? c.out.offer->title : text_of(c, c.first, last)) + "\" instead?", {}, {}};
      c.out.question->options = {{"create", "Add it as a task", "add " + std::string{c.s.source(c.first, c.last)}}, {"cancel", "Do nothing", "cancel"}};
    }
    return true;
  }
  return false;
}

// add note to X: text; set the description of X to text; describe X as text
bool description(clause& c) {
  const std::size_t last = content_end(c);
  std::size_t i = c.first;
  const bool add = c.is(i, "add"), set = c.in(i, {"set", "change", "update", "edit"}), describe = c.is(i, "describe");
  if (!add && !set && !describe) return false;
  ++i;
  std::size_t stop = last;
  update_task change;
  if (describe) {
    const auto as = all_of_word(c, i + 1, last, "as");
    if (as.empty()) return false;
    change.description = collapse(c.s.source(as.front() + 1, last));
    return updates(c, i, as.front(), std::move(change));
  }
  if (c.in(i, {"a", "the"})) ++i;
  if (!c.in(i, {"note", "notes", "description", "comment"}) || !c.in(i + 1, {"to", "of", "for", "on"})) return false;
  i += 2;
  for (std::size_t k = i + 1; k < last && stop == last; ++k)
    if (c.sym(k, ':') || (set && c.is(k, "to")) || c.s[k].literal) stop = k;
  const std::size_t text = stop < last && c.s[stop].literal ? stop : stop + 1;
  if (text >= last) return false;
  change.description = text_of(c, text, last);
  change.append_description = add;
  add_span(c.out, c.s, text, last, "description");
  return updates(c, i, stop, std::move(change));
}

// remove the reminders from X; remove priority from X; take X out of its project
bool clear_field(clause& c) {
  if (!c.in(c.first, {"remove", "clear", "delete", "drop"})) return false;
  std::size_t i = c.first + 1;
  if (c.in(i, {"the", "all"})) ++i;
  if (c.is(i, "the")) ++i;
  const bool reminders = c.in(i, {"reminder", "reminders"}), level = c.is(i, "priority"), project = c.is(i, "project"), text = c.in(i, {"description", "note", "notes"});
  if ((!reminders && !level && !project && !text) || !c.in(i + 1, {"from", "of", "on", "for"})) return false;
  update_task change;
  change.clear_reminders = reminders;
  change.clear_priority = level;
  if (project) change.project = "";
  if (text) change.description = "";
  return i + 2 < content_end(c) && updates(c, i + 2, content_end(c), std::move(change));
}

}  // namespace

// "remind me 30 minutes before the dentist", "add a reminder to dentist 1 hour before"
bool parse_reminder_update(clause& c) {
  const std::size_t last = content_end(c);
  std::size_t i = c.first;
  update_task change;
  if (c.in(i, {"remind", "alert", "notify", "ping"}) && c.is(i + 1, "me")) {
    if (c.in(i + 2, {"about", "of"})) {                       // "remind me about the dentist 1 hour before"
      for (std::size_t k = i + 4; k < last; ++k) {
        const auto late = match_reminder(c.s, k, last, c.ctx);
        if (!late || !late->relative || late->next != last) continue;
        change.reminders_add.push_back(late->value);
        absorb(c.out, late->details, c.s, k, last);
        add_span(c.out, c.s, k, last, "reminder");
        return updates(c, i + 3, k, std::move(change));
      }
      return false;
    }
    const auto one = match_reminder(c.s, i + 2, last, c.ctx);
    if (!one || !one->relative) return false;
    std::size_t from = one->next;
    // "the day before the dentist at 9"
    change.reminders_add.push_back(one->value);
    if (from >= last) {
      c.out.intent = "update";
      change.which.what = target::kind::last_entity;
      add_span(c.out, c.s, i + 2, one->next, "reminder");
      if (!c.ctx.has_last_entity) c.out.question = clarification{"target", "Before which task?", {}, {}};
      c.out.command = std::move(change);
      return true;
    }
    std::size_t end = last;
    for (std::size_t k = from + 1; k < last && !one->value.time; ++k) {
      const auto time = c.in(k, {"at"}) ? match_time(c.s, k + 1, last, true) : std::nullopt;
      if (!time || time->next != last || one->value.offset.seconds.count() != 0) continue;
      temporal phrase;
      phrase.time = time->value;
      phrase.date.emplace();
      phrase.date->number = 1;
      const auto r = resolve(phrase, c.ctx);
      change.reminders_add.front().time = r.time;
      absorb(c.out, r, c.s, k, last);
      end = k;
    }
    add_span(c.out, c.s, i + 2, one->next, "reminder");
    return updates(c, from, end, std::move(change));
  }
  if (!c.in(i, {"add", "set", "create"})) return false;
  ++i;
  if (c.in(i, {"a", "another"})) ++i;
  if (!c.is(i, "reminder")) return false;
  ++i;
  if (const auto one = match_reminder(c.s, i, last, c.ctx); one && one->relative && one->next < last) {
    change.reminders_add.push_back(one->value);
    add_span(c.out, c.s, i, one->next, "reminder");
    return updates(c, one->next, last, std::move(change));
  }
  if (!c.in(i, {"to", "for", "on"})) return false;
  for (std::size_t k = i + 2; k < last; ++k) {
    const auto one = match_reminder(c.s, k, last, c.ctx);
    if (!one || one->next != last) continue;
    if (!one->relative) return false;                        // "add a reminder to call mom at 5" makes a task
    absorb(c.out, one->details, c.s, k, last);
    change.reminders_add.push_back(one->value);
    add_span(c.out, c.s, k, last, "reminder");
    return updates(c, i + 1, k, std::move(change));
  }
  return false;
}

bool parse_update(clause& c) {
  return rename(c) || tag(c) || tag_verb(c) || clear_field(c) || description(c) || set_priority(c);
}

bool parse_move_to_project(clause& c) { return move_to_project(c); }

}  // namespace chat::language
