// Reading of requests, making of answers.
#include "plugins/chat/api/answers.hpp"

#include <algorithm>
#include <charconv>

#include "plugins/chat/language/tokens.hpp"

namespace chat {

namespace {

std::string_view title_of(int status) {
  switch (status) {
    case 400: return "Bad request";
    case 403: return "Forbidden";
    case 404: return "Not found";
    case 409: return "Conflict";
    case 412: return "Precondition failed";
    case 415: return "Unsupported media type";
    case 422: return "Not acceptable as given";
    case 428: return "Precondition required";
    case 503: return "Service unavailable";
    default: return "Refused";
  }
}

std::string decoded(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

// "3" out of an entity tag list; weak tags never match. 400 for anything that is no list of tags.
std::vector<std::int64_t> tags_of(std::string_view header, std::string_view name) {
  std::vector<std::int64_t> out;
  const auto bad = [&] {
    return refusal(400, "invalid-etag", std::string(name) + " must be \"*\" or entity tags as ETag gave them, such as \"3\".");
  };
  while (true) {
    while (!header.empty() && (header.front() == ' ' || header.front() == ',')) header.remove_prefix(1);
    if (header.empty()) break;
    const bool weak = header.starts_with("W/");
    if (weak) header.remove_prefix(2);
    if (header.front() != '"') throw bad();
    const auto end = header.find('"', 1);
    if (end == std::string_view::npos) throw bad();
    const auto tag = header.substr(1, end - 1);
    std::int64_t version = -1;
    const auto read = std::from_chars(tag.data(), tag.data() + tag.size(), version);
    if (read.ec != std::errc() || read.ptr != tag.data() + tag.size()) version = -1;   // another server's tag: matches nothing
    out.push_back(weak && name == "If-Match" ? -1 : version);
    header.remove_prefix(end + 1);
    while (!header.empty() && header.front() == ' ') header.remove_prefix(1);
    if (!header.empty() && header.front() != ',') throw bad();
  }
  if (out.empty()) throw bad();
  return out;
}

}  // namespace

namespace {

// Pieces of a request may stand in an answer; what is no UTF-8 would make it no JSON.
std::string speakable(std::string_view text) {
  std::string out(text);
  if (!language::valid_utf8(out))
    for (char& c : out)
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return out;
}

}  // namespace

evh::response problem_of(const refusal& why, std::string_view request_id) {
  std::string extra;
  if (!why.errors().empty()) {
    extra += ",\"errors\":[";
    for (std::size_t i = 0; i < why.errors().size(); ++i) {
      const field_error& error = why.errors()[i];
      extra += i == 0 ? "{" : ",{";
      extra += error.pointer.empty() || error.pointer[0] == '/' ? "\"pointer\":" : "\"parameter\":";
      evh_schemas::append_json_string(extra, speakable(error.pointer));
      extra += ",\"code\":";
      evh_schemas::append_json_string(extra, error.code);
      extra += ",\"message\":";
      evh_schemas::append_json_string(extra, speakable(error.message));
      extra += '}';
    }
    extra += ']';
  }
  if (!request_id.empty()) {
    extra += ",\"request_id\":";
    evh_schemas::append_json_string(extra, request_id);
  }
  return evh::problem(why.status(), why.code(), title_of(why.status()), speakable(why.what()), extra);
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

origin origin_of(const evh::request& request, std::string_view source, std::int64_t now) {
  origin by;
  by.subject = request.subject();
  by.source = source;
  by.group = new_uuid(now);
  by.correlation_id = request.id().empty() ? to_text(by.group) : std::string(request.id());
  by.now_ms = now / 1'000'000;
  return by;
}

void require_json(const evh::request& request) {
  const auto type = request.header("content-type");
  if (!type) return;
  const std::string name = fold(type->substr(0, type->find(';')));
  const auto end = name.find_last_not_of(' ');
  const std::string_view trimmed = std::string_view(name).substr(0, end == std::string::npos ? 0 : end + 1);
  if (trimmed != "application/json" && trimmed != "application/merge-patch+json")
    throw refusal(415, "unsupported-media-type", "The body must be application/json (a PATCH may say application/merge-patch+json).");
}

uuid path_id(const evh::request& request, std::string_view what) {
  const auto id = parse_uuid(request.param("id"));
  if (!id) throw not_found(std::string(what));
  return *id;
}

precondition if_match(const evh::request& request, bool required) {
  precondition out;
  const auto header = request.header("if-match");
  if (!header) {
    if (required)
      throw refusal(428, "precondition-required", "Send If-Match with the ETag you last read, so that no one's change is overwritten.");
    return out;
  }
  out.given = true;
  if (*header == "*") out.any = true;
  else out.versions = tags_of(*header, "If-Match");
  return out;
}

bool matches_if_none_match(const evh::request& request, std::int64_t version) {
  const auto header = request.header("if-none-match");
  if (!header) return false;
  if (*header == "*") return true;
  const auto versions = tags_of(*header, "If-None-Match");
  return std::find(versions.begin(), versions.end(), version) != versions.end();
}

std::string etag(std::int64_t version) { return "\"" + std::to_string(version) + "\""; }

parameters::parameters(const evh::request& request, std::initializer_list<std::string_view> known) : request_(request), known_(known) {
  std::string_view raw = evh::text(request.raw().query);
  while (!raw.empty()) {
    const auto end = std::min(raw.find('&'), raw.size());
    const auto pair = raw.substr(0, end);
    raw.remove_prefix(std::min(end + 1, raw.size()));
    if (pair.empty()) continue;
    const std::string name = decoded(pair.substr(0, pair.find('=')));
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    std::string names;
    for (const auto each : known_) names += (names.empty() ? "" : ", ") + std::string(each);
    throw refusal(422, "unknown-parameter", "There is no query parameter \"" + name.substr(0, 60) + "\" here; there are " + names + ".",
                  {{name.empty() ? "?" : name.substr(0, 60), "unknown-parameter", "is not known"}});
  }
}

std::optional<std::string> parameters::text(std::string_view name) const {
  const auto found = request_.query(name);
  if (!found) return std::nullopt;
  if (!language::valid_utf8(*found)) bad_parameter(name, "must be UTF-8");
  return std::string(*found);
}

std::size_t parameters::limit() const {
  const auto given = text("limit");
  if (!given) return 50;
  std::size_t value = 0;
  const auto read = std::from_chars(given->data(), given->data() + given->size(), value);
  if (read.ec != std::errc() || read.ptr != given->data() + given->size() || value < 1 || value > 200)
    bad_parameter("limit", "must be a whole number from 1 to 200");
  return value;
}

std::int64_t parameters::scope(std::string_view list) const {
  std::string all(list);
  for (const auto name : known_) {
    if (name == "cursor" || name == "limit") continue;
    const auto value = text(name);
    all += '\0' + std::string(name) + (value ? '=' + *value : std::string());
  }
  return digest(all);
}

void bad_parameter(std::string_view name, const std::string& message) {
  throw refusal(422, "validation-failed", "The query parameter " + std::string(name) + " " + message + ".", {{std::string(name), "invalid", message}});
}

std::optional<cursor_token> read_cursor(const app& app, const evh::request& request, const parameters& query, std::int64_t scope) {
  const auto given = query.text("cursor");
  if (!given) return std::nullopt;
  auto token = unseal<cursor_token>(*app.host, purpose::cursor, *given);
  if (!token || token->owner != request.subject() || token->scope != scope)
    throw refusal(400, "invalid-cursor", "This cursor does not belong to this list: begin again without one.", {{"cursor", "invalid", "is not valid here"}});
  return token;
}

std::string make_cursor(const app& app, const evh::request& request, std::int64_t scope, std::vector<std::int64_t> numbers,
                        std::string text, std::string id) {
  return seal(*app.host, purpose::cursor, cursor_token{std::string(request.subject()), scope, std::move(numbers), std::move(text), std::move(id)});
}

std::string undo_token_of(const app& app, const origin& by) {
  return seal(*app.host, purpose::undo, undo_token{by.subject, to_text(by.group)});
}

}  // namespace chat
