// Requests read and answers made the same way by every route: refusals as problem+json, paging, preconditions.
//
// Any thread. Errors: refusal, which answered() turns into an answer.
#pragma once

#include <evh/evh.hpp>

#include <boost/json/object.hpp>

#include <exception>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/events/json_write.hpp"

namespace notification {

struct field_error {
  std::string pointer, code, message;      // pointer: into the body, or the name of a query parameter
};

class refusal : public std::exception {
 public:
  refusal(int http_status, std::string stable_code, std::string sentence, std::vector<field_error> fields = {})
      : status(http_status), code(std::move(stable_code)), detail(std::move(sentence)), errors(std::move(fields)) {}
  const char* what() const noexcept override { return detail.c_str(); }
  int status;
  std::string code, detail;
  std::vector<field_error> errors;
};

refusal not_found(std::string_view what);
refusal invalid(std::string pointer, std::string message);
evh::response problem_of(const refusal& why, std::string_view request_id);

// Runs body() -> response; a refusal becomes its problem.
template <class Body> evh::response answered(std::string_view request_id, Body&& body) {
  try {
    return body();
  } catch (const refusal& why) {
    return problem_of(why, request_id);
  }
}

// Refuses query parameters that are not named here.
void only_parameters(const evh::request& request, std::initializer_list<std::string_view> known);
std::size_t limit_of(const evh::request& request);              // 1..200, 50 when absent

// Where a page ended: a moment and two names to tell apart what happened in it.
struct place {
  std::int64_t at_ms = 0;
  std::string first, second;
};
// A cursor belongs to a person and a list (with its filter); any other gives 400 invalid-cursor.
std::optional<place> read_cursor(const evh::services& host, const evh::request& request, std::string_view list);
std::string make_cursor(const evh::services& host, std::string_view owner, std::string_view list, const place& end);

// The body as an object; 400, 415 and 422 unknown-field.
boost::json::object body_of(const evh::request& request, std::initializer_list<std::string_view> known);

std::string etag(std::int64_t version);
// 428 without If-Match, 400 when it is none, 412 when the version is another.
void require_match(const std::optional<std::string>& if_match, std::int64_t version);

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

}  // namespace notification
