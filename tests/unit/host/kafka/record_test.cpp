// Records' headers: times, stamps and foreign headers through their texts and back.
#include "host/kafka/record.hpp"

#include <gtest/gtest.h>

namespace evhost::kafka {
namespace {

TEST(RecordTime, GoesThroughItsTextUnharmed) {
  for (const std::int64_t ns : {0LL, 1LL, 1'787'000'000'123'456'789LL, 951'782'400'000'000'000LL}) EXPECT_EQ(parse_rfc3339(rfc3339(ns)), ns) << rfc3339(ns);
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000000000Z");
}

TEST(RecordTime, OfStrangersMayBeCoarse) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01Z"), 1'000'000'000);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01.5Z"), 1'500'000'000);
}

TEST(RecordTime, IsNotGuessed) {
  for (const char* text : {"", "yesterday", "1970-01-01", "1970-13-01T00:00:00Z", "1970-01-01T25:00:00Z", "1970-01-01T00:00:00", "1970-01-01T00:00:00+01:00"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(RecordHeaders, ForeignOnesGoThroughTheOutbox) {
  const std::string name("evh-dlq-error"), value("a\0b", 3);
  const evh_pair pairs[] = {{{name.data(), name.size()}, {value.data(), value.size()}}, {{"x", 1}, {"", 0}}};
  const auto packed = pack_headers(pairs, 2);
  std::vector<evh_pair> back;
  ASSERT_TRUE(unpack_headers(packed, back));
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(std::string(back[0].value.ptr, back[0].value.len), value);
  EXPECT_EQ(back[1].value.len, 0u);
}

TEST(RecordHeaders, CutShortAreRefused) {
  const evh_pair pair{{"name", 4}, {"value", 5}};
  const auto packed = pack_headers(&pair, 1);
  for (std::size_t cut = 1; cut < packed.size(); ++cut) {
    std::vector<evh_pair> back;
    EXPECT_FALSE(unpack_headers(std::string_view(packed).substr(0, cut), back)) << cut;
  }
}

TEST(RecordTrace, IsAW3cTraceparent) {
  const std::uint8_t trace[16] = {0x4b, 0xf9, 0x2f}, span[8] = {1};
  EXPECT_EQ(traceparent(trace, span), "00-4bf92f00000000000000000000000000-0100000000000000-01");
}

}  // namespace
}  // namespace evhost::kafka
