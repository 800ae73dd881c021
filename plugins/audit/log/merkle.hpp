// The tree of RFC 6962 section 2.1 over stored tiles (C2SP tlog-tiles, height 8): growing it, its root, its proofs.
//
// A tile of level L and index N is the row of up to 256 hashes of tree level 8L that starts at 256N. Whole tiles never
// change; the last of each level is partial and grows. Proof algorithms: RFC 6962 2.1.1 and 2.1.2; verification: RFC 9162
// 2.1.3.2 and 2.1.4.2. Pure, one thread per object. Errors: std::runtime_error for tiles that are missing or too short.
#pragma once
#include "plugins/audit/log/sha256.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace audit {

hash leaf_hash(std::string_view leaf);                   // SHA256(0x00 || leaf)
hash node_hash(const hash& left, const hash& right);     // SHA256(0x01 || left || right)
hash empty_root();

struct tile_id {
  std::uint32_t level = 0;
  std::uint64_t index = 0;
  auto operator<=>(const tile_id&) const = default;
};
inline constexpr std::uint64_t tile_width = 256;

// Where tiles come from. Returns the row's hashes, joined; short or empty when there are not that many.
class tile_source {
 public:
  virtual ~tile_source() = default;
  virtual std::string tile(tile_id id) = 0;
};

// Reads one state of the tree; keeps the tiles it has read.
class tree_view {
 public:
  explicit tree_view(tile_source& from) : from_(&from) {}

  hash root(std::uint64_t size);
  std::vector<hash> inclusion(std::uint64_t index, std::uint64_t size);             // index < size
  std::vector<hash> consistency(std::uint64_t from, std::uint64_t to);              // from <= to
  // The roots of the largest aligned subtrees that together are [begin, end), in order: both edges of a partial export.
  std::vector<hash> cover(std::uint64_t begin, std::uint64_t end);

 private:
  hash node(std::uint32_t level, std::uint64_t index);
  hash range(std::uint64_t begin, std::uint64_t end);
  void path(std::uint64_t index, std::uint64_t begin, std::uint64_t end, std::vector<hash>& out);
  void subproof(std::uint64_t m, std::uint64_t begin, std::uint64_t end, bool whole, std::vector<hash>& out);
  const std::string& tile(tile_id id);

  tile_source* from_;
  std::map<tile_id, std::string> seen_;
};

// Appends leaves to a tree of the given size. changed() is what must be stored afterwards, in any order, together.
class tree_growth final : public tile_source {
 public:
  tree_growth(tile_source& stored, std::uint64_t size);

  void append(const hash& leaf);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // The tiles made or grown since construction.
  [[nodiscard]] std::map<tile_id, std::string> changed() const;
  // The tree as it will be stored: lets a tree_view read root and proofs before anything is written.
  std::string tile(tile_id id) override;

 private:
  struct edge {
    std::uint64_t index = 0;
    std::string hashes;
    bool grown = false;
  };
  void append_at(std::uint32_t level, const hash& h);
  edge& edge_of(std::uint32_t level);

  tile_source* stored_;
  std::uint64_t first_size_, size_;
  std::vector<edge> edges_;                    // the partial tile of each level
  std::map<tile_id, std::string> completed_;
};

bool verify_inclusion(const hash& leaf, std::uint64_t index, std::uint64_t size, const std::vector<hash>& proof, const hash& root);
bool verify_consistency(std::uint64_t from, const hash& from_root, std::uint64_t to, const hash& to_root, const std::vector<hash>& proof);

}  // namespace audit
