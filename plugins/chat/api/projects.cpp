// REST for projects: /api/v1/projects and below. A project is deleted only when no task stands in it.
#include "plugins/chat/api/answers.hpp"

namespace chat {

namespace {

refusal name_taken() {
  return refusal(409, "already-exists", "You have a project of this name (or id) already.", {{"/name", "invalid", "is taken"}});
}

project own_project(store::session& session, const evh::request& request) {
  auto found = session.find_project(path_id(request, "project"));
  if (!found || found->owner != request.subject()) throw not_found("project");
  return std::move(*found);
}

void create_project(app& app, evh::request& request) {
  require_json(request);
  std::optional<uuid> id;
  const project_patch fields = read_project(read_object(request.body()), true, id);
  const std::int64_t now = now_ns();
  auto made = std::make_shared<project>();
  made->id = to_text(id ? *id : new_uuid(now));
  made->owner = request.subject();
  made->name = *fields.name;
  made->description = fields.description.value_or("");
  made->archived = fields.archived.value_or(false);
  made->version = 1;
  made->created_at.value = made->updated_at.value = now / 1'000'000;
  request.apply([&app, made, request_id = std::string(request.id())](evh::unit& unit) {
    return answer_refusals(request_id, [&] {
      store::session session(app.store, unit);
      try {
        session.insert(*made);
      } catch (const duplicate&) {
        throw name_taken();
      }
      evh::response answer = with_etag(201, *made);
      answer.headers.emplace_back("Location", "/api/v1/projects/" + made->id);
      return answer;
    });
  });
}

void get_project(app& app, evh::request& request) {
  evh::response answer;
  evh::read(*app.host, [&](evh::unit& unit) {
    store::session session(app.store, unit);
    const project found = own_project(session, request);
    answer = with_etag(200, found);
    if (matches_if_none_match(request, found.version)) {
      answer.status = 304;
      answer.body.clear();
    }
  });
  request.respond(answer);
}

void list_projects(app& app, evh::request& request) {
  const parameters query(request, {"limit", "cursor"});
  const std::size_t limit = query.limit();
  const std::int64_t scope = query.scope("projects");
  const auto cursor = read_cursor(app, request, query, scope);
  std::vector<project> items;
  std::string next;
  evh::read(*app.host, [&](evh::unit& unit) {
    store::session session(app.store, unit);
    items = session.projects(std::string(request.subject()), cursor ? cursor->text : "", limit + 1);
    if (items.size() <= limit) return;
    items.pop_back();
    next = make_cursor(app, request, scope, {}, fold(items.back().name), "");
  });
  request.respond(page(items, next));
}

void require_match(const precondition& match, std::int64_t version) {
  if (match.any || std::find(match.versions.begin(), match.versions.end(), version) != match.versions.end()) return;
  throw refusal(412, "precondition-failed", "The project is at version " + std::to_string(version) + " by now: read it again and repeat the change.");
}

void patch_project(app& app, evh::request& request) {
  require_json(request);
  const precondition match = if_match(request, true);
  std::optional<uuid> none;
  const project_patch patch = read_project(read_object(request.body()), false, none);
  request.apply([&app, request, match, patch, now = now_ns()](evh::unit& unit) {
    return answer_refusals(request.id(), [&] {
      store::session session(app.store, unit);
      project changed = own_project(session, request);
      require_match(match, changed.version);
      if (patch.name) changed.name = *patch.name;
      if (patch.description) changed.description = *patch.description;
      if (patch.archived) changed.archived = *patch.archived;
      ++changed.version;
      changed.updated_at.value = std::max(changed.updated_at.value, now / 1'000'000);
      try {
        session.update(changed);
      } catch (const duplicate&) {
        throw name_taken();
      }
      return with_etag(200, changed);
    });
  });
}

void delete_project(app& app, evh::request& request) {
  const precondition match = if_match(request, true);
  request.apply([&app, request, match](evh::unit& unit) {
    return answer_refusals(request.id(), [&] {
      store::session session(app.store, unit);
      const project found = own_project(session, request);
      require_match(match, found.version);
      const uuid id = parse_uuid(found.id).value();
      task_list inside;
      inside.owner = found.owner;
      inside.project = id;
      if (const std::int64_t left = count_tasks(unit, inside); left > 0)
        throw refusal(409, "project-not-empty", "The project holds " + std::to_string(left) + " tasks: move or delete them first.");
      session.erase_project(id);
      return evh::response{.status = 204};
    });
  });
}

constexpr endpoint table[] = {
    {"POST", "/api/v1/projects", create_project},
    {"GET", "/api/v1/projects", list_projects},
    {"GET", "/api/v1/projects/:id", get_project},
    {"PATCH", "/api/v1/projects/:id", patch_project},
    {"DELETE", "/api/v1/projects/:id", delete_project},
};

}  // namespace

std::span<const endpoint> project_endpoints() { return table; }

}  // namespace chat
