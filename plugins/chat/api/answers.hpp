// Requests read and answers made the same way by every handler: who asks, preconditions, paging, problems.
//
// Any thread. Errors: refusal, which answer_refusals() turns into problem+json.
#pragma once

#include <chrono>

#include "plugins/chat/api/app.hpp"
#include "schemas/events/json_write.hpp"

namespace chat {

evh::response problem_of(const refusal& why, std::string_view request_id);

// Runs body; a refusal becomes its problem.
template <class Body> evh::response answer_refusals(std::string_view request_id, Body&& body) {
  try {
    return body();
  } catch (const refusal& why) {
    return problem_of(why, request_id);
  }
}

std::int64_t now_ns();
origin origin_of(const evh::request& request, std::string_view source, std::int64_t now);

// 415 unless the body is JSON (or JSON merge patch).
void require_json(const evh::request& request);
// A path parameter as an id; anything else is no id of ours: 404.
uuid path_id(const evh::request& request, std::string_view what);
precondition if_match(const evh::request& request, bool required);
bool matches_if_none_match(const evh::request& request, std::int64_t version);
std::string etag(std::int64_t version);

// Query parameters, read strictly: a name that is not known is refused, and so is a value that makes no sense.
class parameters {
 public:
  parameters(const evh::request& request, std::initializer_list<std::string_view> known);
  std::optional<std::string> text(std::string_view name) const;
  std::size_t limit() const;                               // 1..200, 50 when absent
  // What a cursor is bound to: every parameter but the cursor itself and the limit.
  std::int64_t scope(std::string_view list) const;

 private:
  const evh::request& request_;
  std::vector<std::string_view> known_;
};
[[noreturn]] void bad_parameter(std::string_view name, const std::string& message);

std::optional<cursor_token> read_cursor(const app& app, const evh::request& request, const parameters& query, std::int64_t scope);
std::string make_cursor(const app& app, const evh::request& request, std::int64_t scope, std::vector<std::int64_t> numbers,
                        std::string text, std::string id);

template <class Item> evh::response page(const std::vector<Item>& items, const std::string& next_cursor) {
  evh::response out;
  out.body = "{\"items\":";
  evh_schemas::append_json(out.body, items);
  out.body += ",\"next_cursor\":";
  if (next_cursor.empty()) out.body += "null";
  else evh_schemas::append_json_string(out.body, next_cursor);
  out.body += '}';
  return out;
}

template <class Value> evh::response with_etag(int status, const Value& value) {
  evh::response out;
  out.status = status;
  out.body = evh_schemas::to_json(value);
  out.headers.emplace_back("ETag", etag(value.version));
  return out;
}

std::string undo_token_of(const app& app, const origin& by);

}  // namespace chat
