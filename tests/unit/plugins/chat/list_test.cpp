// Lists: filters, order, pages.
#include "tests/unit/plugins/chat/chat_host.hpp"

namespace {

class Lists : public chat_test::chat_host {
 protected:
  // Walks all pages; titles in order.
  std::string walk(const std::string& target, int limit) {
    std::string out, cursor;
    for (int pages = 0; pages < 50; ++pages) {
      const auto answer = get(target + (target.find('?') == std::string::npos ? "?" : "&") + "limit=" + std::to_string(limit) + cursor);
      EXPECT_EQ(answer.status(), 200) << answer.raw.body;
      const auto body = answer.body();
      for (const auto& item : body.at("items").as_array()) out += (out.empty() ? "" : " ") + std::string(item.at("title").as_string());
      if (answer.text("/next_cursor") == "null") return out;
      cursor = "&cursor=" + answer.text("/next_cursor");
    }
    return out;
  }
};

TEST_F(Lists, NewestFirstUnlessAskedOtherwise) {
  make("a"), make("b"), make("c");
  EXPECT_EQ(titles("/api/v1/tasks"), "c b a");
  EXPECT_EQ(titles("/api/v1/tasks?sort=created"), "a b c");
  EXPECT_EQ(titles("/api/v1/tasks?sort=-title"), "c b a");
}

TEST_F(Lists, EveryOrderPagesWithoutGapsOrRepeats) {
  make("b", R"("priority":"low","due":{"date":"2026-08-20"})"), make("A", R"("priority":"critical")"), make("d", R"("due":{"date":"2026-08-20"})");
  make("C", R"("priority":"low","due":{"instant":"2026-08-19T10:00:00Z"})"), make("e", R"("priority":"critical","due":{"local":"2026-08-21T09:00"})");
  EXPECT_EQ(walk("/api/v1/tasks?sort=title", 2), "A b C d e");
  EXPECT_EQ(walk("/api/v1/tasks?sort=-title", 1), "e d C b A");
  EXPECT_EQ(walk("/api/v1/tasks?sort=due", 2), "C b d e A") << "no due comes last";
  EXPECT_EQ(walk("/api/v1/tasks?sort=-due", 2), "A e d b C");
  EXPECT_EQ(walk("/api/v1/tasks?sort=priority", 2), "e A d C b");
  EXPECT_EQ(walk("/api/v1/tasks?sort=-priority", 2), "b C d A e");
  EXPECT_EQ(walk("/api/v1/tasks?sort=updated", 3), "b A d C e");
  EXPECT_EQ(walk("/api/v1/tasks", 1), "e C d A b");
}

TEST_F(Lists, SimpleFilters) {
  const std::string a = make("a", R"("priority":"high","tags":["work","q3"],"due":{"date":"2026-08-19"})");
  make("b", R"("tags":["workshop"],"description":"call Ana")");
  make("c", "\"parent_id\":\"" + a + "\"");
  post("/api/v1/tasks/" + a + "/complete");
  EXPECT_EQ(titles("/api/v1/tasks?status=completed"), "a");
  EXPECT_EQ(titles("/api/v1/tasks?status=pending"), "c b");
  EXPECT_EQ(titles("/api/v1/tasks?priority=high"), "a");
  EXPECT_EQ(titles("/api/v1/tasks?tag=work"), "a") << "whole tags only";
  EXPECT_EQ(titles("/api/v1/tasks?q=ANA"), "b");
  EXPECT_EQ(titles("/api/v1/tasks?parent=" + a), "c");
  EXPECT_EQ(titles("/api/v1/tasks?due_before=2026-08-20"), "a");
  EXPECT_EQ(titles("/api/v1/tasks?due_before=2026-08-19"), "");
  EXPECT_EQ(titles("/api/v1/tasks?due_after=2026-08-18"), "a");
  EXPECT_EQ(titles("/api/v1/tasks?due_after=2026-08-19"), "");
}

TEST_F(Lists, DaysAreThoseOfThePerson) {
  make("paris-evening", R"("due":{"local":"2026-08-19T23:30","tz":"Europe/Paris"})");
  make("floating", R"("due":{"local":"2026-08-19T23:30"})");
  make("date", R"("due":{"date":"2026-08-19"})");
  make("instant", R"("due":{"instant":"2026-08-19T23:30:00Z"})");
  EXPECT_EQ(titles("/api/v1/tasks?sort=title&tz=Europe/Paris&filter=due%3D2026-08-19"), "date floating paris-evening");
  EXPECT_EQ(titles("/api/v1/tasks?sort=title&tz=Asia/Tokyo&filter=due%3D2026-08-19"), "date floating");
  EXPECT_EQ(titles("/api/v1/tasks?sort=title&tz=Asia/Tokyo&filter=due%3D2026-08-20"), "instant paris-evening");
  EXPECT_EQ(titles("/api/v1/tasks?sort=title&tz=UTC&filter=due%3D2026-08-19"), "date floating instant paris-evening");
}

TEST_F(Lists, TheFilterLanguage) {
  const auto project = post("/api/v1/projects", R"({"name":"Work"})").text("/id");
  make("old", R"("priority":"critical","due":{"date":"2020-01-01"},"project_id":")" + project + "\"");
  make("new", R"("priority":"critical","tags":["x"],"due":{"date":"2090-01-01"})");
  const std::string done = make("done", R"("due":{"date":"2020-01-01"})");
  post("/api/v1/tasks/" + done + "/complete");
  make("plain");
  const auto filtered = [&](const std::string& text) { return titles("/api/v1/tasks?sort=title&filter=" + text); };
  EXPECT_EQ(filtered("overdue"), "old");
  EXPECT_EQ(filtered("p1"), "new old");
  EXPECT_EQ(filtered("p1%20%26%20%23work"), "old");
  EXPECT_EQ(filtered("%23nothing"), "");
  EXPECT_EQ(filtered("!%23nothing"), "new old plain") << "not in a project nobody has: everything";
  EXPECT_EQ(filtered("@x%20%7C%20overdue"), "new old");
  EXPECT_EQ(filtered("no%20due"), "plain");
  EXPECT_EQ(filtered("done"), "done");
  EXPECT_EQ(filtered("all"), "done new old plain");
  EXPECT_EQ(filtered("!p1"), "plain") << "no status named: open ones";
  EXPECT_EQ(filtered("done%3E%3Dtoday"), "done");
}

TEST_F(Lists, ACursorIsGoodForItsOwnListOnly) {
  for (const char* title : {"a", "b", "c"}) make(title);
  const std::string cursor = get("/api/v1/tasks?limit=1").text("/next_cursor");
  EXPECT_EQ(titles("/api/v1/tasks?limit=2&cursor=" + cursor), "b a") << "another limit is fine";
  for (const std::string& target : {"/api/v1/tasks?sort=title&cursor=" + cursor, "/api/v1/tasks?status=pending&cursor=" + cursor,
                                    "/api/v1/projects?cursor=" + cursor, std::string("/api/v1/tasks?cursor=abc"), std::string("/api/v1/tasks?cursor="),
                                    "/api/v1/tasks?cursor=" + cursor + "x", "/api/v1/tasks?cursor=" + cursor.substr(1)}) {
    const auto answer = get(target);
    EXPECT_EQ(answer.status(), 400) << target;
    EXPECT_EQ(answer.text("/code"), "invalid-cursor");
  }
  subject_ = "user-2";
  EXPECT_EQ(get("/api/v1/tasks?limit=1&cursor=" + cursor).status(), 400);
}

}  // namespace
