// The filter language, `overdue & p1 & #work & due<+7d`: its syntax tree, reader and printer.
//
//   expression := term { "|" term }      term := factor { ["&"] factor }      factor := "!" factor | "(" expression ")" | predicate
//   predicate  := overdue | open | done | all | p1..p4 | #project | #"two words" | @tag | "no due" | due OP day | done OP day | word | "words"
//   OP := "<" "<=" "=" ":" ">=" ">"      day := 2026-08-31 | today | tomorrow | yesterday | +7d | -2w | +1m | monday..sunday (the next one)
//
// Words "and", "or", "not" work as well. Days are resolved while reading. Any thread; at most 1,000 bytes and 32 levels.
// Meaning: `due` compares the task's due day as its owner reads it; a filter that names no status means open tasks only; a word or
// quoted text is looked for in titles and descriptions without case. `all_of` with no children is true.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "plugins/calendar/civil.hpp"

namespace chat::language::filter {

enum class status { open, done, all };
enum class compare { less, less_equal, equal, greater_equal, greater };

struct status_is { filter::status value; };
struct overdue {};
struct no_due {};
struct due_day { compare op; calendar::civil_date day; };
struct done_day { compare op; calendar::civil_date day; };     // the day it was completed on
struct priority_is { int level; };                             // 1 (critical) .. 4 (low)
struct in_project { std::string name; };
struct has_tag { std::string name; };
struct contains { std::string text; };

using predicate = std::variant<status_is, overdue, no_due, due_day, done_day, priority_is, in_project, has_tag, contains>;

struct expression {
  enum class kind { all_of, any_of, none_of, leaf };
  kind what = kind::all_of;
  std::vector<expression> children;             // all_of, any_of, none_of (true when none of them is)
  std::optional<filter::predicate> leaf;        // leaf only
};

expression make(predicate leaf);
expression all_of(std::vector<expression> children);   // flattens; a single child stands for itself
expression any_of(std::vector<expression> children);
expression none_of(expression child);

bool names_status(const expression& where);            // a status or `overdue` or a completion day somewhere inside
bool empty(const expression& where);                   // true for everything
std::string print(const expression& where);            // canonical text; parse(print(x)) prints the same

struct parse_error { std::string text; std::size_t position = 0; };
using parse_result = std::variant<expression, parse_error>;
// `today` is the reader's local day.
parse_result parse(std::string_view text, calendar::civil_date today);

}  // namespace chat::language::filter
