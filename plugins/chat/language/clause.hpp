// One clause on its way through intents, entities, resolution and policy: the shared state, and the parsers that fill it.
//
// Internal to this library. Every parser looks at tokens [first, last) of one sentence and returns true when the clause is its
// own; `out` is then complete. No parser touches `out` and returns false, except through a scratch copy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugins/chat/language/entities.hpp"
#include "plugins/chat/language/literals.hpp"
#include "plugins/chat/language/resolve.hpp"
#include "plugins/chat/language/understand.hpp"

namespace chat::language {

struct clause {
  const sentence& s;
  std::size_t first, last;
  const context& ctx;
  understanding& out;
  bool correction = false;       // "actually ...", "no, ..."
  bool follow_up = false;        // "and ...", "also ..."

  bool is(std::size_t i, std::string_view word) const { return word_is(s, i, last, word); }
  bool in(std::size_t i, std::initializer_list<std::string_view> words) const { return word_in(s, i, last, words); }
  bool sym(std::size_t i, char c) const { return symbol_is(s, i, last, c); }
  // True when [from, last) holds only closing punctuation and politeness.
  bool ends_at(std::size_t from) const;
};

void add_span(understanding& out, const sentence& s, std::size_t first, std::size_t last, std::string_view kind);
// Takes a resolver's guesses, question and error into the understanding.
void absorb(understanding& out, const resolved& r, const sentence& s, std::size_t first, std::size_t last);

// Titles (title.cpp): what is left of [first, last) when `taken` tokens are gone, cleaned.
std::string residual_title(const sentence& s, std::size_t first, std::size_t last, const std::vector<std::uint8_t>& taken);
std::string collapse(std::string_view text);
bool looks_like_words(const sentence& s, std::size_t first, std::size_t last);      // not keyboard mash
bool same_name(std::string_view a, std::string_view b);                            // ASCII case apart

// Targets (targets.cpp).
struct target_parse { target value; std::vector<entity_span> spans; };
// Reads which tasks [first, last) means; puts a question or an error into `c.out` when it cannot be known.
target_parse read_target(clause& c, std::size_t first, std::size_t last);
// For commands that only make sense on open tasks: "everything" means those.
void everything_open(target& which);
// "2, 3 and 5", "the second one", "number 4": places in the last list; empty when it is something else.
std::vector<int> read_references(const sentence& s, std::size_t first, std::size_t last);
// A known project at `at`: its canonical name and the token after it.
struct project_match { std::string name; std::size_t next; };
std::optional<project_match> match_known_project(const sentence& s, std::size_t at, std::size_t end, const context& ctx);

// The end of the clause without closing punctuation and politeness.
std::size_t content_end(const clause& c);
void take_spans(clause& c, const std::vector<entity_span>& spans);
// An update or any other command on the tasks [first, last) means; bulk asks for a confirmation.
target take_target(clause& c, std::size_t first, std::size_t last);

// Filter phrases (filter_phrases.cpp): "overdue p1 in #work sorted by due".
struct filter_parse {
  filter::expression where;
  sort_key sort = sort_key::due;
  bool descending = false;
  std::size_t limit = 0;
  std::vector<std::size_t> residue;      // tokens it has no use for
  std::vector<entity_span> spans;
  bool narrowed = false;                 // something besides nouns was said
  bool noun = false;                     // tasks, todos, list, everything
  bool all = false;                      // all, every, everything
  bool sorted = false;                   // an order was said
  bool done = false;                     // about completed tasks
  std::optional<failure> error;
};
filter_parse read_filter(const sentence& s, std::size_t first, std::size_t last, const context& ctx, bool due_today_means_overdue_too, bool past = false);

// Intents, in the order they are tried (understand.cpp).
bool parse_answer(clause& c);          // answer_intents.cpp
bool parse_smalltalk(clause& c);
bool parse_lone_verb(clause& c);
bool parse_undo(clause& c);
bool parse_series(clause& c);          // series_intents.cpp
bool parse_snooze(clause& c);          // snooze_intents.cpp
bool parse_share(clause& c);           // share_intents.cpp
bool parse_preferences(clause& c);     // preference_intents.cpp
bool parse_history(clause& c);         // history_intents.cpp
bool parse_query(clause& c);           // find_intents.cpp
bool parse_list(clause& c);
bool parse_bare_list(clause& c);
bool parse_reopen(clause& c);          // state_intents.cpp
bool parse_complete(clause& c);
bool parse_remove(clause& c);
bool parse_reminder_update(clause& c); // update_intents.cpp
bool parse_update(clause& c);
bool parse_reschedule(clause& c);      // reschedule_intents.cpp
bool parse_follow_up(clause& c);       // follow_up.cpp
bool parse_move_to_project(clause& c); // update_intents.cpp, after dates had their turn
bool parse_create(clause& c);          // create_intents.cpp
void parse_implicit_create(clause& c);
// What an implicit create of the whole clause would make, for commands whose target may not exist.
std::optional<create_task> as_task(const clause& c);

// slots.cpp
void fill_slots(understanding& out);

}  // namespace chat::language
