// The log sink of the process: formats in the caller, writes through spdlog on a thread of its own.
//
// Threading: any. A caller never waits for the terminal, pipe or file behind the descriptor: the queue is bounded and
//   when it is full the oldest lines go, counted in evhost_log_dropped_total{reason="queue"}.
// Ownership: owns its thread; the descriptor is borrowed. Destruction and flush() write everything queued first.
// Errors: none reach the caller.
#pragma once

#include <memory>

#include "host/io/clock.hpp"
#include "host/io/observe.hpp"
#include "host/observe/log_line.hpp"

namespace evhost::observe {

/// Records of this component are never taken for repetitions of each other: the access log.
inline constexpr std::string_view unlimited_component = "access";

struct log_options {
  log_format format = log_format::text;
  io::log_level level = io::log_level::info;
  std::uint32_t repeat_max = 20;
  std::chrono::milliseconds repeat_window{10'000};
  std::size_t queue_lines = 1024;  // about 0.4 KiB each
  int descriptor = 2;
};

class spdlog_sink final : public io::log_sink {
 public:
  /// `metrics` and `clock` must outlive the sink.
  spdlog_sink(const log_options& options, const io::clock& clock, io::metric_registry& metrics);
  ~spdlog_sink() override;

  /// Waits until everything logged before this call is written, at most `patience`.
  void flush(std::chrono::milliseconds patience = std::chrono::milliseconds(2000)) noexcept override;

 private:
  struct state;
  void write(const io::log_record& record) noexcept override;

  std::unique_ptr<state> state_;
};

/// "info" -> io::log_level::info; nothing for an unknown word.
[[nodiscard]] io::log_level level_of(std::string_view name, io::log_level otherwise = io::log_level::info) noexcept;

}  // namespace evhost::observe
