// Answers to a pending question, small talk, help, undo and redo: short messages that are nothing else.
#include <algorithm>

#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

// The clause without closing punctuation.
std::size_t spoken_end(const clause& c) {
  std::size_t last = c.last;
  while (last > c.first && c.s[last - 1].kind == token_kind::symbol && !c.s[last - 1].literal) --last;
  return last;
}

// The end of the longest of these phrases at `from`; `from` itself when there is none. Phrases are words with single spaces.
std::size_t after_phrase(const clause& c, std::size_t from, std::size_t last, std::initializer_list<std::string_view> phrases) {
  std::size_t longest = from;
  for (const auto phrase : phrases) {
    std::size_t i = from, at = 0;
    bool same = true;
    while (same && at < phrase.size()) {
      const std::size_t space = std::min(phrase.find(' ', at), phrase.size());
      if (symbol_is(c.s, i, last, ',')) ++i;
      same = word_is(c.s, i++, last, phrase.substr(at, space - at));
      at = space + 1;
    }
    if (same) longest = std::max(longest, i);
  }
  return longest;
}

bool whole_is(const clause& c, std::initializer_list<std::string_view> phrases) {
  const std::size_t last = spoken_end(c);
  return last > c.first && after_phrase(c, c.first, last, phrases) == last;
}

// "hey there, how's it going?", "thanks, you're the best": pleasantries and nothing else; what the first of them is.
std::optional<smalltalk::kind> pleasantries(const clause& c) {
  const std::size_t last = spoken_end(c);
  std::optional<smalltalk::kind> what;
  for (std::size_t i = c.first; i < last;) {
    if (i > c.first && c.s[i].kind == token_kind::symbol && !c.s[i].literal) { ++i; continue; }
    const std::size_t greeting = after_phrase(c, i, last, {"hi", "hello", "hey", "hey there", "hi there", "hello there", "good morning", "good evening", "good afternoon", "yo", "howdy", "hiya", "greetings",
                                                           "how are you", "how are you doing", "how are you today", "how's it going", "how is it going", "how are things", "how's your day", "what's up", "sup", "nice to meet you"});
    const std::size_t thanks = after_phrase(c, i, last, {"thanks", "thank you", "thx", "ty", "cheers", "thanks a lot", "thank you very much", "thank you so much", "thanks for your help", "thanks for the help", "great", "nice", "cool",
                                                         "perfect", "awesome", "good job", "great job", "nice work", "well done", "many thanks", "thanks so much", "lol", "you're the best", "you are the best", "you rock",
                                                         "you're great", "you're awesome", "you're amazing", "you are great", "you are awesome", "you are amazing", "i appreciate it", "much appreciated"});
    const std::size_t farewell = after_phrase(c, i, last, {"bye", "goodbye", "bye bye", "good night", "see you", "see you later", "see you tomorrow", "cya"});
    const std::size_t next = std::max({greeting, thanks, farewell});
    if (next == i) return std::nullopt;
    if (!what) what = next == greeting ? smalltalk::kind::greeting : next == thanks ? smalltalk::kind::thanks : smalltalk::kind::farewell;
    i = next;
  }
  return what;
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
  if (const auto what = pleasantries(c)) return talk(*what);
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
