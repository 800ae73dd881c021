// What can and cannot get into an answer's head.
#include "host/http/answer.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace evhost::http {
namespace {

bool takes(std::string_view name, std::string_view value) {
  answer_parts parts;
  const io::http_field field{name, value};
  const bool taken = append_fields(parts, {&field, 1});
  EXPECT_EQ(parts.fields.empty(), !taken);
  return taken;
}

TEST(Answer, RefusesFieldsThatWouldInject) {
  EXPECT_TRUE(takes("Location", "/a?b=c"));
  EXPECT_TRUE(takes("X", ""));
  for (const char* value : {"a\r\nX-Evil: 1", "a\nb", "a\rb", "a\x01", "a\x7f"}) EXPECT_FALSE(takes("X", value)) << value;
  EXPECT_FALSE(takes("X", std::string_view("a\0b", 3)));
  for (const char* name : {"", "X Y", "X:", "X\r\n", "Content-Length", "transfer-encoding", "Connection", "Date", "Server", "Upgrade"}) EXPECT_FALSE(takes(name, "1")) << name;
}

TEST(Answer, WritesAHeadWithAllFixedFields) {
  answer_parts parts;
  parts.status = 201;
  parts.body = "{}";
  std::string out;
  append_head(out, parts, {"id-1", "RateLimit: x\r\n", "Vary: Origin\r\n", false, false, false});
  EXPECT_TRUE(out.starts_with("HTTP/1.1 201 Created\r\nServer: evhost\r\nDate: "));
  for (const char* line : {"X-Content-Type-Options: nosniff\r\n", "Cache-Control: no-store\r\n", "X-Request-Id: id-1\r\n", "RateLimit: x\r\n", "Vary: Origin\r\n", "Connection: close\r\n", "Content-Length: 2\r\n\r\n"})
    EXPECT_NE(out.find(line), std::string::npos) << line;
}

TEST(Answer, LeavesCachingToWhoNamesIt) {
  answer_parts parts;
  parts.status = 200;
  const io::http_field field{"cache-control", "max-age=5"};
  append_fields(parts, {&field, 1});
  std::string out;
  append_head(out, parts, {});
  EXPECT_EQ(out.find("no-store"), std::string::npos);
}

TEST(Answer, WritesDatesAsTheStandardWants) { EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT"); }

TEST(Answer, MakesProblemDocumentsThatParse) {
  const auto text = problem_json({422, "unknown-field", "say \"hi\"\n\x01", R"("errors":[{"field":"a"}])"}, "id");
  const auto doc = boost::json::parse(text).as_object();
  EXPECT_EQ(doc.at("type").as_string(), "/problems/unknown-field");
  EXPECT_EQ(doc.at("title").as_string(), "Unprocessable Content");
  EXPECT_EQ(doc.at("status").as_int64(), 422);
  EXPECT_EQ(doc.at("detail").as_string(), "say \"hi\"\n\x01");
  EXPECT_EQ(doc.at("request_id").as_string(), "id");
  EXPECT_EQ(doc.at("errors").as_array().size(), 1u);
  EXPECT_TRUE(boost::json::parse(problem_json({500, "internal", "\xff", {}}, "")).is_object());
}

}  // namespace
}  // namespace evhost::http
