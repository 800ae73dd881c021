// Reads tables of utterances with their expected understanding, and renders an understanding in the same form.
#pragma once

#include <boost/json.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include "plugins/chat/language/understand.hpp"

namespace chat_language_test {

struct utterance_row {
  std::string number, text, status;
  boost::json::object expected, settings;
};

// One line of a table: name, utterance, expected, status, context; the last two may be left out.
utterance_row read_row(const std::string& line);
// The rows of a file beside this one.
std::vector<utterance_row> read_table(const std::string& file);
// Tuesday 2026-08-18T10:30 in New York, en-US, Monday weeks, 5 tasks listed last, a last entity, three projects.
chat::language::context usual_context();
chat::language::context context_of(const utterance_row& row);
// {"intent","slots"[,"as"][,"hints"][,"question"][,"options"][,"error"][,"confirm"][,"offer"][,"parts"]}
boost::json::object render(const chat::language::understanding& result);
// Fields that were not expected ("offer") are left out of the comparison.
boost::json::object render_like(const chat::language::understanding& result, const boost::json::object& expected);

// What matters to the person: without guesses, hints and offers, and without defaults the expectation leaves out.
boost::json::object meaning(boost::json::object value, const boost::json::object& expected);

}  // namespace chat_language_test
