// One dead letter as a record: the original event plus "evh-dlq-" headers that say why it was set aside.
//
// Written inside the unit that moves the position past the event, read by `evhost dlq` and by replays. The original
// headers come first, so that a replay hands them on by cutting the span. The record's own time is when it was set
// aside (retention counts from there); the event's time is a header.
#pragma once
#include "host/core/result.hpp"
#include "host/io/log.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::runtime {

inline constexpr std::string_view dead_letter_suffix = ".dlq";
inline constexpr std::string_view replay_suffix = ".replay";
inline constexpr std::string_view dead_letter_header_prefix = "evh-dlq-";

// Closed set; also the label `reason` of evhost_dlq_events_total.
namespace dead_letter_reason {
inline constexpr std::string_view poison = "poison";            // failed alone attempts_max times
inline constexpr std::string_view verdict = "verdict";          // the plugin said EVH_DEAD_LETTER
inline constexpr std::string_view crash = "crash";              // crashed the host crashes_max times
inline constexpr std::string_view no_subscription = "no_subscription";  // a replay whose topic nobody consumes now
}  // namespace dead_letter_reason

struct dead_letter_cause {
  std::string_view reason;
  evh_status status = EVH_OK;
  std::string_view error, plugin, group, topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::uint32_t attempts = 0;
  std::int64_t first_failure_ns = 0, set_aside_ns = 0;  // Unix nanoseconds
  std::string_view host_version;
};

// What the headers of a dead letter say; views into them.
struct dead_letter_headers {
  dead_letter_cause cause;
  std::int64_t event_time_ns = 0;
  std::size_t original_count = 0;  // headers before ours
};

// Owns the header texts of one outgoing dead letter; reusable. The outgoing record's views die with event or this.
class dead_letter_record {
 public:
  // headers: the event's original ones. type: its name.
  const io::outgoing& compose(std::uint32_t dead_letter_topic, const evh_event& event, std::string_view type,
                              std::span<const evh_pair> headers, const dead_letter_cause& cause);

 private:
  void add(std::string_view name, std::string_view value);
  void add(std::string_view name, std::int64_t value);

  std::vector<evh_pair> headers_;
  std::array<std::array<char, 24>, 8> numbers_{};
  std::size_t numbers_used_ = 0;
  io::outgoing record_;
};

// nullopt when the record carries no dead letter headers (somebody else wrote into the topic).
std::optional<dead_letter_headers> parse_dead_letter(std::span<const evh_pair> headers);

// "io", "invalid", ...; the words of the dead letter header and of log lines.
std::string_view status_word(evh_status status);

}  // namespace evhost::runtime
