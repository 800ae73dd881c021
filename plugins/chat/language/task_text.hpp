// What a piece of text says about a task to be made, shared by every command that makes one. Internal to this library.
#pragma once

#include <string_view>

#include "plugins/chat/language/clause.hpp"
#include "plugins/chat/language/resolve_repeat.hpp"

namespace chat::language {

struct create_options {
  bool remind = false;        // "remind me to": a reminder at the due time
  bool subtask = false;       // ends in the parent: "draft outline to report"
  bool destination = false;   // may end in a project: "milk to groceries"
  std::size_t skip_from = 0, skip_to = 0;   // words that are no part of the title: "every day at 5 [remind me to] stretch"
};

// Understands [first, last) as a task and puts the create command, its guesses and questions into `c.out`.
void fill_create(clause& c, std::size_t first, std::size_t last, const create_options& how);
// A reminder at the due time, first among the others; a date without a time reminds in the morning.
void add_due_reminder(create_task& task, clause& c);
// Makes the options of a question about a rule whole sentences.
void say_options_whole(const clause& c, const recurrence_match& rule, resolved& notes);
// The span kind of a date/time phrase: date, time or datetime.
std::string_view kind_of(const temporal& t);

}  // namespace chat::language
