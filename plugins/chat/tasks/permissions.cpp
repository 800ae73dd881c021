// The table.
#include "plugins/chat/tasks/permissions.hpp"

namespace chat {

namespace {

// The lowest role that may do it to anything, and to what the subject made. `nobody` is above every role.
constexpr auto nobody = static_cast<role>(5);
struct right {
  action what;
  role any, own;
};
constexpr right rights[] = {
    {action::read, role::viewer, role::viewer},
    {action::comment, role::commenter, role::commenter},
    {action::create_task, role::editor, role::editor},
    {action::update_task, role::editor, role::editor},
    {action::complete_task, role::editor, role::editor},
    {action::delete_task, role::owner, role::editor},
    {action::take_task_out, nobody, role::editor},
    {action::leave, role::viewer, role::viewer},
    {action::manage_project, role::owner, role::owner},
    {action::share, role::owner, role::owner},
    {action::delete_project, role::owner, role::owner},
};

constexpr std::array<std::string_view, 5> names{"none", "viewer", "commenter", "editor", "owner"};

}  // namespace

bool authorize(role subject, action what, const object& on) {
  if (subject == role::none) return false;
  for (const auto& each : rights)
    if (each.what == what) return subject >= (on.own ? each.own : each.any);
  return false;
}

std::string_view to_text(role value) { return names[static_cast<std::size_t>(value)]; }

std::optional<role> parse_role(std::string_view text) {
  for (std::size_t i = 1; i < names.size(); ++i)
    if (names[i] == text) return static_cast<role>(i);
  return std::nullopt;
}

}  // namespace chat
