// Reading the trail: one event by id or index, pages by task, person, type and time. Inside any unit; errors: evh::failure,
// std::runtime_error for damaged rows.
#pragma once
#include "plugins/audit/leaves/leaf.hpp"
#include "plugins/audit/store/people.hpp"
#include "plugins/audit/store/postings.hpp"

#include <evh/unit.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace audit {

// Where a leaf lies; index is empty while it is staged.
struct place {
  std::int64_t batch = 0;
  std::size_t ordinal = 0;
  std::optional<std::uint64_t> index;
};

struct entry {
  place at;
  std::string text;       // the leaf's bytes
  leaf fields;
  pseudonym owner{};
  bool redacted = false;  // payload or its key was erased
};

// Reads entries; keeps the last rows, so that neighbours cost one read. One unit.
class trail_reader {
 public:
  explicit trail_reader(evh::unit& unit) : unit_(&unit) {}

  entry at(const place& where);
  std::optional<place> place_of(std::uint64_t index);   // keeps the span, so that neighbours cost no query
  std::optional<place> find(std::string_view event_id);
  // Salt and payload; nothing when erased. Throws when they do not match the leaf's commitment.
  struct content {
    std::string salt, payload;
  };
  std::optional<content> open(const entry& e);

 private:
  struct rows {
    std::string leaves, payloads;
    std::vector<std::string_view> split;  // of leaves
    std::optional<payload_row> sealed;    // of payloads
  };
  const rows& batch(std::int64_t id);
  struct span {
    std::uint64_t first = 0, count = 0;
    std::int64_t batch = 0;
  };
  std::optional<place> near_time(std::string_view event_id, std::int64_t ms, std::int64_t slack_ms);
  std::optional<place> in_batch(std::int64_t id, std::string_view event_id, std::optional<std::uint64_t> first);

  evh::unit* unit_;
  span last_;
  std::map<std::int64_t, std::unique_ptr<rows>> kept_;
  std::map<pseudonym, std::optional<identity>> people_;
};

struct trail_query {
  std::optional<std::string> resource;     // task:<id>
  std::optional<pseudonym> person;         // owner or actor
  std::optional<std::string> type, topic;
  std::optional<std::int64_t> from_ms, to_ms;  // [from, to)
  std::optional<std::uint64_t> before;     // go on below this index
  std::size_t limit = 50;
};

// Newest first. Looks at no more than scan_max leaves and no longer than scan_time, so a page may be short and still have a
// next one; the store ends reads that take longer.
inline constexpr std::size_t scan_max = 5000;
inline constexpr std::chrono::milliseconds scan_time{200};
struct trail_page {
  std::size_t count = 0;
  std::optional<std::uint64_t> next;       // before of the next page
};
trail_page read_trail(trail_reader& reader, evh::unit& unit, const trail_query& query, const std::function<void(entry&)>& each);

}  // namespace audit
