// What the host itself tells the audit trail: denials, plugin states, what operators did. Notes are tallied in memory and
// written to the topic audit-events about once a second; a note is in the log at most a second after it happened.
//
// Threading: note() and denied() any thread, never blocking; flush() on the pool or [control], blocking.
// Errors: a window the store does not take goes into the next one; what no longer fits becomes one gap record with the
// number of notes lost. Bounds: audit_tally's.
#pragma once
#include "host/io/clock.hpp"
#include "host/io/http.hpp"
#include "host/io/log.hpp"
#include "host/io/observe.hpp"
#include "host/security/audit_tally.hpp"

#include <cstdint>
#include <string_view>

namespace evhost::app {

class audit_feed final : public io::denial_observer {
 public:
  audit_feed(io::store& store, io::event_log& log, const io::clock& clock, io::log_sink& sink)
      : store_(store), log_(log), clock_(clock), sink_(sink) {}

  // Opens the topic. [control], before the first flush.
  core::result<void> open(const io::topic_options& options);

  void note(security::audit_note note, std::string_view correlation_id = {}) noexcept;
  void denied(const io::http_request& request, unsigned status, std::string_view code) noexcept override;

  void flush();

 private:
  [[nodiscard]] std::int64_t now_ms() const;

  io::store& store_;
  io::event_log& log_;
  const io::clock& clock_;
  io::log_sink& sink_;
  security::audit_tally tally_;
  std::uint32_t topic_ = 0;
};

}  // namespace evhost::app
