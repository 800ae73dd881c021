// Reading of requests, making of answers.
#include "plugins/notification/answers.hpp"

#include <algorithm>
#include <charconv>

#include "schemas/events/json_read.hpp"

namespace notification {

namespace {

std::string_view title_of(int status) {
  switch (status) {
    case 400: return "Bad request";
    case 404: return "Not found";
    case 409: return "Conflict";
    case 412: return "Precondition failed";
    case 415: return "Unsupported media type";
    case 422: return "Not acceptable as given";
    case 428: return "Precondition required";
    default: return "Refused";
  }
}

// Pieces of a request may stand in an answer; what is not ASCII may be no UTF-8 and would make it no JSON.
std::string speakable(std::string_view text) {
  std::string out(text.substr(0, 300));
  for (char& c : out)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return out;
}

refusal bad_cursor() {
  return {400, "invalid-cursor", "This cursor does not belong to this list: begin again without one.", {{"cursor", "invalid", "is not valid here"}}};
}

std::string_view cut(std::string_view& rest) {
  const auto at = rest.find('\n');
  const auto head = rest.substr(0, at);
  rest = at == rest.npos ? std::string_view() : rest.substr(at + 1);
  return head;
}

}  // namespace

refusal not_found(std::string_view what) { return {404, "not-found", "No " + std::string(what) + " with this id."}; }

refusal invalid(std::string pointer, std::string message) {
  std::string detail = (pointer.starts_with('/') ? pointer.substr(1) : pointer) + " " + message + ".";
  return {422, "validation-failed", std::move(detail), {{std::move(pointer), "invalid", std::move(message)}}};
}

evh::response problem_of(const refusal& why, std::string_view request_id) {
  std::string extra;
  for (const auto& each : why.errors) {
    extra += extra.empty() ? ",\"errors\":[{" : ",{";
    extra += each.pointer.starts_with('/') ? "\"pointer\":" : "\"parameter\":";
    evh_schemas::append_json_string(extra, speakable(each.pointer));
    extra += ",\"code\":";
    evh_schemas::append_json_string(extra, each.code);
    extra += ",\"message\":";
    evh_schemas::append_json_string(extra, speakable(each.message));
    extra += '}';
  }
  if (!extra.empty()) extra += ']';
  if (!request_id.empty()) {
    extra += ",\"request_id\":";
    evh_schemas::append_json_string(extra, request_id);
  }
  return evh::problem(why.status, why.code, title_of(why.status), speakable(why.detail), extra);
}

void only_parameters(const evh::request& request, std::initializer_list<std::string_view> known) {
  std::string_view raw = evh::text(request.raw().query);
  while (!raw.empty()) {
    const auto end = std::min(raw.find('&'), raw.size());
    const auto name = raw.substr(0, std::min(raw.find('='), end));
    if (!name.empty() && std::ranges::find(known, name) == known.end())
      throw refusal(422, "unknown-parameter", "There is no query parameter \"" + std::string(name.substr(0, 60)) + "\" here.",
                    {{std::string(name.substr(0, 60)), "unknown-parameter", "is not known"}});
    raw.remove_prefix(std::min(end + 1, raw.size()));
  }
}

std::size_t limit_of(const evh::request& request) {
  const auto given = request.query("limit");
  if (!given) return 50;
  std::size_t value = 0;
  const auto read = std::from_chars(given->data(), given->data() + given->size(), value);
  if (read.ec != std::errc() || read.ptr != given->data() + given->size() || value < 1 || value > 200)
    throw invalid("limit", "must be a whole number from 1 to 200");
  return value;
}

std::optional<place> read_cursor(const evh::services& host, const evh::request& request, std::string_view list) {
  const auto given = request.query("cursor");
  if (!given) return std::nullopt;
  std::string plain;
  try {
    plain = host.open("cursor", *given);
  } catch (const evh::failure&) {
    throw bad_cursor();
  }
  std::string_view rest = plain;
  if (cut(rest) != list) throw bad_cursor();
  place out;
  const auto at = cut(rest);
  std::from_chars(at.data(), at.data() + at.size(), out.at_ms);
  out.first = cut(rest);
  out.second = cut(rest);
  if (rest != request.subject()) throw bad_cursor();
  return out;
}

std::string make_cursor(const evh::services& host, std::string_view owner, std::string_view list, const place& end) {
  return host.seal("cursor", std::string(list) + "\n" + std::to_string(end.at_ms) + "\n" + end.first + "\n" + end.second + "\n" + std::string(owner));
}

boost::json::object body_of(const evh::request& request, std::initializer_list<std::string_view> known) {
  if (const auto type = request.header("content-type")) {
    std::string name(type->substr(0, type->find(';')));
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    while (name.ends_with(' ')) name.pop_back();
    if (name != "application/json" && name != "application/merge-patch+json")
      throw refusal(415, "unsupported-media-type", "The body must be application/json.");
  }
  boost::json::value parsed;
  try {
    parsed = evh_schemas::parse_untrusted_json(request.body());
  } catch (const evh_schemas::payload_error& why) {
    throw refusal(400, "invalid-json", std::string("The body is no JSON: ") + why.what());
  }
  if (!parsed.is_object()) throw refusal(422, "validation-failed", "The body must be a JSON object.", {{"/", "invalid", "must be an object"}});
  for (const auto& member : parsed.as_object())
    if (std::ranges::find(known, std::string_view(member.key())) == known.end())
      throw refusal(422, "unknown-field", "There is no field \"" + std::string(member.key()).substr(0, 60) + "\" to set here.",
                    {{"/" + std::string(member.key()).substr(0, 60), "unknown-field", "is not known or not yours to set"}});
  return std::move(parsed.as_object());
}

std::string etag(std::int64_t version) { return "\"" + std::to_string(version) + "\""; }

void require_match(const std::optional<std::string>& if_match, std::int64_t version) {
  if (!if_match)
    throw refusal(428, "precondition-required", "Send If-Match with the ETag you last read, so that no one's change is overwritten.");
  if (*if_match == "*" || *if_match == etag(version)) return;
  if (if_match->size() < 3 || if_match->front() != '"' || if_match->back() != '"')
    throw refusal(400, "invalid-etag", "If-Match must be \"*\" or the entity tag ETag gave, such as \"3\".");
  throw refusal(412, "precondition-failed", "Somebody changed it meanwhile: read it again.");
}

}  // namespace notification
