// The filter language: reading, printing, errors with a place, and limits.
#include "plugins/chat/language/filter.hpp"

#include <gtest/gtest.h>

namespace chat::language::filter {
namespace {

const calendar::civil_date today = calendar::make_date(2026, 8, 18);

std::string roundtrip(std::string_view text) {
  const auto parsed = parse(text, today);
  if (const auto* error = std::get_if<parse_error>(&parsed)) return "error at " + std::to_string(error->position) + ": " + error->text;
  const std::string printed = print(std::get<expression>(parsed));
  const auto again = parse(printed, today);
  EXPECT_TRUE(std::holds_alternative<expression>(again)) << printed;
  if (std::holds_alternative<expression>(again)) {
    EXPECT_EQ(print(std::get<expression>(again)), printed);
  }
  return printed;
}

TEST(Filter, ReadsEveryPredicate) {
  EXPECT_EQ(roundtrip("overdue & p1 & #work & due<+7d"), "overdue & p1 & #work & due<2026-08-25");
  EXPECT_EQ(roundtrip("open | done | all"), "open | done | all");
  EXPECT_EQ(roundtrip("@home #\"two words\" milk \"oat milk\""), "@home & #\"two words\" & \"milk\" & \"oat milk\"");
  EXPECT_EQ(roundtrip("no due or nodue"), "no due | no due");
  EXPECT_EQ(roundtrip("due<=today due>=yesterday due=tomorrow due>-1w"), "due<=2026-08-18 & due>=2026-08-17 & due:2026-08-19 & due>2026-08-11");
  EXPECT_EQ(roundtrip("done>=2026-08-01 done<+1m"), "done>=2026-08-01 & done<2026-09-18");
  EXPECT_EQ(roundtrip("due:friday"), "due:2026-08-21");
  EXPECT_EQ(roundtrip(""), "");
}

TEST(Filter, BindsAndTighterThanOrAndKeepsParentheses) {
  EXPECT_EQ(roundtrip("p1 | p2 & #work"), "p1 | (p2 & #work)");
  EXPECT_EQ(roundtrip("(p1 | p2) & #work"), "(p1 | p2) & #work");
  EXPECT_EQ(roundtrip("not (p1 or p2) and !@home"), "!(p1 | p2) & !@home");
}

TEST(Filter, ErrorsNameThePlace) {
  EXPECT_EQ(roundtrip("p1 &"), "error at 4: expected overdue, p1, #project, @tag, due<day, a word or (");
  EXPECT_EQ(roundtrip("due"), "error at 3: due needs <, <=, =, >= or > and a day");
  EXPECT_EQ(roundtrip("due<soon"), "error at 4: expected a day: 2026-08-31, today, +7d or a weekday");
  EXPECT_EQ(roundtrip("(p1"), "error at 3: missing )");
  EXPECT_EQ(roundtrip("p1 )"), "error at 3: expected & or | or the end here");
  EXPECT_EQ(roundtrip("# x"), "error at 1: #project needs a name");
  EXPECT_EQ(roundtrip("\"open"), "error at 5: missing closing quote");
  EXPECT_EQ(roundtrip("due<2026-02-30"), "error at 4: expected a day: 2026-08-31, today, +7d or a weekday");
}

TEST(Filter, IsBounded) {
  EXPECT_TRUE(std::holds_alternative<parse_error>(parse(std::string(1001, 'a'), today)));
  EXPECT_TRUE(std::holds_alternative<parse_error>(parse(std::string(500, '('), today)));
  EXPECT_TRUE(std::holds_alternative<parse_error>(parse(std::string(500, '!') + "p1", today)));
}

TEST(Filter, KnowsWhetherAStatusWasNamed) {
  EXPECT_FALSE(names_status(std::get<expression>(parse("p1 & #work", today))));
  EXPECT_TRUE(names_status(std::get<expression>(parse("p1 | (#work & done)", today))));
  EXPECT_TRUE(names_status(std::get<expression>(parse("overdue", today))));
}

}  // namespace
}  // namespace chat::language::filter
