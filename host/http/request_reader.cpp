// Scanning and framing rules: research/security.md section 6, rows 1-27.
#include "host/http/request_reader.hpp"

#include <algorithm>
#include <cstring>

#include "host/http/chars.hpp"
#include "host/http/chunked_body.hpp"
#include "host/http/target.hpp"

namespace evhost::http {
namespace {

constexpr std::size_t buffer_bytes_min = 2048, buffer_bytes_large = 16 * 1024;
constexpr std::string_view malformed = "malformed-request";

int method_index(std::string_view text) noexcept {
  for (std::size_t i = 0; i < io::http_method_count; ++i)
    if (text == io::to_string(static_cast<io::http_method>(i))) return static_cast<int>(i);
  return -1;
}

// Fields whose second occurrence would let two readers of the message disagree.
bool must_be_single(std::string_view name) noexcept {
  constexpr std::string_view names[] = {"host",   "content-length",  "transfer-encoding", "authorization",
                                        "origin", "content-type",    "idempotency-key",   "sec-websocket-key",
                                        "expect", "sec-websocket-version"};
  return std::ranges::find(names, name) != std::end(names);
}

}  // namespace

void parsed_request::clear() {
  head.clear(), path.clear(), fields.clear();
  if (body.capacity() > 64 * 1024)
    body = {};
  else
    body.clear();
  target = query = host = authorization = origin = traceparent = forwarded_for = request_id = {};
  method = io::http_method::get;
  content_length = 0;
  asterisk = http_1_0 = chunked = expects_continue = upgrades_to_websocket = false;
  keep_alive = true;
}

request_reader::request_reader(const reader_limits& limits) : limits_(limits) { lines_.reserve(16); }
request_reader::~request_reader() = default;

std::span<char> request_reader::prepare() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == capacity_ && begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, buffered());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == capacity_ || (in_body() && capacity_ < buffer_bytes_large)) {
    const auto wanted = std::max({buffer_bytes_min, capacity_ * 2, in_body() ? buffer_bytes_large : 0});
    auto larger = std::make_unique_for_overwrite<char[]>(wanted);
    if (buffered() > 0) std::memcpy(larger.get(), buffer_.get() + begin_, buffered());
    end_ -= begin_;
    begin_ = 0;
    buffer_ = std::move(larger);
    capacity_ = wanted;
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

void request_reader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = prepare();
    const auto n = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), n);
    commit(n);
    bytes.remove_prefix(n);
  }
}

void request_reader::shrink() {
  if (buffered() > 0 || capacity_ <= buffer_bytes_min) return;
  buffer_.reset();
  capacity_ = begin_ = end_ = 0;
}

bool request_reader::fail(unsigned status, std::string_view code, std::string_view detail) {
  error_ = {status, code, detail};
  return false;
}

request_reader::event request_reader::next(parsed_request& into) {
  if (error_) return event::error;
  switch (state_) {
    case state::head:
      if (!scan_head()) return error_ ? event::error : event::need_more;
      if (!build(into)) return event::error;
      state_ = state::body_start;
      return event::head;
    case state::body_start: return begin_body(into);
    case state::body_length: return read_length(into);
    case state::body_chunked: return read_chunks(into);
  }
  return event::error;
}

// ---- head: every complete line is judged as it arrives ----

bool request_reader::scan_head() {
  for (;;) {
    const char* at = buffer_.get() + begin_;
    const auto* newline = buffered() > scanned_
                              ? static_cast<const char*>(std::memchr(at + scanned_, '\n', buffered() - scanned_))
                              : nullptr;
    if (newline == nullptr) {
      scanned_ = buffered();
      return check_partial_line();
    }
    const auto position = static_cast<std::size_t>(newline - at);
    if (position == line_ || at[position - 1] != '\r') return fail(400, malformed, "a line must end in CR LF");
    const std::string_view text(at + line_, position - 1 - line_);
    if (!start_line_seen_) {
      if (text.empty()) {  // RFC 9112 section 2.2: one empty line before the request line is tolerated
        if (empty_lines_++ > 0) return fail(400, malformed, "empty lines before the request line");
        begin_ += position + 1;
        scanned_ = line_ = 0;
        continue;
      }
      if (!check_start_line(text)) return false;
      start_line_seen_ = true;
    } else if (text.empty()) {
      scanned_ = line_ = position + 1;
      return scanned_ <= limits_.head_bytes_max || fail(431, "header-fields-too-large", "the head is too long");
    } else if (!check_field_line(text)) {
      return false;
    }
    scanned_ = line_ = position + 1;
    if (scanned_ > limits_.head_bytes_max) return fail(431, "header-fields-too-large", "the head is too long");
  }
}

