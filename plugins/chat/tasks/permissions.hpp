// Who may do what: the one table of rights. Pure, any thread.
//
// Everything not in the table is denied. A higher role never loses an action (tests/unit/plugins/chat/permissions_test.cpp).
// Whoever may not read is told 404, whoever may read but not act 403: tasks/access.hpp does that, and nothing else asks here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace chat {

// The numbers are stored. `none` is no membership.
enum class role : std::int32_t { none, viewer, commenter, editor, owner };

enum class action {
  read,             // the project, its tasks and their history
  comment,
  create_task,      // in the project, also by moving a task into it
  update_task,      // fields, assignment, series, snooze; also to move a task to another project
  complete_task,    // and reopen
  delete_task,
  take_task_out,    // of the project into no project: it becomes private to its maker
  leave,            // the project
  manage_project,   // name, description, archived
  share,            // members and their roles
  delete_project,
};
inline constexpr std::array all_actions{action::read,          action::comment, action::create_task,    action::update_task, action::complete_task, action::delete_task,
                                        action::take_task_out, action::leave,   action::manage_project, action::share,       action::delete_project};

// What the action is about, as far as rights depend on it.
struct object {
  bool own = false;   // the subject made it
};

bool authorize(role subject, action what, const object& on);

std::string_view to_text(role value);                        // owner editor commenter viewer none
std::optional<role> parse_role(std::string_view text);       // never none

}  // namespace chat
