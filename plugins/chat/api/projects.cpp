// REST for projects and their members: /api/v1/projects and below. A project is deleted only when no task stands in it.
#include "plugins/chat/api/answers.hpp"
#include "plugins/chat/tasks/sharing.hpp"

namespace chat {

namespace {

// A project as answers show it: with the role the caller has in it.
struct project_item {
  project value;
  std::string role;
  std::int64_t version = 0;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    project::fields(visit, self.value);
    visit.required("role", self.role);
  }
};
project_item shown(project value, role as) {
  const std::int64_t version = value.version;
  return {std::move(value), std::string(to_text(as)), version};
}

// One command inside a unit; `run` gets the rules and gives the answer.
template <class Run> void change_projects(app& app, evh::request& request, Run run) {
  auto by = std::make_shared<origin>(origin_of(request, "rest", now_ns()));
  request.apply([&app, by, run, request_id = std::string(request.id())](evh::unit& unit) {
    return answer_refusals(request_id, [&] {
      store::session session(app.store, unit);
      executor commands(session, unit, app.topics, *by);
      sharing rules(session, unit, app.topics, *by, commands);
      return run(rules, commands);
    });
  });
}

void create_project(app& app, evh::request& request) {
  require_json(request);
  std::optional<uuid> id;
  const project_patch fields = read_project(read_object(request.body()), true, id);
  const std::int64_t now = now_ns();
  project made;
  made.id = to_text(id ? *id : new_uuid(now));
  made.owner = request.subject();
  made.name = *fields.name;
  made.description = fields.description.value_or("");
  made.archived = fields.archived.value_or(false);
  made.version = 1;
  made.created_at.value = made.updated_at.value = now / 1'000'000;
  change_projects(app, request, [made](sharing& rules, executor&) {
    evh::response answer = with_etag(201, shown(rules.create(made), role::owner));
    answer.headers.emplace_back("Location", "/api/v1/projects/" + made.id);
    return answer;
  });
}

void get_project(app& app, evh::request& request) {
  const uuid id = path_id(request, "project");
  evh::response answer;
  evh::read(*app.host, [&](evh::unit& unit) {
    store::session session(app.store, unit);
    access rights(unit, std::string(request.subject()));
    rights.require(action::read, id);
    const auto found = session.find_project(id);
    if (!found) throw not_found("project");
    answer = with_etag(200, shown(*found, rights.in(id)));
    if (matches_if_none_match(request, found->version)) {
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
  std::vector<project_item> items;
  std::string next;
  evh::read(*app.host, [&](evh::unit& unit) {
    store::session session(app.store, unit);
    const auto found = projects_of(unit, request.subject(), cursor ? cursor->text : "", cursor ? parse_uuid(cursor->id).value_or(uuid{}) : uuid{}, limit + 1);
    for (const auto& each : found) {
      if (items.size() == limit) {
        next = make_cursor(app, request, scope, {}, fold(items.back().value.name), items.back().value.id);
        break;
      }
      if (auto row = session.find_project(each.id)) items.push_back(shown(std::move(*row), each.as));
    }
  });
  request.respond(page(items, next));
}

void patch_project(app& app, evh::request& request) {
  require_json(request);
  const uuid id = path_id(request, "project");
  const precondition match = if_match(request, true);
  std::optional<uuid> none;
  const project_patch patch = read_project(read_object(request.body()), false, none);
  change_projects(app, request, [id, match, patch](sharing& rules, executor& commands) {
    return with_etag(200, shown(rules.update(id, patch, match), commands.access().in(id)));
  });
}

void delete_project(app& app, evh::request& request) {
  const uuid id = path_id(request, "project");
  const precondition match = if_match(request, true);
  change_projects(app, request, [id, match](sharing& rules, executor&) {
    rules.erase(id, match);
    return evh::response{.status = 204};
  });
}

// ---- members ----

struct invitation {
  std::string email, user_id;
  role as = role::none;
};

bool is_address(std::string_view text) {
  const auto at = text.find('@');
  return text.size() <= 320 && at != std::string_view::npos && at > 0 && at + 1 < text.size() && text.find('@', at + 1) == std::string_view::npos &&
         std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == ',' || c == '<' || c == '>'; });
}

// {email | user_id, role} for a new member, {role} for a changed one.
invitation read_invitation(const evh::request& request, bool adding) {
  require_json(request);
  invitation out;
  std::vector<field_error> wrong;
  const auto body = read_object(request.body());
  for (const auto& member : body) {
    const std::string name(member.key()), at = "/" + name;
    if (name != "role" && !(adding && (name == "email" || name == "user_id")))
      throw refusal(422, "unknown-field", "The field " + name.substr(0, 60) + " is not known here.", {{at.substr(0, 61), "unknown-field", "is not a field that can be set here"}});
    const std::string text = member.value().is_string() ? std::string(member.value().get_string()) : std::string();
    if (name == "role") {
      const auto as = parse_role(text);
      if (as) out.as = *as;
      else wrong.push_back({at, "invalid", "must be owner, editor, commenter or viewer"});
    } else if (name == "email") {
      if (is_address(text)) out.email = text;
      else wrong.push_back({at, "invalid", "must be an e-mail address"});
    } else if (!text.empty() && text.size() <= 200 && std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; })) {
      out.user_id = text;
    } else {
      wrong.push_back({at, "invalid", "must be the id of a person"});
    }
  }
  if (!body.contains("role")) wrong.push_back({"/role", "required", "is missing"});
  if (adding && wrong.empty() && out.email.empty() == out.user_id.empty()) wrong.push_back({"/email", "required", "either email or user_id is needed"});
  if (!wrong.empty()) throw refusal(422, "validation-failed", "The member was not accepted: " + wrong.front().pointer + " " + wrong.front().message + ".", wrong);
  return out;
}

