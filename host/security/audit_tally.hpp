// Notes for the audit trail, counted until somebody writes them: equal notes of one window are one entry with a count, so
// that a flood of denials costs a few records, and what does not fit is counted as lost.
//
// Threading: any. Ownership: values only. Bounds: entries_max different notes per window; text_bytes_max per text.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::security {

struct audit_note {
  std::string type;            // todo.audit.denied.v1
  std::string action;          // access, load, put_record, ...
  std::string outcome;         // success | failure | denied
  std::string actor;           // subject; "anonymous" when nobody proved who they are; "host"
  std::string object;          // route:GET /api/v1/tasks, plugin:chat, ...
  std::string reason;
  std::string remote_address;
  auto operator<=>(const audit_note&) const = default;
};

class audit_tally {
 public:
  static constexpr std::size_t text_bytes_max = 256;

  explicit audit_tally(std::size_t entries_max = 1024) : entries_max_(entries_max) {}

  struct entry {
    audit_note note;
    std::uint64_t count = 0;
    std::int64_t from_ms = 0, to_ms = 0;  // Unix
    std::string correlation_id;           // of the last one
  };
  struct window {
    std::vector<entry> entries;
    std::uint64_t lost = 0;  // notes that found no room
    std::int64_t lost_from_ms = 0, lost_to_ms = 0;
    [[nodiscard]] bool empty() const noexcept { return entries.empty() && lost == 0; }
  };

  /// Never throws: a note that cannot be kept is counted as lost.
  void add(audit_note note, std::string_view correlation_id, std::int64_t now_ms) noexcept;
  /// Ends the window.
  [[nodiscard]] window take();
  /// A window that could not be written: its notes count again, and into the next one.
  void put_back(window unwritten) noexcept;

 private:
  struct tally {
    std::uint64_t count = 0;
    std::int64_t from_ms = 0, to_ms = 0;
    std::string correlation_id;
  };
  void lose(std::uint64_t count, std::int64_t from_ms, std::int64_t to_ms) noexcept;
  void merge(audit_note&& note, std::string_view correlation_id, std::uint64_t count, std::int64_t from_ms,
             std::int64_t to_ms) noexcept;

  const std::size_t entries_max_;
  std::mutex mutex_;
  std::map<audit_note, tally> entries_;
  std::uint64_t lost_ = 0;
  std::int64_t lost_from_ms_ = 0, lost_to_ms_ = 0;
};

}  // namespace evhost::security
