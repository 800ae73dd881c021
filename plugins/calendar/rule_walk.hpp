// Walks a rule's occurrences period by period, without EXDATE and RDATE.
//
// Internal to the calendar library. Times are seconds since 1970-01-01T00:00 on the civil time line. One owner.
#pragma once

#include <cstdint>
#include <cstddef>
#include <limits>
#include <vector>

#include "plugins/calendar/rule_days.hpp"

namespace calendar::detail {

class rule_walk {
 public:
  static constexpr std::int64_t ended = std::numeric_limits<std::int64_t>::max();
  static constexpr day_number last_day = 2'932'896;   // 9999-12-31

  // Occurrences > after, and never before dtstart.
  rule_walk(const series& of, std::int64_t after);

  // The next occurrence, or `ended` from then on.
  std::int64_t next() {
    while (true) {
      while (time_ != times_.size()) {
        const std::int64_t at = base_ + times_[time_++];
        if (at <= last_) continue;
        if (at > until_ || left_ == 0) return finish();
        if (left_ > 0) --left_;
        return last_ = at;
      }
      if (!next_base()) return finish();
    }
  }

 private:
  void prepare_times(const rule& r, bool all_day);
  void prepare_slots(const rule& r);
  void start_at(std::int64_t from);
  void pass_over(std::int64_t after);
  std::int64_t finish();
  bool next_base();
  bool next_day_in_period();
  bool next_period();
  bool next_pick();
  void choose_positions();
  bool step_day();
  bool step_slot();
  bool step_week();
  bool step_month();
  bool step_year();
  void load(day_block block);
  day_number next_allowed(day_number day);
  bool stop();
  bool spend() { return ++steps_ <= occurrences::search_steps_max; }

  // What the rule says.
  rule_days days_;
  frequency freq_;
  std::int64_t interval_;
  std::chrono::weekday week_start_;
  bool by_week_no_;
  std::vector<int> set_pos_;                 // only where a period has several days; else already applied to times_
  std::vector<std::int32_t> times_;          // seconds from a base: of the day, or of the hour, minute or second
  std::int64_t until_ = (last_day + 1LL) * 86'400 - 1;
  std::int64_t left_ = -1;                   // of COUNT; -1: no limit

  // Where the walk is.
  std::int64_t last_;                        // occurrences must be later than this
  std::int64_t base_ = 0;
  std::size_t time_;
  bool done_ = false;
  std::int64_t steps_ = 0;

  // WEEKLY, MONTHLY, YEARLY: the period's days.
  rule_days::year_blocks blocks_{};
  std::size_t block_ = 0, block_count_ = 0;
  std::int64_t period_ = 0;                  // first day of the week, months since year 0, year
  bool started_ = false;
  std::vector<std::int64_t> picks_;          // BYSETPOS: the chosen occurrences of the period
  std::size_t pick_ = 0;

  // DAILY and shorter: periods are slots of unit_ seconds, interval_ apart from phase_.
  std::int64_t unit_ = 86'400, slots_per_day_ = 1, phase_ = 0, slot_ = 0;
  std::vector<std::int32_t> slots_;          // the slots of a day that the BY parts leave; empty: all
  bool slots_limited_ = false;
  month_ref month_{};                        // of month_bits_
  std::uint32_t month_bits_ = 0;
};

}  // namespace calendar::detail
