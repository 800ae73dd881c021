// Decodes a chunked body with Beast's parser, under limits Beast lacks: chunk extensions, framing overhead, trailers.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "host/http/request_reader.hpp"

namespace evhost::http {

class chunked_body {
 public:
  explicit chunked_body(std::size_t body_bytes_max);
  ~chunked_body();

  // Eats what it can of bytes. done() or why() may be set afterwards.
  std::size_t feed(std::string_view bytes);
  bool done() const noexcept;
  const refusal& why() const noexcept { return why_; }
  std::string take_body();

 private:
  struct parser;
  std::unique_ptr<parser> parser_;
  std::size_t body_bytes_max_;
  std::size_t raw_bytes_ = 0;
  refusal why_;
};

}  // namespace evhost::http
