// /api/v1/webhooks: register, list, change, rotate the secret, remove; the delivery log and replay.
#include "plugins/notification/answers.hpp"
#include "plugins/notification/ids.hpp"
#include "plugins/notification/jobs.hpp"
#include "plugins/notification/routes.hpp"
#include "plugins/notification/webhooks.hpp"
#include "schemas/events/json_read.hpp"
#include "schemas/events/notification_events.hpp"

#include <algorithm>
#include <limits>

namespace notification {

namespace {

namespace es = evh_schemas;

struct webhook_answer {
  std::string id, url, description, status, disabled_reason, secret;     // secret: only where it is shown once
  std::vector<std::string> events;
  std::int64_t version = 1;
  es::instant_ms created_at, updated_at;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("id", self.id);
    visit.required("url", self.url);
    visit.required("description", self.description);
    visit.required("events", self.events);
    visit.required("status", self.status);
    visit.optional("disabled_reason", self.disabled_reason);
    visit.optional("secret", self.secret);
    visit.required("version", self.version);
    visit.required("created_at", self.created_at);
    visit.required("updated_at", self.updated_at);
  }
};

struct delivery_answer {
  std::string id, event, status, error;
  std::int64_t attempts = 0, response = 0;
  std::optional<es::instant_ms> next_try_at;
  es::instant_ms created_at, updated_at;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("id", self.id);
    visit.required("event", self.event);
    visit.required("status", self.status);
    visit.required("attempts", self.attempts);
    visit.required("response", self.response);
    visit.optional("error", self.error);
    visit.required("next_try_at", self.next_try_at);
    visit.required("created_at", self.created_at);
    visit.required("updated_at", self.updated_at);
  }
};

webhook_answer shown(const webhook& w, bool with_secret = false) {
  return {w.id, w.url, w.description, w.status, w.disabled_reason, with_secret ? w.secret : "", w.events, w.version, {w.created_ms}, {w.updated_ms}};
}
evh::response answer(int status, const webhook& w, bool with_secret = false) {
  return {.status = status, .body = es::to_json(shown(w, with_secret)), .headers = {{"ETag", etag(w.version)}}};
}

webhook owned(evh::unit& unit, std::string_view id, std::string_view owner) {
  auto found = looks_like_id(id) ? webhooks::find(unit, id) : std::nullopt;
  if (!found || found->owner != owner) throw not_found("webhook");
  return std::move(*found);
}

// What a body asks for; absent fields stay.
struct wanted {
  std::optional<std::string> url, description, status;
  std::optional<std::vector<std::string>> events;
};

std::string text_field(const boost::json::value& value, const char* pointer, std::size_t bytes_max) {
  if (!value.is_string()) throw invalid(pointer, "must be text");
  std::string out(value.get_string());
  if (out.size() > bytes_max) throw invalid(pointer, "may have " + std::to_string(bytes_max) + " bytes");
  return out;
}

std::vector<std::string> events_field(const boost::json::value& value) {
  const std::string known = "must be a list of todo.notification.due.v1 and todo.notification.snoozed.v1, at least one";
  if (!value.is_array() || value.get_array().empty()) throw invalid("/events", known);
  std::vector<std::string> out;
  for (const auto& each : value.get_array()) {
    if (!each.is_string() || !webhooks::known_event(each.get_string())) throw invalid("/events", known);
    if (std::ranges::find(out, std::string_view(each.get_string())) == out.end()) out.emplace_back(each.get_string());
  }
  return out;
}

wanted read_wanted(context& app, const evh::request& request, bool creating) {
  wanted out;
  const auto body = creating ? body_of(request, {"url", "events", "description"}) : body_of(request, {"url", "events", "description", "status"});
  if (const auto* url = body.if_contains("url")) {
    out.url = text_field(*url, "/url", 2000);
    if (const auto bad = webhooks::check_url(*out.url, app.guard)) {
      const std::string code = bad->blocked ? "blocked-destination" : "validation-failed";
      throw refusal(422, code, bad->sentence, {{"/url", bad->blocked ? code : "invalid", bad->sentence}});
    }
  } else if (creating) {
    throw refusal(422, "validation-failed", "url is required.", {{"/url", "required", "is required"}});
  }
  if (const auto* text = body.if_contains("description")) out.description = text_field(*text, "/description", 500);
  if (const auto* events = body.if_contains("events")) out.events = events_field(*events);
  if (const auto* status = body.if_contains("status")) {
    out.status = text_field(*status, "/status", 20);
    if (*out.status != "active" && *out.status != "disabled") throw invalid("/status", "must be active or disabled");
  }
  return out;
}

