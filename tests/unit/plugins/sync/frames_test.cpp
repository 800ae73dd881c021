// What a client may say over the WebSocket, and what it is told when it says something else.
#include "frames.hpp"

#include <gtest/gtest.h>

using namespace sync_;

TEST(Frames, SubscribeWithoutSinceStartsNow) {
  const auto f = parse_frame(R"({"type":"subscribe","since":null})");
  ASSERT_TRUE(std::holds_alternative<subscribe_frame>(f));
  EXPECT_FALSE(std::get<subscribe_frame>(f).from);
}

TEST(Frames, SubscribeCarriesEpochAndSeq) {
  const auto f = parse_frame(R"({"type":"subscribe","since":{"epoch":"7-4","seq":12}})");
  ASSERT_TRUE(std::holds_alternative<subscribe_frame>(f));
  EXPECT_EQ(std::get<subscribe_frame>(f).from->epoch, "7-4");
  EXPECT_EQ(std::get<subscribe_frame>(f).from->seq, 12);
}

TEST(Frames, MalformedInputNamesTheRemedy) {
  for (const auto* text : {"", "[]", "{", R"({"type":1})", R"({"type":"dance"})", R"({"type":"auth"})", R"({"type":"auth","token":""})",
                           R"({"type":"subscribe","since":5})", R"({"type":"subscribe","since":{"epoch":"e","seq":"1"}})",
                           R"({"type":"subscribe","since":{"epoch":"e","seq":-2}})", R"({"type":"subscribe","since":{"seq":1}})"}) {
    const auto f = parse_frame(text);
    ASSERT_TRUE(std::holds_alternative<bad_frame>(f)) << text;
    EXPECT_FALSE(std::get<bad_frame>(f).detail.empty());
  }
}

TEST(Frames, DeeplyNestedInputIsRefused) {
  std::string deep;
  for (int i = 0; i < 50; ++i) deep += R"({"a":)";
  EXPECT_TRUE(std::holds_alternative<bad_frame>(parse_frame(deep)));
}

TEST(Frames, EventCopiesDataVerbatim) {
  EXPECT_EQ(frames::event(5, 3, "id", "todo.task.created.v1", R"({"a":1})"),
            R"({"type":"event","seq":5,"prev":3,"id":"id","event":"todo.task.created.v1","data":{"a":1}})");
}
