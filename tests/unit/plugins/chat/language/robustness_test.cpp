// Random bytes and mutated utterances: no crash, spans inside the text, the same answer twice, bounds kept.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "utterance_table.hpp"

namespace chat_language_test {
namespace {

using namespace chat::language;

void check(const std::string& text, const context& ctx) {
  const auto u = understand(text, ctx);
  ASSERT_FALSE(u.intent.empty());
  std::size_t last_end = 0;
  for (const auto& sp : u.spans) {
    ASSERT_TRUE(last_end <= sp.begin && sp.begin < sp.end && sp.end <= text.size()) << text;
    ASSERT_EQ(text.compare(sp.begin, sp.end - sp.begin, sp.text), 0) << text;
    last_end = sp.end;
  }
  if (u.error) {
    ASSERT_TRUE(u.error->begin <= u.error->end && u.error->end <= text.size()) << text;
  }
  ASSERT_TRUE(u.parts.empty() == !std::holds_alternative<batch>(u.command)) << text;
}

TEST(Robustness, RandomBytesAreHarmless) {
  std::mt19937_64 random{20260818};
  const auto ctx = usual_context();
  for (int round = 0; round < 50000; ++round) {
    std::string text(random() % 60, '\0');
    const bool printable = random() % 2 == 0;
    for (char& c : text) c = static_cast<char>(printable ? 32 + random() % 95 : random() % 256);
    check(text, ctx);
    if (HasFatalFailure()) return;
  }
}

TEST(Robustness, MutatedUtterancesAreHarmless) {
  std::mt19937_64 random{4};
  std::vector<std::string> seeds;
  for (const char* file : {"utterances.tsv", "more_utterances.tsv"})
    for (const auto& row : read_table(file)) seeds.push_back(row.text);
  static constexpr std::string_view pieces[] = {" tomorrow", " at", " 5", ":", " and", " every", " the", " 31st", ";", "\"", " #", "@", " remind me", " before", "'", " 2026-02-29", " in", " 99999", " to ",
                                                "\n", "\xE2\x80\x9C", "\xC3", " p1", "-", "/", " next", " friday", " of", ",", " or", " all", "(", " IST", " a", " quarter", " half past"};
  auto ctx = usual_context();
  for (int round = 0; round < 50000; ++round) {
    std::string text = seeds[random() % seeds.size()];
    for (std::size_t edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % (text.size() + 1);
      switch (random() % 4) {
        case 0: text.insert(at, pieces[random() % std::size(pieces)]); break;
        case 1: text.erase(at, 1 + random() % 5); break;
        case 2: text += " " + seeds[random() % seeds.size()]; break;
        default: if (at < text.size()) text[at] = static_cast<char>(32 + random() % 95); break;
      }
    }
    ctx.last_list_count = random() % 3;
    ctx.has_last_entity = random() % 2 == 0;
    check(text, ctx);
    if (HasFatalFailure()) return;
  }
}

// A context's own strings are input too, and so are extreme clocks.
TEST(Robustness, OddContextsAreErrorsOrAnswers) {
  auto ctx = usual_context();
  ctx.tz = "Not/AZone";
  EXPECT_EQ(understand("buy milk tomorrow", ctx).error->code, "unknown_zone");
  ctx.tz = "Pacific/Apia";
  for (const char* now : {"1970-01-01T00:00:00Z", "2011-12-30T10:00:00Z", "2099-12-31T23:59:59Z", "9000-01-01T00:00:00Z"}) {
    ctx.now = *calendar::parse_instant(now);
    for (const char* text : {"buy milk tomorrow at 9", "in 100 years call", "dentist feb 29", "last day of february", "in 3 hours rest"}) check(text, ctx);
  }
}

TEST(Robustness, LimitsAreErrors) {
  const auto ctx = usual_context();
  EXPECT_EQ(understand(std::string(4001, 'a'), ctx).error->code, "too_long");
  EXPECT_EQ(understand("buy \xFF", ctx).error->code, "invalid_text");
  EXPECT_EQ(understand("buy " + std::string(600, 'x'), ctx).error->code, "title_too_long");
  EXPECT_EQ(understand("", ctx).question->code, "unknown");
}

// Worst cases of every scanner: the time must stay far from quadratic blow-up.
TEST(Robustness, LongMessagesStayLinearEnough) {
  const auto ctx = usual_context();
  for (const std::string_view piece : {"\"", "'", "a ", "5 ", "at ", ",", "and ", "remind me ", "every ", "#a ", "@a ", "friday ", "1-", "a.", "(", "in 5 ", "to ", "p1 ", "the 5th ", "tag x "}) {
    std::string text = "buy ";
    while (text.size() + piece.size() <= 4000) text += piece;
    const auto start = std::chrono::steady_clock::now();
    check(text, ctx);
    check("tag " + text.substr(4), ctx);
    check("move " + text.substr(5), ctx);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{10}) << piece;
  }
}

}  // namespace
}  // namespace chat_language_test