void create(context& app, evh::request& request) {
  const auto asked = read_wanted(app, request, true);
  const std::string owner(request.subject()), request_id(request.id());
  webhook made;
  made.created_ms = made.updated_ms = app.now_ms();
  made.id = new_id(made.created_ms);
  made.owner = owner;
  made.url = *asked.url;
  made.description = asked.description.value_or("");
  made.events = asked.events.value_or(std::vector<std::string>{std::string(es::type::notification_due)});
  made.secret = new_webhook_secret();
  request.apply([=](evh::unit& unit) {
    return answered(request_id, [&]() -> evh::response {
      if (webhooks::list(unit, owner).size() >= webhooks::per_person_max)
        throw refusal(409, "limit-reached", "A person may have 20 webhooks: remove one first.");
      webhooks::insert(unit, made);
      auto out = answer(201, made, true);
      out.headers.emplace_back("Location", "/api/v1/webhooks/" + made.id);
      return out;
    });
  });
}

void list(context& app, evh::request& request) {
  only_parameters(request, {});
  std::vector<webhook_answer> items;
  evh::read(*app.host, [&](evh::unit& unit) {
    for (const auto& each : webhooks::list(unit, request.subject())) items.push_back(shown(each));
  });
  request.respond(page(items, ""));
}

void get(context& app, evh::request& request) {
  std::optional<webhook> found;
  evh::read(*app.host, [&](evh::unit& unit) {
    if (looks_like_id(request.param("id"))) found = webhooks::find(unit, request.param("id"));
  });
  if (!found || found->owner != request.subject()) throw not_found("webhook");
  request.respond(answer(200, *found));
}

// change(unit, webhook) alters it; its new version is written and answered.
template <class Change> void alter(context& app, evh::request& request, bool show_secret, bool match, Change change) {
  const std::string id(request.param("id")), owner(request.subject()), request_id(request.id());
  std::optional<std::string> if_match;
  if (const auto given = request.header("if-match")) if_match = std::string(*given);
  const auto now = app.now_ms();
  request.apply([=](evh::unit& unit) {
    return answered(request_id, [&]() -> evh::response {
      auto hook = owned(unit, id, owner);
      if (match) require_match(if_match, hook.version);
      change(unit, hook);
      ++hook.version;
      hook.updated_ms = now;
      webhooks::update(unit, hook);
      return answer(200, hook, show_secret);
    });
  });
}

void patch(context& app, evh::request& request) {
  const auto asked = read_wanted(app, request, false);
  const auto now = app.now_ms();
  alter(app, request, false, true, [asked, now](evh::unit& unit, webhook& hook) {
    if (asked.url) hook.url = *asked.url;
    if (asked.description) hook.description = *asked.description;
    if (asked.events) hook.events = *asked.events;
    if (!asked.status) return;
    hook.status = *asked.status;
    hook.disabled_reason = hook.status == "disabled" ? "by its owner" : "";
    if (hook.status == "active") unit.exec("UPDATE notification_endpoint SET failures = 0, next_ms = $2 WHERE endpoint = $1", {"webhook:" + hook.id, now});
  });
}

void rotate(context& app, evh::request& request) {
  const auto secret = new_webhook_secret();
  const auto until = app.now_ms() + webhooks::old_secret_ms;
  alter(app, request, true, false, [secret, until](evh::unit&, webhook& hook) {
    hook.old_secret = hook.secret;
    hook.old_secret_until_ms = until;
    hook.secret = secret;
  });
}

