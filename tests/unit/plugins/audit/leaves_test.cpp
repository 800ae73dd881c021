// Facts from payloads, leaves, rows of leaves and payloads, index lists.
#include "plugins/audit/leaves/bundle.hpp"
#include "plugins/audit/leaves/facts.hpp"
#include "plugins/audit/leaves/leaf.hpp"
#include "plugins/audit/store/postings.hpp"

#include <gtest/gtest.h>

#include <random>

namespace audit {
namespace {

TEST(Facts, FindsActorAndTaskWhereverTheyStand) {
  const auto a = facts_of(R"({"task":{"tags":["}","\""],"before":{"id":"x"},"id":"t-1","owner":"ana"},"x":[1,{"y":null}],"actor":{"id":"bob","kind":"user"}})");
  EXPECT_EQ(a.task, "t-1");
  EXPECT_EQ(a.actor, "bob");
  const auto b = facts_of(R"( { "actor_id" : "eve" , "object":"user:ana", "count": 1.5e3, "ok": true } )");
  EXPECT_EQ(b.actor, "eve");
  EXPECT_EQ(b.object, "user:ana");
  EXPECT_EQ(facts_of(R"({"task_id":"t\u002d2","user_id":"u"})").task, "t-2");
}

TEST(Facts, NothingCrashesIt) {
  for (const auto* odd : {"", "{", "[]", "null", "{\"actor", "{\"actor\":", "{\"actor\":{\"id\":\"", "{\"actor\":{\"id\":\"\\", "{\"a\":[[[", "{\"actor_id\":\"\\ud800\"}", "{,}"})
    EXPECT_EQ(facts_of(odd).actor, "") << odd;
  std::mt19937 random(7);
  const std::string good = R"({"actor":{"id":"bob"},"task":{"id":"t-1","title":"a \"b\" c"},"n":[1,2,{"z":"\\"}]})";
  for (int i = 0; i < 20'000; ++i) {
    auto text = good.substr(0, random() % (good.size() + 1));
    for (int k = 0; k < 3 && !text.empty(); ++k) text[random() % text.size()] = static_cast<char>(random());
    (void)facts_of(text);
  }
}

TEST(Leaf, ReadsBackWhatItWrote) {
  std::string text;
  append_leaf(text, "id \"1\"", 17, source_name("task-events", 3, 42), "todo.task.created.v1", "aa", "task:t", commitment("salt", "payload"));
  EXPECT_TRUE(text.starts_with(R"({"v":1,"id":"id \"1\"","t":17,"src":"task-events/3@42","type":"todo.task.created.v1","actor":"aa","res":"task:t","pc":")")) << text;
  const auto read = parse_leaf(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, "id \"1\"");
  EXPECT_EQ(read->source, "task-events/3@42");
  EXPECT_FALSE(parse_leaf("{}"));
}

TEST(Leaf, StrangersTextsStayBounded) {
  EXPECT_EQ(presentable("plain"), "plain");
  for (const auto& odd : {std::string(513, 'x'), std::string("\xff\xfe"), std::string("a\nb"), std::string("\xed\xa0\x80")})
    EXPECT_TRUE(presentable(odd).starts_with("sha256:")) << odd;
  const std::string longest(512, '"');
  std::string text;
  append_leaf(text, presentable(longest), INT64_MAX, source_name(std::string(200, 't'), 1 << 30, INT64_MAX), presentable(longest), std::string(32, 'a'),
              "task:" + presentable(longest), {});
  EXPECT_LE(text.size(), leaf_bytes_max);
}

TEST(Leaf, CommitmentDependsOnSaltAndPayload) {
  EXPECT_NE(commitment("a", "bc"), commitment("b", "bc"));
  EXPECT_NE(commitment("a", "bc"), commitment("a", "bd"));
}

TEST(Bundle, PayloadsOpenWithTheirKeyAndVanishAlone) {
  payload_writer writer;
  const auto key = sha256({"key"}), wrong = sha256({"wrong"});
  writer.add({}, key, std::string(32, 's'), "first");
  writer.add({}, key, std::string(32, 's'), "second");
  const payload_row row(writer.row());
  ASSERT_EQ(row.size(), 2u);
  EXPECT_EQ(row.open(1, key), std::string(32, 's') + "second");
  EXPECT_NE(row.open(1, wrong), row.open(1, key));
  EXPECT_EQ(writer.row().find("second"), std::string::npos);
  const auto rest = row.without(0);
  const payload_row after(rest);
  EXPECT_TRUE(after.at(0).erased);
  EXPECT_EQ(after.open(1, key), row.open(1, key));
}

TEST(Bundle, DamagedRowsAreErrors) {
  payload_writer writer;
  writer.add({}, {}, std::string(32, 's'), "first");
  EXPECT_THROW(payload_row(std::string_view(writer.row()).substr(0, writer.row().size() - 1)), std::runtime_error);
  EXPECT_THROW(payload_row("short"), std::runtime_error);
  EXPECT_THROW(split_leaves(std::string_view("\x00\x05" "abc", 5)), std::runtime_error);
  EXPECT_EQ(split_leaves(std::string_view("\x00\x03" "abc\x00\x00", 7)).size(), 2u);
}

TEST(Postings, ListsSurvivePacking) {
  const std::vector<std::uint64_t> leaves{5, 6, 133, 1'000'000, 5'000'000'000};
  EXPECT_EQ(unpack_list(leaves.front(), pack_list(leaves)), leaves);
  EXPECT_EQ(pack_list({9}), "");
}

TEST(Postings, TimeInAnIdOfTheHost) {
  EXPECT_EQ(time_in_id("0190163d-8694-739b-aea5-966c26f8ad91"), 0x0190163d8694);
  EXPECT_EQ(time_in_id("0190163d-8694-439b-aea5-966c26f8ad91"), -1);  // version 4
  EXPECT_EQ(time_in_id("event-1"), -1);
}

}  // namespace
}  // namespace audit
