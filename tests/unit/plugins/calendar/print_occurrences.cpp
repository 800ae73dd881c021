// Prints what a rule stands for, for the comparison with another engine (differential.py).
//
// stdin, one case a line: dtstart, rule, most occurrences to print, last time to print; separated by tabs, times as
// 2026-08-31T17:00:00. stdout, one line a case: the occurrences separated by spaces, or "error: " and the sentence.
#include <charconv>
#include <iostream>
#include <string>

#include "plugins/calendar/recurrence.hpp"

namespace {

std::string take_field(std::string& line) {
  const auto tab = line.find('\t');
  auto field = line.substr(0, tab);
  line.erase(0, tab == std::string::npos ? tab : tab + 1);
  return field;
}

std::string answer(std::string line) {
  calendar::series of;
  const auto start = calendar::parse_local(take_field(line));
  const auto parsed = calendar::parse_rule(take_field(line));
  const auto most = take_field(line);
  const auto horizon = calendar::parse_local(take_field(line));
  std::size_t left = 0;
  std::from_chars(most.data(), most.data() + most.size(), left);
  if (!start || !horizon) return "error: a time of the case cannot be read";
  if (const auto* error = std::get_if<calendar::rule_error>(&parsed)) return "error: " + error->text;
  of.rule = std::get<calendar::rule>(parsed);
  of.dtstart = *start;
  std::string out;
  calendar::occurrences walk(of);
  for (; left > 0; --left) {
    const auto at = walk.next();
    if (!at || *at > *horizon) break;
    out += (out.empty() ? "" : " ") + calendar::format_local(*at);
  }
  return out;
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) std::cout << answer(std::move(line)) << '\n';
}
