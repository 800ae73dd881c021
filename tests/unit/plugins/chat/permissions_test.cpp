// The table of rights as a whole: what must hold for any table, and the rights the product promises.
#include <gtest/gtest.h>

#include "plugins/chat/tasks/permissions.hpp"

namespace {

using namespace chat;
constexpr role roles[] = {role::none, role::viewer, role::commenter, role::editor, role::owner};

TEST(Permissions, AHigherRoleNeverLosesAnAction) {
  for (const action what : all_actions)
    for (const bool own : {false, true})
      for (std::size_t i = 1; i < std::size(roles); ++i)
        EXPECT_LE(authorize(roles[i - 1], what, {own}), authorize(roles[i], what, {own})) << static_cast<int>(what) << " as " << to_text(roles[i]);
}

TEST(Permissions, WhoeverMadeItMayNeverDoLess) {
  for (const action what : all_actions)
    for (const role each : roles) EXPECT_LE(authorize(each, what, {false}), authorize(each, what, {true})) << static_cast<int>(what);
}

TEST(Permissions, DeniedByDefault) {
  for (const action what : all_actions) EXPECT_FALSE(authorize(role::none, what, {true})) << static_cast<int>(what);
  for (const role each : roles) EXPECT_FALSE(authorize(each, static_cast<action>(99), {true}));
}

TEST(Permissions, WhoeverMayActMayRead) {
  for (const action what : all_actions)
    for (const role each : roles)
      for (const bool own : {false, true})
        EXPECT_TRUE(!authorize(each, what, {own}) || authorize(each, action::read, {})) << static_cast<int>(what);
}

TEST(Permissions, TheTable) {
  // action: viewer, commenter, editor, owner; then the same for what the subject made.
  struct row {
    action what;
    const char* any;
    const char* own;
  };
  for (const row& each : {row{action::read, "1111", "1111"}, row{action::comment, "0111", "0111"}, row{action::create_task, "0011", "0011"},
                          row{action::update_task, "0011", "0011"}, row{action::complete_task, "0011", "0011"}, row{action::delete_task, "0001", "0011"},
                          row{action::take_task_out, "0000", "0011"}, row{action::leave, "1111", "1111"}, row{action::manage_project, "0001", "0001"},
                          row{action::share, "0001", "0001"}, row{action::delete_project, "0001", "0001"}})
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(authorize(roles[i + 1], each.what, {false}), each.any[i] == '1') << static_cast<int>(each.what) << ' ' << to_text(roles[i + 1]);
      EXPECT_EQ(authorize(roles[i + 1], each.what, {true}), each.own[i] == '1') << static_cast<int>(each.what) << ' ' << to_text(roles[i + 1]);
    }
}

TEST(Permissions, RolesHaveNamesAndNoneIsNotGiven) {
  for (std::size_t i = 1; i < std::size(roles); ++i) EXPECT_EQ(parse_role(to_text(roles[i])), roles[i]);
  EXPECT_FALSE(parse_role("none"));
  EXPECT_FALSE(parse_role("admin"));
}

}  // namespace
