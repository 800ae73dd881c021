// Which tasks a command means. Words first stand for a whole title, then for titles that hold words beginning with all of
// them; several finds are the person's to choose from: nothing here ever picks one.
#pragma once

#include "plugins/chat/language/command.hpp"
#include "plugins/chat/tasks/executor.hpp"
#include "plugins/chat/tasks/list.hpp"
#include "plugins/chat/talk/state.hpp"

namespace chat::talk {

inline constexpr std::size_t candidates_max = 9;
inline constexpr std::size_t bulk_max = 200;          // tasks one message may change

enum class wanted_status { open, done, any, both };   // any: open ones, or else done ones; both: all of them

struct found_targets {
  std::vector<task> tasks;
  bool ambiguous = false;      // words that fit several tasks: ask which
  std::string problem;         // nothing found, and why
};

class target_finder {
 public:
  target_finder(evh::unit& unit, store::session& session, const talk_state& state, task_list base)
      : unit_(unit), session_(session), state_(state), base_(std::move(base)) {}
  found_targets find(const language::target& which, wanted_status status);

 private:
  found_targets by_words(const language::target& which, wanted_status status);
  found_targets by_filter(const language::filter::expression& where);
  found_targets by_ids(const std::vector<std::string>& ids, std::string missing);
  std::vector<task> stage(task_list list, wanted_status status);

  evh::unit& unit_;
  store::session& session_;
  const talk_state& state_;
  task_list base_;             // owner, zone, now
};

}  // namespace chat::talk
