// Remembers tokens that held, so that a client's next request costs one hash instead of one signature check.
//
// Threading: any; sharded, one short mutex per shard. Bounds: the capacity given; the least recently used goes first.
// Keyed by BLAKE2b-256 of the whole token: the token itself is not kept. (Not SHA-256: OpenSSL's would be as fast but
// its first call costs 2 MB of memory that a host without TLS never needs; libsodium's has no processor instructions.)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "host/io/http.hpp"

namespace evhost::security {

using token_digest = std::array<std::uint8_t, 32>;
[[nodiscard]] token_digest digest_of(std::string_view token) noexcept;

struct cached_token {
  std::shared_ptr<const io::principal> who;
  std::int64_t issued_at = 0;
  std::int64_t good_until = 0;   // the earlier of the token's expiry and the cache's time
  std::uint64_t generation = 0;  // of the key sets it was checked with
};

class token_cache {
 public:
  explicit token_cache(std::size_t capacity) : shard_capacity_((capacity + shards_count - 1) / shards_count) {}

  /// An entry that is still good at `now_seconds` under `generation`, or one without a principal.
  [[nodiscard]] cached_token find(const token_digest& digest, std::int64_t now_seconds, std::uint64_t generation);
  void insert(const token_digest& digest, cached_token entry);
  [[nodiscard]] std::size_t size() const;

 private:
  static constexpr std::size_t shards_count = 16;
  struct digest_hash {  // the digest is uniform already
    std::size_t operator()(const token_digest& digest) const noexcept;
  };
  using order = std::list<std::pair<token_digest, cached_token>>;  // most recent first
  struct shard {
    mutable std::mutex mutex;
    order entries;
    std::unordered_map<token_digest, order::iterator, digest_hash> index;
  };
  shard& shard_of(const token_digest& digest) { return shards_[digest[31] % shards_count]; }

  const std::size_t shard_capacity_;
  std::array<shard, shards_count> shards_;
};

}  // namespace evhost::security
