// Idempotency-Key: the answer of a committed request is stored in its own unit of work, and a repeat gets it again.
//
// Table host_idempotency, one row per (subject, method, path, key), kept 24 h. A key belongs to one request body: the
// same key with another is refused. Threads: parse and hash any; lookup, insert, prune inside a unit.
#pragma once
#include "host/core/result.hpp"
#include "host/io/http.hpp"
#include "host/io/store.hpp"
#include "host/runtime/answer.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::runtime {

inline constexpr std::size_t idempotency_key_bytes_max = 255;

struct idempotency_key {
  std::string id;           // hex SHA-256 of subject, method, path, key
  std::string fingerprint;  // hex SHA-256 of query and body
};

// Empty: no key or a method that changes nothing. invalid: a key that is empty, too long or not printable ASCII.
core::result<std::optional<idempotency_key>> idempotency_of(const io::http_request& request);

struct stored_answer {
  std::string fingerprint;
  answer what;
};

namespace idempotency {

inline constexpr std::string_view owner = "host.idempotency";
std::vector<io::migration> migrations(std::int32_t dialect);

core::result<std::optional<stored_answer>> lookup(io::transaction& tx, const idempotency_key& key,
                                                  std::chrono::system_clock::time_point not_before);
// conflict: another request with this key committed meanwhile.
core::result<void> insert(io::transaction& tx, const idempotency_key& key, const answer& what,
                          std::chrono::system_clock::time_point now);
// Deletes up to limit rows made before; returns how many.
core::result<std::int64_t> prune(io::transaction& tx, std::chrono::system_clock::time_point before, std::int64_t limit);

}  // namespace idempotency
}  // namespace evhost::runtime
