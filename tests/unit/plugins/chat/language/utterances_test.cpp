// The tables of utterances, row by row: what each is understood as, and that spans and determinism hold for all of them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "utterance_table.hpp"

namespace chat_language_test {
namespace {

using namespace chat::language;

void check_spans(const std::string& text, const understanding& u) {
  std::size_t last_end = 0;
  for (const auto& sp : u.spans) {
    ASSERT_LE(last_end, sp.begin) << text;
    ASSERT_LT(sp.begin, sp.end) << text;
    ASSERT_LE(sp.end, text.size()) << text;
    EXPECT_EQ(text.substr(sp.begin, sp.end - sp.begin), sp.text);
    last_end = sp.end;
  }
}

TEST(Utterances, TheEightyFourGiveTheirExactResult) {
  std::size_t covered = 0, passed = 0;
  for (const auto& row : read_table("utterances.tsv")) {
    ASSERT_EQ(row.status, "covered") << row.number;
    ++covered;
    const auto u = understand(row.text, context_of(row));
    const auto seen = render_like(u, row.expected);
    EXPECT_EQ(boost::json::serialize(seen), boost::json::serialize(row.expected)) << "row " << row.number << ": " << row.text;
    passed += boost::json::serialize(seen) == boost::json::serialize(row.expected) ? 1 : 0;
    check_spans(row.text, u);
  }
  std::cout << "utterances.tsv: " << passed << " of " << covered << " rows pass\n";
  EXPECT_GE(covered, 100u);
}

TEST(Utterances, OwnRowsGiveTheirExactResult) {
  std::size_t rows = 0;
  for (const auto& row : read_table("more_utterances.tsv")) {
    ++rows;
    const auto u = understand(row.text, context_of(row));
    EXPECT_EQ(boost::json::serialize(render_like(u, row.expected)), boost::json::serialize(row.expected)) << "row " << row.number << ": " << row.text;
    check_spans(row.text, u);
  }
  EXPECT_GE(rows, 60u);
}

TEST(Utterances, TheMachinesTimeZoneDoesNotMatter) {
  const char* before = std::getenv("TZ");
  const std::string saved = before ? before : "";
  std::vector<std::string> first;
  for (const char* zone : {"UTC", "Asia/Kolkata", "Pacific/Auckland"}) {
    setenv("TZ", zone, 1);
    tzset();
    std::vector<std::string> seen;
    for (const char* file : {"utterances.tsv", "more_utterances.tsv"})
      for (const auto& row : read_table(file)) seen.push_back(boost::json::serialize(render(understand(row.text, context_of(row)))));
    if (first.empty()) first = seen;
    EXPECT_EQ(seen, first) << zone;
  }
  if (before) setenv("TZ", saved.c_str(), 1);
  else unsetenv("TZ");
  tzset();
}

}  // namespace
}  // namespace chat_language_test
