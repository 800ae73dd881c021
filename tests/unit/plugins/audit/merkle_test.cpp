// The tree against the classic vectors of RFC 6962 implementations and against a naive recursive one, for every small size.
#include "plugins/audit/log/merkle.hpp"

#include "plugins/audit/leaves/leaf.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <string>
#include <vector>

namespace audit {
namespace {

// What the RFC says, word for word: MTH over a list of leaves.
hash naive(const std::vector<std::string>& leaves, std::size_t begin, std::size_t end) {
  if (begin == end) return empty_root();
  if (end - begin == 1) return leaf_hash(leaves[begin]);
  const auto k = std::bit_floor(end - begin - 1);
  return node_hash(naive(leaves, begin, begin + k), naive(leaves, begin + k, end));
}

struct memory_tiles final : tile_source {
  std::map<tile_id, std::string> rows;
  std::string tile(tile_id id) override { return rows[id]; }
  void keep(const tree_growth& growth) {
    for (const auto& [id, hashes] : growth.changed()) rows[id] = hashes;
  }
};

std::vector<std::string> leaves_of(std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back("leaf " + std::to_string(i));
  return out;
}
void grow(memory_tiles& tiles, const std::vector<std::string>& leaves, std::size_t from, std::size_t to) {
  tree_growth growth(tiles, from);
  for (auto i = from; i < to; ++i) growth.append(leaf_hash(leaves[i]));
  tiles.keep(growth);
}

const std::vector<std::string> classic = {
    "", std::string(1, '\0'), "\x10", "\x20\x21", "\x30\x31", "\x40\x41\x42\x43", "\x50\x51\x52\x53\x54\x55\x56\x57",
    "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
const std::vector<std::string> classic_roots = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

TEST(Merkle, ClassicVectors) {
  memory_tiles tiles;
  for (std::size_t n = 0; n <= classic.size(); ++n) {
    if (n > 0) grow(tiles, classic, n - 1, n);
    EXPECT_EQ(hex(bytes_of(tree_view(tiles).root(n))), classic_roots[n]) << n;
  }
}

TEST(Merkle, EveryInclusionProofOfEverySmallTreeIsTheRfcsAndVerifies) {
  const auto leaves = leaves_of(130);
  memory_tiles tiles;
  grow(tiles, leaves, 0, leaves.size());
  tree_view view(tiles);
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    const auto root = naive(leaves, 0, size);
    ASSERT_EQ(view.root(size), root) << size;
    for (std::size_t i = 0; i < size; ++i) {
      auto proof = view.inclusion(i, size);
      ASSERT_TRUE(verify_inclusion(leaf_hash(leaves[i]), i, size, proof, root)) << i << " of " << size;
      ASSERT_FALSE(verify_inclusion(leaf_hash(leaves[i]), size, size, proof, root));
      ASSERT_FALSE(verify_inclusion(leaf_hash("other"), i, size, proof, root));
      proof.push_back(root);
      ASSERT_FALSE(verify_inclusion(leaf_hash(leaves[i]), i, size, proof, root)) << "one hash too long";
      proof.pop_back();
      if (!proof.empty()) {
        proof.pop_back();
        ASSERT_FALSE(verify_inclusion(leaf_hash(leaves[i]), i, size, proof, root)) << "one hash too short";
      }
    }
  }
}

TEST(Merkle, EveryConsistencyProofOfEverySmallTreeVerifiesAndNoOther) {
  const auto leaves = leaves_of(130);
  memory_tiles tiles;
  grow(tiles, leaves, 0, leaves.size());
  tree_view view(tiles);
  for (std::size_t to = 1; to <= leaves.size(); ++to) {
    const auto to_root = naive(leaves, 0, to);
    for (std::size_t from = 0; from <= to; ++from) {
      const auto from_root = naive(leaves, 0, from);
      auto proof = view.consistency(from, to);
      ASSERT_TRUE(verify_consistency(from, from_root, to, to_root, proof)) << from << " to " << to;
      ASSERT_FALSE(verify_consistency(from, leaf_hash("fork"), to, to_root, proof)) << from << " to " << to;
      proof.push_back(to_root);
      ASSERT_FALSE(verify_consistency(from, from_root, to, to_root, proof)) << "one hash too long";
    }
  }
}

TEST(Merkle, GrowingInAnyStepsGivesTheSameTilesAcrossLevels) {
  const auto leaves = leaves_of(700);
  memory_tiles at_once, stepwise;
  grow(at_once, leaves, 0, leaves.size());
  for (std::size_t from = 0, step = 1; from < leaves.size(); from += step, step = step * 3 % 101 + 1)
    grow(stepwise, leaves, from, std::min(from + step, leaves.size()));
  for (auto& [id, hashes] : at_once.rows) EXPECT_EQ(stepwise.rows[id], hashes) << id.level << "/" << id.index;
  EXPECT_EQ(at_once.rows.at({1, 0}).size(), 2 * hash_bytes);  // two full tiles below
  EXPECT_EQ(tree_view(stepwise).root(700), naive(leaves, 0, 700));
  EXPECT_EQ(tree_view(stepwise).root(513), naive(leaves, 0, 513));
}

TEST(Merkle, CoverOfBothEdgesFoldsToTheRoot) {
  const auto leaves = leaves_of(77);
  memory_tiles tiles;
  grow(tiles, leaves, 0, leaves.size());
  tree_view view(tiles);
  EXPECT_EQ(view.cover(0, 77).size(), 4u);   // 64 + 8 + 4 + 1
  EXPECT_EQ(view.cover(13, 77).size(), 7u);  // 1, 2, 16, 32 | 8, 4, 1
  EXPECT_EQ(view.cover(0, 64).front(), naive(leaves, 0, 64));
}

TEST(Merkle, MissingTileIsAnErrorThatNamesIt) {
  const auto leaves = leaves_of(40);
  memory_tiles tiles;
  grow(tiles, leaves, 0, leaves.size());
  tiles.rows[{0, 0}].resize(10 * hash_bytes);
  EXPECT_THROW(tree_view(tiles).root(40), std::runtime_error);
  EXPECT_THROW(tree_growth(tiles, 40), std::runtime_error);
}

}  // namespace
}  // namespace audit
