// Signed notes, checkpoints and proofs as the verifier reads them: strictly, per C2SP signed-note, tlog-checkpoint, tlog-proof.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::audit_verify {

using hash = std::array<unsigned char, 32>;

hash sha256(std::string_view a, std::string_view b = {}, std::string_view c = {});
hash leaf_hash(std::string_view leaf);
hash node_hash(const hash& left, const hash& right);
std::string base64(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);
std::optional<hash> hash_of_base64(std::string_view text);
std::optional<std::uint64_t> canonical_number(std::string_view text);

struct verifier_key {
  std::string name;
  std::string id;                    // 4 bytes
  std::array<unsigned char, 32> bytes{};
};
std::optional<verifier_key> parse_vkey(std::string_view text);

struct checkpoint {
  std::uint64_t size = 0;
  hash root{};
};
// Nothing unless the note is well formed, of the key's name and signed by the key.
std::optional<checkpoint> open_checkpoint(std::string_view note, const verifier_key& key);

struct proof_file {
  std::uint64_t index = 0;
  std::vector<hash> hashes;
  checkpoint under;
};
std::optional<proof_file> open_proof(std::string_view text, const verifier_key& key);
bool included(const hash& leaf, const proof_file& proof);

}  // namespace evhost::audit_verify
