// Handlers of the host's own routes.
#include "host/app/builtin_routes.hpp"

#include "host/app/failure.hpp"
#include "host/app/openapi.hpp"
#include "host/observe/process_metrics.hpp"

#include <boost/asio/post.hpp>
#include <boost/json.hpp>

#include <charconv>
#include <memory>

namespace evhost::app {
namespace {

namespace json = boost::json;
using io::http_exchange_ptr;
using io::http_method;

constexpr io::http_field json_type{"Content-Type", "application/json"};

void answer(const http_exchange_ptr& x, unsigned status, std::string body) { x->respond(status, {json_type}, std::move(body)); }

void refuse(const http_exchange_ptr& x, const core::error& why) {
  switch (why.code) {
    case core::errc::not_found: x->refuse({404, "not-found", why.message}); return;
    case core::errc::invalid: x->refuse({422, "invalid", why.message}); return;
    case core::errc::again: x->refuse({503, "overloaded", why.message}); return;
    default: x->refuse({500, "internal", why.message});
  }
}

void answer(const http_exchange_ptr& x, const core::result<json::value>& outcome, unsigned status = 200) {
  if (!outcome) return refuse(x, outcome.error());
  answer(x, status, json::serialize(outcome.value()));
}

std::int64_t number(const http_exchange_ptr& x, std::string_view name, std::int64_t otherwise) {
  const auto text = x->query_value(name);
  std::int64_t n = otherwise;
  if (text) std::from_chars(text->data(), text->data() + text->size(), n);
  return n;
}

std::string text_of(const json::object& from, std::string_view name) {
  const auto* v = from.if_contains(name);
  return v && v->is_string() ? std::string(v->get_string()) : std::string();
}

using context_ptr = std::shared_ptr<builtin_context>;

void ready(const context_ptr& c, const http_exchange_ptr& x) {
  const auto state = c->ready();
  json::array reasons(state.reasons.begin(), state.reasons.end());
  answer(x, state.ready ? 200 : 503,
         json::serialize(json::object{{"status", state.ready ? "ok" : "unavailable"}, {"reasons", std::move(reasons)}}));
}

void health(const context_ptr& c, const http_exchange_ptr& x) {
  const auto state = c->ready();
  answer(x, state.ready ? 200 : 503,
         R"({"status":")" + std::string(state.ready ? "ok" : "unavailable") + R"(","version":")" + c->version + R"(","plugins":)" + c->plugins() + '}');
}

// What an operator changed is told, whether it worked or not.
void note(const context_ptr& c, const http_exchange_ptr& x, std::string action, std::string object, const core::result<json::value>& outcome) {
  security::audit_note note;
  note.type = "todo.audit.admin.v1";
  note.action = std::move(action);
  note.outcome = outcome ? "success" : "failure";
  note.actor = x->request().who->subject;
  note.object = std::move(object);
  if (!outcome) note.reason = outcome.error().message;
  note.remote_address = x->request().client_address;
  c->audit.note(std::move(note), x->request().request_id);
}

void put_record(const context_ptr& c, const http_exchange_ptr& x) {
  boost::system::error_code ec;
  const auto body = json::parse(x->request().body, ec);
  if (ec || !body.is_object()) return void(x->refuse({400, "invalid-json", "send {\"key\", \"type\", \"id\", \"payload\"}"}));
  const auto& o = body.get_object();
  new_record record{std::string(x->request().param("topic").value_or("")), text_of(o, "type"), text_of(o, "id"), text_of(o, "payload"), {}};
  if (o.contains("key")) record.key = text_of(o, "key");
  const auto outcome = c->operate.put(record);
  note(c, x, "put_record", "topic:" + record.topic, outcome);
  answer(x, outcome, 201);
}

// Dead letters by number, for what is done with them.
void letters(const context_ptr& c, const http_exchange_ptr& x, const char* action,
             core::result<json::value> (admin::*deed)(std::string_view, const std::vector<std::int64_t>&)) {
  boost::system::error_code ec;
  const auto body = json::parse(x->request().body, ec);
  std::vector<std::int64_t> ids;
  const auto* list = !ec && body.is_object() ? body.get_object().if_contains("ids") : nullptr;
  if (!list || !list->is_array()) return void(x->refuse({400, "invalid-json", "send {\"ids\": [numbers of dead letters]}; empty means all"}));
  for (const auto& p : list->get_array())
    if (p.is_int64()) ids.push_back(p.get_int64());
  const std::string group(x->request().param("group").value_or(""));
  const auto outcome = (c->operate.*deed)(group, ids);
  note(c, x, action, "group:" + group, outcome);
  answer(x, outcome);
}

void move(const context_ptr& c, const http_exchange_ptr& x) {
  boost::system::error_code ec;
  const auto body = json::parse(x->request().body, ec);
  if (ec || !body.is_object()) return void(x->refuse({400, "invalid-json", "send {\"topic\", \"from\", \"partition\"?}"}));
  const auto& o = body.get_object();
  new_position where{std::string(x->request().param("group").value_or("")), text_of(o, "topic"), {}, text_of(o, "from")};
  if (const auto* p = o.if_contains("partition"); p && p->is_int64()) where.partition = static_cast<std::int32_t>(p->get_int64());
  const auto outcome = c->operate.move(where);
  note(c, x, "move_position", "group:" + where.group, outcome);
  answer(x, outcome);
}

void records(const context_ptr& c, const http_exchange_ptr& x) {
  const auto max = std::clamp<std::int64_t>(number(x, "max", 500), 1, 5000);
  answer(x, c->operate.records({std::string(x->request().param("topic").value_or("")), static_cast<std::int32_t>(number(x, "partition", 0)),
                                number(x, "from", 0), static_cast<std::uint64_t>(max)}));
}

class registrar {
 public:
  registrar(io::http_routes& routes, context_ptr context) : routes_(&routes), context_(std::move(context)) {}

