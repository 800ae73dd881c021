// The text formats of C2SP: signed notes (Ed25519), checkpoints, inclusion proofs, verifier keys; and base64.
//
//   checkpoint   <origin>\n<size>\n<base64 root>\n\n— <name> <base64(key id 4 || signature 64)>\n
//   vkey         <name>+<8 hex of key id>+<base64(0x01 || public key)>; key id = SHA256(name \n 0x01 public key)[:4]
//   proof        c2sp.org/tlog-proof@v1\nindex <n>\n<base64 hash>\n...\n\n<checkpoint>
//
// The key's name is the log's origin. Pure, any thread.
#pragma once
#include "plugins/audit/log/sha256.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace audit {

std::string base64(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);  // strict: padded, canonical

struct checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  hash root{};
};

// Names follow the note format: not empty, no spaces, no plus, no control characters.
bool origin_valid(std::string_view origin);

class note_signer {
 public:
  using seed = std::array<unsigned char, 32>;
  note_signer(std::string origin, const seed& from);
  ~note_signer();
  note_signer(const note_signer&) = delete;
  note_signer& operator=(const note_signer&) = delete;

  [[nodiscard]] std::string sign(const checkpoint& what) const;  // the whole note, under this signer's origin
  [[nodiscard]] std::string vkey() const;
  // The checkpoint when the note is exactly one this key signed for this origin.
  [[nodiscard]] std::optional<checkpoint> open(std::string_view note) const;

 private:
  std::string origin_;
  std::array<unsigned char, 32> public_{};
  std::array<unsigned char, 64> secret_{};
  std::array<unsigned char, 4> id_{};
};

std::string proof_text(std::uint64_t index, const std::vector<hash>& proof, std::string_view note);

}  // namespace audit
