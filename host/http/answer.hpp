// The wire form of answers: fields checked so that nothing can be injected, problem documents, the head with its Date.
#pragma once

#include <cstdint>
#include <ctime>
#include <span>
#include <string>
#include <string_view>

#include "host/io/http.hpp"

namespace evhost::http {

std::string_view reason_phrase(unsigned status) noexcept;

// The handler's part of an answer, ready for the wire. Reused: clear() keeps the capacity.
struct answer_parts {
  unsigned status = 0;
  std::string fields;  // "Name: value\r\n" lines
  std::string body;
  std::string_view code = {};  // of a problem; static text or into the exchange
  bool caching_named = false;  // fields contain Cache-Control
  void clear();
};

// Appends the fields; false, with nothing appended, when one is malformed or frames the message (Content-Length, ...).
bool append_fields(answer_parts& to, std::span<const io::http_field> fields);

// RFC 9457 document.
std::string problem_json(const io::http_problem& problem, std::string_view request_id);
void append_json_string(std::string& to, std::string_view text);

// What the connection knows about an answer.
struct head_context {
  std::string_view request_id;
  std::string_view rate_fields;  // lines, or ""
  std::string_view cors_fields;
  bool keep_alive = true;
  bool http_1_0 = false;
  bool head_request = false;
};
// Appends status line and all fields, through the empty line.
void append_head(std::string& to, const answer_parts& answer, const head_context& context);
// True when the status forbids a body.
inline bool bodyless(unsigned status) noexcept { return status == 204 || status == 304 || status < 200; }

// IMF-fixdate, made once per second and thread.
std::string_view http_date(std::time_t now);

}  // namespace evhost::http
