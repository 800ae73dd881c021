// REST for series: /api/v1/series and below. A series is changed through the task that stands for it now.
#include "plugins/calendar/zone.hpp"
#include "plugins/chat/api/answers.hpp"
#include "plugins/chat/tasks/series.hpp"

namespace chat {

namespace {

constexpr std::size_t ahead = 5;   // occurrences shown

struct series_item {
  std::string id, task_id, title;
  std::int64_t version = 0;
  bool ended = false;
  recurrence rule;
  std::vector<std::string> next;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("id", self.id);
    visit.required("version", self.version);
    visit.required("ended", self.ended);
    visit.required("task_id", self.task_id);
    visit.required("title", self.title);
    visit.required("rrule", self.rule.rrule);
    visit.required("anchor", self.rule.anchor);
    visit.required("catch_up", self.rule.catch_up);
    visit.required("dtstart", self.rule.dtstart);
    visit.required("tz", self.rule.tz);
    visit.required("exdates", self.rule.exdates);
    visit.required("rdates", self.rule.rdates);
    visit.required("paused", self.rule.paused);
    visit.required("paused_until", self.rule.paused_until);
    visit.required("occurrence", self.rule.occurrence);
    visit.required("next", self.next);
  }
};

series_item shown(const stored_series& from, const task& stands_for) {
  series_item out;
  out.id = to_text(from.id);
  out.version = from.version;
  out.task_id = stands_for.id;
  out.title = stands_for.title;
  out.rule = from.rule;
  if (!from.ended) out.next = next_occurrences(from.rule, ahead);
  out.ended = from.ended || (out.next.empty() && stands_for.status == task_status::completed);   // its rule ran out
  return out;
}

// The series and its task, when the caller may see that.
std::pair<stored_series, stored_task> find(store::session& session, access& rights, const uuid& id) {
  auto series = find_series(rights.unit(), id);
  auto task = series ? session.find_task(series->task) : std::nullopt;
  if (!task || rights.on(task->value) == role::none) throw not_found("series");
  return {std::move(*series), std::move(*task)};
}

void list_series(app& app, evh::request& request) {
  const parameters query(request, {"limit", "cursor"});
  const std::size_t limit = query.limit();
  const std::int64_t scope = query.scope("series");
  const auto cursor = read_cursor(app, request, query, scope);
  std::vector<series_item> items;
  std::string next;
  evh::read(*app.host, [&](evh::unit& unit) {
    store::session session(app.store, unit);
    const auto found = series_of(unit, request.subject(), cursor ? parse_uuid(cursor->id).value_or(uuid{}) : uuid{}, limit + 1);
    for (const auto& each : found) {
      if (items.size() == limit) {
        next = make_cursor(app, request, scope, {}, "", items.back().id);
        break;
      }
      if (const auto task = session.find_task(each.task)) items.push_back(shown(each, task->value));
    }
  });
  request.respond(page(items, next));
}

void get_series(app& app, evh::request& request) {
  const uuid id = path_id(request, "series");
  evh::response answer;
  evh::read(*app.host, [&](evh::unit& unit) {
    store::session session(app.store, unit);
    access rights(unit, std::string(request.subject()));
    const auto [series, task] = find(session, rights, id);
    answer = with_etag(200, shown(series, task.value));
  });
  request.respond(answer);
}

// One command on the task that stands for the series in the path.
template <class Run> void change_series(app& app, evh::request& request, Run run) {
  const uuid id = path_id(request, "series");
  auto by = std::make_shared<origin>(origin_of(request, "rest", now_ns()));
  request.apply([&app, by, id, run, request_id = std::string(request.id()), token = undo_token_of(app, *by)](evh::unit& unit) {
    return answer_refusals(request_id, [&] {
      store::session session(app.store, unit);
      executor commands(session, unit, app.topics, *by);
      const uuid task = parse_uuid(find(session, commands.access(), id).second.value.id).value();
      const effect done = run(commands, task);
      evh::response answer = with_etag(200, shown(find_series(unit, id).value(), done.value));
      if (done.op != "unchanged") answer.headers.emplace_back("Undo-Token", token);
      return answer;
    });
  });
}

[[noreturn]] void bad(const std::string& name, const std::string& message, bool unknown = false) {
  throw refusal(422, unknown ? "unknown-field" : "validation-failed", "The field " + name + " " + message + ".",
                {{"/" + name, unknown ? "unknown-field" : "invalid", message}});
}

std::string text_of(const boost::json::key_value_pair& member) {
  if (!member.value().is_string()) bad(std::string(member.key()), "must be text");
  return std::string(member.value().get_string());
}

series_patch read_patch(const evh::request& request) {
  require_json(request);
  series_patch out;
  for (const auto& member : read_object(request.body())) {
    const std::string name(member.key());
    if (name == "rrule") {
      out.rrule = text_of(member);
      if (const auto wrong = wrong_rule(*out.rrule)) throw refusal(422, "validation-failed", *wrong, {{"/rrule", "invalid", *wrong}});
    } else if (name == "anchor") {
      out.anchor = evh_schemas::from_text<evh_schemas::recurrence_anchor>(text_of(member));
      if (!out.anchor) bad(name, "must be schedule or completion");
    } else if (name == "catch_up") {
      out.catch_up = evh_schemas::from_text<evh_schemas::catch_up>(text_of(member));
      if (!out.catch_up) bad(name, "must be skip_to_future, keep or pile_up");
    } else if (name == "scope") {
      const std::string scope = text_of(member);
      if (scope == "this") bad(name, "one occurrence has no rule of its own: change its task's due instead");
      if (scope != "following" && scope != "all") bad(name, "must be following or all");
      out.scope = scope == "all" ? series_scope::all : series_scope::following;
    } else {
      bad(name.substr(0, 60), "is not a field that can be set here", true);
    }
  }
  return out;
}

void patch_series(app& app, evh::request& request) {
  change_series(app, request, [patch = read_patch(request)](executor& commands, const uuid& task) { return commands.change_series(task, patch); });
}

void skip_series(app& app, evh::request& request) {
  change_series(app, request, [](executor& commands, const uuid& task) { return commands.skip(task); });
}

void pause_series(app& app, evh::request& request) {
  std::optional<calendar::civil_date> until;
  if (!request.body().empty()) {
    require_json(request);
    for (const auto& member : read_object(request.body())) {
      if (member.key() != "until") bad(std::string(member.key()).substr(0, 60), "is not a field that can be set here", true);
      if (member.value().is_null()) continue;
      until = calendar::parse_date(text_of(member));
      if (!until) bad("until", "must be a date such as 2026-08-31");
    }
  }
  change_series(app, request, [until](executor& commands, const uuid& task) { return commands.pause(task, until); });
}

void resume_series(app& app, evh::request& request) {
  change_series(app, request, [](executor& commands, const uuid& task) { return commands.resume(task); });
}

void end_series(app& app, evh::request& request) {
  change_series(app, request, [](executor& commands, const uuid& task) { return commands.end_series(task); });
}

constexpr endpoint table[] = {
    {"GET", "/api/v1/series", list_series},
    {"GET", "/api/v1/series/:id", get_series},
    {"PATCH", "/api/v1/series/:id", patch_series},
    {"DELETE", "/api/v1/series/:id", end_series},
    {"POST", "/api/v1/series/:id/skip", skip_series},
    {"POST", "/api/v1/series/:id/pause", pause_series},
    {"POST", "/api/v1/series/:id/resume", resume_series},
};

}  // namespace

std::span<const endpoint> series_endpoints() { return table; }

}  // namespace chat
