// Value types of the configuration that the language does not have, and their text forms.
//
// Threading: values and pure functions. Errors: std::nullopt; the caller knows the key and writes the sentence.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace evhost::config {

/// A size or rate of bytes; written "64KiB", "10MiB", "1GiB" or as plain bytes.
struct byte_size {
  std::uint64_t bytes = 0;
  auto operator<=>(const byte_size&) const = default;
};

/// Text that must not be shown. There is no operator<<; masked() is what may be printed.
class secret_text {
 public:
  secret_text() = default;
  explicit secret_text(std::string text) : text_(std::move(text)) {}
  secret_text(const secret_text&) = default;
  secret_text& operator=(const secret_text&) = default;
  secret_text(secret_text&&) noexcept = default;
  secret_text& operator=(secret_text&&) noexcept = default;
  ~secret_text();

  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  [[nodiscard]] const std::string& reveal() const noexcept { return text_; }
  /// "***", or a URL with only its password and query replaced.
  [[nodiscard]] std::string masked() const;

 private:
  std::string text_;
};

/// "250ms", "5s", "10m", "12h", "7d": a whole number and a unit, nothing else.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// The largest unit that loses nothing: 90000 ms -> "90s".
[[nodiscard]] std::string format_duration(std::chrono::milliseconds value);

[[nodiscard]] std::optional<byte_size> parse_size(std::string_view text);
[[nodiscard]] std::string format_size(byte_size value);

[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
[[nodiscard]] std::optional<double> parse_number(std::string_view text);
/// true or false, nothing else.
[[nodiscard]] std::optional<bool> parse_boolean(std::string_view text);
[[nodiscard]] std::string format_number(double value);

}  // namespace evhost::config
