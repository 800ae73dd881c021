// The inbox's routes.
#include "notification_host.hpp"

namespace notification_test {

class Inbox : public notification_host {
 protected:
  void fill(int n) {
    for (int i = 0; i < n; ++i) schedule(1, at("2026-08-18T10:30:05Z"), "null", {}, "task-" + std::to_string(i));
    go_to("2026-08-18T10:30:05Z");
  }
};

TEST_F(Inbox, ReadOneAndAll) {
  fill(3);
  const auto id = get("/api/v1/notifications").text("/items/0/id");
  const auto read = post("/api/v1/notifications/" + id + "/read");
  EXPECT_EQ(read.status(), 200);
  EXPECT_EQ(read.text("/status"), "read");
  EXPECT_EQ(post("/api/v1/notifications/" + id + "/read").status(), 200);
  EXPECT_EQ(get("/api/v1/notifications/unread-count").text("/count"), "2");
  EXPECT_EQ(get("/api/v1/notifications?status=unread").body().at("items").as_array().size(), 2u);
  EXPECT_EQ(post("/api/v1/notifications/read-all").text("/count"), "2");
  EXPECT_EQ(get("/api/v1/notifications/unread-count").text("/count"), "0");
  EXPECT_EQ(get("/api/v1/notifications?status=all").body().at("items").as_array().size(), 3u);
}

TEST_F(Inbox, OthersNotificationsDoNotExist) {
  fill(1);
  const auto id = get("/api/v1/notifications").text("/items/0/id");
  subject_ = "user-2";
  EXPECT_EQ(get("/api/v1/notifications").body().at("items").as_array().size(), 0u);
  EXPECT_EQ(post("/api/v1/notifications/" + id + "/read").status(), 404);
  EXPECT_EQ(post("/api/v1/notifications/read-all").text("/count"), "0");
  subject_ = "user-1";
  EXPECT_EQ(get("/api/v1/notifications/unread-count").text("/count"), "1");
}

TEST_F(Inbox, PagesMeetEveryItemOnce) {
  fill(7);
  std::set<std::string> seen;
  std::string cursor;
  for (int i = 0; i < 10; ++i) {
    const auto page = get("/api/v1/notifications?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor));
    const auto body = page.body();
    for (const auto& item : body.at("items").as_array()) EXPECT_TRUE(seen.insert(std::string(item.at("id").as_string())).second);
    cursor = page.text("/next_cursor");
    if (cursor == "null") break;
  }
  EXPECT_EQ(seen.size(), 7u);
}

TEST_F(Inbox, BadQuestionsAreRefused) {
  fill(3);
  EXPECT_EQ(get("/api/v1/notifications?status=old").text("/errors/0/parameter"), "status");
  EXPECT_EQ(get("/api/v1/notifications?limit=0").status(), 422);
  EXPECT_EQ(get("/api/v1/notifications?limit=201").status(), 422);
  EXPECT_EQ(get("/api/v1/notifications?sort=x").text("/code"), "unknown-parameter");
  EXPECT_EQ(get("/api/v1/notifications?cursor=x").text("/code"), "invalid-cursor");
  const auto cursor = get("/api/v1/notifications?limit=1").text("/next_cursor");
  EXPECT_EQ(get("/api/v1/notifications?status=unread&cursor=" + cursor).text("/code"), "invalid-cursor");
  EXPECT_EQ(get("/api/v1/reminders?cursor=" + cursor).text("/code"), "invalid-cursor");
  EXPECT_EQ(post("/api/v1/notifications/nothing/read").status(), 404);
}

TEST_F(Inbox, OldOnesAreTrimmed) {
  fill(3);
  world::the().now_ms += 91LL * 86'400'000;
  host_.fire(2);
  EXPECT_EQ(sql("SELECT count(*) FROM notification_inbox"), "0");
  EXPECT_EQ(sql("SELECT count(*) FROM notification_ledger"), "0");
}

}  // namespace notification_test
