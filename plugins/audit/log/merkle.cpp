// Tiles to nodes, nodes to ranges, ranges to proofs.
#include "plugins/audit/log/merkle.hpp"

#include <bit>
#include <stdexcept>

namespace audit {
namespace {

constexpr std::uint32_t tile_height = 8;

// The largest power of two smaller than n; n > 1.
std::uint64_t split(std::uint64_t n) { return std::bit_floor(n - 1); }

std::string name_of(tile_id id) { return "tile " + std::to_string(id.level) + "/" + std::to_string(id.index); }

// The root of 2^k hashes that stand side by side.
hash fold(std::string_view hashes) {
  if (hashes.size() == hash_bytes) return hash_of(hashes);
  return node_hash(fold(hashes.substr(0, hashes.size() / 2)), fold(hashes.substr(hashes.size() / 2)));
}

}  // namespace

hash leaf_hash(std::string_view leaf) { return sha256({std::string_view("\x00", 1), leaf}); }
hash node_hash(const hash& left, const hash& right) { return sha256({"\x01", bytes_of(left), bytes_of(right)}); }
hash empty_root() { return sha256({}); }

const std::string& tree_view::tile(tile_id id) {
  const auto found = seen_.find(id);
  return found != seen_.end() ? found->second : seen_.emplace(id, from_->tile(id)).first->second;
}

hash tree_view::node(std::uint32_t level, std::uint64_t index) {
  const auto inside = level % tile_height;
  const auto first = index << inside;
  const tile_id id{level / tile_height, first / tile_width};
  const std::string_view hashes = tile(id);
  const auto at = (first % tile_width) * hash_bytes, bytes = (std::size_t{1} << inside) * hash_bytes;
  if (at + bytes > hashes.size())
    throw std::runtime_error(name_of(id) + " holds " + std::to_string(hashes.size() / hash_bytes) + " hashes, too few for this tree: the table is damaged");
  return fold(hashes.substr(at, bytes));
}

hash tree_view::range(std::uint64_t begin, std::uint64_t end) {
  const auto n = end - begin;
  if (std::has_single_bit(n)) return node(static_cast<std::uint32_t>(std::countr_zero(n)), begin / n);
  const auto k = split(n);
  return node_hash(range(begin, begin + k), range(begin + k, end));
}

hash tree_view::root(std::uint64_t size) { return size == 0 ? empty_root() : range(0, size); }

void tree_view::path(std::uint64_t index, std::uint64_t begin, std::uint64_t end, std::vector<hash>& out) {
  if (end - begin == 1) return;
  const auto middle = begin + split(end - begin);
  if (index < middle) {
    path(index, begin, middle, out);
    out.push_back(range(middle, end));
  } else {
    path(index, middle, end, out);
    out.push_back(range(begin, middle));
  }
}

std::vector<hash> tree_view::inclusion(std::uint64_t index, std::uint64_t size) {
  std::vector<hash> out;
  path(index, 0, size, out);
  return out;
}

void tree_view::subproof(std::uint64_t m, std::uint64_t begin, std::uint64_t end, bool whole, std::vector<hash>& out) {
  if (m == end - begin) {
    if (!whole) out.push_back(range(begin, end));
    return;
  }
  const auto k = split(end - begin);
  if (m <= k) {
    subproof(m, begin, begin + k, whole, out);
    out.push_back(range(begin + k, end));
  } else {
    subproof(m - k, begin + k, end, false, out);
    out.push_back(range(begin, begin + k));
  }
}

std::vector<hash> tree_view::consistency(std::uint64_t from, std::uint64_t to) {
  std::vector<hash> out;
  if (from != 0 && from != to) subproof(from, 0, to, true, out);
  return out;
}

std::vector<hash> tree_view::cover(std::uint64_t begin, std::uint64_t end) {
  std::vector<hash> out;
  while (begin < end) {
    auto n = std::bit_floor(end - begin);
    if (begin != 0) n = std::min(n, begin & (~begin + 1));
    out.push_back(range(begin, begin + n));
    begin += n;
  }
  return out;
}

tree_growth::tree_growth(tile_source& stored, std::uint64_t size) : stored_(&stored), first_size_(size), size_(size) {
  for (std::uint64_t count = size; count > 0; count /= tile_width) {
    edge e{count / tile_width, {}, false};
    if (const auto partial = count % tile_width; partial != 0) {
      const tile_id id{static_cast<std::uint32_t>(edges_.size()), e.index};
      e.hashes = stored.tile(id);
      if (e.hashes.size() < partial * hash_bytes)
        throw std::runtime_error(name_of(id) + " is shorter than the tree of " + std::to_string(size) + " leaves needs: the table is damaged");
      e.hashes.resize(partial * hash_bytes);
    }
    edges_.push_back(std::move(e));
  }
}

tree_growth::edge& tree_growth::edge_of(std::uint32_t level) {
  if (level == edges_.size()) edges_.emplace_back();
  return edges_[level];
}

void tree_growth::append_at(std::uint32_t level, const hash& h) {
  auto& e = edge_of(level);
  e.hashes += bytes_of(h);
  e.grown = true;
  if (e.hashes.size() < tile_width * hash_bytes) return;
  const auto top = fold(e.hashes);
  completed_.emplace(tile_id{level, e.index++}, std::move(e.hashes));
  e.hashes.clear();
  e.grown = false;
  append_at(level + 1, top);
}

void tree_growth::append(const hash& leaf) {
  append_at(0, leaf);
  ++size_;
}

std::map<tile_id, std::string> tree_growth::changed() const {
  auto out = completed_;
  for (std::uint32_t level = 0; level < edges_.size(); ++level)
    if (edges_[level].grown) out.emplace(tile_id{level, edges_[level].index}, edges_[level].hashes);
  return out;
}

std::string tree_growth::tile(tile_id id) {
  if (const auto done = completed_.find(id); done != completed_.end()) return done->second;
  if (id.level < edges_.size() && edges_[id.level].index == id.index) return edges_[id.level].hashes;
  return stored_->tile(id);
}

bool verify_inclusion(const hash& leaf, std::uint64_t index, std::uint64_t size, const std::vector<hash>& proof, const hash& root) {
  if (index >= size) return false;
  auto fn = index, sn = size - 1;
  auto r = leaf;
  for (const auto& p : proof) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      r = node_hash(p, r);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && r == root;
}

bool verify_consistency(std::uint64_t from, const hash& from_root, std::uint64_t to, const hash& to_root, const std::vector<hash>& proof) {
  if (from > to) return false;
  if (from == to) return proof.empty() && from_root == to_root;
  if (from == 0) return proof.empty() && from_root == empty_root();
  if (proof.empty()) return false;
  auto fn = from - 1, sn = to - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  std::size_t at = 0;
  auto fr = std::has_single_bit(from) ? from_root : proof[at++];
  auto sr = fr;
  for (; at < proof.size(); ++at) {
    const auto& c = proof[at];
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      fr = node_hash(c, fr);
      sr = node_hash(c, sr);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      sr = node_hash(sr, c);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && fr == from_root && sr == to_root;
}

}  // namespace audit
