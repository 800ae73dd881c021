// A record is one line, whatever is in it.
#include "host/observe/log_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "host/observe/repeat_limit.hpp"

namespace evhost::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::chrono::system_clock::time_point noon{std::chrono::milliseconds(1'795'348'800'123)};

std::string line(log_format format, std::string_view message, std::initializer_list<io::log_field> fields = {}) {
  return format_line(format, {io::log_level::warning, "runtime", message, {fields.begin(), fields.size()}}, noon);
}

TEST(LogLine, TextIsReadable) {
  EXPECT_EQ(line(log_format::text, "lane started", {{"plugin", "chat"}, {"partition", 3}, {"note", "two words"}}),
            "2026-11-22T12:00:00.123Z warning  runtime: lane started plugin=chat partition=3 note=\"two words\"");
}

TEST(LogLine, JsonKeepsTypes) {
  const auto parsed =
      boost::json::parse(line(log_format::json, "m", {{"i", -5}, {"u", ~0ULL}, {"d", 0.5}, {"b", true}, {"s", "x"}}))
          .as_object();
  EXPECT_EQ(parsed.at("time"), "2026-11-22T12:00:00.123Z");
  EXPECT_EQ(parsed.at("level"), "warning");
  EXPECT_EQ(parsed.at("i").as_int64(), -5);
  EXPECT_EQ(parsed.at("u").as_uint64(), ~0ULL);
  EXPECT_EQ(parsed.at("d").as_double(), 0.5);
  EXPECT_EQ(parsed.at("b").as_bool(), true);
  EXPECT_EQ(parsed.at("s").as_string(), "x");
}

TEST(LogLine, HostileTextStaysOneLine) {
  const std::string hostile = "a\r\nFAKE 2026 info\x1b[31m\x7f\xc2\x9b\xff\xe2\x82\xed\xa0\x80\"\\\0z";
  const std::string with_nul(hostile.data(), hostile.size());
  for (const auto format : {log_format::text, log_format::json}) {
    const auto out = line(format, with_nul, {{"field\nname", with_nul}});
    for (const char c : out) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << out;
    EXPECT_EQ(out.find('\x7f'), std::string::npos);
    EXPECT_EQ(out.find("\xc2\x9b"), std::string::npos);
    EXPECT_EQ(out.find('\xff'), std::string::npos);
  }
  boost::system::error_code error;
  (void)boost::json::parse(line(log_format::json, with_nul, {{"f", with_nul}}), error);
  EXPECT_FALSE(error) << error.message();
}

TEST(LogLine, ForgedFieldCannotReplaceOurOwn) {
  const auto parsed = boost::json::parse(line(log_format::json, "m", {{"level", "info"}})).as_object();
  EXPECT_EQ(parsed.at("level"), "warning");
  EXPECT_EQ(parsed.at("field_level"), "info");
}

TEST(LogLine, CredentialsAreReplaced) {
  for (const auto format : {log_format::text, log_format::json}) {
    const auto out =
        line(format, "m", {{"access_token", "hunter2"}, {"password", "hunter2"}, {"authorization", "Bearer hunter2"}});
    EXPECT_THAT(out, Not(HasSubstr("hunter2")));
    EXPECT_THAT(out, HasSubstr("***"));
  }
}

TEST(LogLine, LengthIsBounded) {
  const std::string novel(1 << 20, 'x');
  EXPECT_LT(line(log_format::json, novel, {{"a", novel}}).size(), message_bytes_max + value_bytes_max + 256);
}

TEST(LogLine, NotANumberIsNull) {
  EXPECT_THAT(line(log_format::json, "m", {{"x", std::numeric_limits<double>::quiet_NaN()}}), HasSubstr("\"x\":null"));
}

TEST(RepeatLimit, CountsWhatItLeavesOut) {
  using namespace std::chrono_literals;
  repeat_limit limit(2, 10s);
  const std::chrono::steady_clock::time_point start{1h};
  const io::log_record record{io::log_level::error, "a", "disk is full", {}};
  EXPECT_TRUE(limit.admit(record, start).pass);
  EXPECT_TRUE(limit.admit(record, start).pass);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limit.admit(record, start + 9s).pass);
  EXPECT_TRUE(limit.admit({io::log_level::error, "b", "disk is full", {}}, start).pass) << "another component speaks";
  const auto after = limit.admit(record, start + 10s);
  EXPECT_TRUE(after.pass);
  EXPECT_EQ(after.left_out, 5U);
  EXPECT_EQ(limit.admit(record, start + 10s).left_out, 0U);
}

}  // namespace
}  // namespace evhost::observe