// An unfinished line may already be too long or contain what no line may.
bool request_reader::check_partial_line() {
  const auto partial = scanned_ - line_;
  if (!start_line_seen_ && partial > limits_.target_bytes_max + 32) return fail(414, "uri-too-long");
  if (scanned_ > limits_.head_bytes_max) return fail(431, "header-fields-too-large", "the head is too long");
  if (partial > 0 && std::memchr(buffer_.get() + begin_ + line_, 0, partial) != nullptr) return fail(400, malformed, "NUL in the head");
  return false;
}

bool request_reader::check_start_line(std::string_view text) {
  if (text == "PRI * HTTP/2.0") return fail(505, "http-version-not-supported", "HTTP/1.1 is spoken here");
  const auto first = text.find(' '), last = text.rfind(' ');
  if (first == std::string_view::npos || first == 0) return fail(400, malformed, "request line");
  const auto method = text.substr(0, first);
  if (!std::ranges::all_of(method, is_tchar)) return fail(400, malformed, "method");
  if (last == first) return fail(400, malformed, "request line");
  const auto target = text.substr(first + 1, last - first - 1);
  const auto version = text.substr(last + 1);
  if (target.size() > limits_.target_bytes_max) return fail(414, "uri-too-long");
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) || version[6] != '.' || !is_digit(version[7]))
    return fail(400, malformed, "version");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return fail(505, "http-version-not-supported", "HTTP/1.1 is spoken here");
  if (method == "TRACE" || method == "CONNECT") return fail(405, "method-not-allowed");
  const int index = method_index(method);
  if (index < 0) return fail(501, "unknown-method");
  method_ = static_cast<io::http_method>(index);
  http_1_0_ = version[7] == '0';
  target_begin_ = static_cast<std::uint32_t>(line_ + first + 1);
  target_bytes_ = static_cast<std::uint32_t>(target.size());
  return check_target(target);
}

bool request_reader::check_target(std::string_view target) {
  if (target.empty()) return fail(400, malformed, "empty target");
  if (!std::ranges::all_of(target, is_target_char)) return fail(400, "bad-path", "illegal character in the target");
  if (target == "*") return method_ == io::http_method::options || fail(400, "bad-path", "'*' is for OPTIONS");
  if (target[0] != '/') return fail(400, "bad-path", "the target must be an absolute path");
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return true;
  const auto query = target.substr(mark + 1);
  if (static_cast<std::size_t>(std::ranges::count(query, '&')) + 1 > limits_.query_pairs_max)
    return fail(414, "uri-too-long", "too many query parameters");
  return true;
}

bool request_reader::check_field_line(std::string_view text) {
  if (text[0] == ' ' || text[0] == '\t') return fail(400, malformed, "folded header field");
  if (lines_.size() >= limits_.fields_max) return fail(431, "header-fields-too-large", "too many header fields");
  std::size_t colon = 0;
  while (colon < text.size() && is_tchar(text[colon])) ++colon;
  if (colon == 0 || colon == text.size() || text[colon] != ':') return fail(400, malformed, "header field name");
  const auto raw = text.substr(colon + 1);
  if (!std::ranges::all_of(raw, is_field_char)) return fail(400, malformed, "control character in a header field");
  const auto value = trim(raw);
  const auto offset = value.empty() ? colon + 1 : static_cast<std::size_t>(value.data() - text.data());
  lines_.push_back({static_cast<std::uint32_t>(line_), static_cast<std::uint32_t>(colon),
                    static_cast<std::uint32_t>(line_ + offset), static_cast<std::uint32_t>(value.size())});
  const auto name = text.substr(0, colon);
  const bool framing = same_text(name, "transfer-encoding") || same_text(name, "content-length") || same_text(name, "host");
  if (framing && raw.find('\t') != std::string_view::npos) return fail(400, malformed, "tab in a framing field");
  return true;
}

// ---- from lines to a request ----

bool request_reader::build(parsed_request& into) {
  into.clear();
  into.head.assign(buffer_.get() + begin_, scanned_);
  begin_ += scanned_;
  bytes_read_ = scanned_;
  into.method = method_;
  into.http_1_0 = http_1_0_;
  into.target = std::string_view(into.head).substr(target_begin_, target_bytes_);
  into.fields.reserve(lines_.size());
  for (const auto& l : lines_) {
    char* name = into.head.data() + l.name_begin;
    std::transform(name, name + l.name_bytes, name, lower);
    into.fields.push_back({{name, l.name_bytes}, {into.head.data() + l.value_begin, l.value_bytes}});
  }
  return split_target(into) && interpret(into);
}

