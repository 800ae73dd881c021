// Bucket bounds shared by the metric catalogue, in seconds unless named otherwise.
#pragma once

#include <array>

namespace evhost::io::metrics {

/// 1 ms to 30 s: handlers, effects, requests that wait for a commit.
inline constexpr std::array<double, 14> seconds_1ms_30s{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                        0.25,  0.5,    1,     2.5,  5,     10,   30};
/// 50 us to 2.5 s: commits, statements, pushes on one machine.
inline constexpr std::array<double, 15> seconds_50us_2s{0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                        0.025,   0.05,   0.1,     0.25,   0.5,   1,      2.5};
/// How many pieces travel together: units per commit, events per batch.
inline constexpr std::array<double, 11> count_1_1024{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

}  // namespace evhost::io::metrics
