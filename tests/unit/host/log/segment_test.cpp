// Arena and header encoding on their own.
#include "host/log/segment.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace evhost::log {
namespace {

TEST(Arena, GivesAlignedMemoryThatStays) {
  arena a;
  std::vector<std::pair<std::string_view, std::string>> all;
  for (int i = 0; i < 2000; ++i) {
    const std::string text(static_cast<std::size_t>(i % 97), static_cast<char>('a' + i % 26));
    all.emplace_back(a.copy(text), text);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.take(8, 8)) % 8, 0u);
  }
  for (const auto& [view, text] : all) EXPECT_EQ(view, text);
}

TEST(Arena, OneSmallRecordTakesLittleMemory) {
  arena a;
  a.copy(std::string(200, 'x'));
  EXPECT_LE(a.bytes(), 512u);
}

TEST(Arena, TakesWhatIsLargerThanABlock) {
  arena a;
  const std::string big(1u << 20, 'y');
  EXPECT_EQ(a.copy(big), big);
}

TEST(Headers, TruncatedBytesAreRefusedAtEveryLength) {
  arena a;
  const std::array pairs{evh_pair{{"name", 4}, {"value", 5}}, evh_pair{{"x", 1}, {nullptr, 0}}};
  const std::string whole(encode_headers(a, pairs));
  evh_event e{};
  EXPECT_TRUE(decode_headers(whole, a, e));
  EXPECT_EQ(e.headers_count, 2u);
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(decode_headers(std::string_view(whole).substr(0, n), a, e)) << n;
}

TEST(Headers, AnAbsurdCountIsRefusedWithoutTakingMemory) {
  arena a;
  evh_event e{};
  EXPECT_FALSE(decode_headers(std::string_view("\xff\xff\xff\x7f", 4), a, e));
  EXPECT_EQ(a.bytes(), 0u);
}

TEST(Segment, FindsTheFirstEventAtOrBehindAnOffset) {
  segment s;
  for (const std::int64_t offset : {5, 6, 9}) {
    evh_event e{};
    e.offset = offset;
    s.events.push_back(e);
  }
  EXPECT_EQ(s.index_of(0), 0u);
  EXPECT_EQ(s.index_of(6), 1u);
  EXPECT_EQ(s.index_of(7), 2u);
  EXPECT_EQ(s.index_of(10), 3u);
}

}  // namespace
}  // namespace evhost::log
