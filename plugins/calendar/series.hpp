// What the product does with a series: the task after a completed one, this-and-following edits, pauses, what the rule says.
//
// Pure functions over recurrence.hpp; any thread. Times are civil times in the series' own zone.
#pragma once

#include "plugins/calendar/recurrence.hpp"

namespace calendar {

enum class anchor : std::uint8_t { schedule, completion };
enum class catch_up : std::uint8_t { skip_to_future, keep, pile_up };

struct completion {
  civil_time occurrence{};                   // what was completed
  civil_time at{};                           // when, as the clock in the series' zone showed
  int number = 1;                            // which one of the series it was; COUNT of an anchor=completion series ends by it
};

struct succession {
  static constexpr std::size_t missed_max = 50;
  std::optional<civil_time> next;            // nothing: the series has ended
  std::vector<civil_time> missed;            // pile_up: the newest missed_max that passed, oldest first; otherwise empty
  std::int64_t skipped = 0;                  // passed without a task of their own; counted up to skipped_max
  civil_time dtstart{};                      // of the series from now on: moves only with anchor=completion
  static constexpr std::int64_t skipped_max = 10'000;
};

// schedule: `keep` gives the one right after the completed; `skip_to_future` the first after both the completed one and the
// completion; `pile_up` that one, and all that passed in between.
// completion: the rule starts again at the completion (its date; time of day kept unless the rule is sub-daily) and gives its
// first occurrence behind it. A day of the month that dtstart alone gives falls back to the month's last day there.
succession successor(const series& of, const completion& done, anchor from, catch_up late);

// The series up to before `at`, and from `at` on ("this and following"): together they have exactly the occurrences of the
// whole, COUNT and the phase of INTERVAL included. Either may be missing when it would be empty.
struct split_series {
  std::optional<series> head;
  std::optional<series> tail;
};
split_series split(const series& of, civil_time at);

// One occurrence left out. Expects exdates in order.
series without(series of, civil_time occurrence);

// What is open in the rule and comes from dtstart, written into the rule: BYMONTHDAY, BYDAY, BYMONTH, BYHOUR and so on.
rule pinned(const series& of);

}  // namespace calendar
