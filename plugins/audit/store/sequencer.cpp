// Rounds of integration.
#include "plugins/audit/store/sequencer.hpp"

#include "plugins/audit/leaves/bundle.hpp"
#include "plugins/audit/store/postings.hpp"

#include <array>
#include <cstring>
#include <stdexcept>

namespace audit {

// What one round found and made, kept until its unit settled.
struct integration {
  tree_state before;
  std::int64_t epoch = 0;          // to write
  std::int64_t now_ms = 0;
  std::int64_t seq_first = 0, seq_last = 0;
  std::uint64_t size = 0, counted = 0;
  std::vector<std::array<std::int64_t, 5>> spans;  // first, count, batch, time_from, time_to
  std::map<index_key, std::vector<std::uint64_t>> postings;
  std::map<tile_id, std::string> tiles;
  std::string note, vkey;
  bool new_key = false, more = false;

  void write(evh::unit& unit) const;
};

namespace {

void add_postings(std::map<index_key, std::vector<std::uint64_t>>& out, std::string_view keys, std::uint64_t first) {
  for (std::size_t at = 0; at < keys.size(); ++first) {
    const auto n = static_cast<unsigned char>(keys[at++]);
    for (unsigned i = 0; i < n && at + index_key_bytes <= keys.size(); ++i, at += index_key_bytes) {
      index_key key;
      std::memcpy(key.data(), keys.data() + at, key.size());
      out[key].push_back(first);
    }
  }
}

constexpr std::string_view staged_rows =
    "SELECT s.seq, s.batch, s.count, s.time_from, s.time_to, s.keys, l.data FROM audit_staged s "
    "JOIN audit_leaves l ON l.batch = s.batch ORDER BY s.seq LIMIT $1";

// Another process was faster; nothing is wrong.
evh::failure overtaken() { return {EVH_CONFLICT, "another process integrated meanwhile"}; }

}  // namespace

void integration::write(evh::unit& unit) const {
  if (unit.exec("UPDATE audit_state SET size = $1, epoch = $2, integrated = $3 WHERE id = 1 AND size = $4 AND epoch = $5",
                {size, epoch, now_ms, before.size, before.epoch}) != 1)
    throw overtaken();
  const auto taken = unit.exec("DELETE FROM audit_staged WHERE seq BETWEEN $1 AND $2", {seq_first, seq_last});
  if (taken != static_cast<std::int64_t>(spans.size())) throw overtaken();  // a row below seq_last was committed meanwhile
  static constexpr std::array<std::string_view, 6> span_columns{"first", "count", "batch", "time_from", "time_to", "integrated"};
  std::vector<evh::value> cells;
  for (const auto& s : spans) cells.insert(cells.end(), {s[0], s[1], s[2], s[3], s[4], now_ms});
  unit.copy_rows("audit_span", span_columns, cells);
  static constexpr std::array<std::string_view, 3> index_columns{"key", "first", "list"};
  std::vector<std::string> lists;
  lists.reserve(postings.size());
  cells.clear();
  for (const auto& [key, leaves] : postings)
    cells.insert(cells.end(), {evh::value::blob(bytes_of(key)), leaves.front(), evh::value::blob(lists.emplace_back(pack_list(leaves)))});
  unit.copy_rows("audit_index", index_columns, cells);
  store_tiles(unit, tiles);
  unit.exec("INSERT INTO audit_checkpoint(size, note, at) VALUES($1, $2, $3)", {size, note, now_ms});
  if (new_key) unit.exec("INSERT INTO audit_key(vkey, since, at) VALUES($1, $2, $3) ON CONFLICT(vkey) DO NOTHING", {vkey, before.size, now_ms});
}

void sequencer::check_last(const stored_checkpoint& last, const tree_state& state, tree_view& stored) const {
  const std::string remedy = "; nothing is signed until this is looked into: compare with checkpoints kept elsewhere, restore a backup";
  if (last.note.empty() ? state.size != 0 : last.size != state.size)
    throw std::runtime_error("the tree has " + std::to_string(state.size) + " leaves, the last signed checkpoint " + std::to_string(last.size) + remedy);
  if (last.note.empty()) return;
  const auto opened = signer_->open(last.note);
  if (!opened && !accept_new_key_)
    throw std::runtime_error("the last checkpoint was not signed with this host's audit key or origin; nothing is signed: restore data/keys and "
                             "plugins.audit.origin, or set plugins.audit.accept_new_key for one start when the key was changed on purpose");
  if (opened && (opened->size != state.size || opened->root != stored.root(state.size)))
    throw std::runtime_error("the stored tree does not have the root that was signed at size " + std::to_string(state.size) + remedy);
}

// Somebody else holds the log: is that one still at it?
bool sequencer::must_stand_by(evh::unit& unit, const tree_state& state, std::int64_t now_ms) {
  bool waits = false;
  unit.query("SELECT 1 FROM audit_staged LIMIT 1", {}, [&](evh::row) { waits = true; });
  if (!waits || stalled_since_ms_ == 0 || stalled_size_ != state.size) {
    stalled_since_ms_ = waits ? now_ms : 0;
    stalled_size_ = state.size;
    return true;
  }
  return now_ms - stalled_since_ms_ < takeover_after_ms;
}

std::shared_ptr<integration> sequencer::think(evh::unit& unit, std::int64_t now_ms) {
  auto out = std::make_shared<integration>();
  out->before = read_state(unit);
  out->now_ms = now_ms;
  size_ = out->before.size;
  const bool ours = epoch_ && *epoch_ == out->before.epoch;
  if (epoch_ && !ours) fenced_ = true;
  if (fenced_ && must_stand_by(unit, out->before, now_ms)) return nullptr;
  out->epoch = ours ? *epoch_ : out->before.epoch + 1;

  stored_tiles tiles(unit);
  tree_growth growth(tiles, out->before.size);
  std::size_t bytes = 0;
  unit.query(staged_rows, {round_bundles_max}, [&](evh::row r) {
    const auto leaves = split_leaves(r.text(6));
    if (static_cast<std::int64_t>(leaves.size()) != r.integer(2))
      throw std::runtime_error("staged batch " + std::to_string(r.integer(1)) + " has " + std::to_string(leaves.size()) + " leaves, not " + std::to_string(r.integer(2)));
    if (out->spans.empty()) out->seq_first = r.integer(0);
    out->seq_last = r.integer(0);
    out->spans.push_back({static_cast<std::int64_t>(growth.size()), r.integer(2), r.integer(1), r.integer(3), r.integer(4)});
    add_postings(out->postings, r.text(5), growth.size());
    for (const auto l : leaves) growth.append(leaf_hash(l));
    bytes += r.text(6).size();
    out->more = growth.size() - out->before.size >= round_leaves_max || bytes >= round_bytes_max;
    return !out->more;
  });
  if (out->spans.empty()) return nullptr;

  const auto last = read_checkpoint(unit);
  tree_view stored(tiles);
  check_last(last, out->before, stored);
  out->size = growth.size();
  tree_view grown(growth);
  const checkpoint next{"", out->size, grown.root(out->size)};
  if (!verify_consistency(out->before.size, stored.root(out->before.size), next.size, next.root, grown.consistency(out->before.size, next.size)))
    throw std::runtime_error("the tree of " + std::to_string(next.size) + " leaves does not extend the signed one of " + std::to_string(out->before.size) +
                             "; nothing is signed: a row of audit_tile was altered");
  out->tiles = growth.changed();
  out->note = signer_->sign(next);
  out->vkey = signer_->vkey();
  out->new_key = !ours;
  return out;
}

bool sequencer::round(std::int64_t now_ms) {
  if (busy_.exchange(true)) return false;
  looked_ms_ = now_ms;
  const auto counted = staged_.load();
  std::shared_ptr<integration> made;
  try {
    evh::read(*host_, [&](evh::unit& unit) { made = think(unit, now_ms); });
  } catch (const std::exception& e) {
    set_fault(e.what());
    busy_ = false;
    return false;
  }
  if (!made) {
    staged_ -= counted;  // integrated by somebody, or not ours to do
    busy_ = false;
    return false;
  }
  made->counted = counted;
  const bool queued = evh::write(*host_, [made](evh::unit& unit) { made->write(unit); },
                                 [this, made](evh_status status) { settled(*made, status); });
  if (!queued) busy_ = false;  // full or draining: the next tick tries again
  return queued;
}

void sequencer::settled(const integration& what, evh_status status) {
  if (status == EVH_OK) {
    epoch_ = what.epoch;
    fenced_ = false;
    stalled_since_ms_ = 0;
    size_ = what.size;
    const auto done = what.size - what.before.size;
    auto now = staged_.load();
    while (!staged_.compare_exchange_weak(now, now > done ? now - done : 0)) {}
    if (what.more) looked_ms_ = 0;  // the next tick goes on, whoever staged it
    set_fault({});
  } else if (status != EVH_CONFLICT) {
    host_->warn("a round of the audit log was rolled back; the next one repeats it", {{"status", std::to_string(status)}});
  }
  waiting_since_ms_ = 0;
  busy_ = false;
}

void sequencer::tick(std::int64_t now_ms) {
  const auto waiting = staged_.load(std::memory_order_relaxed);
  if (waiting == 0) {
    waiting_since_ms_ = 0;
    if (now_ms - looked_ms_ < look_every_ms) return;
    round(now_ms);
    return;
  }
  std::int64_t since = 0;
  if (waiting_since_ms_.compare_exchange_strong(since, now_ms)) since = now_ms;
  if (waiting >= hurry_leaves || now_ms - since >= wait_max_ms) round(now_ms);
}

std::string sequencer::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

void sequencer::set_fault(std::string why) {
  const std::lock_guard lock(mutex_);
  if (why == fault_) return;
  if (!why.empty()) host_->error("the audit log cannot be signed", {{"error", why}});
  fault_ = std::move(why);
}

}  // namespace audit
