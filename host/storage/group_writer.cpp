// Groups of units: take, run, commit, tell; and what happens when one of them takes the transaction down.
#include "host/storage/group_writer.hpp"

#include "host/core/failpoint.hpp"
#include "host/storage/sqlite_error.hpp"

#include <algorithm>
#include <exception>
#include <limits>

namespace evhost::storage {
namespace {

using core::errc;
using core::fail;
using io::unit_class;
using io::unit_outcome;
using std::chrono::microseconds;

int index_of(unit_class kind) { return kind == unit_class::request ? 0 : 1; }

// Requests came this recently: more will, so lanes keep their batches short although none waits at this moment.
constexpr auto requests_linger = std::chrono::milliseconds(20);

double seconds(std::chrono::steady_clock::duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

// Requests go first. Lanes may use what time they like until requests wait; then lane_slice of each group, but at
// least one unit, so that neither side starves.
struct group_writer::slice {
  std::chrono::steady_clock::time_point begun;
  std::size_t requests = 0, lanes = 0;
  std::chrono::steady_clock::duration lane_time{};
};

group_writer::group_writer(sqlite_connection& connection, unit_queue& queue, const sqlite_options& options,
                           io::clock& clock, io::log_sink& log, io::metric_registry& metrics)
    : connection_(connection), queue_(queue), options_(options), clock_(clock), log_(log), tx_(connection, false),
      give_up_(std::numeric_limits<std::int64_t>::max()) {
  namespace m = io::metrics;
  const char* sources[] = {"request", "lane"};
  const char* outcomes[] = {"committed", "rolled_back", "failed"};
  for (int s = 0; s < 2; ++s) {
    for (int o = 0; o < 3; ++o) count_of_[s][o] = metrics.get_counter(m::units_total, {sources[s], outcomes[o]});
    wait_of_[s] = metrics.get_histogram(m::unit_wait_seconds, {sources[s]});
  }
  commit_seconds_ = metrics.get_histogram(m::commit_duration_seconds);
  commit_units_ = metrics.get_histogram(m::commit_units);
  commits_ok_ = metrics.get_counter(m::commits_total, {"ok"});
  commits_failed_ = metrics.get_counter(m::commits_total, {"failed"});
}

void group_writer::run() {
  for (;;) {
    const bool troubled = troubled_.load(std::memory_order_relaxed);
    switch (queue_.wait(troubled ? options_.probe_interval : std::chrono::milliseconds(0))) {
      case unit_queue::woken::closed: return;
      case unit_queue::woken::control:
        while (auto task = queue_.pop_control()) task();
        break;
      case unit_queue::woken::nothing: probe(); break;
      case unit_queue::woken::units:
        if (std::chrono::steady_clock::now().time_since_epoch().count() >= give_up_.load(std::memory_order_relaxed))
          fail_rest();
        else
          serve();
        break;
    }
  }
}

// One pull from the queue, and as many attempts as it takes to settle every unit of it.
void group_writer::serve() {
  std::deque<group> left(1);
  for (bool first = true; !left.empty(); first = false) {
    group units = std::move(left.front());
    left.pop_front();
    if (!first) reruns_.fetch_add(units.size(), std::memory_order_relaxed);
    switch (attempt(units, first)) {
      case verdict::done: settle(units); break;
      case verdict::died: after_death(std::move(units), left); break;
      case verdict::not_begun: fail_all(units); break;
      case verdict::commit_failed:
        abandon(units);
        if (units.size() == 1 || is_storage_trouble(commit_code_)) {
          fail_all(units);
        } else {  // one of them is to blame: halve until it stands alone
          const auto middle = units.begin() + static_cast<std::ptrdiff_t>(units.size() / 2);
          left.emplace_front(middle, units.end());
          left.emplace_front(units.begin(), middle);
        }
        break;
    }
  }
  taken_.clear();
}

group_writer::verdict group_writer::attempt(group& units, bool take_more) {
  culprit_ = nullptr;
  kept_ = 0;
  lent_ = false;
  changes_before_ = sqlite3_total_changes64(connection_.handle());
  slice used{.begun = clock_.steady()};
  if (const int rc = connection_.begin(); rc != SQLITE_OK) {
    commit_code_ = rc;
    commit_error_ = sqlite_error(connection_.handle(), rc, "begin");
    note_trouble(rc, commit_error_);
    // Whatever waits would wait as long for the same answer (a foreign process that holds the file, say).
    used.begun = clock_.steady();
    while (take_more && take(units, used)) {
    }
    return verdict::not_begun;
  }
  for (std::size_t i = 0; i < units.size() || (take_more && take(units, used)); ++i) {
    member& m = *units[i];
    const bool lane = m.queued.kind == unit_class::lane;
    const auto start = clock_.steady();
    microseconds budget{0};
    if (!lane) last_request_ = start;
    if (lane && (queue_.waiting(unit_class::request) || start - last_request_ < requests_linger))
      budget = std::max(microseconds(1), std::chrono::duration_cast<microseconds>(options_.lane_slice - used.lane_time));
    if (take_more) wait_of_[index_of(m.queued.kind)].observe(seconds(start - m.queued.since));
    // Nothing to protect yet: the first unit needs no savepoint of its own.
    if (!run_unit(m, budget, kept_ > 0)) {
      culprit_ = &m;
      return verdict::died;
    }
    if (lane) used.lane_time += clock_.steady() - start;
  }
  return commit(units);
}

bool group_writer::take(group& units, slice& used) {
  const bool full = units.size() >= options_.group_units_max ||
                    (!units.empty() && clock_.steady() - used.begun >= options_.group_time_max);
  std::optional<queued_unit> next;
  if (!full) next = queue_.pop(unit_class::request);
  if (!next) {
    const bool slice_left = used.requests == 0 || used.lane_time < options_.lane_slice;
    if (used.lanes == 0 || (!full && slice_left)) next = queue_.pop(unit_class::lane);
  }
  if (!next) return false;
  ++(next->kind == unit_class::request ? used.requests : used.lanes);
  auto m = std::make_unique<member>();
  m->queued = std::move(*next);
  units.push_back(m.get());
  taken_.push_back(std::move(m));
  return true;
}

bool group_writer::run_unit(member& m, microseconds budget, bool savepoint) {
  m.why.reset();
  m.outcome = unit_outcome::committed;
  if (savepoint) {
    if (const int rc = connection_.savepoint(); rc != SQLITE_OK) {
      m.why = sqlite_error(connection_.handle(), rc, "savepoint");
      m.outcome = unit_outcome::failed;
      return false;
    }
  }
  if (observer_) observer_->unit_begun();
  tx_.begin_run();
  m.ran = true;
  bool keep = false;
  try {
    sqlite_connection::guard guarded(connection_);
    keep = m.queued.work->run(tx_, budget);
  } catch (const std::exception& e) {
    m.why = fail(errc::exception, std::string("the unit threw: ") + e.what());
  } catch (...) {
    m.why = fail(errc::exception, "the unit threw something that is no std::exception");
  }
  lent_ = lent_ || tx_.lent();
  judge(m, keep);
  if (tx_.broken()) note_trouble(tx_.broken_code(), *tx_.broken());
  // Disk full, an interrupt or INSERT OR ROLLBACK end the whole transaction; whatever follows would commit alone.
  if (!connection_.in_transaction()) return false;
  if (m.outcome != unit_outcome::committed) return undo_unit(m, savepoint);
  if (savepoint && connection_.release() != SQLITE_OK) return false;
  ++kept_;
  return true;
}

void group_writer::judge(member& m, bool keep) {
  if (!m.why && tx_.broken()) m.why = *tx_.broken();
  if (!m.why && keep && connection_.foreign_keys_broken())
    m.why = fail(errc::conflict, "FOREIGN KEY constraint failed: a deferred key of this unit points nowhere");
  if (m.why)
    m.outcome = unit_outcome::failed;
  else if (!keep)
    m.outcome = unit_outcome::rolled_back;
}

// Takes one unit out of the open transaction. Without a savepoint it was the first, so the transaction starts anew.
bool group_writer::undo_unit(member& m, bool savepoint) {
  if (observer_) observer_->unit_rolled_back();
  if (savepoint) {
    if (connection_.rollback_to_savepoint() == SQLITE_OK && connection_.release() == SQLITE_OK) return true;
  } else {
    connection_.reset_stray_statements();
    if (connection_.rollback() == SQLITE_OK && connection_.begin() == SQLITE_OK) return true;
  }
  m.fatal = true;
  return false;
}

group_writer::verdict group_writer::commit(group& units) {
  if (lent_) connection_.reset_stray_statements();
  if (kept_ == 0) {
    if (observer_) observer_->group_rolled_back();
    connection_.rollback();
    return verdict::done;
  }
  core::failpoint(core::failpoints::before_commit);
  const auto start = clock_.steady();
  if (const int rc = connection_.commit(); rc != SQLITE_OK) {
    commit_code_ = rc;
    commit_error_ = sqlite_error(connection_.handle(), rc, "commit");
    note_trouble(rc, commit_error_);
    commits_failed_.add();
    return verdict::commit_failed;
  }
  core::failpoint(core::failpoints::after_commit);
  groups_.fetch_add(1, std::memory_order_relaxed);
  commits_ok_.add();
  commit_seconds_.observe(seconds(clock_.steady() - start));
  commit_units_.observe(static_cast<double>(units.size()));
  const bool wrote = sqlite3_total_changes64(connection_.handle()) != changes_before_;
  if (wrote && troubled_.load(std::memory_order_relaxed)) clear_trouble();
  if (observer_) observer_->group_committed();
  return verdict::done;
}

// The transaction died under one unit: the others run again, that unit after them and alone.
void group_writer::after_death(group units, std::deque<group>& left) {
  member& m = *culprit_;
  const bool again = !m.fatal && m.outcome == unit_outcome::committed;  // it knows nothing of its failure: one more try
  const bool transient = m.why && !m.fatal && !is_storage_trouble(tx_.broken_code()) && m.why->retryable();
  const auto outcome = m.outcome;
  abandon(units);
  units.erase(std::find(units.begin(), units.end(), &m));
  if (again || transient) {
    m.fatal = true;
    left.push_front({&m});
  } else if (outcome == unit_outcome::rolled_back) {
    finish(m, outcome, nullptr);
  } else {
    const auto why = m.why.value_or(
        fail(errc::io, "the unit ended its transaction twice (a statement with OR ROLLBACK, or an interrupt): not run again"));
    finish(m, unit_outcome::failed, &why);
  }
  if (!units.empty()) left.push_front(std::move(units));
}

// Nothing of the open transaction exists; its units forget what they did.
void group_writer::abandon(const group& units) {
  connection_.reset_stray_statements();
  if (connection_.in_transaction()) connection_.rollback();
  if (observer_) observer_->group_rolled_back();
  for (member* m : units)
    if (std::exchange(m->ran, false)) m->queued.work->undone();
}

void group_writer::fail_all(const group& units) {
  for (member* m : units) finish(*m, unit_outcome::failed, &commit_error_);
}

void group_writer::settle(const group& units) {
  for (member* m : units) finish(*m, m->outcome, m->why ? &*m->why : nullptr);
}

void group_writer::finish(member& m, unit_outcome outcome, const core::error* why) {
  if (std::exchange(m.settled, true)) return;
  auto& total = outcome == unit_outcome::committed ? committed_ : outcome == unit_outcome::failed ? failed_ : rolled_back_;
  total.fetch_add(1, std::memory_order_relaxed);
  count_of_[index_of(m.queued.kind)][static_cast<int>(outcome)].add();
  m.queued.work->settled(outcome, why);
  m.queued.work.reset();
}

void group_writer::fail_rest() {
  const auto why = fail(errc::shutdown, "the store closed before the unit's turn");
  for (const auto kind : {unit_class::request, unit_class::lane}) {
    while (auto next = queue_.pop(kind)) {
      member m;
      m.queued = std::move(*next);
      finish(m, unit_outcome::failed, &why);
    }
  }
}

// Writes one row nobody needs: a host that is taken out of service for its full disk sees no other write that could
// show that there is space again.
void group_writer::probe() {
  if (!troubled_.load(std::memory_order_relaxed)) return;
  int rc = connection_.begin();
  if (rc == SQLITE_OK) {
    rc = connection_.run("INSERT INTO evh_probe(id, n) VALUES(1, 1) ON CONFLICT(id) DO UPDATE SET n = n + 1")
             ? connection_.commit()
             : SQLITE_ERROR;
  }
  if (rc == SQLITE_OK)
    clear_trouble();
  else if (connection_.in_transaction())
    connection_.rollback();
}

void group_writer::note_trouble(int rc, const core::error& why) {
  if (!is_storage_trouble(rc)) return;
  std::string said = why.message;
  {
    std::lock_guard lock(trouble_mutex_);
    if (trouble_ == said) return;
    trouble_ = said;
  }
  troubled_.store(true, std::memory_order_relaxed);
  log_.log(io::log_level::error, "storage", "writes fail until this is mended", {{"error", said}});
}

void group_writer::clear_trouble() {
  {
    std::lock_guard lock(trouble_mutex_);
    trouble_.clear();
  }
  troubled_.store(false, std::memory_order_relaxed);
  log_.log(io::log_level::info, "storage", "writes succeed again");
}

io::store_stats group_writer::stats() const {
  return {.units_committed = committed_.load(std::memory_order_relaxed),
          .units_rolled_back = rolled_back_.load(std::memory_order_relaxed),
          .units_failed = failed_.load(std::memory_order_relaxed),
          .groups = groups_.load(std::memory_order_relaxed),
          .reruns = reruns_.load(std::memory_order_relaxed),
          .queue_depth = queue_.size()};
}

std::string group_writer::trouble() const {
  std::lock_guard lock(trouble_mutex_);
  return trouble_;
}

}  // namespace evhost::storage