void list_members(app& app, evh::request& request) {
  const uuid id = path_id(request, "project");
  std::vector<member_item> items;
  evh::read(*app.host, [&](evh::unit& unit) {
    store::session session(app.store, unit);
    const origin by = origin_of(request, "rest", now_ns());
    executor commands(session, unit, app.topics, by);
    items = sharing(session, unit, app.topics, by, commands).members(id);
  });
  request.respond(page(items, ""));
}

evh::response member_answer(int status, const member_item& value) {
  evh::response out;
  out.status = status;
  out.body = evh_schemas::to_json(value);
  return out;
}

void add_member(app& app, evh::request& request) {
  const uuid id = path_id(request, "project");
  const invitation given = read_invitation(request, true);
  change_projects(app, request, [id, given](sharing& rules, executor&) { return member_answer(201, rules.add(id, given.email, given.user_id, given.as)); });
}

void patch_member(app& app, evh::request& request) {
  const uuid id = path_id(request, "project");
  const invitation given = read_invitation(request, false);
  change_projects(app, request, [id, given, who = std::string(request.param("member"))](sharing& rules, executor&) {
    return member_answer(200, rules.change(id, who, given.as));
  });
}

void delete_member(app& app, evh::request& request) {
  const uuid id = path_id(request, "project");
  change_projects(app, request, [id, who = std::string(request.param("member"))](sharing& rules, executor&) {
    rules.remove(id, who);
    return evh::response{.status = 204};
  });
}

constexpr endpoint table[] = {
    {"POST", "/api/v1/projects", create_project},
    {"GET", "/api/v1/projects", list_projects},
    {"GET", "/api/v1/projects/:id", get_project},
    {"PATCH", "/api/v1/projects/:id", patch_project},
    {"DELETE", "/api/v1/projects/:id", delete_project},
    {"GET", "/api/v1/projects/:id/members", list_members},
    {"POST", "/api/v1/projects/:id/members", add_member},
    {"PATCH", "/api/v1/projects/:id/members/:member", patch_member},
    {"DELETE", "/api/v1/projects/:id/members/:member", delete_member},
};

}  // namespace

std::span<const endpoint> project_endpoints() { return table; }

}  // namespace chat
