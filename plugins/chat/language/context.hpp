// What the understanding of a message depends on besides its text. Everything is passed in; nothing is read from the machine.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "plugins/calendar/civil.hpp"

namespace chat::language {

// What words like "tonight" mean to this person. Times since local midnight.
struct preferences {
  std::chrono::seconds morning = std::chrono::hours{9};
  std::chrono::seconds afternoon = std::chrono::hours{15};
  std::chrono::seconds evening = std::chrono::hours{18};
  std::chrono::seconds tonight = std::chrono::hours{21};
  std::chrono::seconds eod = std::chrono::hours{17};
  std::chrono::weekday week_start = std::chrono::Monday;
  std::optional<calendar::period> default_reminder;   // what a task with a time gets by itself; chat says so in its reply
};

// What the last reply asked for, if anything.
enum class pending_question { none, confirm, choice, count };

struct context {
  calendar::instant now{};
  std::string tz = "UTC";                       // IANA name
  std::string locale = "en-US";                 // en-US reads 10/11 as October 11, every other as 10 November
  preferences prefs;
  std::size_t last_list_count = 0;              // tasks in the last list shown; "2" and "the second one" refer to it
  bool has_last_entity = false;                 // whether "it" and "that" refer to something
  pending_question pending = pending_question::none;
  std::size_t pending_options = 0;              // how many options the pending choice offers
  bool has_last_notification = true;            // whether "snooze that" has something to mean
  std::span<const std::string> projects;        // the person's project names, matched without case
  std::span<const std::string> people;          // names and addresses of those who share a project with the person, matched without case
};

}  // namespace chat::language
