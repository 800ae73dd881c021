// Finds what somebody probably meant: the known name with the fewest typing errors between.
//
// Source: optimal string alignment (Damerau-Levenshtein with adjacent swaps), Boytsov 2011, section 2.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace evhost::config {

[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `known`, or empty when even that one is too far to be meant (more than a third of its length, or 2).
[[nodiscard]] std::string_view nearest(std::string_view written, std::span<const std::string_view> known);

/// "; did you mean http.port?" or "".
[[nodiscard]] std::string did_you_mean(std::string_view written, std::span<const std::string_view> known);

}  // namespace evhost::config
