// Signing and opening notes with libsodium.
#include "plugins/audit/log/note.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace audit {
namespace {

constexpr std::string_view dash = "\xe2\x80\x94 ";  // U+2014 and a space begin a signature line
constexpr char ed25519 = '\x01';

std::string body_of(const std::string& origin, const checkpoint& what) {
  return origin + "\n" + std::to_string(what.size) + "\n" + base64(bytes_of(what.root)) + "\n";
}
std::string_view view_of(const auto& array) { return {reinterpret_cast<const char*>(array.data()), array.size()}; }

}  // namespace

std::string base64(std::string_view bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();  // its zero
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  std::size_t made = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(), nullptr, &made, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0)
    return std::nullopt;
  out.resize(made);
  if (base64(out) != text) return std::nullopt;  // trailing bits, line breaks
  return out;
}

bool origin_valid(std::string_view origin) {
  return !origin.empty() && origin.size() <= 255 &&
         std::all_of(origin.begin(), origin.end(), [](char c) { return c > ' ' && c != '+' && c < '\x7f'; });
}

note_signer::note_signer(std::string origin, const seed& from) : origin_(std::move(origin)) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium did not start");
  if (!origin_valid(origin_)) throw std::invalid_argument("audit.origin '" + origin_ + "': use 1 to 255 visible ASCII characters without plus");
  crypto_sign_seed_keypair(public_.data(), secret_.data(), from.data());
  const auto digest = sha256({origin_, "\n", std::string_view(&ed25519, 1), view_of(public_)});
  std::copy_n(digest.begin(), id_.size(), id_.begin());
}
note_signer::~note_signer() { sodium_memzero(secret_.data(), secret_.size()); }

std::string note_signer::vkey() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const auto b : id_) {
    hex += digits[b >> 4];
    hex += digits[b & 15];
  }
  return origin_ + "+" + hex + "+" + base64(std::string(1, ed25519) + std::string(view_of(public_)));
}

std::string note_signer::sign(const checkpoint& what) const {
  const auto body = body_of(origin_, what);
  std::array<unsigned char, 64> signature;
  crypto_sign_detached(signature.data(), nullptr, reinterpret_cast<const unsigned char*>(body.data()), body.size(), secret_.data());
  return body + "\n" + std::string(dash) + origin_ + " " + base64(std::string(view_of(id_)) + std::string(view_of(signature))) + "\n";
}

std::optional<checkpoint> note_signer::open(std::string_view note) const {
  const auto end = note.find("\n\n");
  if (end == note.npos) return std::nullopt;
  checkpoint out;
  auto rest = note.substr(0, end + 1);
  const auto line = [&] {
    const auto at = rest.find('\n');
    const auto head = rest.substr(0, at);
    rest = at == rest.npos ? std::string_view() : rest.substr(at + 1);
    return head;
  };
  out.origin = line();
  const auto size = line();
  for (const char c : size) {
    if (c < '0' || c > '9' || size.size() > 18) return std::nullopt;
    out.size = out.size * 10 + static_cast<std::uint64_t>(c - '0');
  }
  const auto root = base64_decode(line());
  if (!root || root->size() != hash_bytes) return std::nullopt;
  out.root = hash_of(*root);
  // Signing is deterministic: what this key would write is the only acceptable text.
  if (out.origin != origin_ || sign(out) != note) return std::nullopt;
  return out;
}

std::string proof_text(std::uint64_t index, const std::vector<hash>& proof, std::string_view note) {
  std::string out = "c2sp.org/tlog-proof@v1\nindex " + std::to_string(index) + "\n";
  for (const auto& h : proof) out += base64(bytes_of(h)) + "\n";
  return out + "\n" + std::string(note);
}

}  // namespace audit
