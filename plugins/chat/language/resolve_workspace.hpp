// What the two halves of the resolver share: the moment, the preferences, and where guesses go. Internal to this library.
#pragma once

#include "plugins/chat/language/resolve.hpp"

namespace chat::language {

struct day_result {
  std::optional<calendar::civil_date> day;
  bool explicit_past = false;      // the words themselves point back: yesterday, last friday, a past year
};

// Everything a resolution needs, and where its guesses go.
struct workspace {
  const context& ctx;
  direction where;
  calendar::civil_date today;
  calendar::time_of_day clock;
  resolved& out;

  void assume(std::string code, std::string text, std::optional<std::string> alternative = std::nullopt) {
    out.assumptions.push_back({std::move(code), std::move(text), std::move(alternative)});
  }
  void invalid(std::string text) {
    if (!out.error) out.error = failure{"invalid_date", std::move(text) + " Nothing was saved. Put it in quotes to keep it as text."};
  }
};

// The day a date phrase means (resolve_days.cpp).
day_result resolve_day(workspace& w, const date_expr& e);
// The days a phrase covers: weeks, months, weekends as a whole, anything else as one day.
std::optional<day_range> days_covered(workspace& w, const date_expr& e);

}  // namespace chat::language
