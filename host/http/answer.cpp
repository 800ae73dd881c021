// RFC 9110 and 9112 on the answer's side.
#include "host/http/answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "host/http/chars.hpp"

namespace evhost::http {
namespace {

bool frames_the_message(std::string_view name) noexcept {
  constexpr std::string_view names[] = {"content-length", "transfer-encoding", "connection", "keep-alive",
                                        "upgrade",        "trailer",           "date",       "server"};
  return std::ranges::any_of(names, [&](std::string_view n) { return same_text(n, name); });
}

void append_number(std::string& to, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  to.append(digits.data(), end);
}

// Two codes have a registered type; the rest is ours.
void append_type(std::string& to, std::string_view code) {
  const bool registered = code == "quota-exceeded" || code == "temporary-reduced-capacity";
  to += registered ? "https://iana.org/assignments/http-problem-types#" : "/problems/";
  to += code;
}

}  // namespace

std::string_view reason_phrase(unsigned status) noexcept {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

void answer_parts::clear() {
  status = 0;
  fields.clear();
  if (body.capacity() > 64 * 1024)
    body = {};
  else
    body.clear();
  code = {};
  caching_named = false;
}

bool append_fields(answer_parts& to, std::span<const io::http_field> fields) {
  const auto before = to.fields.size();
  for (const auto& [name, value] : fields) {
    const bool sound = !name.empty() && std::ranges::all_of(name, is_tchar) && std::ranges::all_of(value, is_field_char);
    if (!sound || frames_the_message(name)) {
      to.fields.resize(before);
      return false;
    }
    to.caching_named = to.caching_named || same_text(name, "cache-control");
    to.fields.append(name).append(": ").append(value).append("\r\n");
  }
  return true;
}

void append_json_string(std::string& to, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  to += '"';
  if (!valid_utf8(text)) text = "?";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      (to += '\\') += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      to.append("\\u00");
      to += digits[c >> 4];
      to += digits[c & 15];
    } else {
      to += c;
    }
  }
  to += '"';
}

std::string problem_json(const io::http_problem& p, std::string_view request_id) {
  std::string out;
  out.reserve(256 + p.detail.size() + p.extra_json.size());
  out += R"({"type":")";
  append_type(out, p.code);
  out += R"(","title":)";
  append_json_string(out, reason_phrase(p.status));
  out += R"(,"status":)";
  append_number(out, p.status);
  out += R"(,"code":)";
  append_json_string(out, p.code);
  if (!p.detail.empty()) {
    out += R"(,"detail":)";
    append_json_string(out, p.detail);
  }
  if (!request_id.empty()) {
    out += R"(,"request_id":)";
    append_json_string(out, request_id);
  }
  if (!p.extra_json.empty()) (out += ',') += p.extra_json;
  return out += '}';
}

std::string_view http_date(std::time_t now) {
  thread_local std::time_t made_for = -1;
  thread_local std::array<char, 40> text;
  thread_local std::size_t size = 0;
  if (now != made_for) {
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);  // the C locale's names
    made_for = now;
  }
  return {text.data(), size};
}

void append_head(std::string& to, const answer_parts& answer, const head_context& context) {
  to.append("HTTP/1.1 ");
  append_number(to, answer.status);
  (to += ' ').append(reason_phrase(answer.status)).append("\r\nServer: evhost\r\nDate: ");
  to.append(http_date(std::time(nullptr))).append("\r\nX-Content-Type-Options: nosniff\r\n");
  if (!context.request_id.empty()) to.append("X-Request-Id: ").append(context.request_id).append("\r\n");
  if (!answer.caching_named) to.append("Cache-Control: no-store\r\n");
  to.append(context.rate_fields).append(context.cors_fields).append(answer.fields);
  if (!context.keep_alive)
    to.append("Connection: close\r\n");
  else if (context.http_1_0)
    to.append("Connection: keep-alive\r\n");
  if (!bodyless(answer.status)) {
    to.append("Content-Length: ");
    append_number(to, answer.body.size());
    to.append("\r\n");
  }
  to.append("\r\n");
}

}  // namespace evhost::http
