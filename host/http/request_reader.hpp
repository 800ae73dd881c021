// The strict HTTP/1.1 request reader: bytes in, requests or one refusal out. No sockets, no threads.
//
// The head is scanned line by line as it arrives by our own rules (stricter than any parser we know: one spelling of each
// message); chunked bodies go through Beast's parser. After a refusal nothing of the connection's bytes is read again.
// Bounds: reader_limits; the input buffer never exceeds head_bytes_max + 16 KiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/io/http.hpp"

namespace evhost::http {

struct reader_limits {
  std::size_t head_bytes_max = 16 * 1024;
  std::size_t target_bytes_max = 8 * 1024;
  std::size_t fields_max = 64;
  std::size_t query_pairs_max = 64;
};

// Why a request is not served; all text is static. status 0: no refusal.
struct refusal {
  unsigned status = 0;
  std::string_view code = {};
  std::string_view detail = {};
  explicit operator bool() const noexcept { return status != 0; }
};

// One parsed request with the storage its views point into. Meant to be reused: clear() keeps the capacity.
struct parsed_request {
  std::string head, path, body;
  std::vector<io::http_field> fields;  // names in lower case, values trimmed
  std::string_view target, query, host, authorization, origin, traceparent, forwarded_for, request_id;
  io::http_method method = io::http_method::get;
  std::uint64_t content_length = 0;
  bool asterisk = false;      // OPTIONS *
  bool http_1_0 = false;
  bool keep_alive = true;
  bool chunked = false;
  bool expects_continue = false;
  bool upgrades_to_websocket = false;

  bool has_body() const noexcept { return chunked || content_length > 0; }
  void clear();
};

class chunked_body;  // Beast behind it

class request_reader {
 public:
  enum class event {
    need_more,  // read from the socket into prepare(), then commit()
    head,       // the head is complete: call limit_body(), then next() for the body
    request,    // complete
    error,      // answer error() and close
  };

  explicit request_reader(const reader_limits& limits);
  ~request_reader();
  request_reader(const request_reader&) = delete;
  request_reader& operator=(const request_reader&) = delete;

  std::span<char> prepare();  // never empty
  void commit(std::size_t bytes) noexcept { end_ += bytes; }
  void feed(std::string_view bytes);  // prepare, copy, commit

  event next(parsed_request& into);
  // After event::head. A declared length above the limit is refused by the following next().
  void limit_body(std::size_t bytes_max) noexcept { body_bytes_max_ = bytes_max; }

  const refusal& error() const noexcept { return error_; }
  std::size_t buffered() const noexcept { return end_ - begin_; }
  bool started() const noexcept { return state_ != state::head || buffered() > 0; }
  bool in_body() const noexcept { return state_ != state::head; }
  std::uint64_t bytes_read() const noexcept { return bytes_read_; }  // of the current request
  // Gives memory back that only a large request needed.
  void shrink();
  // What came after the last request (an upgrade's first bytes).
  std::string_view leftover() const noexcept { return {buffer_.get() + begin_, buffered()}; }

 private:
  enum class state { head, body_start, body_length, body_chunked };
  struct line {
    std::uint32_t name_begin, name_bytes, value_begin, value_bytes;
  };

  bool fail(unsigned status, std::string_view code, std::string_view detail = {});
  bool scan_head();
  bool check_partial_line();
  bool check_start_line(std::string_view line);
  bool check_target(std::string_view target);
  bool check_field_line(std::string_view line);
  bool build(parsed_request& into);
  bool interpret(parsed_request& into);
  bool split_target(parsed_request& into);
  event begin_body(parsed_request& into);
  event read_length(parsed_request& into);
  event read_chunks(parsed_request& into);
  void finish() noexcept;

  const reader_limits limits_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
  std::size_t scanned_ = 0, line_ = 0;  // relative to begin_
  std::size_t empty_lines_ = 0;
  bool start_line_seen_ = false;
  io::http_method method_ = io::http_method::get;
  bool http_1_0_ = false;
  std::uint32_t target_begin_ = 0, target_bytes_ = 0;
  std::vector<line> lines_;
  state state_ = state::head;
  std::size_t body_bytes_max_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::unique_ptr<chunked_body> chunks_;
  refusal error_;
};

}  // namespace evhost::http