  // Answered on the io thread: must be quick.
  template <class Handler>
  void open(http_method method, std::string_view pattern, Handler handler) {
    io::http_route_options options;
    options.auth = io::auth_mode::none;
    options.cost = 0;
    add(method, pattern, options, [c = context_, handler](http_exchange_ptr x) { handler(c, x); });
  }
  // Admins only, on the pool.
  template <class Handler>
  void operate(http_method method, std::string_view pattern, Handler handler) {
    add(method, pattern, {}, [c = context_, handler](http_exchange_ptr x) {
      if (!x->request().who || !x->request().who->has_role("admin"))
        return void(x->refuse({403, "forbidden", "this needs the role admin: evhost token --user NAME --role admin"}));
      boost::asio::post(c->pool, [c, handler, x = std::move(x)] { handler(c, x); });
    });
  }

 private:
  void add(http_method method, std::string_view pattern, const io::http_route_options& options, io::http_handler handler) {
    if (const auto why = routes_->route(method, pattern, options, std::move(handler)); !why.empty()) throw failure(exit_bug, why);
  }
  io::http_routes* routes_;
  context_ptr context_;
};

}  // namespace

void add_builtin_routes(io::http_routes& routes, builtin_context context) {
  registrar add(routes, std::make_shared<builtin_context>(std::move(context)));
  add.open(http_method::get, "/health", health);
  add.open(http_method::get, "/livez", [](const context_ptr&, const http_exchange_ptr& x) { answer(x, 200, R"({"status":"ok"})"); });
  add.open(http_method::get, "/readyz", ready);
  add.open(http_method::get, "/metrics", [](const context_ptr& c, const http_exchange_ptr& x) {
    const auto format = observe::exposition_of(x->request().field("accept").value_or(""));
    x->respond(200, {{"Content-Type", observe::content_type(format)}}, observe::metrics_page(c->metrics, format));
  });
  add.open(http_method::get, "/openapi.json", [](const context_ptr&, const http_exchange_ptr& x) {
    x->respond(200, {json_type, {"Cache-Control", "max-age=300"}}, std::string(openapi_document()));
  });
  add.operate(http_method::get, "/api/v1/admin/topics", [](const context_ptr& c, const http_exchange_ptr& x) { answer(x, c->operate.topics()); });
  add.operate(http_method::get, "/api/v1/admin/topics/:topic/records", records);
  add.operate(http_method::post, "/api/v1/admin/topics/:topic/records", put_record);
  add.operate(http_method::get, "/api/v1/admin/groups/:group/dead-letters", [](const context_ptr& c, const http_exchange_ptr& x) {
    answer(x, c->operate.dead_letters(x->request().param("group").value_or(""), static_cast<std::uint64_t>(number(x, "max", 100))));
  });
  add.operate(http_method::post, "/api/v1/admin/groups/:group/replay", [](const context_ptr& c, const http_exchange_ptr& x) { letters(c, x, "replay", &admin::replay); });
  add.operate(http_method::post, "/api/v1/admin/groups/:group/discard", [](const context_ptr& c, const http_exchange_ptr& x) { letters(c, x, "discard", &admin::discard); });
  add.operate(http_method::post, "/api/v1/admin/groups/:group/position", move);
}

}  // namespace evhost::app
