// Lookups and scans.
#include "plugins/audit/store/trail.hpp"

#include "plugins/audit/log/note.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <vector>

namespace audit {
namespace {

constexpr std::size_t rows_kept_max = 8;
constexpr std::int64_t clock_slack_ms = 60'000;  // an event's own time may be ahead of the host's by this

}  // namespace

const trail_reader::rows& trail_reader::batch(std::int64_t id) {
  if (const auto found = kept_.find(id); found != kept_.end()) return *found->second;
  if (kept_.size() >= rows_kept_max) kept_.clear();
  auto read = std::make_unique<rows>();
  unit_->query("SELECT l.data, p.data FROM audit_leaves l JOIN audit_payloads p ON p.batch = l.batch WHERE l.batch = $1", {id},
               [&](evh::row r) {
                 read->leaves = r.text(0);
                 read->payloads = r.text(1);
                 read->split = split_leaves(read->leaves);
                 read->sealed.emplace(read->payloads);
               });
  return *kept_.emplace(id, std::move(read)).first->second;
}

entry trail_reader::at(const place& where) {
  const auto& row = batch(where.batch);
  if (where.ordinal >= row.split.size()) throw std::runtime_error("leaf " + std::to_string(where.ordinal) + " of batch " + std::to_string(where.batch) + " is missing: the table is damaged");
  entry out;
  out.at = where;
  out.text = row.split[where.ordinal];
  const auto parsed = parse_leaf(out.text);
  if (!parsed) throw std::runtime_error("leaf " + std::to_string(where.ordinal) + " of batch " + std::to_string(where.batch) + " is damaged");
  out.fields = *parsed;
  const auto& sealed = row.sealed->at(where.ordinal);
  out.owner = sealed.owner;
  auto known = people_.find(sealed.owner);
  if (known == people_.end()) known = people_.emplace(sealed.owner, people::find_alias(*unit_, sealed.owner)).first;
  out.redacted = sealed.erased || !known->second;
  return out;
}

std::optional<trail_reader::content> trail_reader::open(const entry& e) {
  const auto known = people_.find(e.owner);
  if (e.redacted || known == people_.end() || !known->second) return std::nullopt;
  auto plain = batch(e.at.batch).sealed->open(e.at.ordinal, known->second->key);
  content out{plain.substr(0, salt_bytes), plain.substr(std::min(plain.size(), salt_bytes))};
  if (base64(bytes_of(commitment(out.salt, out.payload))) != e.fields.commitment)
    throw std::runtime_error("the payload of " + e.fields.source + " does not match its leaf: it was altered or damaged");
  return out;
}

std::optional<place> trail_reader::place_of(std::uint64_t index) {
  if (index < last_.first || index - last_.first >= last_.count) {
    last_ = {};
    unit_->query("SELECT first, count, batch FROM audit_span WHERE first <= $1 ORDER BY first DESC LIMIT 1", {index}, [&](evh::row r) {
      last_ = {static_cast<std::uint64_t>(r.integer(0)), static_cast<std::uint64_t>(r.integer(1)), r.integer(2)};
    });
    if (index < last_.first || index - last_.first >= last_.count) return std::nullopt;
  }
  return place{last_.batch, static_cast<std::size_t>(index - last_.first), index};
}

// Reads the leaves alone: payloads are many times as large.
std::optional<place> trail_reader::in_batch(std::int64_t id, std::string_view event_id, std::optional<std::uint64_t> first) {
  std::optional<place> out;
  unit_->query("SELECT data FROM audit_leaves WHERE batch = $1", {id}, [&](evh::row r) {
    if (r.text(0).find(event_id) == std::string_view::npos) return;
    const auto leaves = split_leaves(r.text(0));
    for (std::size_t i = 0; i < leaves.size() && !out; ++i)
      if (const auto l = parse_leaf(leaves[i]); l && l->id == event_id) out = place{id, i, first ? std::optional(*first + i) : std::nullopt};
  });
  return out;
}

std::optional<place> trail_reader::near_time(std::string_view event_id, std::int64_t ms, std::int64_t slack_ms) {
  std::vector<std::pair<std::int64_t, std::uint64_t>> spans;  // collected first: no query inside a query
  unit_->query("SELECT batch, first FROM audit_span WHERE time_to >= $1 AND time_from <= $2 ORDER BY time_to LIMIT 4000", {ms - slack_ms, ms + slack_ms},
               [&](evh::row r) { spans.emplace_back(r.integer(0), static_cast<std::uint64_t>(r.integer(1))); });
  for (const auto& [id, first] : spans)
    if (const auto found = in_batch(id, event_id, first)) return found;
  return std::nullopt;
}

std::optional<place> trail_reader::find(std::string_view event_id) {
  std::optional<std::uint64_t> indexed;
  const auto key = event_key(event_id);
  unit_->query("SELECT first FROM audit_index WHERE key = $1 ORDER BY first LIMIT 1", {evh::value::blob(bytes_of(key))},
               [&](evh::row r) { indexed = static_cast<std::uint64_t>(r.integer(0)); });
  if (indexed) return place_of(*indexed);
  std::vector<std::int64_t> staged;
  unit_->query("SELECT batch FROM audit_staged ORDER BY seq LIMIT 1000", {}, [&](evh::row r) { staged.push_back(r.integer(0)); });
  for (const auto id : staged)
    if (const auto found = in_batch(id, event_id, std::nullopt)) return found;
  const auto ms = time_in_id(event_id);
  if (ms < 0) return std::nullopt;
  if (const auto close = near_time(event_id, ms, 20)) return close;  // where the host's own ids always are
  return near_time(event_id, ms, id_time_slack_ms);
}

namespace {

// Indices that may match, newest first, in chunks; from the most selective list there is.
class candidates {
 public:
  candidates(evh::unit& unit, const trail_query& query) : unit_(&unit) {
    if (query.resource) key_ = resource_key(*query.resource);
    else if (query.person) key_ = person_key(*query.person);
    else if (query.type) key_ = type_key(*query.type);
    before_ = query.before.value_or(std::numeric_limits<std::int64_t>::max());
  }

