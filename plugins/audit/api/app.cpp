// Askers, parameters, entries as JSON.
#include "plugins/audit/api/app.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace audit {
namespace {

std::string_view title_of(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 409: return "Conflict";
    case 503: return "Service Unavailable";
    default: return "Unprocessable Content";
  }
}

bool has_role(std::string_view roles, std::string_view role) {
  while (!roles.empty()) {
    const auto end = std::min(roles.find(' '), roles.size());
    if (roles.substr(0, end) == role) return true;
    roles.remove_prefix(std::min(end + 1, roles.size()));
  }
  return false;
}

// A payload inside the answer: as JSON when it is JSON, else as text; bytes that are no UTF-8 as base64.
void append_payload(std::string& out, std::string_view payload) {
  boost::system::error_code ec;
  boost::json::parse(payload, ec);
  if (!ec) {
    out += payload;
  } else if (valid_utf8(payload)) {
    evh_schemas::append_json_string(out, payload);
  } else {
    out += R"({"base64":")" + base64(payload) + "\"}";
  }
}

}  // namespace

evh::response problem_of(const refusal& why, std::string_view request_id) {
  std::string extra;
  if (!request_id.empty()) extra = ",\"request_id\":" + evh::json_quote(request_id);
  auto out = evh::problem(why.status, why.code, title_of(why.status), why.what(), extra);
  if (why.status == 503 || why.code == "not-yet-integrated") out.headers.emplace_back("Retry-After", "1");
  return out;
}

void not_found() { throw refusal(404, "not-found", "There is no such audit event."); }

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

asker asker_of(const evh::request& request) {
  asker out;
  out.subject = request.subject();
  out.request_id = request.id();
  out.address = evh::text(request.raw().remote_address);
  out.auditor = has_role(request.roles(), "auditor");
  out.admin = has_role(request.roles(), "admin");
  return out;
}

bool owns(const entry& e, const std::optional<identity>& who) {
  return who && (e.owner == who->alias || e.fields.actor == hex(bytes_of(who->alias)));
}

void record(const app& app, evh::unit& unit, const asker& by, std::string_view type, std::string_view action, std::string_view object,
            std::string_view reason) {
  evh_schemas::audit_event event;
  event.action = action;
  event.actor_id = by.subject;
  event.object = object;
  event.reason = reason;
  event.remote_address = by.address;
  event.from = event.to = {now_ms()};
  event.correlation_id = by.request_id;
  const auto payload = evh_schemas::to_json(event);
  unit.publish({.topic = app.events_topic, .type = type, .key = by.subject, .payload = payload});
}

void known_parameters(const evh::request& request, std::initializer_list<std::string_view> names) {
  std::string_view rest = evh::text(request.raw().query);
  while (!rest.empty()) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const auto name = pair.substr(0, pair.find('='));
    if (pair.empty() || std::find(names.begin(), names.end(), name) != names.end()) continue;
    std::string all;
    for (const auto n : names) all += (all.empty() ? "" : ", ") + std::string(n);
    throw refusal(422, "unknown-parameter", "There is a query parameter this list does not have; it has " + all + ".");
  }
}

std::optional<std::uint64_t> number_parameter(const evh::request& request, std::string_view name) {
  const auto given = request.query(name);
  if (!given) return std::nullopt;
  std::uint64_t value = 0;
  const auto read = std::from_chars(given->data(), given->data() + given->size(), value);
  if (given->empty() || given->size() > 18 || read.ec != std::errc{} || read.ptr != given->data() + given->size())
    throw refusal(422, "invalid-parameter", std::string(name) + " must be a whole number.");
  return value;
}

std::optional<std::int64_t> time_parameter(const evh::request& request, std::string_view name) {
  const auto given = request.query(name);
  if (!given) return std::nullopt;
  const auto parsed = evh_schemas::parse_instant_text(*given);
  if (!parsed) throw refusal(422, "invalid-parameter", std::string(name) + " must be a time such as 2026-08-18T17:30:00.000Z.");
  return parsed->value;
}

void append_entry(std::string& out, trail_reader& reader, const entry& e, bool with_content, bool whole) {
  const auto& f = e.fields;
  out += "{\"id\":";
  evh_schemas::append_json_string(out, f.id);
  out += ",\"index\":" + (e.at.index ? std::to_string(*e.at.index) : "null");
  out += ",\"time\":";
  evh_schemas::append_instant(out, {f.time_ms});
  out += ",\"type\":";
  evh_schemas::append_json_string(out, f.type);
  out += ",\"source\":";
  evh_schemas::append_json_string(out, f.source);
  out += ",\"actor\":";
  out += f.actor.empty() ? "null" : "\"" + f.actor + "\"";
  out += ",\"resource\":";
  if (f.resource.empty()) out += "null";
  else evh_schemas::append_json_string(out, f.resource);
  out += ",\"commitment\":\"" + f.commitment + "\",\"redacted\":" + (e.redacted ? "true" : "false");
  if (whole) {
    out += ",\"leaf\":";
    evh_schemas::append_json_string(out, e.text);
  }
  if (with_content) {
    if (const auto content = reader.open(e)) {
      if (whole) out += ",\"salt\":\"" + base64(content->salt) + "\"";
      out += ",\"payload\":";
      append_payload(out, content->payload);
    }
  }
  out += '}';
}

}  // namespace audit
