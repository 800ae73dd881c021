// Edit distance over short names; inputs longer than any key are cut, so that the cost stays bounded.
#include "host/config/nearest.hpp"

#include <algorithm>
#include <vector>

namespace evhost::config {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  constexpr std::size_t longest = 128;
  a = a.substr(0, longest);
  b = b.substr(0, longest);
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, substitution});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) current[j] = std::min(current[j], before[j - 2] + 1);
    }
    before.swap(previous);
    previous.swap(current);
  }
  return previous[b.size()];
}

std::string_view nearest(std::string_view written, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t best_distance = 0;
  for (const auto& candidate : known) {
    const std::size_t distance = edit_distance(written, candidate);
    if (best.empty() || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best_distance <= std::max<std::size_t>(2, best.size() / 3) ? best : std::string_view{};
}

std::string did_you_mean(std::string_view written, std::span<const std::string_view> known) {
  const auto meant = nearest(written, known);
  return meant.empty() ? std::string{} : "; did you mean " + std::string(meant) + "?";
}

}  // namespace evhost::config
