// GET and POST /api/v1/notifications..., GET /api/v1/reminders.
#include "plugins/notification/ids.hpp"
#include "plugins/notification/inbox.hpp"
#include "plugins/notification/routes.hpp"

namespace notification {

namespace {

struct count_answer {
  std::int64_t count = 0;
  template <class Visit> static void fields(Visit&& visit, auto& self) { visit.required("count", self.count); }
};

void list(context& app, evh::request& request) {
  only_parameters(request, {"status", "limit", "cursor"});
  const std::string status(request.query("status").value_or("all"));
  if (status != "unread" && status != "all") throw invalid("status", "must be unread or all");
  const auto count = limit_of(request);
  const std::string name = "notifications:" + status;
  const auto after = read_cursor(*app.host, request, name);
  std::vector<notice> items;
  evh::read(*app.host, [&](evh::unit& unit) { items = inbox::list(unit, request.subject(), status == "all" ? "" : status, after, count + 1); });
  std::string next;
  if (items.size() > count) {
    items.pop_back();
    next = make_cursor(*app.host, request.subject(), name, {items.back().at.value, items.back().id, ""});
  }
  request.respond(page(items, next));
}

void unread_count(context& app, evh::request& request) {
  only_parameters(request, {});
  count_answer out;
  evh::read(*app.host, [&](evh::unit& unit) { out.count = inbox::unread(unit, request.subject()); });
  request.respond({.body = evh_schemas::to_json(out)});
}

void read_one(context&, evh::request& request) {
  const std::string id(request.param("id")), owner(request.subject()), request_id(request.id());
  if (!looks_like_id(id)) throw not_found("notification");
  request.apply([=](evh::unit& unit) {
    return answered(request_id, [&]() -> evh::response {
      inbox::mark_read(unit, owner, id);
      const auto now = inbox::find(unit, owner, id);
      if (!now) throw not_found("notification");
      return {.body = evh_schemas::to_json(*now)};
    });
  });
}

void read_all(context&, evh::request& request) {
  const std::string owner(request.subject());
  request.apply([owner](evh::unit& unit) { return evh::response{.body = evh_schemas::to_json(count_answer{inbox::mark_all_read(unit, owner)})}; });
}

void reminders(context& app, evh::request& request) {
  only_parameters(request, {"limit", "cursor"});
  const auto count = limit_of(request);
  const auto after = read_cursor(*app.host, request, "reminders");
  std::vector<upcoming> items;
  evh::read(*app.host, [&](evh::unit& unit) { items = inbox::reminders(unit, request.subject(), after, count + 1); });
  std::string next;
  if (items.size() > count) {
    items.pop_back();
    next = make_cursor(*app.host, request.subject(), "reminders", {items.back().fire_at.value, items.back().task_id, items.back().reminder_id});
  }
  request.respond(page(items, next));
}

constexpr endpoint table[] = {{"GET", "/api/v1/notifications", &list},
                              {"GET", "/api/v1/notifications/unread-count", &unread_count},
                              {"POST", "/api/v1/notifications/read-all", &read_all},
                              {"POST", "/api/v1/notifications/:id/read", &read_one},
                              {"GET", "/api/v1/reminders", &reminders}};

}  // namespace

std::span<const endpoint> inbox_endpoints() { return table; }

}  // namespace notification
