// Packing and unpacking.
#include "plugins/audit/leaves/bundle.hpp"

#include <sodium.h>

#include <cstring>
#include <stdexcept>

namespace audit {
namespace {

constexpr std::size_t prefix_bytes = 16;

void put_u32(std::string& out, std::uint32_t v) {
  const char bytes[] = {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8), static_cast<char>(v)};
  out.append(bytes, 4);
}
std::uint32_t u32_at(std::string_view s, std::size_t at) {
  std::uint32_t v = 0;
  for (std::size_t i = 0; i < 4; ++i) v = v << 8 | static_cast<unsigned char>(s[at + i]);
  return v;
}

// In place: the cipher is its own reverse.
void cipher(char* bytes, std::size_t size, std::string_view prefix, std::uint32_t ordinal, const hash& key) {
  unsigned char nonce[crypto_stream_xchacha20_NONCEBYTES] = {};
  std::memcpy(nonce, prefix.data(), prefix_bytes);
  for (std::size_t i = 0; i < 4; ++i) nonce[prefix_bytes + i] = static_cast<unsigned char>(ordinal >> (8 * i));
  auto* const data = reinterpret_cast<unsigned char*>(bytes);
  crypto_stream_xchacha20_xor(data, data, size, nonce, key.data());
}

[[noreturn]] void damaged(const char* what) { throw std::runtime_error(std::string("a row of ") + what + " is damaged: restore the database from a backup"); }

}  // namespace

pseudonym pseudonym_of(std::string_view bytes) {
  pseudonym out;
  if (bytes.size() != out.size()) damaged("pseudonyms");
  std::memcpy(out.data(), bytes.data(), out.size());
  return out;
}

std::vector<std::string_view> split_leaves(std::string_view row) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < row.size();) {
    if (row.size() - at < 2) damaged("leaves");
    const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(row[at])) << 8 | static_cast<unsigned char>(row[at + 1]);
    if (row.size() - at - 2 < length) damaged("leaves");
    out.push_back(row.substr(at + 2, length));
    at += 2 + length;
  }
  return out;
}

void payload_writer::clear() {
  row_.clear();
  count_ = 0;
}

void payload_writer::add(const pseudonym& owner, const hash& key, std::string_view salt, std::string_view payload) {
  if (row_.empty()) {
    row_.resize(prefix_bytes);
    randombytes_buf(row_.data(), prefix_bytes);
  }
  put_u32(row_, static_cast<std::uint32_t>(salt.size() + payload.size()));
  row_ += bytes_of(owner);
  const auto at = row_.size();
  row_ += salt;
  row_ += payload;
  cipher(row_.data() + at, row_.size() - at, row_, count_++, key);
}

payload_row::payload_row(std::string_view row) : row_(row) {
  if (row.size() < prefix_bytes) damaged("payloads");
  for (std::size_t at = prefix_bytes; at < row.size();) {
    if (row.size() - at < 20) damaged("payloads");
    const std::size_t length = u32_at(row, at);
    if (row.size() - at - 20 < length) damaged("payloads");
    entries_.push_back({pseudonym_of(row.substr(at + 4, 16)), length == 0, row.substr(at + 20, length)});
    at += 20 + length;
  }
}

std::string payload_row::open(std::size_t ordinal, const hash& key) const {
  std::string out(at(ordinal).cipher);
  cipher(out.data(), out.size(), row_, static_cast<std::uint32_t>(ordinal), key);
  return out;
}

std::string payload_row::without(std::size_t ordinal) const {
  std::string out(row_.substr(0, prefix_bytes));
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto& e = entries_[i];
    const auto content = i == ordinal ? std::string_view() : e.cipher;
    put_u32(out, static_cast<std::uint32_t>(content.size()));
    out += bytes_of(e.owner);
    out += content;
  }
  return out;
}

}  // namespace audit
