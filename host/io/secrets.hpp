// The port through which a module or plugin gets a secret: bytes that cannot be printed and are wiped when they go.
//
// Threading: secret_provider::get may be called from any thread and may read a file: never call it on an event thread.
// Ownership: a secret owns its bytes alone (move only) and overwrites them before the memory is freed.
// Errors: result with a sentence that names the secret, where it was looked for and the remedy, never its value.
// Bounds: secret_bytes_max.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "host/core/result.hpp"

namespace evhost::io {

/// A larger file is refused: a secret is a key or a password, never a data set.
inline constexpr std::size_t secret_bytes_max = 64 * 1024;

/// Bytes that must not leak. There is deliberately no operator<<, no comparison and no implicit conversion.
class secret {
 public:
  secret() = default;
  explicit secret(std::span<const std::byte> bytes) : secret(bytes.size()) {
    std::byte* to = bytes_.get();
    for (const std::byte byte : bytes) *to++ = byte;
  }
  explicit secret(std::string_view text) : secret(std::as_bytes(std::span(text.data(), text.size()))) {}
  /// Room for `size` bytes, all zero; fill it through writable().
  explicit secret(std::size_t size) : bytes_(size ? std::make_unique<std::byte[]>(size) : nullptr), size_(size) {}

  secret(secret&& other) noexcept : bytes_(std::move(other.bytes_)), size_(other.size_) { other.size_ = 0; }
  secret& operator=(secret&& other) noexcept {
    if (this != &other) {
      wipe();
      bytes_ = std::move(other.bytes_);
      size_ = other.size_;
      other.size_ = 0;
    }
    return *this;
  }
  secret(const secret&) = delete;
  secret& operator=(const secret&) = delete;
  ~secret() { wipe(); }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// The bytes, valid as long as this object. Whoever copies them becomes responsible for wiping.
  [[nodiscard]] std::span<const std::byte> reveal() const noexcept { return {bytes_.get(), size_}; }
  [[nodiscard]] std::string_view reveal_text() const noexcept {
    return {reinterpret_cast<const char*>(bytes_.get()), size_};
  }
  [[nodiscard]] std::span<std::byte> writable() noexcept { return {bytes_.get(), size_}; }
  [[nodiscard]] secret copy() const { return secret(reveal()); }

 private:
  void wipe() noexcept {
    // A volatile write per byte: the compiler may not drop it although the memory is freed next.
    volatile std::byte* at = bytes_.get();
    for (std::size_t i = 0; i < size_; ++i) at[i] = std::byte{0};
    bytes_.reset();
    size_ = 0;
  }

  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
};

/// Finds secrets by name. Names are `[a-z0-9][a-z0-9._-]{0,127}`.
class secret_provider {
 public:
  secret_provider() = default;
  secret_provider(const secret_provider&) = delete;
  secret_provider& operator=(const secret_provider&) = delete;
  virtual ~secret_provider() = default;

  /// Reads the secret anew, so that a rotated file is seen. errc::not_found when no source has it.
  [[nodiscard]] virtual core::result<secret> get(std::string_view name) = 0;
};

}  // namespace evhost::io
