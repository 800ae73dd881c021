// What is recognised and honestly refused: snoozing, sharing, preferences, the audit trail, series. Nothing here has an effect.
#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

bool refuse(clause& c, std::string what, std::string text) {
  c.out.intent = "unsupported";
  c.out.command = unknown{};
  c.out.slots["what"] = what;
  c.out.question = clarification{std::move(what), std::move(text) + " Nothing was changed.", {}, {}};
  return true;
}

bool mentions_email(const clause& c) {
  for (std::size_t i = c.first; i < c.last; ++i)
    if (c.s[i].symbol == '@' && c.s[i].literal) return true;
  return false;
}

bool snoozes(clause& c) {
  if (c.is(c.first, "snooze")) return true;
  return c.is(c.first, "remind") && c.is(c.first + 1, "me") && c.is(c.first + 2, "again");
}

bool share(clause& c) {
  if (c.in(c.first, {"share", "unshare"})) return c.sym(c.first + 1, '#') || mentions_email(c) || c.in(c.first + 1, {"this", "it", "that", "project", "list", "my"});
  if (c.is(c.first, "invite")) return mentions_email(c);
  if (c.in(c.first, {"assign", "reassign"}))
    for (std::size_t i = c.first + 2; i + 1 < c.last; ++i)
      if (c.is(i, "to")) return true;
  return false;
}

bool preference_change(clause& c) {
  const std::size_t i = c.first;
  if (c.in(i, {"don't", "do", "never"})) {
    std::size_t k = i + 1;
    if (c.is(k, "not")) ++k;
    if (c.in(k, {"bother", "disturb", "notify", "email", "mail"}) && c.is(k + 1, "me")) return true;
  }
  if (c.in(i, {"email", "send", "mail"}) && c.is(i + 1, "me") && (c.is(i + 2, "a") || c.is(i + 2, "the") || c.is(i + 2, "my")))
    for (std::size_t k = i + 3; k < c.last; ++k)
      if (c.in(k, {"digest", "summary"})) return true;
  if (c.in(i, {"set", "change", "use"})) {
    std::size_t k = i + 1;
    if (c.in(k, {"my", "the"})) ++k;
    if (c.in(k, {"timezone", "locale", "language"}) || (c.is(k, "time") && c.is(k + 1, "zone")) || (c.is(k, "quiet") && c.is(k + 1, "hours"))) return true;
  }
  return c.is(i, "mute") && c.in(i + 1, {"notifications", "reminders", "everything"});
}

bool audit(clause& c) {
  const std::size_t i = c.first;
  if (c.is(i, "who") && c.in(i + 1, {"completed", "changed", "created", "deleted", "edited", "added", "moved", "finished"})) return true;
  if ((c.is(i, "what") && c.in(i + 1, {"changed", "happened"})) || (c.is(i, "what's") && c.in(i + 1, {"changed", "happened"}))) return true;
  std::size_t k = i;
  if (c.is(k, "show")) ++k;
  if (c.in(k, {"the", "me"})) ++k;
  return (k > i || c.is(k, "history")) && (c.is(k, "history") || c.is(k, "activity") || (c.is(k, "audit") && c.in(k + 1, {"log", "trail"})));
}

bool series(clause& c) {
  const std::size_t i = c.first;
  if (c.is(i, "skip"))
    for (std::size_t k = i + 1; k < c.last; ++k) {
      if (c.in(k, {"week's", "month's", "tomorrow's", "today's", "monday's", "occurrence", "occurrences"})) return true;
      if (c.in(k, {"next", "this"}) && (c.in(k + 1, {"occurrence", "one"}))) return true;
    }
  if (c.is(i, "pause"))
    for (std::size_t k = i + 2; k < c.last; ++k)
      if (c.in(k, {"until", "till", "for"})) return true;
  return false;
}

}  // namespace

bool parse_unsupported(clause& c) {
  if (snoozes(c)) return refuse(c, "snooze", "Snoozing is not available yet; say \"move it to 3pm\" to change the due time instead.");
  if (share(c)) return refuse(c, "share", "Sharing and assigning are not available in the chat yet.");
  if (preference_change(c)) return refuse(c, "preferences", "Preferences cannot be changed in the chat yet.");
  if (audit(c)) return refuse(c, "audit", "The change history cannot be asked in the chat yet.");
  if (series(c)) return refuse(c, "recurrence", "Repeating tasks are not available yet.");
  return false;
}

}  // namespace chat::language
