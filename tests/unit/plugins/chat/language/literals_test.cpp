// Stages 2 and 3: protected text, and where a message is cut into commands.
#include "plugins/chat/language/literals.hpp"

#include <gtest/gtest.h>

#include "plugins/chat/language/clauses.hpp"

namespace chat::language {
namespace {

std::vector<std::string> literals_of(const std::string& text) {
  sentence s{text};
  std::vector<std::string> out;
  for (const auto& l : mark_literals(s)) out.emplace_back(s.source(l.first, l.last));
  return out;
}

std::vector<std::string> clauses_of(const std::string& text) {
  sentence s{text};
  mark_literals(s);
  std::vector<std::string> out;
  for (const auto& c : split_clauses(s)) out.emplace_back(s.source(c.first, c.last));
  return out;
}

using list = std::vector<std::string>;

TEST(Literals, QuotesUrlsMailMoneyVersionsAndFilesAreProtected) {
  EXPECT_EQ(literals_of("add \"pay may 5\" `rm 5pm` 'War and Peace'"), (list{"\"pay may 5\"", "`rm 5pm`", "'War and Peace'"}));
  EXPECT_EQ(literals_of("read https://x.example/2026/08/19?q=5pm, now"), (list{"https://x.example/2026/08/19?q=5pm"}));
  EXPECT_EQ(literals_of("mail ana@example.com."), (list{"ana@example.com"}));
  EXPECT_EQ(literals_of("pay $5.30 or 10% for v1.2.2026 and 1.2.3.4"), (list{"$5.30", "10%", "v1.2.2026", "1.2.3.4"}));
  EXPECT_EQ(literals_of("see notes.txt"), (list{"notes.txt"}));
}

TEST(Literals, OrdinaryTextIsNotProtected) {
  EXPECT_TRUE(literals_of("don't meet at 5:30pm on 31.12.2026 it's a 5 p.m. thing").empty());
  EXPECT_TRUE(literals_of("an \"unclosed quote tomorrow").empty());
  EXPECT_TRUE(literals_of("the boys' room").empty());
}

TEST(Clauses, CutAtSemicolonsLinesAndBeforeCommandVerbs) {
  EXPECT_EQ(clauses_of("add call Bob tomorrow; mark milk done and show today"), (list{"add call Bob tomorrow", "mark milk done", "show today"}));
  EXPECT_EQ(clauses_of("add milk\nadd eggs"), (list{"add milk", "add eggs"}));
  EXPECT_EQ(clauses_of("add milk. Show my tasks"), (list{"add milk", "Show my tasks"}));
}

TEST(Clauses, TitlesStayWhole) {
  for (const char* text : {"buy milk and show mom the photos", "call Ana and mark the calendar", "add \"a; b\"", "milk, eggs and bread", "meet Dr. Show at 5"})
    EXPECT_EQ(clauses_of(text), list{text});
}

TEST(Clauses, TooManyStayOne) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "add milk;";
  EXPECT_EQ(clauses_of(text).size(), 1u);
}

}  // namespace
}  // namespace chat::language
