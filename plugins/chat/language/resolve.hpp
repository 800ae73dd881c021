// Stage 6, dates and times: from what the words say to a due value, given now, zone, locale and preferences. Pure.
#pragma once

#include <optional>
#include <vector>

#include "plugins/chat/language/temporal.hpp"
#include "plugins/chat/language/understand.hpp"

namespace chat::language {

enum class direction { future, past, any };      // where "april 15" without a year is looked for; future refuses what has passed

struct resolved {
  std::optional<calendar::due> value;            // unset with question, error, or when only a shift in days was said
  std::optional<calendar::instant> instant;      // zoned values whose clock time is skipped or repeated
  std::optional<calendar::civil_date> date;      // the parts that were really said
  std::optional<calendar::time_of_day> time;
  std::optional<std::string> tz;
  std::vector<assumption> assumptions;
  std::optional<clarification> question;
  std::optional<failure> error;
};

struct day_range { calendar::civil_date from, to; };   // `to` excluded

resolved resolve(const temporal& phrase, const context& ctx, direction where = direction::future);
// The days a phrase covers in a question: "today", "last week", "in june".
std::optional<day_range> resolve_range(const temporal& phrase, const context& ctx, direction where);
// Two phrases of one message that say date and time separately, as one.
temporal merge(const temporal& a, const temporal& b);
std::optional<calendar::civil_time> local_now(const context& ctx);
bool month_first(const context& ctx);

}  // namespace chat::language
