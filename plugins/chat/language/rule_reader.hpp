// How a repetition is read: a core that says how often, then tails that add times, days, where it starts and ends. Internal
// to this library; recurrence_phrases.cpp is the way in.
#pragma once

#include <optional>
#include <vector>

#include "plugins/chat/language/recurrence_days.hpp"

namespace chat::language {

// "every <n> <unit>"
void every_units(rule_expr& e, unit u, int n);
// Every week on these days, 0 = Sunday.
void weekly_on(rule_expr& e, const std::vector<int>& days);
// "morning", "evenings"; none for another word.
daypart part_word(const sentence& s, std::size_t i, std::size_t end);

// Reads from the token it is asked at and keeps what was said in `value`. A reader answers the token after what it took; 0,
// or for a tail the token it was given, when it took nothing. The sentence must outlive it.
class rule_reader {
 public:
  rule_reader(const sentence& s, std::size_t end) : s_(s), end_(end) {}
  rule_expr value;

  // The core that begins at `at`: the token after it, or 0.
  std::size_t core(std::size_t at);
  // One more thing said about the rule at `at`: the token after it, or `at`. `apart`: it stands away from the core.
  std::size_t tail(std::size_t at, bool apart = false);
  std::size_t tails(std::size_t i);

 private:
  bool is(std::size_t i, std::string_view w) const { return word_is(s_, i, end_, w); }
  bool in(std::size_t i, std::initializer_list<std::string_view> w) const { return word_in(s_, i, end_, w); }
  bool sym(std::size_t i, char c) const { return symbol_is(s_, i, end_, c); }

  // Of the core (rule_core.cpp).
  std::size_t after_every(std::size_t i);
  std::size_t interval_of(std::size_t i, int n);
  std::size_t yearly_date(std::size_t i);
  std::size_t counted_in(std::size_t i);
  std::size_t numbered_days(std::size_t i, bool& bare);
  std::size_t after_ordinals(std::size_t i);
  std::size_t days_of_every(std::size_t i);
  std::size_t adverb(std::size_t i);
  std::size_t so_often(std::size_t i);
  std::size_t plural_days(std::size_t i);
  std::size_t completion(std::size_t k);
  std::size_t after_finishing(std::size_t i);

  // Of the tails (rule_tails.cpp).
  std::optional<temporal> point(std::size_t i, bool bare_time);
  std::size_t hours_of_day(std::size_t k);
  std::size_t start(std::size_t k);
  std::size_t finish(std::size_t k);
  std::size_t how_long(std::size_t k);
  std::size_t exception(std::size_t k);
  bool without_days(const std::vector<int>& days);
  std::size_t by_days(std::size_t k);
  std::size_t clock(std::size_t k);

  const sentence& s_;
  const std::size_t end_;
};

}  // namespace chat::language
