// Stage 5b, the other entities of a task: priority, #project, @tag, reminders, description. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/chat/language/command.hpp"
#include "plugins/chat/language/context.hpp"
#include "plugins/chat/language/resolve.hpp"
#include "plugins/chat/language/temporal.hpp"

namespace chat::language {

struct entity_span {
  std::size_t first = 0, last = 0;     // tokens
  std::string_view kind;
};

struct name_match { std::string name; std::size_t next; };
struct priority_match { priority value; std::size_t next; };

// "#work", "#"two words"", "@bills": `mark` is the symbol. Digits alone ("#123") are no name.
std::optional<name_match> match_marked_name(const sentence& s, std::size_t at, std::size_t end, char mark);
// p1..p4, "high priority", "priority 2", "!1". `words`: also the bare words high, critical, ...
std::optional<priority_match> match_priority(const sentence& s, std::size_t at, std::size_t end, bool words);

// One reminder phrase after "remind me": "30 minutes before", "the day before at 9", "at 9am", "on friday".
struct reminder_match {
  reminder value;
  std::size_t next = 0;
  bool relative = false;               // said "before"
  resolved details;                    // guesses made while reading a fixed time
};
std::optional<reminder_match> match_reminder(const sentence& s, std::size_t at, std::size_t end, const context& ctx);

struct entities {
  std::optional<language::priority> priority;
  std::optional<std::string> project;
  std::vector<std::string> tags;
  std::vector<reminder> reminders;
  std::optional<std::string> description, assignee;
  std::vector<recurrence_match> recurrences;
  std::vector<temporal> times;
  std::vector<entity_span> spans;
  std::vector<resolved> notes;         // guesses and questions from reminders
  std::vector<std::uint8_t> taken;     // per token of the sentence
};

entities scan_entities(const sentence& s, std::size_t first, std::size_t last, const context& ctx);

}  // namespace chat::language
