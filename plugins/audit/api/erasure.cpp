// Erasure: an admin asks with reason and legal basis, an auditor who is somebody else approves; then payload and salt of the
// event, or the key of the person, are deleted. Leaves, roots and proofs stay as they are. Both steps are audit events.
#include "plugins/audit/api/app.hpp"

#include "plugins/audit/leaves/bundle.hpp"

#include <charconv>
#include <random>

namespace audit {
namespace {

struct wish {
  std::string reason, legal_basis;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("reason", self.reason);
    visit.required("legal_basis", self.legal_basis);
  }
};

wish read_wish(const evh::request& request) {
  wish out;
  try {
    const auto parsed = evh_schemas::parse_untrusted_json(request.body());
    evh_schemas::json_in::read(out, parsed, {});
  } catch (const evh_schemas::payload_error& e) {
    throw refusal(422, "invalid-body", std::string(e.what()) + "; send {\"reason\":...,\"legal_basis\":...}.");
  }
  for (const auto* text : {&out.reason, &out.legal_basis})
    if (text->empty() || text->size() > 1000) throw refusal(422, "invalid-body", "reason and legal_basis must be texts of 1 to 1000 bytes.");
  return out;
}

std::string new_id() {
  std::random_device random;
  std::string bytes;
  for (int i = 0; i < 4; ++i) {
    const auto r = random();
    bytes.append(reinterpret_cast<const char*>(&r), 4);
  }
  return hex(bytes);
}

void need_admin(const asker& by) {
  if (!by.admin) throw refusal(403, "admin-required", "Only an admin may ask for an erasure.");
}

evh::response requested(const std::string& id) {
  return {.status = 202, .body = R"({"id":")" + id + R"(","status":"requested"})"};
}

void insert_request(evh::unit& unit, const std::string& id, std::string_view kind, std::string_view subject, const wish& why, const asker& by) {
  unit.exec("INSERT INTO audit_erasure(id, kind, subject, reason, legal_basis, asked_by, asked_at) VALUES($1, $2, $3, $4, $5, $6, $7)",
            {id, kind, subject, why.reason, why.legal_basis, by.subject, now_ms()});
}

void ask_event(app& app, evh::request& request) {
  const auto by = asker_of(request);
  const auto id = new_id();
  std::string event(request.param("id"));
  wish why;
  const auto refused = answer(by.request_id, [&]() -> evh::response {
    if (!by.privileged()) not_found();
    need_admin(by);
    why = read_wish(request);
    return {};
  });
  if (refused.status >= 400) return request.respond(refused);
  request.apply([&app, by, id, event, why](evh::unit& unit) {
    return answer(by.request_id, [&]() -> evh::response {
      trail_reader reader(unit);
      const auto where = reader.find(event);
      if (!where) not_found();
      const auto e = reader.at(*where);
      if (e.redacted) throw refusal(409, "already-redacted", "The payload of this event has been erased already.");
      insert_request(unit, id, "event", std::to_string(where->batch) + ":" + std::to_string(where->ordinal), why, by);
      record(app, unit, by, evh_schemas::type::audit_erasure, "request_erasure", "event:" + e.fields.id, why.legal_basis + ": " + why.reason);
      return requested(id);
    });
  });
}

void ask_person(app& app, evh::request& request) {
  const auto by = asker_of(request);
  const auto id = new_id();
  const std::string person(request.param("id"));
  wish why;
  const auto refused = answer(by.request_id, [&]() -> evh::response {
    if (!by.privileged()) not_found();
    need_admin(by);
    why = read_wish(request);
    return {};
  });
  if (refused.status >= 400) return request.respond(refused);
  request.apply([&app, by, id, person, why](evh::unit& unit) {
    return answer(by.request_id, [&]() -> evh::response {
      if (!app.people.find(unit, person)) throw refusal(404, "not-found", "The log knows nothing of that person.");
      insert_request(unit, id, "person", person, why, by);
      record(app, unit, by, evh_schemas::type::audit_erasure, "request_erasure", "user:" + person, why.legal_basis + ": " + why.reason);
      return requested(id);
    });
  });
}

struct pending {
  std::string kind, subject, asked_by;
  bool approved = false;
};

std::optional<pending> read_request(evh::unit& unit, std::string_view id) {
  std::optional<pending> out;
  unit.query("SELECT kind, subject, asked_by, approved_at FROM audit_erasure WHERE id = $1", {id}, [&](evh::row r) {
    out = pending{std::string(r.text(0)), std::string(r.text(1)), std::string(r.text(2)), !r.is_null(3)};
  });
  return out;
}

// Deletes the content of one event and names the event.
std::string erase_event(evh::unit& unit, std::string_view subject) {
  place where;
  const auto colon = subject.find(':');
  std::from_chars(subject.data(), subject.data() + colon, where.batch);
  std::from_chars(subject.data() + colon + 1, subject.data() + subject.size(), where.ordinal);
  trail_reader reader(unit);
  const auto e = reader.at(where);
  std::string rest;
  unit.query("SELECT data FROM audit_payloads WHERE batch = $1", {where.batch}, [&](evh::row r) { rest = payload_row(r.text(0)).without(where.ordinal); });
  unit.exec("UPDATE audit_payloads SET data = $2 WHERE batch = $1", {where.batch, evh::value::blob(rest)});
  return "event:" + e.fields.id;
}

void approve(app& app, evh::request& request) {
  const auto by = asker_of(request);
  const std::string id(request.param("id"));
  if (!by.auditor)
    return request.respond(problem_of(by.admin ? refusal(403, "auditor-required", "Only an auditor may approve an erasure.")
                                               : refusal(404, "not-found", "There is no such request."), by.request_id));
  request.apply([&app, by, id](evh::unit& unit) {
    return answer(by.request_id, [&]() -> evh::response {
      const auto asked = read_request(unit, id);
      if (!asked) throw refusal(404, "not-found", "There is no such request.");
      if (asked->approved) throw refusal(409, "already-redacted", "This erasure was carried out already.");
      if (asked->asked_by == by.subject) throw refusal(403, "second-person-required", "Whoever asked for an erasure cannot approve it.");
      std::string object;
      if (asked->kind == "event") object = erase_event(unit, asked->subject);
      else app.people.erase(unit, asked->subject);
      unit.exec("UPDATE audit_erasure SET approved_by = $2, approved_at = $3, subject = '' WHERE id = $1", {id, by.subject, now_ms()});
      // Not naming the person: that would make a new key for whom was just forgotten.
      record(app, unit, by, evh_schemas::type::audit_erasure, "approve_erasure", object.empty() ? "erasure:" + id : object, "erasure " + id);
      return {.body = R"({"id":")" + id + R"(","status":"erased"})"};
    });
  });
}

void list(app& app, evh::request& request) {
  const auto by = asker_of(request);
  request.respond(answer(by.request_id, [&]() -> evh::response {
    if (!by.privileged()) throw refusal(403, "auditor-required", "Only admins and auditors see requests for erasure.");
    known_parameters(request, {});
    evh::response out{.body = "{\"items\":["};
    evh::read(*app.host, [&](evh::unit& unit) {
      unit.query("SELECT id, kind, reason, legal_basis, asked_by, asked_at, approved_by, approved_at FROM audit_erasure ORDER BY asked_at DESC, id LIMIT 200",
                 {}, [&](evh::row r) {
                   if (out.body.back() != '[') out.body += ',';
                   out.body += "{\"id\":" + evh::json_quote(r.text(0)) + ",\"kind\":" + evh::json_quote(r.text(1)) + ",\"status\":" +
                               (r.is_null(7) ? "\"requested\"" : "\"erased\"") + ",\"reason\":" + evh::json_quote(r.text(2)) + ",\"legal_basis\":" +
                               evh::json_quote(r.text(3)) + ",\"asked_by\":" + evh::json_quote(r.text(4)) + ",\"asked_at\":";
                   evh_schemas::append_instant(out.body, {r.integer(5)});
                   out.body += ",\"approved_by\":" + (r.is_null(6) ? std::string("null") : evh::json_quote(r.text(6))) + '}';
                 });
    });
    out.body += "],\"next_cursor\":null}";
    return out;
  }));
}

constexpr endpoint endpoints[] = {{"POST", "/api/v1/audit/events/:id/erasure", &ask_event},
                                  {"POST", "/api/v1/audit/users/:id/erasure", &ask_person},
                                  {"GET", "/api/v1/audit/erasures", &list},
                                  {"POST", "/api/v1/audit/erasures/:id/approval", &approve}};

}  // namespace

std::span<const endpoint> erasure_endpoints() { return endpoints; }

}  // namespace audit
