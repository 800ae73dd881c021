// Parsing, and libsodium for the two primitives.
#include "host/app/audit_verify/note.hpp"

#include <sodium.h>

#include <algorithm>

namespace evhost::audit_verify {
namespace {

constexpr std::string_view dash = "\xe2\x80\x94 ";
constexpr std::size_t hashes_max = 63;

const unsigned char* raw(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
std::string_view view(const auto& a) { return {reinterpret_cast<const char*>(a.data()), a.size()}; }

// Cuts the first line off; nothing when there is no line end.
std::optional<std::string_view> line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == rest.npos) return std::nullopt;
  const auto out = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return out;
}

bool signature_good(std::string_view line, std::string_view text, const verifier_key& key) {
  if (!line.starts_with(std::string(dash) + key.name + " ")) return false;
  const auto bytes = base64_decode(line.substr(dash.size() + key.name.size() + 1));
  return bytes && bytes->size() == 4 + crypto_sign_BYTES && bytes->substr(0, 4) == key.id &&
         crypto_sign_verify_detached(raw(*bytes) + 4, raw(text), text.size(), key.bytes.data()) == 0;
}

}  // namespace

hash sha256(std::string_view a, std::string_view b, std::string_view c) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (const auto piece : {a, b, c}) crypto_hash_sha256_update(&state, raw(piece), piece.size());
  hash out;
  crypto_hash_sha256_final(&state, out.data());
  return out;
}
hash leaf_hash(std::string_view leaf) { return sha256(std::string_view("\0", 1), leaf); }
hash node_hash(const hash& left, const hash& right) { return sha256("\x01", view(left), view(right)); }

std::string base64(std::string_view bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), raw(bytes), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();
  return out;
}
std::optional<std::string> base64_decode(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  std::size_t made = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(), nullptr, &made, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0)
    return std::nullopt;
  out.resize(made);
  if (base64(out) != text) return std::nullopt;
  return out;
}
std::optional<hash> hash_of_base64(std::string_view text) {
  const auto bytes = base64_decode(text);
  if (!bytes || bytes->size() != 32) return std::nullopt;
  hash out;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

std::optional<std::uint64_t> canonical_number(std::string_view text) {
  if (text.empty() || text.size() > 18 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    out = out * 10 + static_cast<unsigned>(c - '0');
  }
  return out;
}

std::optional<verifier_key> parse_vkey(std::string_view text) {
  const auto first = text.find('+'), second = text.find('+', first == text.npos ? first : first + 1);
  if (first == text.npos || second == text.npos || first == 0 || second - first != 9) return std::nullopt;
  verifier_key out;
  out.name = text.substr(0, first);
  const auto key = base64_decode(text.substr(second + 1));
  if (!key || key->size() != 33 || (*key)[0] != '\x01') return std::nullopt;
  out.id = std::string(view(sha256(out.name, "\n", *key)).substr(0, 4));
  std::string hex;
  for (const char c : out.id) {
    static constexpr char digits[] = "0123456789abcdef";
    hex += digits[static_cast<unsigned char>(c) >> 4];
    hex += digits[static_cast<unsigned char>(c) & 15];
  }
  if (hex != text.substr(first + 1, 8)) return std::nullopt;
  std::copy(key->begin() + 1, key->end(), out.bytes.begin());
  return out;
}

std::optional<checkpoint> open_checkpoint(std::string_view note, const verifier_key& key) {
  const auto end = note.find("\n\n");
  if (end == note.npos || note.back() != '\n') return std::nullopt;
  const auto text = note.substr(0, end + 1);
  auto body = text;
  const auto origin = line(body), size = line(body), root = line(body);
  if (!origin || *origin != key.name || !size || !root) return std::nullopt;
  const auto number = canonical_number(*size);
  const auto digest = hash_of_base64(*root);
  if (!number || !digest) return std::nullopt;
  bool good = false;
  for (auto rest = note.substr(end + 2); !rest.empty();) {
    const auto signature = line(rest);
    if (!signature || !signature->starts_with(dash)) return std::nullopt;
    good = good || signature_good(*signature, text, key);
  }
  if (!good) return std::nullopt;
  return checkpoint{*number, *digest};
}

std::optional<proof_file> open_proof(std::string_view text, const verifier_key& key) {
  auto head = line(text);
  if (!head || *head != "c2sp.org/tlog-proof@v1") return std::nullopt;
  head = line(text);
  if (head && head->starts_with("extra ")) head = line(text);
  if (!head || !head->starts_with("index ")) return std::nullopt;
  const auto index = canonical_number(head->substr(6));
  if (!index) return std::nullopt;
  proof_file out;
  out.index = *index;
  for (;;) {
    const auto next = line(text);
    if (!next) return std::nullopt;
    if (next->empty()) break;
    const auto h = hash_of_base64(*next);
    if (!h || out.hashes.size() == hashes_max) return std::nullopt;
    out.hashes.push_back(*h);
  }
  const auto under = open_checkpoint(text, key);
  if (!under) return std::nullopt;
  out.under = *under;
  return out;
}

// RFC 9162 section 2.1.3.2.
bool included(const hash& leaf, const proof_file& proof) {
  if (proof.index >= proof.under.size) return false;
  auto fn = proof.index, sn = proof.under.size - 1;
  auto r = leaf;
  for (const auto& p : proof.hashes) {
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
  return sn == 0 && r == proof.under.root;
}

}  // namespace evhost::audit_verify