  // False: no more.
  bool next(std::vector<std::uint64_t>& out) {
    out.clear();
    return key_ ? next_list(out) : next_span(out);
  }

 private:
  bool next_list(std::vector<std::uint64_t>& out) {
    // A list that begins below before_ may reach above it: the whole chunk is filtered.
    std::uint64_t lowest = 0;
    bool any = false;
    unit_->query("SELECT first, list FROM audit_index WHERE key = $1 AND first < $2 ORDER BY first DESC LIMIT 64",
                 {evh::value::blob(bytes_of(*key_)), before_}, [&](evh::row r) {
                   any = true;
                   lowest = static_cast<std::uint64_t>(r.integer(0));
                   for (const auto i : unpack_list(lowest, r.text(1)))
                     if (i < before_) out.push_back(i);
                 });
    if (!any) return false;
    before_ = lowest;
    std::sort(out.begin(), out.end(), std::greater<>());
    return true;
  }
  bool next_span(std::vector<std::uint64_t>& out) {
    bool any = false;
    unit_->query("SELECT first, count FROM audit_span WHERE first < $1 ORDER BY first DESC LIMIT 1", {before_}, [&](evh::row r) {
      any = true;
      const auto first = static_cast<std::uint64_t>(r.integer(0));
      for (auto i = std::min(first + static_cast<std::uint64_t>(r.integer(1)), before_); i > first; --i) out.push_back(i - 1);
      before_ = first;
    });
    return any;
  }

  evh::unit* unit_;
  std::optional<index_key> key_;
  std::uint64_t before_;
};

bool matches(const entry& e, const trail_query& q) {
  const auto& f = e.fields;
  return (!q.resource || f.resource == *q.resource) && (!q.type || f.type == *q.type) && (!q.from_ms || f.time_ms >= *q.from_ms) &&
         (!q.to_ms || f.time_ms < *q.to_ms) && (!q.topic || f.source.substr(0, f.source.rfind('/')) == *q.topic) &&
         (!q.person || e.owner == *q.person || f.actor == hex(bytes_of(*q.person)));
}

// Leaves integrated before this moment are all older than `from`.
std::uint64_t lowest_of(evh::unit& unit, const trail_query& q) {
  std::uint64_t lowest = 0;
  if (!q.from_ms) return lowest;
  unit.query("SELECT first + count FROM audit_span WHERE time_to < $1 AND integrated < $2 ORDER BY time_to DESC LIMIT 1",
             {*q.from_ms, *q.from_ms - clock_slack_ms}, [&](evh::row r) { lowest = static_cast<std::uint64_t>(r.integer(0)); });
  return lowest;
}

}  // namespace

trail_page read_trail(trail_reader& reader, evh::unit& unit, const trail_query& query, const std::function<void(entry&)>& each) {
  candidates source(unit, query);
  trail_page page;
  const auto lowest = lowest_of(unit, query);
  std::size_t scanned = 0;
  const auto deadline = std::chrono::steady_clock::now() + scan_time;
  for (std::vector<std::uint64_t> chunk; source.next(chunk);) {
    for (const auto index : chunk) {
      if (index < lowest) return page;
      if (page.count == query.limit || ++scanned > scan_max || (scanned > 1 && std::chrono::steady_clock::now() > deadline)) {
        page.next = index + 1;
        return page;
      }
      const auto where = reader.place_of(index);
      if (!where) continue;
      auto e = reader.at(*where);
      if (!matches(e, query)) continue;
      ++page.count;
      each(e);
    }
  }
  return page;
}

}  // namespace audit
