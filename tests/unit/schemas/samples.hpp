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
    R"({"id":"r2","at":{"instant":"2026-08-19T07:00:00Z"},"snooze_of":"n1"}],"recurrence":{"rrule":"FREQ=DAILY","anchor":"completion","catch_up":"pile_up","dtstart":"2026-08-01T17:00","tz":"Europe/Paris",)"
    R"("exdates":["2026-08-03T17:00"],"rdates":["2026-08-04T18:00"],"paused":true,"paused_until":"2026-09-01","series_id":"0190b5a0-0000-7000-8000-000000000003",)"
    R"("series_version":2,"occurrence":"2026-08-19T17:00","number":19},"version":7,)"
    R"("created_at":"2026-08-18T10:00:00.000Z","updated_at":"2026-08-18T10:00:00.123Z","completed_at":"2026-08-18T10:00:00.456Z","assignee_id":"bob"})";
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
    {"user-events", R"({"user_id":"ana","email":"ana@example.com","name":"Ana","roles":["user","admin"],"preferences":{"tz":"Europe/Paris","locale":"en-GB","week_start":"monday",)"
                    R"("morning":"08:00","afternoon":"14:00","evening":"18:30","tonight":"21:00","eod":"17:00","quiet_hours":{"from":"22:00","to":"07:00"},)"
                    R"("default_reminder":"-PT15M","channels":["in_app","email"],"digest":{"channel":"email","rrule":"FREQ=DAILY","time":"08:00"}},"session_id":"s","reason":"r","actor":)" + actor + R"(,"correlation_id":"c"})"},
    {"audit-events", R"({"action":"sign_in","outcome":"denied","actor_id":"ana","object":"user:ana","reason":"r","remote_address":"127.0.0.1","count":3,)"
                     R"("from":"2026-08-18T10:00:00.000Z","to":"2026-08-18T10:00:01.000Z","correlation_id":"c"})"},
    {"todo.project", R"({"project":{"id":"0190b5a0-0000-7000-8000-000000000002","owner":"ana","name":"Home","description":"","archived":true,"version":3,)"
                R"("created_at":"2026-08-18T10:00:00.000Z","updated_at":"2026-08-18T10:00:00.123Z"},"member":{"user_id":"bob","email":"bob@example.com","role":"editor"},)"
                "\"actor\":" + actor + R"(,"correlation_id":"c"})"},
};

inline const std::string& payload_of(std::string_view topic, std::string_view type) {
  if (type.starts_with("todo.project")) return payloads.at("todo.project");
  if (type.starts_with("todo.notification")) return payloads.at("notifications");
  const auto by_topic = payloads.find(topic);
  return by_topic != payloads.end() ? by_topic->second : payloads.find(type)->second;
}

}  // namespace samples
