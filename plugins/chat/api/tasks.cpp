// REST for tasks: /api/v1/tasks and below.
#include "plugins/chat/api/answers.hpp"
#include "plugins/calendar/zone.hpp"
#include "plugins/chat/tasks/preferences.hpp"

namespace chat {

namespace {

// What the unit needs of a request, made while thinking and alive until the last run.
struct creation {
  origin by;
  prepared_change prepared;
  evh::response answer;
  std::string request_id;
};

// A task with a time may get the person's default reminder, a rule without a due begins on their day. The rest needs no look-up.
bool asks_for_preferences(const task_patch& fields) {
  const bool due = fields.due && *fields.due;
  return (due && (*fields.due)->date.empty() && !fields.reminders) || (!due && fields.recurrence && *fields.recurrence);
}

void create_task(app& app, evh::request& request) {
  require_json(request);
  std::optional<uuid> id;
  task_patch fields = read_new_task(read_object(request.body()), id);
  const std::int64_t now = now_ns();
  auto job = std::make_shared<creation>();
  job->by = origin_of(request, "rest", now);
  std::optional<calendar::civil_date> today;
  if (asks_for_preferences(fields)) {
    evh::read(*app.host, [&](evh::unit& unit) {
      const auto known = find_person(unit, request.subject());
      const auto set = known ? known->preferences : evh_schemas::user_preferences{};
      give_default_reminder(fields, set);
      today = today_in(zone_of(set), job->by.now_ms);
    });
  }
  job->prepared = prepare_new(fields, id, job->by, now, 0, today);
  job->answer = with_etag(201, job->prepared.after.value);
  job->answer.headers.emplace_back("Location", "/api/v1/tasks/" + job->prepared.after.value.id);
  job->answer.headers.emplace_back("Undo-Token", undo_token_of(app, job->by));
  job->request_id = request.id();
  request.apply([&app, job](evh::unit& unit) {
    return answer_refusals(job->request_id, [&] {
      store::session session(app.store, unit);
      executor(session, unit, app.topics, job->by).create(job->prepared);
      return job->answer;
    });
  });
}

// One command on the task in the path; `run` gets the executor and the id.
template <class Run> void change_task(app& app, evh::request& request, Run run) {
  const uuid id = path_id(request, "task");
  auto by = std::make_shared<origin>(origin_of(request, "rest", now_ns()));
  request.apply([&app, by, id, run, request_id = std::string(request.id()), token = undo_token_of(app, *by)](evh::unit& unit) {
    return answer_refusals(request_id, [&] {
      store::session session(app.store, unit);
      executor commands(session, unit, app.topics, *by);
      const effect done = run(commands, id);
      evh::response answer;
      if (done.op == "deleted") answer.status = 204;
      else answer = with_etag(200, done.value);
      if (const auto notices = commands.take_notices(); !notices.empty() && answer.status == 200) {
        answer.body.pop_back();
        answer.body += ",\"notices\":";
        evh_schemas::append_json(answer.body, notices);
        answer.body += '}';
      }
      if (done.op != "unchanged") answer.headers.emplace_back("Undo-Token", token);
      return answer;
    });
  });
}

void patch_task(app& app, evh::request& request) {
  require_json(request);
  const precondition match = if_match(request, true);
  const task_patch patch = read_task_patch(read_object(request.body()));
  change_task(app, request, [match, patch](executor& commands, const uuid& id) { return commands.update(id, patch, match); });
}

void delete_task(app& app, evh::request& request) {
  const precondition match = if_match(request, true);
  change_task(app, request, [match](executor& commands, const uuid& id) { return commands.remove(id, match); });
}

void complete_task(app& app, evh::request& request) {
  const precondition match = if_match(request, false);
  change_task(app, request, [match](executor& commands, const uuid& id) { return commands.complete(id, match); });
}

void reopen_task(app& app, evh::request& request) {
  const precondition match = if_match(request, false);
  change_task(app, request, [match](executor& commands, const uuid& id) { return commands.reopen(id, match); });
}

// {until: instant | {instant} | {local, tz}, or for: PT20M; notification_id?}: the moment, and what is repeated.
struct snoozing {
  std::int64_t until_ms = 0;
  std::string notification_id;
};

[[noreturn]] void bad_snooze(const std::string& pointer, const std::string& message, bool unknown = false) {
  throw refusal(422, unknown ? "unknown-field" : "validation-failed", "The snooze was not accepted: " + pointer + " " + message + ".",
                {{pointer, unknown ? "unknown-field" : "invalid", message}});
}

std::int64_t read_until(const boost::json::value& value) {
  const auto read = [&](std::string_view name) {
    const auto* found = value.is_object() ? value.get_object().if_contains(name) : nullptr;
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  const auto in_ms = [](calendar::instant at) { return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count(); };
  if (value.is_string())
    if (const auto at = calendar::parse_instant(value.get_string())) return in_ms(*at);
  if (value.is_object() && value.get_object().size() == 1)
    if (const auto at = calendar::parse_instant(read("instant"))) return in_ms(*at);
  if (value.is_object() && value.get_object().size() == 2)
    if (const auto local = calendar::parse_local(read("local")))
      if (const auto at = calendar::resolve(*local, read("tz"))) return in_ms(at->at);
  bad_snooze("/until", "must be a time such as 2026-08-19T21:00:00Z, {\"instant\"} or {\"local\", \"tz\"}");
}

snoozing read_snooze(const evh::request& request, std::int64_t now_ms) {
  require_json(request);
  snoozing out;
  const auto body = read_object(request.body());
  for (const auto& member : body) {
    if (member.key() == "until") {
      out.until_ms = read_until(member.value());
    } else if (member.key() == "for") {
      const auto span = member.value().is_string() ? calendar::parse_period(member.value().get_string()) : std::nullopt;
      if (!span || span->months != 0 || span->days < 0 || span->days > 366 || span->seconds.count() < 0 || span->days + span->seconds.count() == 0)
        bad_snooze("/for", "must be a duration such as PT20M or P1D");
      out.until_ms = now_ms + (span->days * 86'400LL + span->seconds.count()) * 1000;
    } else if (member.key() == "notification_id") {
      if (!member.value().is_string() || member.value().get_string().size() > 200) bad_snooze("/notification_id", "must be text");
      out.notification_id = member.value().get_string();
    } else {
      bad_snooze("/" + std::string(member.key()).substr(0, 60), "is not a field that can be set here", true);
    }
  }
  if (body.contains("until") == body.contains("for")) bad_snooze("/until", "either until or for is needed");
  return out;
}

void snooze_task(app& app, evh::request& request) {
  const precondition match = if_match(request, false);
  const snoozing wanted = read_snooze(request, now_ns() / 1'000'000);
  change_task(app, request, [match, wanted](executor& commands, const uuid& id) { return commands.snooze(id, wanted.until_ms, wanted.notification_id, match); });
}

stored_task visible_task(store::session& session, evh::unit& unit, const evh::request& request, bool trash) {
  auto found = session.find_task(path_id(request, "task"));
  if (!found || (found->deleted_at && !trash)) throw not_found("task");
  access(unit, std::string(request.subject())).require(action::read, found->value);
  return std::move(*found);
}

void get_task(app& app, evh::request& request) {
  evh::response answer;
  evh::read(*app.host, [&](evh::unit& unit) {
    store::session session(app.store, unit);
    const stored_task found = visible_task(session, unit, request, false);
    answer = with_etag(200, found.value);
    if (matches_if_none_match(request, found.value.version)) {
      answer.status = 304;
      answer.body.clear();
    }
  });
  request.respond(answer);
}

// One change as the history shows it.
struct history_item {
  std::int64_t version = 0;
  change_kind action = change_kind::created;
  instant_ms at;
  std::string actor, source;
  json_text before, after;
  bool undone = false;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("version", self.version);
    visit.required("action", self.action);
    visit.required("at", self.at);
    visit.required("actor", self.actor);
    visit.required("source", self.source);
    visit.required("before", self.before);
    visit.required("after", self.after);
    visit.required("undone", self.undone);
  }
};

void task_history(app& app, evh::request& request) {
  const parameters query(request, {"limit", "cursor"});
  const std::size_t limit = query.limit();
  const std::int64_t scope = digest("history/" + std::string(request.param("id")));
  const auto cursor = read_cursor(app, request, query, scope);
  std::vector<history_item> items;
  std::string next;
  evh::read(*app.host, [&](evh::unit& unit) {
    store::session session(app.store, unit);
    const stored_task found = visible_task(session, unit, request, true);
    const std::int64_t below = cursor && !cursor->numbers.empty() ? cursor->numbers[0] : INT64_MAX;
    for (auto& each : session.history(parse_uuid(found.value.id).value(), below, limit + 1)) {
      if (items.size() == limit) {
        next = make_cursor(app, request, scope, {items.back().version}, "", "");
        break;
      }
      items.push_back({each.version, each.action, {each.at}, each.actor, each.source, {each.before}, {each.after}, each.undone});
    }
  });
  request.respond(page(items, next));
}

calendar::civil_date date_parameter(const std::string& text, std::string_view name) {
  const auto day = calendar::parse_date(text);
  if (!day) bad_parameter(name, "must be a date such as 2026-08-31");
  return *day;
}

uuid id_parameter(const std::string& text, std::string_view name) {
  const auto id = parse_uuid(text);
  if (!id) bad_parameter(name, "must be a UUID");
  return *id;
}

void read_sort(const parameters& query, task_list& list) {
  const auto given = query.text("sort");
  if (!given) {   // what asks for days or by a filter is read in the order of days, and that order has an index
    if (list.where || list.due_from || list.due_before) list.sort = sort_by::due, list.descending = false;
    return;
  }
  static constexpr std::array<std::string_view, 5> names{"created", "updated", "due", "priority", "title"};
  list.descending = given->starts_with('-');
  const std::string_view name = std::string_view(*given).substr(list.descending ? 1 : 0);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) bad_parameter("sort", "must be created, updated, due, priority or title, with - before it for the reverse");
  list.sort = static_cast<sort_by>(found - names.begin());
}

task_list read_list(const evh::request& request, const parameters& query) {
  task_list list;
  list.owner = request.subject();
  list.now_ms = now_ns() / 1'000'000;
  list.limit = query.limit();
  if (const auto tz = query.text("tz")) {
    if (!calendar::zone_known(*tz)) bad_parameter("tz", "must be an IANA time zone such as Europe/Paris");
    list.tz = *tz;
  }
  if (const auto text = query.text("filter")) {
    const calendar::instant now{std::chrono::seconds{list.now_ms / 1000}};
    auto parsed = language::filter::parse(*text, calendar::date_of(*calendar::to_local(now, list.tz)));
    if (const auto* wrong = std::get_if<language::filter::parse_error>(&parsed))
      bad_parameter("filter", "is no filter: at byte " + std::to_string(wrong->position) + ": " + wrong->text);
    list.where = std::get<language::filter::expression>(std::move(parsed));
  }
  if (const auto text = query.text("status")) {
    list.status = evh_schemas::from_text<task_status>(*text);
    if (!list.status) bad_parameter("status", "must be pending or completed");
  }
  if (const auto text = query.text("priority")) {
    list.priority = evh_schemas::from_text<priority>(*text);
    if (!list.priority) bad_parameter("priority", "must be low, medium, high or critical");
  }
  if (const auto text = query.text("project")) list.project = id_parameter(*text, "project");
  if (const auto text = query.text("parent")) list.parent = id_parameter(*text, "parent");
  if (const auto text = query.text("tag")) {
    std::string why;
    const auto tag = clean_tag(*text, why);
    if (!tag) bad_parameter("tag", why);
    list.tags.push_back(*tag);
  }
  if (const auto text = query.text("q")) {
    if (text->empty() || text->size() > 200) bad_parameter("q", "must have 1 to 200 bytes");
    list.search = *text;
  }
  if (const auto text = query.text("due_after")) list.due_from = calendar::add_days(date_parameter(*text, "due_after"), 1);
  if (const auto text = query.text("due_before")) list.due_before = date_parameter(*text, "due_before");
  read_sort(query, list);
  return list;
}

void list_tasks(app& app, evh::request& request) {
  const parameters query(request, {"filter", "status", "priority", "project", "parent", "tag", "q", "due_before", "due_after", "sort", "tz",
                                   "limit", "cursor"});
  task_list list = read_list(request, query);
  const std::int64_t scope = query.scope("tasks");
  std::optional<list_position> after;
  if (auto cursor = read_cursor(app, request, query, scope))
    after = list_position{std::move(cursor->numbers), std::move(cursor->text), parse_uuid(cursor->id).value()};
  std::vector<task> items;
  std::string next;
  evh::read(*app.host, [&](evh::unit& unit) {
    if (list.project) access(unit, list.owner).require(action::read, *list.project);
    settle_project(unit, list);
    const id_page found = list_ids(unit, list, after);
    store::session session(app.store, unit);
    items = load_tasks(session, found.ids);
    if (found.next) next = make_cursor(app, request, scope, found.next->numbers, found.next->text, to_text(found.next->id));
  });
  request.respond(page(items, next));
}

constexpr endpoint table[] = {
    {"POST", "/api/v1/tasks", create_task},
    {"GET", "/api/v1/tasks", list_tasks},
    {"GET", "/api/v1/tasks/:id", get_task},
    {"PATCH", "/api/v1/tasks/:id", patch_task},
    {"DELETE", "/api/v1/tasks/:id", delete_task},
    {"POST", "/api/v1/tasks/:id/complete", complete_task},
    {"POST", "/api/v1/tasks/:id/reopen", reopen_task},
    {"POST", "/api/v1/tasks/:id/snooze", snooze_task},
    {"GET", "/api/v1/tasks/:id/history", task_history},
};

}  // namespace

std::span<const endpoint> task_endpoints() { return table; }

}  // namespace chat
