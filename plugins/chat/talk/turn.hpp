// One message of a conversation, from text to effects and a reply, inside one unit of work.
//
// Everything a message changes is one undo group. What is expensive to get wrong is asked first (delete, bulk, which one);
// the question stands in the conversation's state until it is answered, replaced by another command, or too old.
#pragma once

#include <boost/json/object.hpp>

#include "plugins/chat/language/understand.hpp"
#include "plugins/chat/talk/targets.hpp"
#include "plugins/chat/tasks/preferences.hpp"

namespace chat::talk {

inline constexpr std::size_t companions_max = 200;
inline constexpr std::int64_t question_ttl_ms = 10 * 60 * 1000;

struct turn_input {
  std::string message;
  std::string tz, locale;                     // empty: the person's own
  evh_schemas::user_preferences set;          // filled by the turn from the directory
  std::int64_t now_ns = 0;
};

struct pending_option {
  std::string value, label;
};

struct turn_result {
  std::string reply;
  language::understanding understood;
  std::vector<effect> effects;
  std::vector<task> items;                    // of a list
  std::vector<language::assumption> assumptions;   // of the execution, beside those of the understanding
  bool asked = false;                         // state.pending is a question asked now
  std::vector<pending_option> options;        // of that question
};

class turn {
 public:
  turn(evh::unit& unit, store::session& session, executor& commands, const origin& by, talk_state& state, turn_input input)
      : unit_(unit), session_(session), commands_(commands), by_(by), state_(state), input_(std::move(input)) {}

  turn_result take();

 private:
  language::context context_of(const turn_input& said, std::int64_t list_count, bool has_entity) const;
  task_list base_list() const;
  const calendar::instant now() const { return calendar::instant{std::chrono::seconds{input_.now_ns / 1'000'000'000}}; }

  // Commands. `fixed`: the targets, when a question settled them.
  void run(const language::understanding& what, const std::vector<task>* fixed = nullptr);
  void run_create(const language::understanding& what, const language::create_task& command);
  void run_list(const language::list_tasks& command);
  void run_query(const language::query_tasks& command);
  void run_undo(const language::undo_last& command);
  void run_smalltalk(const language::smalltalk& command);
  void run_on_targets(const language::understanding& what, const std::vector<task>* fixed);
  void run_batch(const language::understanding& what);
  effect run_one(const language::any_command& command, const task& on);
  task_patch patch_of(const language::update_task& command, const task& on);
  std::optional<std::string> project_id_of(const std::string& name);
  void pin_zone(std::optional<due>& value);
  void say_created(const language::create_task& command, const task& made);

  // Repeating tasks (repeat.cpp).
  std::optional<effect> run_series(const language::any_command& command, const task& on);
  effect change_rule(const language::series_update& change, const task& on);
  void repeat_in(task_patch& patch, const language::update_task& command, const task& on);
  std::string describe_series(const effect& done, const language::any_command& command) const;

  // Other people (people.cpp).
  struct whom {
    std::string id, email, name;              // id empty: no account; name as it is said
  };
  whom person_of(const std::string& said);
  std::vector<std::string> people_known() const;
  void run_share(const language::share_project& command);
  void assign_in(task_patch& patch, const std::string& said, const std::optional<std::string>& project_id);

  // Snooze and preferences (settings.cpp), history (history.cpp).
  void run_last_snooze(const language::snooze& command);
  effect snooze_one(const language::snooze& command, const task& on, const std::string& notification_id);
  void adopt_zone();
  void ask_account(evh_schemas::user_preferences wanted, std::vector<std::string> clear);
  void run_preferences(const language::set_preferences& command);
  void run_history(const language::query_history& command);
  std::vector<change> changes_between(std::int64_t from_ms, std::int64_t to_ms, std::size_t limit);
  std::vector<task> tasks_ever(const language::target& which, std::string& problem);
  std::string say_change(const change& what, const std::string& title);

  // Questions.
  void answer(const language::answer& given);
  void say_what_is_open();
  void answer_choice(const open_question& open, int number);
  void answer_yes(const open_question& open);
  language::understanding replay(const open_question& open, const std::string& message) const;
  open_question& ask(question_kind kind);
  void ask_which(const std::vector<task>& candidates);
  void ask_confirmation(const language::understanding& what, const std::vector<task>& targets);
  void ask_what_language_asks(const language::understanding& what);

  void say(std::string text) { result_.reply += (result_.reply.empty() ? "" : "\n") + std::move(text); }
  void assume(const std::vector<language::assumption>& more) { result_.assumptions.insert(result_.assumptions.end(), more.begin(), more.end()); }
  void did(effect done);
  std::string describe(const effect& done, const std::string& verb) const;

  evh::unit& unit_;
  store::session& session_;
  executor& commands_;
  const origin& by_;
  talk_state& state_;
  turn_input input_;
  std::vector<std::string> people_;           // what context_of lends to the language
  bool in_batch_ = false;                     // a question would replay the whole message: none is asked
  bool confirmed_ = false;                    // the command was asked about and answered with yes
  std::string asking_message_;                // what a question asked now should replay
  turn_result result_;
};

// What kind of tasks the command is about, and its verb: "complete", "Completed".
struct command_words {
  wanted_status status;
  const char* verb;
  const char* past;
};
command_words words_for(const language::any_command& command);
// The command's target, or nullptr.
const language::target* target_of(const language::any_command& command);

}  // namespace chat::talk
