// docs/chat-language.md keeps its word: every example is understood as one of the intents its table names, and what stands in code on the
// right is in the command.
#include <gtest/gtest.h>

#include <fstream>

#include "utterance_table.hpp"

namespace chat_language_test {
namespace {

using namespace chat::language;

// The `code` pieces of a text, in order.
std::vector<std::string> code_in(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = text.find('`'); at != std::string::npos;) {
    const auto close = text.find('`', at + 1);
    if (close == std::string::npos) break;
    out.push_back(text.substr(at + 1, close - at - 1));
    at = text.find('`', close + 1);
  }
  return out;
}

std::string all_of(const understanding& u) {
  std::string out = u.intent + " " + boost::json::serialize(u.slots);
  for (const auto& part : u.parts) out += "\n" + all_of(part);
  return out;
}

TEST(CheatSheet, EveryExampleIsUnderstoodAsItSays) {
  std::ifstream in(EVH_CHEAT_SHEET);
  ASSERT_TRUE(in) << EVH_CHEAT_SHEET;
  const std::string mark = "<!-- intent: ";
  std::string intents;
  std::size_t examples = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(mark)) intents = " " + line.substr(mark.size(), line.find(" -->") - mark.size()) + " ";
    if (!line.starts_with("| `")) continue;
    const auto split = line.find("` | ");
    ASSERT_NE(split, std::string::npos) << line;
    const std::string said = line.substr(3, split - 3);
    const auto u = understand(said, usual_context());
    ++examples;
    EXPECT_NE(intents.find(" " + u.intent + " "), std::string::npos) << said << ": " << u.intent;
    EXPECT_FALSE(u.error) << said;
    EXPECT_FALSE(u.question) << said;
    const std::string command = all_of(u);
    for (const auto& fact : code_in(line.substr(split + 4))) EXPECT_NE(command.find(fact), std::string::npos) << said << ": no " << fact << " in " << command;
  }
  EXPECT_GE(examples, 60u);
}

}  // namespace
}  // namespace chat_language_test
