// The front door of the command language: one message in, one understanding out.
//
// Pure and deterministic: a function of the message and the context, nothing else; any thread; no clock, no I/O, no environment
// (the tz database apart, read once). Linear in the message, which holds at most 4,000 bytes of UTF-8 (tokens.hpp); anything else is an
// `error`, never an exception. Nothing here has an effect: the chat plugin executes `command`, and only when `error` and `clarification` are both empty.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/chat/language/command.hpp"
#include "plugins/chat/language/context.hpp"

namespace chat::language {

// A piece of the message and what it was taken for.
struct span {
  std::size_t begin = 0, end = 0;      // bytes of the original message
  std::string kind;                    // date, time, datetime, duration, priority, project, tag, reminder, recurrence, target, reference, literal, ...
  std::string text;
};

// A guess the person should see, with the other reading where there is one.
struct assumption {
  std::string code, text;
  std::optional<std::string> alternative;
};

// One answer to a question. `message` is the sentence that says the same without the doubt: understanding it gives the command.
struct choice { std::string value, label, message; };

// A question that must be answered before anything happens.
struct clarification {
  std::string code;                    // tz, past, dates, target, project, list, reference, recurrence, rename, unknown
  std::string question;
  std::vector<choice> options;
  std::string subject;                 // the words in doubt, as written
};

struct failure {
  std::string code, text;              // invalid_date, invalid_time, too_long, invalid_text, unknown_zone, ...
  std::size_t begin = 0, end = 0;
};

enum class confirmation { none, required, typed_count };

struct understanding {
  std::string intent;                  // create list query complete reopen delete update reschedule undo redo answer smalltalk help unsupported unknown batch
  any_command command;
  boost::json::object slots;           // the command as JSON, in a fixed order
  std::vector<span> spans;             // in order, inside the message, not overlapping
  std::vector<assumption> assumptions;
  std::vector<assumption> hints;       // things worth saying that change nothing
  std::optional<clarification> question;
  std::optional<failure> error;
  language::confirmation confirm = confirmation::none;
  std::optional<create_task> offer;    // what to create if the person says yes: the command's target may turn out not to exist
  std::vector<understanding> parts;    // batch: the commands in order
};

understanding understand(std::string_view message, const context& ctx);

// The JSON spelling of due values and reminders in slots: {"date"}, {"local"}, {"local","tz"}, {"instant"}; {"offset"[,"time"]}, {"at"}.
boost::json::value to_json(const calendar::due& value);
boost::json::value to_json(const reminder& value);

}  // namespace chat::language
