// What the outside learns of a change: task-events, task-updates and reminders.
#include "schemas/events/task_events.hpp"
#include "schemas/events/topics.hpp"
#include "tests/unit/plugins/chat/chat_host.hpp"

namespace {

using Events = chat_test::chat_host;
using chat_test::parse;

TEST_F(Events, ACreationIsToldToTheLogAndToTheOwnersScreens) {
  const std::string id = make("a");
  ASSERT_EQ(host_.published().size(), 2U);
  const auto& event = host_.published()[0];
  EXPECT_EQ(event.topic, "task-events");
  EXPECT_EQ(event.type, "todo.task.created.v1");
  EXPECT_EQ(event.key, "user-1");
  const auto payload = evh_schemas::from_json<evh_schemas::task_event>(event.payload);
  EXPECT_EQ(payload.task.id, id);
  EXPECT_EQ(payload.actor.id, "user-1");
  EXPECT_FALSE(payload.correlation_id.empty());
  EXPECT_FALSE(payload.before.has_value());
  const auto& update = host_.published()[1];
  EXPECT_EQ(update.topic, "task-updates");
  EXPECT_EQ(update.key, "user-1");
  EXPECT_EQ(parse(update.payload).at("event").as_string(), "created");
  EXPECT_EQ(parse(update.payload).at("task").at("id").as_string(), id);
}

TEST_F(Events, AnUpdateCarriesBeforeAndTheNamesThatDiffer) {
  const std::string id = make("a");
  patch(id, R"({"title":"b","tags":["x"]})", "*");
  const auto payload = evh_schemas::from_json<evh_schemas::task_event>(events("task-events").back().payload);
  EXPECT_EQ(payload.before->title, "a");
  EXPECT_EQ(payload.before->version, 1);
  EXPECT_EQ(payload.task.version, 2);
  EXPECT_EQ(payload.changed, (std::vector<std::string>{"title", "tags"}));
}

TEST_F(Events, ADeletionTellsScreensTheIdOnly) {
  const std::string id = make("a");
  remove(id, "*");
  const auto update = parse(events("task-updates").back().payload);
  EXPECT_EQ(update.at("event").as_string(), "deleted");
  EXPECT_EQ(update.as_object().if_contains("task"), nullptr);
}

TEST_F(Events, RemindersAreCompleteInThemselves) {
  const std::string id = make("a", R"("due":{"date":"2026-08-19"},"reminders":[{"offset":"-P1D","time":"09:00"},{"offset":"-PT30M"}])");
  const auto scheduled = parse(events("reminders").back().payload);
  EXPECT_EQ(scheduled.at("task_id").as_string(), id);
  EXPECT_EQ(scheduled.at("task_version").as_int64(), 1);
  EXPECT_EQ(scheduled.at("reminders").as_array().size(), 2U);
  EXPECT_EQ(scheduled.at("due").at("date").as_string(), "2026-08-19");
  const auto count = [&] { return events("reminders").size(); };
  patch(id, R"({"description":"more"})", "*");
  EXPECT_EQ(count(), 1U) << "nothing about the reminders changed";
  patch(id, R"({"due":{"date":"2026-08-20"}})", "*");
  EXPECT_EQ(count(), 2U);
  post("/api/v1/tasks/" + id + "/complete");
  EXPECT_EQ(parse(events("reminders").back().payload).at("reason").as_string(), "completed");
  post("/api/v1/tasks/" + id + "/reopen");
  EXPECT_EQ(events("reminders").back().type, "todo.reminder.scheduled.v1");
  patch(id, R"({"reminders":[]})", "*");
  EXPECT_EQ(parse(events("reminders").back().payload).at("reason").as_string(), "removed");
  remove(id, "*");
  EXPECT_EQ(count(), 5U) << "nothing left to cancel";
}

TEST_F(Events, RemindersKeepTheirNames) {
  const std::string id = make("a", R"("due":{"date":"2026-08-19"},"reminders":[{"offset":"-P1D"},{"offset":"-PT30M"}])");
  EXPECT_EQ(get("/api/v1/tasks/" + id).text("/reminders/1/id"), "r2");
  const auto changed = patch(id, R"({"reminders":[{"id":"r2","offset":"-PT30M"},{"offset":"-PT5M"}]})", "*");
  EXPECT_EQ(changed.text("/reminders/0/id"), "r2");
  EXPECT_EQ(changed.text("/reminders/1/id"), "r1");
}

TEST_F(Events, ARefusedRequestTellsNothing) {
  const std::string id = make("a");
  const std::size_t before = host_.published().size();
  patch(id, R"({"title":"b"})", "\"9\"");
  remove(id, "\"9\"");
  post("/api/v1/tasks", R"({"title":"x","parent_id":"0190b5a0-0000-7000-8000-000000000009"})");
  EXPECT_EQ(host_.published().size(), before);
}

TEST_F(Events, EveryEventGoesThroughItsStructUnharmed) {
  const std::string id = make("a", R"("due":{"local":"2026-08-19T10:00","tz":"Europe/Paris"},"reminders":[{"at":{"instant":"2026-08-19T07:00:00Z"}}],)"
                                   R"("recurrence":{"rrule":"FREQ=DAILY","anchor":"schedule"},"tags":["x"])");
  patch(id, R"({"title":"b \"quoted\" \u00e9"})", "*");
  post("/api/v1/tasks/" + id + "/complete");
  remove(id, "*");
  for (const auto& event : host_.published()) {
    const auto* type = evh_schemas::find_event_type(event.topic, event.type);
    ASSERT_NE(type, nullptr) << event.topic << " " << event.type;
    EXPECT_EQ(parse(type->through_codecs(event.payload)), parse(event.payload)) << event.type;
  }
}

}  // namespace