bool request_reader::split_target(parsed_request& into) {
  if (into.target == "*") {
    into.asterisk = true;
    into.path = "*";
    return true;
  }
  const auto mark = into.target.find('?');
  if (mark != std::string_view::npos) into.query = into.target.substr(mark + 1);
  if (!decode_path(into.target.substr(0, mark), into.path)) return fail(400, "bad-path", "the path must be plain UTF-8 without dot or empty segments");
  return valid_query(into.query) || fail(400, "bad-query", "the query has a broken escape");
}

bool request_reader::interpret(parsed_request& into) {
  bool has_length = false, close = false, keep = false, upgrade = false, websocket = false;
  std::string_view encoding;
  for (std::size_t i = 0; i < into.fields.size(); ++i) {
    const auto [name, value] = into.fields[i];
    if (must_be_single(name))
      for (std::size_t k = 0; k < i; ++k)
        if (into.fields[k].name == name) return fail(400, malformed, "a header field that must be single is repeated");
    if (name == "host") {
      if (!valid_host(value)) return fail(400, malformed, "host");
      into.host = value;
    } else if (name == "content-length") {
      has_length = true;
      if (value.empty() || !std::ranges::all_of(value, is_digit)) return fail(400, malformed, "content-length");
      if (value.size() > 18) return fail(413, "content-too-large");
      for (char c : value) into.content_length = into.content_length * 10 + static_cast<unsigned>(c - '0');
    } else if (name == "transfer-encoding") {
      encoding = value;
      into.chunked = true;
    } else if (name == "connection") {
      for_each_element(value, [&](std::string_view option) {
        close = close || same_text(option, "close");
        keep = keep || same_text(option, "keep-alive");
        upgrade = upgrade || same_text(option, "upgrade");
      });
    } else if (name == "upgrade") {
      for_each_element(value, [&](std::string_view protocol) { websocket = websocket || same_text(protocol, "websocket"); });
    } else if (name == "expect") {
      if (!same_text(value, "100-continue")) return fail(417, "expectation-failed");
      into.expects_continue = !into.http_1_0;
    } else if (name == "authorization") {
      into.authorization = value;
    } else if (name == "origin") {
      into.origin = value;
    } else if (name == "traceparent") {
      into.traceparent = into.traceparent.empty() ? value : std::string_view("-");  // twice: treated as absent
    } else if (name == "x-forwarded-for") {
      into.forwarded_for = value;  // the last line is the nearest proxy's
    } else if (name == "x-request-id") {
      into.request_id = value;
    }
  }
  if (into.host.empty() && !into.http_1_0) return fail(400, malformed, "host is missing");
  if (into.chunked) {
    if (has_length) return fail(400, malformed, "both content-length and transfer-encoding");
    if (into.http_1_0) return fail(400, malformed, "transfer-encoding in HTTP/1.0");
    if (!same_text(encoding, "chunked")) return fail(501, "unsupported-transfer-encoding");
  }
  into.keep_alive = !close && (!into.http_1_0 || keep);
  into.upgrades_to_websocket = upgrade && websocket && !into.http_1_0;
  return true;
}

// ---- body ----

request_reader::event request_reader::begin_body(parsed_request& into) {
  if (into.content_length > body_bytes_max_) {
    fail(413, "content-too-large", "the body is longer than this resource takes");
    return event::error;
  }
  if (into.chunked) {
    chunks_ = std::make_unique<chunked_body>(body_bytes_max_);
    state_ = state::body_chunked;
    return read_chunks(into);
  }
  state_ = state::body_length;
  into.body.reserve(std::min<std::uint64_t>(into.content_length, buffer_bytes_large));
  return read_length(into);
}

request_reader::event request_reader::read_length(parsed_request& into) {
  const auto n = std::min<std::uint64_t>(into.content_length - into.body.size(), buffered());
  into.body.append(buffer_.get() + begin_, n);
  begin_ += n;
  bytes_read_ += n;
  if (into.body.size() < into.content_length) return event::need_more;
  finish();
  return event::request;
}

request_reader::event request_reader::read_chunks(parsed_request& into) {
  const auto n = chunks_->feed({buffer_.get() + begin_, buffered()});
  begin_ += n;
  bytes_read_ += n;
  if (chunks_->why()) {
    error_ = chunks_->why();
    return event::error;
  }
  if (!chunks_->done()) return event::need_more;
  into.body = chunks_->take_body();
  chunks_.reset();
  finish();
  return event::request;
}

void request_reader::finish() noexcept {
  state_ = state::head;
  scanned_ = line_ = empty_lines_ = 0;
  start_line_seen_ = false;
  lines_.clear();
}

}  // namespace evhost::http
