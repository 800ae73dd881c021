// chat_language_score FILE: how many utterances of a table are understood as expected, and every miss. Never fails because of a miss.
//
// Columns as in utterances.tsv: name, utterance, expected JSON, status, context; the last two may be left out. A line without tabs
// is an utterance alone: what it is understood as is printed. `exact` counts rows that match in every field of the table's form;
// `agree` counts rows whose intent, slots, question, error and parts match, guesses and hints apart. What an author left open is not
// compared: without "slots" only the fields the row names (an intent alone, an error alone), and "confirm" only where it is named.
#include <fstream>
#include <iostream>

#include "utterance_table.hpp"

namespace {

using namespace chat_language_test;
namespace json = boost::json;

json::object as_named(json::object value, const json::object& expected) {
  if (!expected.contains("confirm")) value.erase("confirm");
  if (expected.contains("slots")) return value;
  json::object out;
  for (const auto& [key, field] : value)
    if (expected.contains(key)) out[key] = field;
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: chat_language_score FILE\nFILE: name TAB utterance TAB expected JSON [TAB status [TAB context]], or plain utterances\n";
    return 2;
  }
  std::ifstream in(argv[1]);
  if (!in) {
    std::cerr << "chat_language_score: cannot read " << argv[1] << '\n';
    return 2;
  }
  std::size_t rows = 0, exact = 0, agree = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line.find('\t') == std::string::npos) {
      std::cout << line << '\n' << "  " << json::serialize(render(chat::language::understand(line, usual_context()))) << '\n';
      continue;
    }
    try {
      const auto row = read_row(line);
      const auto seen = render(chat::language::understand(row.text, context_of(row)));
      ++rows;
      const bool same = json::object{render_like(chat::language::understand(row.text, context_of(row)), row.expected)} == row.expected;
      const bool close = as_named(meaning(seen, row.expected), row.expected) == meaning(row.expected, row.expected);
      exact += same ? 1 : 0;
      agree += close || same ? 1 : 0;
      if (!same && !close) std::cout << "MISS " << row.number << ": " << row.text << "\n  wanted " << json::serialize(row.expected) << "\n  got    " << json::serialize(seen) << '\n';
    } catch (const std::exception& why) {
      ++rows;
      std::cout << "BAD ROW " << line << "\n  " << why.what() << '\n';
    }
  }
  if (rows) std::cout << "score: " << agree << " of " << rows << " agree, " << exact << " of " << rows << " exact\n";
  return 0;
}
