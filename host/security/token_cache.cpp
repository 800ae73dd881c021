// A plain LRU per shard.
#include "host/security/token_cache.hpp"

#include <cstring>

#include <sodium.h>

namespace evhost::security {

token_digest digest_of(std::string_view token) noexcept {
  token_digest out;
  crypto_generichash(out.data(), out.size(), reinterpret_cast<const unsigned char*>(token.data()), token.size(),
                     nullptr, 0);
  return out;
}

std::size_t token_cache::digest_hash::operator()(const token_digest& digest) const noexcept {
  std::size_t out = 0;
  std::memcpy(&out, digest.data(), sizeof out);
  return out;
}

cached_token token_cache::find(const token_digest& digest, std::int64_t now_seconds, std::uint64_t generation) {
  shard& in = shard_of(digest);
  const std::lock_guard lock(in.mutex);
  const auto found = in.index.find(digest);
  if (found == in.index.end()) return {};
  const cached_token& entry = found->second->second;
  if (now_seconds >= entry.good_until || entry.generation != generation) {
    in.entries.erase(found->second);
    in.index.erase(found);
    return {};
  }
  in.entries.splice(in.entries.begin(), in.entries, found->second);
  return entry;
}

void token_cache::insert(const token_digest& digest, cached_token entry) {
  if (shard_capacity_ == 0) return;
  shard& in = shard_of(digest);
  const std::lock_guard lock(in.mutex);
  if (const auto found = in.index.find(digest); found != in.index.end()) {
    found->second->second = std::move(entry);
    return;
  }
  if (in.entries.size() >= shard_capacity_) {
    in.index.erase(in.entries.back().first);
    in.entries.pop_back();
  }
  in.entries.emplace_front(digest, std::move(entry));
  in.index.emplace(digest, in.entries.begin());
}

std::size_t token_cache::size() const {
  std::size_t total = 0;
  for (const auto& one : shards_) {
    const std::lock_guard lock(one.mutex);
    total += one.entries.size();
  }
  return total;
}

}  // namespace evhost::security