void remove(context&, evh::request& request) {
  const std::string id(request.param("id")), owner(request.subject()), request_id(request.id());
  std::optional<std::string> if_match;
  if (const auto given = request.header("if-match")) if_match = std::string(*given);
  request.apply([=](evh::unit& unit) {
    return answered(request_id, [&]() -> evh::response {
      require_match(if_match, owned(unit, id, owner).version);
      webhooks::remove(unit, id);
      return {.status = 204, .body = "", .content_type = ""};
    });
  });
}

constexpr std::string_view delivery_columns = "id, type, status, attempts, response, error, next_ms, created_ms, updated_ms";
delivery_answer delivery_at(const evh::row& row) {
  delivery_answer out;
  out.id = row.text(0);
  out.event = row.text(1);
  out.status = row.text(2);
  out.attempts = row.integer(3);
  out.response = row.integer(4);
  out.error = row.text(5);
  if (out.status == "pending") out.next_try_at = es::instant_ms{row.integer(6)};
  out.created_at.value = row.integer(7);
  out.updated_at.value = row.integer(8);
  return out;
}

void deliveries(context& app, evh::request& request) {
  only_parameters(request, {"limit", "cursor"});
  const auto count = limit_of(request);
  const std::string id(request.param("id")), name = "deliveries:" + id;
  const auto after = read_cursor(*app.host, request, name).value_or(place{std::numeric_limits<std::int64_t>::max(), "", ""});
  std::vector<delivery_answer> items;
  bool mine = false;
  evh::read(*app.host, [&](evh::unit& unit) {
    const auto hook = looks_like_id(id) ? webhooks::find(unit, id) : std::nullopt;
    mine = hook && hook->owner == request.subject();
    if (!mine) return;
    unit.query("SELECT " + std::string(delivery_columns) + " FROM notification_job WHERE endpoint = $1 AND (created_ms, id) < ($2, $3) "
               "ORDER BY created_ms DESC, id DESC LIMIT $4", {"webhook:" + id, after.at_ms, after.first, static_cast<std::int64_t>(count + 1)},
               [&](evh::row row) { items.push_back(delivery_at(row)); });
  });
  if (!mine) throw not_found("webhook");
  std::string next;
  if (items.size() > count) {
    items.pop_back();
    next = make_cursor(*app.host, request.subject(), name, {items.back().created_at.value, items.back().id, ""});
  }
  request.respond(page(items, next));
}

void replay(context& app, evh::request& request) {
  const std::string id(request.param("id")), delivery(request.param("delivery")), owner(request.subject()), request_id(request.id());
  const auto now = app.now_ms();
  request.apply([=, &app](evh::unit& unit) {
    return answered(request_id, [&]() -> evh::response {
      const auto hook = owned(unit, id, owner);
      if (hook.status != "active") throw refusal(409, "webhook-disabled", "This webhook is disabled: set its status to active first.");
      std::optional<delivery_answer> found;
      const auto look = [&] {
        unit.query("SELECT " + std::string(delivery_columns) + " FROM notification_job WHERE id = $1 AND endpoint = $2", {delivery, "webhook:" + id},
                   [&](evh::row row) { found = delivery_at(row); });
      };
      look();
      if (!found) throw not_found("delivery");
      if (!jobs::replay(unit, delivery, now)) throw refusal(409, "already-pending", "This delivery is on its way already.");
      look();
      unit.after([&app](bool committed) { if (committed) app.jobs_added(); });
      return {.status = 202, .body = es::to_json(*found)};
    });
  });
}

constexpr endpoint table[] = {{"POST", "/api/v1/webhooks", &create, 10},
                              {"GET", "/api/v1/webhooks", &list},
                              {"GET", "/api/v1/webhooks/:id", &get},
                              {"PATCH", "/api/v1/webhooks/:id", &patch, 10},
                              {"DELETE", "/api/v1/webhooks/:id", &remove},
                              {"POST", "/api/v1/webhooks/:id/rotate-secret", &rotate},
                              {"GET", "/api/v1/webhooks/:id/deliveries", &deliveries},
                              {"POST", "/api/v1/webhooks/:id/deliveries/:delivery/replay", &replay}};

}  // namespace

std::span<const endpoint> webhook_endpoints() { return table; }

}  // namespace notification
