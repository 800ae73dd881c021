// An answer a plugin gave, copied out of its memory.
#pragma once
#include "host/core/result.hpp"
#include "host/io/http.hpp"

#include <evh/abi/http.h>

#include <string>
#include <utility>
#include <vector>

namespace evhost::runtime {

inline constexpr std::size_t answer_headers_max = 64;

struct answer {
  unsigned status = 200;
  std::string content_type;  // empty: none
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// invalid: a status outside 200..599, too many headers, a missing body.
core::result<answer> copy_answer(const evh_response* response);

// Headers and content type as JSON text and back, for the idempotency table.
std::string headers_to_json(const answer& from);
void headers_from_json(std::string_view json, answer& into);

// Hands it to the front. False: the client is gone, or the deadline came first.
bool send(io::http_exchange& exchange, answer&& what, bool replayed = false);

}  // namespace evhost::runtime
