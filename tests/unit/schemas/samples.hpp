// One full sample of every payload, as JSON: what the codecs must carry unharmed.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace samples {

inline const std::string task =
    R"({"id":"0190b5a0-0000-7000-8000-000000000001","owner":"ana","title":"caf\u00e9 \"quoted\"\n\u0001","description":"long","status":"completed",)"
    R"("priority":"high","tags":["work","q3"],"project_id":"0190b5a0-0000-7000-8000-000000000002","parent_id":null,)"
    R"("due":{"local":"2026-08-19T17:00","tz":"Europe/Paris"},"reminders":[{"id":"r1","offset":"-P1D","time":"09:00"},)"
    R"({"id":"r2","at":{"instant":"2026-08-19T07:00:00Z"}}],"recurrence":{"rrule":"FREQ=DAILY","anchor":"schedule"},"version":7,)"
    R"("created_at":"2026-08-18T10:00:00.000Z","updated_at":"2026-08-18T10:00:00.123Z","completed_at":"2026-08-18T10:00:00.456Z"})";
inline const std::string actor = R"({"id":"ana","kind":"user","source":"rest"})";
inline const std::string trail = "\"actor\":" + actor + R"(,"correlation_id":"c","causation_id":"d")";

// By topic.
inline const std::map<std::string, std::string, std::less<>> payloads{
    {"task-events", "{\"task\":" + task + ",\"before\":" + task + R"(,"changed":["title"],)" + trail + "}"},
    {"task-updates", R"({"event":"updated","task_id":"0190b5a0-0000-7000-8000-000000000001","version":7,"task":)" + task + ",\"actor\":" + actor +
                         R"(,"correlation_id":"c"})"},
    {"todo.command.create_task.v1", "{\"owner\":\"ana\",\"task\":" + task + R"(,"series_id":"s","series_version":3,"predecessor_id":"p",)" + trail + "}"},
    {"todo.command.withdraw_task.v1", R"({"owner":"ana","task_id":"t","task_version":2,)" + trail + "}"},
    {"todo.reminder.scheduled.v1", R"({"owner":"ana","task_id":"t","task_version":2,"title":"x","priority":"low","project_id":"p","due":{"date":"2026-08-19"},)"
                                   R"("reminders":[{"id":"r1","offset":"PT0S"}],"actor":)" + actor + R"(,"correlation_id":"c"})"},
    {"todo.reminder.cancelled.v1", R"({"owner":"ana","task_id":"t","task_version":2,"reason":"deleted","actor":)" + actor + R"(,"correlation_id":"c"})"},
    {"notifications", R"({"owner":"ana","notification_id":"n","task_id":"t","task_version":1,"reminder_id":"r1","fire_at":"2026-08-19T07:00:00.000Z",)"
                      R"("title":"x","priority":"critical","channel":"email","error":"refused","attempt":3,"snoozed_until":"2026-08-19T08:00:00.000Z",)"
                      R"("late":true,"correlation_id":"c"})"},
    {"user-events", R"({"user_id":"ana","email":"ana@example.com","name":"Ana","preferences":{"tz":"Europe/Paris","locale":"en-GB","week_start":"monday",)"
                    R"("other":{"x":[1,2]}},"session_id":"s","reason":"r","actor":)" + actor + R"(,"correlation_id":"c"})"},
};

inline const std::string& payload_of(std::string_view topic, std::string_view type) {
  const auto by_topic = payloads.find(topic);
  return by_topic != payloads.end() ? by_topic->second : payloads.find(type)->second;
}

}  // namespace samples
