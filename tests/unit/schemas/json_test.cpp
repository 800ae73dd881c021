// JSON of event structs: what is written, what is read, what is refused and how it is named.
#include <gtest/gtest.h>

#include "schemas/events/task_events.hpp"
#include "tests/unit/schemas/samples.hpp"

namespace {

using namespace evh_schemas;

std::string wrong(const std::string& text) {
  try {
    from_json<task_event>(text);
  } catch (const payload_error& error) {
    return error.what();
  }
  return "accepted";
}
std::string with_task(const std::string& from, const std::string& to) {
  std::string text = samples::payloads.at("task-events");
  const auto at = text.find(from);
  return text.replace(at, from.size(), to);
}

TEST(EventJson, EscapesWhatJsonMustEscape) {
  std::string out;
  append_json_string(out, std::string_view("a\"b\\c\n\r\t\0\x1f\x7f\xc3\xa9", 13));
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\n\\r\\t\\u0000\\u001f\x7f\xc3\xa9\"");
}

TEST(EventJson, InstantsAreWrittenAndReadToTheMillisecond) {
  for (const std::int64_t ms : {std::int64_t{0}, std::int64_t{1'787'077'800'123}, std::int64_t{951'782'399'999}, std::int64_t{253'402'300'799'999}}) {
    const std::string text = instant_text({ms});
    EXPECT_EQ(parse_instant_text(text), (instant_ms{ms})) << text;
  }
  EXPECT_EQ(instant_text({0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(parse_instant_text("2026-08-18T17:30:00Z")->value, 1'787'074'200'000);
  for (const char* bad : {"", "2026-08-18", "2026-02-30T00:00:00Z", "2026-08-18T24:00:00Z", "2026-08-18T10:00:00+02:00", "2026-08-18T10:00:00.Z", "2026-08-18T1x:00:00Z"})
    EXPECT_EQ(parse_instant_text(bad), std::nullopt) << bad;
}

TEST(EventJson, UnknownMembersAreSkipped) { EXPECT_EQ(wrong(with_task("{\"task\"", "{\"later\":{\"x\":[1]},\"task\"")), "accepted"); }

TEST(EventJson, WhatIsWrongIsNamedByItsPath) {
  EXPECT_EQ(wrong("{}"), "task: missing");
  EXPECT_EQ(wrong("[]"), "payload: expected an object");
  EXPECT_EQ(wrong(with_task(R"("owner":"ana",)", "")), "task.owner: missing");
  EXPECT_EQ(wrong(with_task(R"("version":7)", R"("version":"7")")), "task.version: expected a whole number");
  EXPECT_EQ(wrong(with_task(R"("priority":"high")", R"("priority":"p1")")), "task.priority: not one of the known names");
  EXPECT_EQ(wrong(with_task(R"(["work","q3"])", R"(["work",3])")), "task.tags[1]: expected text");
  EXPECT_EQ(wrong(with_task(R"("local":"2026-08-19T17:00")", R"("local":5)")), "task.due.local: expected text");
}

TEST(EventJson, UntrustedTextMayNotSayAThingTwice) {
  EXPECT_NO_THROW(parse_untrusted_json(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})"));
  for (const char* text : {R"({"a":1,"a":1})", R"({"b":[{"a":1,"a":2}]})", R"({"a":1,"\u0061":2})"}) EXPECT_THROW(parse_untrusted_json(text), payload_error) << text;
}

TEST(EventJson, DepthEndsAt32) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_NO_THROW(parse_json(nested(32)));
  EXPECT_THROW(parse_json(nested(33)), payload_error);
  EXPECT_THROW(parse_json(nested(100'000)), payload_error);
}

}  // namespace
