// Takes events out of segments; makes segments out of rows.
#include "host/log/reader.hpp"

#include "host/core/views.hpp"
#include "host/log/values.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace evhost::log {
namespace {

using core::errc;
using core::fail;


// Columns of partition::statements::fetch.
enum column { col_off, col_time, col_type, col_id, col_key, col_payload, col_headers, col_trace, column_count };

evh_sv bytes_of(const evh_value& cell, arena& memory) {
  if (cell.type == EVH_NULL) return core::absent;
  return copy_into(memory, cell.as.bytes);
}

bool append_row(segment& to, const partition& of, std::span<const evh_value> cells) {
  if (cells.size() != column_count) return false;
  evh_event e{};
  e.topic = of.topic();
  e.partition = of.number();
  e.offset = cells[col_off].as.integer;
  e.time_ns = cells[col_time].as.integer;
  e.type = static_cast<std::uint32_t>(cells[col_type].as.integer);
  e.id = bytes_of(cells[col_id], to.memory);
  e.key = bytes_of(cells[col_key], to.memory);
  e.payload = bytes_of(cells[col_payload], to.memory);
  e.attempt = 1;
  e.source = EVH_SOURCE_LOG;
  if (cells[col_trace].type == EVH_BLOB && cells[col_trace].as.bytes.len == sizeof e.trace_id + sizeof e.span_id) {
    std::memcpy(e.trace_id, cells[col_trace].as.bytes.ptr, sizeof e.trace_id);
    std::memcpy(e.span_id, cells[col_trace].as.bytes.ptr + sizeof e.trace_id, sizeof e.span_id);
  }
  if (cells[col_headers].type == EVH_BLOB) {
    const auto blob = to.memory.copy(core::text(cells[col_headers].as.bytes));
    if (!decode_headers(blob, to.memory, e)) return false;
  }
  to.events.push_back(e);
  return true;
}

}  // namespace

reader::reader(io::store& store, partition& of, tail_budget& budget, const log_options& options, std::int64_t offset,
               bool want_headers, std::function<void()> wake)
    : store_(store), partition_(of), budget_(budget), options_(options), offset_(offset), want_headers_(want_headers),
      slot_(std::make_shared<wake_slot>()) {
  slot_->wake = std::move(wake);
  partition_.attach(slot_);
}

reader::~reader() {
  partition_.detach(slot_, budget_);
  std::lock_guard lock(slot_->mutex);  // waits for a wake-up under way; none follows
  slot_->wake = nullptr;
}

void reader::seek(std::int64_t offset) {
  offset_ = offset;
  current_.reset();
}

core::result<std::size_t> reader::take(io::event_batch& into, std::size_t max) {
  std::size_t taken = 0;
  while (taken < max) {
    if (current_) {
      taken += hand_out(into, max - taken);
      continue;
    }
    // Rows below the oldest retained one are gone, whatever the position says.
    offset_ = std::max(offset_, partition_.begin_offset());
    const auto end = partition_.end_offset();
    if (offset_ >= end) break;
    current_ = partition_.find(offset_);
    if (current_) continue;
    auto fetched = fetch(end, std::max<std::size_t>(max - taken, options_.read_rows));
    if (!fetched) {
      if (taken > 0) break;  // what memory held goes out; the next call meets the error again
      return std::move(fetched).error();
    }
    if (fetched.value()->events.empty())
      offset_ = end;  // trimmed between the look at begin and the read
    else
      current_ = std::move(fetched).value();
  }
  return taken;
}

std::size_t reader::hand_out(io::event_batch& into, std::size_t max) {
  const auto& events = current_->events;
  const std::size_t from = current_->index_of(offset_);
  const std::size_t count = std::min(max, events.size() - from);
  if (count > 0) {
    const auto begin = events.begin() + static_cast<std::ptrdiff_t>(from);
    const auto first = into.events.insert(into.events.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
    if (!want_headers_)
      std::for_each(first, into.events.end(), [](evh_event& e) {
        e.headers = nullptr;
        e.headers_count = 0;
      });
    offset_ = events[from + count - 1].offset + 1;
    into.holds.push_back(current_);
  }
  if (from + count == events.size()) current_.reset();
  return count;
}

core::result<std::shared_ptr<const segment>> reader::fetch(std::int64_t end, std::size_t rows) {
  std::shared_ptr<segment> made;
  bool damaged = false;
  auto done = store_.read([&](io::transaction& tx) {
    made = std::make_shared<segment>();
    const std::array values{integer_value(offset_), integer_value(end), integer_value(static_cast<std::int64_t>(rows))};
    return tx.query(partition_.sql().fetch, values, [&](std::span<const evh_value> cells) {
      damaged = damaged || !append_row(*made, partition_, cells);
      return !damaged && made->memory.bytes() < options_.read_bytes;
    });
  });
  if (!done) return std::move(done).error();
  if (damaged)
    return fail(errc::io, "damaged record in " + table_of(partition_.topic(), partition_.number()) + " at or after offset " +
                              std::to_string(made->events.empty() ? offset_ : made->end_offset()) +
                              ": restore the database from a backup");
  return std::shared_ptr<const segment>(std::move(made));
}

}  // namespace evhost::log
