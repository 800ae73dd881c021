// Answers to a pending question, small talk, help, undo and redo: short messages that are nothing else.
#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

// The clause without closing punctuation.
std::size_t spoken_end(const clause& c) {
  std::size_t last = c.last;
  while (last > c.first && c.s[last - 1].kind == token_kind::symbol && !c.s[last - 1].literal) --last;
  return last;
}

// Compares the whole clause with phrases written as words with single spaces.
bool whole_is(const clause& c, std::initializer_list<std::string_view> phrases) {
  const std::size_t last = spoken_end(c);
  for (const auto phrase : phrases) {
    std::size_t i = c.first, at = 0;
    bool same = true;
    while (same && at < phrase.size()) {
      const std::size_t space = std::min(phrase.find(' ', at), phrase.size());
      if (symbol_is(c.s, i, last, ',')) ++i;
      same = word_is(c.s, i++, last, phrase.substr(at, space - at));
      at = space + 1;
    }
    if (same && i == last) return true;
  }
  return false;
}

bool answered(clause& c, answer value) {
  c.out.intent = "answer";
  c.out.command = value;
  add_span(c.out, c.s, c.first, spoken_end(c), "answer");
  return true;
}

}  // namespace

bool parse_answer(clause& c) {
  if (whole_is(c, {"yes", "y", "yep", "yeah", "yup", "sure", "ok", "okay", "confirm", "confirmed", "do it", "go ahead", "yes please", "yes do it", "sure thing", "of course", "correct",
                   "right", "please do", "yes go ahead", "yes delete them", "yes delete it", "absolutely", "definitely", "sounds good", "k"}))
    return answered(c, {answer::kind::yes, 0});
  if (whole_is(c, {"no", "n", "nope", "nah", "cancel", "cancel that", "never mind", "nevermind", "stop", "abort", "no thanks", "no thank you", "don't", "do not", "no don't", "forget it",
                   "leave it", "neither", "none", "none of them", "not now"}))
    return answered(c, {answer::kind::no, 0});
  const std::size_t last = spoken_end(c);
  std::size_t i = c.first;
  if (c.is(i, "the")) ++i;
  if (c.in(i, {"number", "option", "choice"}) || c.sym(i, '#')) ++i;
  if (const auto nth = match_ordinal(c.s, i, last)) {
    std::size_t next = nth->next;
    if (word_in(c.s, next, last, {"one", "option", "choice", "task"})) ++next;
    if (next == last) return answered(c, {answer::kind::choice, nth->value});
  }
  const bool pending_number = c.ctx.pending == pending_question::choice || c.ctx.pending == pending_question::count;
  if (pending_number && i < last && c.s[i].kind == token_kind::number && !c.s[i].literal && c.s[i].value >= 0 && i + 1 == last)
    return answered(c, {c.ctx.pending == pending_question::count ? answer::kind::count : answer::kind::choice, c.s[i].value});
  return false;
}

bool parse_smalltalk(clause& c) {
  using kind = smalltalk::kind;
  const auto talk = [&](kind what) {
    c.out.intent = what == kind::help ? "help" : "smalltalk";
    c.out.command = smalltalk{what};
    return true;
  };
  if (whole_is(c, {"hi", "hello", "hey", "hey there", "hi there", "hello there", "good morning", "good evening", "good afternoon", "yo", "howdy", "hiya", "greetings", "how are you", "what's up", "sup"}))
    return talk(kind::greeting);
  if (whole_is(c, {"thanks", "thank you", "thx", "ty", "cheers", "thanks a lot", "thank you very much", "great", "nice", "cool", "perfect", "awesome", "good job", "well done", "great thanks", "many thanks", "thanks so much", "lol"}))
    return talk(kind::thanks);
  if (whole_is(c, {"bye", "goodbye", "good night", "see you", "see you later", "cya"})) return talk(kind::farewell);
  if (whole_is(c, {"help", "help me", "what can you do", "what can i say", "how does this work", "commands", "show help", "usage", "what do you do", "how do i use this", "show commands", "who are you"})) return talk(kind::help);
  return spoken_end(c) == c.first && c.first < c.last && c.sym(c.first, '?') && talk(kind::help);
}

// "delete", "complete": a verb without its task.
bool parse_lone_verb(clause& c) {
  if (spoken_end(c) != c.first + 1) return false;
  const auto ask = [&](const char* intent, any_command command) {
    c.out.intent = intent;
    c.out.command = std::move(command);
    c.out.question = clarification{"target", "Which task?", {}, {}};
    return true;
  };
  if (c.in(c.first, {"delete", "remove", "trash"})) return ask("delete", remove_tasks{});
  if (c.in(c.first, {"complete", "finish", "close"})) return ask("complete", complete_tasks{});
  if (c.in(c.first, {"reopen", "uncheck"})) return ask("reopen", reopen_tasks{});
  if (c.in(c.first, {"rename", "edit", "update", "tag"})) return ask("update", update_task{});
  if (c.in(c.first, {"move", "reschedule", "postpone", "defer"})) return ask("reschedule", reschedule_tasks{});
  return false;
}

bool parse_undo(clause& c) {
  const bool undo = c.is(c.first, "undo"), redo = c.is(c.first, "redo");
  const auto take = [&](int count, bool again) {
    c.out.intent = again ? "redo" : "undo";
    c.out.command = undo_last{count, again};
    add_span(c.out, c.s, c.first, spoken_end(c), "undo");
    return true;
  };
  if (whole_is(c, {"take that back", "take it back", "revert", "revert that", "undo that please"})) return take(1, false);
  if (!undo && !redo) return false;
  const std::size_t last = spoken_end(c);
  std::size_t i = c.first + 1;
  while (word_in(c.s, i, last, {"that", "it", "this", "the", "last", "my", "previous", "please"})) ++i;
  int count = 1;
  if (const auto n = match_count(c.s, i, last); n && n->value >= 1 && n->value <= 100) {
    count = n->value;
    i = n->next;
  }
  while (word_in(c.s, i, last, {"one", "change", "changes", "action", "actions", "step", "steps", "thing", "things", "command", "commands", "please", "times"})) ++i;
  return i == last && take(count, redo);
}

}  // namespace chat::language
