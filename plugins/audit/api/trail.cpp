// GET /api/v1/audit and /api/v1/audit/events/:id.
#include "plugins/audit/api/app.hpp"

#include <charconv>

namespace audit {
namespace {

constexpr std::size_t page_default = 50, page_max = 200;

struct page_request {
  trail_query query;
  std::optional<std::string> user;
  std::string scope;               // what a cursor is bound to
};

page_request read_page_request(const app& app, const evh::request& request, const asker& by) {
  known_parameters(request, {"task", "user", "type", "topic", "from", "to", "limit", "cursor"});
  page_request out;
  const auto text = [&](std::string_view name) -> std::optional<std::string> {
    const auto given = request.query(name);
    if (!given) return std::nullopt;
    if (given->empty() || given->size() > 255 || !valid_utf8(*given)) throw refusal(422, "invalid-parameter", std::string(name) + " must be text of 1 to 255 bytes.");
    out.scope += std::string(name) + '=' + std::string(*given) + '\n';
    return std::string(*given);
  };
  if (const auto task = text("task")) out.query.resource = "task:" + *task;
  out.user = text("user");
  out.query.type = text("type");
  out.query.topic = text("topic");
  text("from");
  text("to");
  out.query.from_ms = time_parameter(request, "from");
  out.query.to_ms = time_parameter(request, "to");
  out.scope += by.subject;
  const auto limit = number_parameter(request, "limit").value_or(page_default);
  if (limit < 1 || limit > page_max) throw refusal(422, "invalid-parameter", "limit must be a whole number from 1 to 200.");
  out.query.limit = limit;
  if (const auto cursor = request.query("cursor")) {
    std::string plain;
    try {
      plain = app.host->open("cursor", *cursor);
    } catch (const evh::failure&) {
    }
    std::uint64_t before = 0;
    const auto end = plain.find('\n');
    if (end == plain.npos || plain.substr(end + 1) != hex(bytes_of(sha256({out.scope}))) ||
        std::from_chars(plain.data(), plain.data() + end, before).ec != std::errc{})
      throw refusal(422, "invalid-cursor", "The cursor does not belong to this list: start again without it.");
    out.query.before = before;
  }
  return out;
}

std::string next_cursor(const app& app, const page_request& asked, const trail_page& page) {
  if (!page.next) return "null";
  return '"' + app.host->seal("cursor", std::to_string(*page.next) + "\n" + hex(bytes_of(sha256({asked.scope})))) + '"';
}

// The items of a page; sees_all: no person is demanded.
evh::response read_page(app& app, page_request& asked, const asker& by, bool sees_all) {
  evh::response out;
  evh::read(*app.host, [&](evh::unit& unit) {
    out.body = "{\"items\":[";
    const auto self = app.people.find(unit, by.subject);
    std::optional<identity> person = asked.user ? app.people.find(unit, *asked.user) : std::nullopt;
    if (!sees_all) person = self;
    trail_page page;
    if (person || (sees_all && !asked.user)) {
      if (person) asked.query.person = person->alias;
      trail_reader reader(unit);
      page = read_trail(reader, unit, asked.query, [&](entry& e) {
        if (out.body.back() != '[') out.body += ',';
        append_entry(out.body, reader, e, by.auditor || owns(e, self), false);
      });
    }
    out.body += "],\"next_cursor\":" + next_cursor(app, asked, page) + '}';
  });
  return out;
}

void list(app& app, evh::request& request) {
  const auto by = asker_of(request);
  bool others = false;
  std::string object = "audit:";
  auto made = answer(by.request_id, [&]() -> evh::response {
    auto asked = read_page_request(app, request, by);
    const bool own = asked.user && *asked.user == by.subject;
    if (!by.privileged() && asked.user && !own) return {.body = R"({"items":[],"next_cursor":null})"};
    others = by.privileged() && !own;
    if (asked.user) object = "user:" + *asked.user;
    else if (asked.query.resource) object = *asked.query.resource;
    return read_page(app, asked, by, others);
  });
  if (!others || made.status >= 400) return request.respond(made);
  request.apply([&app, by, made = std::move(made), object](evh::unit& unit) {
    record(app, unit, by, evh_schemas::type::audit_admin, "read_trail", object);
    return made;
  });
}

void one(app& app, evh::request& request) {
  const auto by = asker_of(request);
  bool others = false;
  std::string object;
  auto made = answer(by.request_id, [&]() -> evh::response {
    known_parameters(request, {});
    evh::response out;
    evh::read(*app.host, [&](evh::unit& unit) {
      trail_reader reader(unit);
      const auto where = reader.find(request.param("id"));
      if (!where) not_found();
      const auto e = reader.at(*where);
      const bool own = owns(e, app.people.find(unit, by.subject));
      if (!own && !by.privileged()) not_found();
      others = !own;
      object = "event:" + e.fields.id;
      append_entry(out.body, reader, e, own || by.auditor, true);
    });
    return out;
  });
  if (!others || made.status >= 400) return request.respond(made);
  request.apply([&app, by, made = std::move(made), object](evh::unit& unit) {
    record(app, unit, by, evh_schemas::type::audit_admin, "read_event", object);
    return made;
  });
}

constexpr endpoint endpoints[] = {{"GET", "/api/v1/audit", &list, false, 2}, {"GET", "/api/v1/audit/events/:id", &one}};

}  // namespace

std::span<const endpoint> trail_endpoints() { return endpoints; }

}  // namespace audit
