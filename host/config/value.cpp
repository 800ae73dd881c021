// Text forms of configuration values: strict in, shortest lossless out.
#include "host/config/value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace evhost::config {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array<unit, 5> durations{{{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<unit, 5> sizes{{{"", 1}, {"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}}};

// A whole number, then one of the units, without a gap; nullopt also when the product would overflow 63 bits.
template <std::size_t Count>
std::optional<std::uint64_t> parse_with_unit(std::string_view text, const std::array<unit, Count>& units) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& candidate : units) {
    if (candidate.name != suffix) continue;
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / candidate.factor)
      return std::nullopt;
    return number * candidate.factor;
  }
  return std::nullopt;
}

template <std::size_t Count>
std::string format_with_unit(std::uint64_t value, const std::array<unit, Count>& units, std::size_t smallest) {
  std::size_t best = smallest;
  for (std::size_t i = smallest; i < Count; ++i) {
    if (value != 0 && value % units[i].factor == 0) best = i;
  }
  return std::to_string(value / units[best].factor) + std::string(units[best].name);
}

}  // namespace

secret_text::~secret_text() {
  // explicit_bzero is not dropped by the optimiser; the small buffer is covered because data() points into it.
  if (!text_.empty()) explicit_bzero(text_.data(), text_.size());
}

std::string secret_text::masked() const {
  if (text_.empty()) return "";
  const std::size_t scheme = text_.find("://");
  if (scheme == std::string::npos) return "***";
  std::string shown = text_;
  if (const std::size_t query = shown.find('?'); query != std::string::npos)
    shown.replace(query, std::string::npos, "?***");
  const std::size_t authority = scheme + 3;
  const std::size_t end = std::min(shown.find('/', authority), shown.size());
  const std::size_t at = shown.rfind('@', end);
  if (at == std::string::npos || at < authority) return shown;
  const std::size_t colon = shown.find(':', authority);
  if (colon < at) shown.replace(colon + 1, at - colon - 1, "***");
  return shown;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto value = parse_with_unit(text, durations);
  if (!value) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*value));
}

std::string format_duration(std::chrono::milliseconds value) {
  if (value.count() == 0) return "0s";
  return format_with_unit(static_cast<std::uint64_t>(value.count()), durations, 0);
}

std::optional<byte_size> parse_size(std::string_view text) {
  const auto value = parse_with_unit(text, sizes);
  if (!value) return std::nullopt;
  return byte_size{*value};
}

std::string format_size(byte_size value) {
  return format_with_unit(value.bytes, sizes, 1);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::string format_number(double value) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return error == std::errc{} ? std::string(buffer.data(), end) : std::string("0");
}

}  // namespace evhost::config
