// "What changed yesterday", "who completed the report": answered from chat's own history, which knows every change of the
// tasks a person may see.
#include <algorithm>

#include "plugins/calendar/zone.hpp"
#include "plugins/chat/talk/speech.hpp"
#include "plugins/chat/talk/turn.hpp"

namespace chat::talk {

namespace {

constexpr std::size_t shown_max = 20;
constexpr std::size_t series_tasks_max = 50;

struct span_ms {
  std::int64_t from = 0, to = INT64_MAX;
  bool holds(std::int64_t at) const { return at >= from && at < to; }
};

span_ms span_of(const language::query_history& command, const std::string& tz) {
  span_ms out;
  const auto start = [&](calendar::civil_date day) {
    const auto at = calendar::resolve(calendar::at_time(day, std::chrono::seconds{0}), tz);
    return at ? std::chrono::duration_cast<std::chrono::milliseconds>(at->at.time_since_epoch()).count() : 0;
  };
  if (command.from) out.from = start(*command.from);
  if (command.to) out.to = start(*command.to);
  return out;
}

std::string words_of(change_kind action) {
  switch (action) {
    case change_kind::created: return "added";
    case change_kind::updated: return "changed";
    case change_kind::completed: return "completed";
    case change_kind::reopened: return "reopened";
    case change_kind::deleted: return "deleted";
    case change_kind::restored: return "brought back";
  }
  return "changed";
}

// The names of what a change touched, out of its JSON of fields.
std::string fields_of(const change& what) {
  if (what.action != change_kind::updated) return {};
  const auto parsed = evh_schemas::parse_json(what.after);
  std::string out;
  for (const auto& member : parsed.as_object()) {
    std::string name(member.key());
    if (name.ends_with("_id")) name.resize(name.size() - 3);
    out += (out.empty() ? " (" : ", ") + name;
  }
  return out.empty() ? out : out + ")";
}

}  // namespace

std::string turn::say_change(const change& what, const std::string& title) {
  std::string who = what.actor == by_.subject ? "You" : what.source == "recurring" ? "The series" : "";
  if (who.empty()) {
    const auto known = find_person(unit_, what.actor);
    who = known && !known->name.empty() ? known->name : known && !known->email.empty() ? known->email : what.actor;
  }
  due at;
  at.instant = calendar::format_instant(calendar::instant{std::chrono::seconds{what.at / 1000}});
  return talk::say(at, input_.tz) + ": " + who + " " + words_of(what.action) + " " + quoted(title) + fields_of(what) + (what.undone ? ", undone since" : "") + ".";
}

// Newest first: what the person did, and what others did to the person's tasks.
std::vector<change> turn::changes_between(std::int64_t from_ms, std::int64_t to_ms, std::size_t limit) {
  std::vector<std::pair<uuid, std::int64_t>> keys;
  const auto take = [&](const evh::row& row) { keys.emplace_back(uuid_of(row.text(0)), row.integer(1)); };
  const uuid first = new_uuid(from_ms * 1'000'000);   // groups are UUIDv7: their order is that of time
  uuid low{};
  std::copy(first.data, first.data + 6, low.data);
  const auto size = static_cast<std::int64_t>(limit);
  unit_.query("SELECT task_id, version FROM chat_history WHERE owner = $1 AND group_id >= $2 AND at >= $3 AND at < $4 ORDER BY group_id DESC, place DESC LIMIT $5",
              {by_.subject, evh::value::blob(bytes_of(low)), from_ms, to_ms, size}, [&](const evh::row& row) { take(row); });
  unit_.query("SELECT h.task_id, h.version FROM chat_task t JOIN chat_history h ON h.task_id = t.id WHERE t.owner = $1 AND t.deleted_at IS NULL AND t.updated_at >= $2 "
              "AND h.owner <> $1 AND h.at >= $2 AND h.at < $3 ORDER BY h.at DESC, h.group_id DESC, h.place DESC LIMIT $4",
              {by_.subject, from_ms, to_ms, size}, [&](const evh::row& row) { take(row); });
  std::vector<change> out;
  for (const auto& [id, version] : keys)
    if (auto found = session_.find_change(id, version)) out.push_back(std::move(*found));
  std::stable_sort(out.begin(), out.end(), [](const change& a, const change& b) { return a.at > b.at; });
  if (out.size() > limit) out.resize(limit);
  return out;
}

// Every task the words fit, done ones as well, and with one of a series all of that series.
std::vector<task> turn::tasks_ever(const language::target& which, std::string& problem) {
  auto found = target_finder(unit_, session_, state_, base_list()).find(which, wanted_status::both);
  problem = found.problem;
  std::vector<uuid> series;
  for (const auto& each : found.tasks)
    if (const auto id = each.recurrence ? parse_uuid(each.recurrence->series_id) : std::nullopt)
      if (std::find(series.begin(), series.end(), *id) == series.end()) series.push_back(*id);
  for (const auto& id : series)
    for (const auto& task_id : tasks_of_series(unit_, id, series_tasks_max)) {
      const auto other = session_.find_task(task_id);
      const bool there = std::any_of(found.tasks.begin(), found.tasks.end(), [&](const task& each) { return each.id == to_text(task_id); });
      if (other && !there && !other->deleted_at && commands_.access().on(other->value) != role::none) found.tasks.push_back(other->value);
    }
  return std::move(found.tasks);
}

void turn::run_history(const language::query_history& command) {
  const span_ms span = span_of(command, input_.tz);
  const auto wanted = [&](const change& each) {
    return span.holds(each.at) && (command.action.empty() || "task." + std::string(evh_schemas::to_text(each.action)) == command.action);
  };
  std::vector<std::string> lines;
  if (command.which) {
    std::string problem;
    const auto found = tasks_ever(*command.which, problem);
    if (found.empty()) return say(problem);
    std::vector<std::pair<change, std::string>> all;
    for (const auto& on : found)
      for (auto& each : session_.history(parse_uuid(on.id).value(), INT64_MAX, 200))
        if (wanted(each)) all.emplace_back(std::move(each), on.title);
    std::stable_sort(all.begin(), all.end(), [](const auto& x, const auto& y) { return x.first.at > y.first.at; });
    for (const auto& [each, title] : all)
      if (lines.size() < shown_max) lines.push_back(say_change(each, title));
    if (found.size() == 1) state_.last_entity = found.front().id;
  } else {
    for (const auto& each : changes_between(span.from, span.to, 200)) {
      if (!wanted(each) || lines.size() == shown_max) continue;
      const auto on = session_.find_task(each.task_id);
      if (on && commands_.access().on(on->value) != role::none) lines.push_back(say_change(each, on->value.title));
    }
  }
  if (lines.empty()) return say(command.action.empty() ? "Nothing changed then." : "That did not happen then.");
  for (auto& each : lines) say(std::move(each));
}

}  // namespace chat::talk
