// Decoding of paths, queries, hosts and trace contexts.
#include "host/http/target.hpp"

#include <gtest/gtest.h>

#include "host/http/chars.hpp"

namespace evhost::http {
namespace {

TEST(Target, DecodesAPathOnce) {
  std::string out;
  EXPECT_TRUE(decode_path("/caf%C3%A9/a%20b/%7Ex", out));
  EXPECT_EQ(out, "/caf\xC3\xA9/a b/~x");
  EXPECT_TRUE(decode_path("/a/", out));
  for (const char* bad : {"/%2f", "/%5C", "/%25", "/a/../b", "/./", "/a//b", "//", "/%00", "/%1f", "/%7f", "/%", "/%g0", "/%ff", "/a/.."}) EXPECT_FALSE(decode_path(bad, out)) << bad;
}

TEST(Target, SplitsAndDecodesAQuery) {
  std::string storage;
  std::vector<io::http_field> pairs;
  decode_query("a=1&b=x+y%26z&&flag&=v&c=", storage, pairs);
  ASSERT_EQ(pairs.size(), 5u);
  EXPECT_EQ(pairs[0].value, "1");
  EXPECT_EQ(pairs[1].value, "x y&z");
  EXPECT_EQ(pairs[2].name, "flag");
  EXPECT_EQ(pairs[3].name, "");
  EXPECT_EQ(pairs[4].value, "");
}

TEST(Target, KnowsAValidHost) {
  for (const char* good : {"a", "a.example:80", "[::1]", "[::1]:8080", "127.0.0.1:1", "my_host-1"}) EXPECT_TRUE(valid_host(good)) << good;
  for (const char* bad : {"", ":80", "a:", "a:0", "a:65536", "a:080000", "[]", "[::1", "[::1]x", "a b", "a/b", "u@a", "[g::]"}) EXPECT_FALSE(valid_host(bad)) << bad;
  EXPECT_EQ(host_name("[::1]:80"), "[::1]");
  EXPECT_EQ(host_name("a:80"), "a");
}

TEST(Target, ReadsTraceparent) {
  const auto good = parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_TRUE(good.present);
  EXPECT_EQ(good.trace_id[0], 0x4b);
  EXPECT_EQ(good.span_id[7], 0xb7);
  EXPECT_EQ(good.flags, 1);
  EXPECT_TRUE(parse_traceparent("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later").present);
  for (const char* bad : {"", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-011"})
    EXPECT_FALSE(parse_traceparent(bad).present) << bad;
}

TEST(Target, KnowsUtf8) {
  for (const char* good : {"", "abc", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD"}) EXPECT_TRUE(valid_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xC0\xAF", "\xC3", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82"}) EXPECT_FALSE(valid_utf8(bad)) << bad;
}

}  // namespace
}  // namespace evhost::http
