// One ordered map per window under a mutex.
#include "host/security/audit_tally.hpp"

#include <algorithm>

namespace evhost::security {
namespace {

// Cut at a character's start, so that UTF-8 stays valid.
void cut(std::string& text) {
  if (text.size() <= audit_tally::text_bytes_max) return;
  std::size_t end = audit_tally::text_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
}

}  // namespace

void audit_tally::add(audit_note note, std::string_view correlation_id, std::int64_t now_ms) noexcept {
  for (auto* text : {&note.actor, &note.object, &note.reason, &note.remote_address}) cut(*text);
  const std::lock_guard lock(mutex_);
  merge(std::move(note), correlation_id, 1, now_ms, now_ms);
}

void audit_tally::merge(audit_note&& note, std::string_view correlation_id, std::uint64_t count, std::int64_t from_ms,
                        std::int64_t to_ms) noexcept {
  try {
    auto at = entries_.find(note);
    if (at == entries_.end()) {
      if (entries_.size() >= entries_max_) return lose(count, from_ms, to_ms);
      at = entries_.emplace(std::move(note), tally{0, from_ms, to_ms, {}}).first;
    }
    at->second.count += count;
    at->second.from_ms = std::min(at->second.from_ms, from_ms);
    at->second.to_ms = std::max(at->second.to_ms, to_ms);
    at->second.correlation_id = correlation_id;
  } catch (...) {
    lose(count, from_ms, to_ms);
  }
}

void audit_tally::lose(std::uint64_t count, std::int64_t from_ms, std::int64_t to_ms) noexcept {
  lost_from_ms_ = lost_ == 0 ? from_ms : std::min(lost_from_ms_, from_ms);
  lost_to_ms_ = lost_ == 0 ? to_ms : std::max(lost_to_ms_, to_ms);
  lost_ += count;
}

audit_tally::window audit_tally::take() {
  window out;
  const std::lock_guard lock(mutex_);
  out.entries.reserve(entries_.size());
  for (auto& [note, sum] : entries_)
    out.entries.push_back({note, sum.count, sum.from_ms, sum.to_ms, std::move(sum.correlation_id)});
  entries_.clear();
  out.lost = lost_;
  out.lost_from_ms = lost_from_ms_;
  out.lost_to_ms = lost_to_ms_;
  lost_ = 0;
  return out;
}

void audit_tally::put_back(window unwritten) noexcept {
  const std::lock_guard lock(mutex_);
  for (auto& one : unwritten.entries)
    merge(std::move(one.note), one.correlation_id, one.count, one.from_ms, one.to_ms);
  if (unwritten.lost > 0) lose(unwritten.lost, unwritten.lost_from_ms, unwritten.lost_to_ms);
}

}  // namespace evhost::security
