// How a group ends: COMMIT and its tag, the marker when the answer was lost, another try, and who is told what.
#include "host/core/failpoint.hpp"
#include "host/storage/postgres/committer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace evhost::storage::postgres {
namespace {

using core::errc;
using core::fail;
using io::unit_class;
using io::unit_outcome;
using steady = std::chrono::steady_clock;

constexpr int tries_together = 3;                      // after that many failures of a group its units go one by one
constexpr auto reply_grace = std::chrono::seconds(2);  // beyond the server's own statement timeout

int index_of(unit_class kind) {
  return kind == unit_class::request ? 0 : 1;
}
double seconds(steady::duration d) {
  return std::chrono::duration<double>(d).count();
}

std::int64_t milliseconds_of(std::chrono::system_clock::time_point t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
}

}  // namespace

committer::verdict committer::commit(group& g) {
  const auto kept = std::count_if(g.units.begin(), g.units.end(),
                                  [](const member* m) { return m->outcome == unit_outcome::committed; });
  auto* const c = link_.get();
  if (!tx_->opened() && !c->queued()) return verdict::done;  // nobody touched the database
  if (kept == 0) {
    if (tx_->opened()) c->queue_control("ROLLBACK", no_unit);
    if (!tx_->settle_queue()) return verdict::done;
    last_fault_ = tx_->failure()->what.error;
    return link_.get() ? verdict::again : verdict::lost;
  }
  core::failpoint(core::failpoints::before_commit);
  const auto start = clock_.steady();
  const auto patience = steady::now() + options_.statement_timeout + reply_grace;
  const auto refused = [&](queue_fault f) {
    f.last = false;
    last_fault_ = f.what.error;
    const bool sent = f.tag == no_unit;
    if (sent && !link_.get() && tx_->wrote()) return verdict::unknown;
    if (!link_.get()) return verdict::lost;
    commits_failed_.add();
    if (f.tag != no_unit || f.what.kind == fault_class::transient) {
      tx_->note_failure(std::move(f));
      return verdict::again;
    }
    if (f.what.kind == fault_class::server) link_.note_trouble(f.what.error);
    return verdict::commit_failed;
  };
  if (tx_->wrote()) {
    if (auto marked = marker_.queue(*c, no_unit, milliseconds_of(clock_.wall()), patience); !marked) {
      auto f = std::move(marked).error();
      if (!link_.get()) {
        last_fault_ = f.what.error;
        return verdict::lost;
      }  // COMMIT was not sent
      return refused(std::move(f));
    }
  }
  c->queue_control("COMMIT", no_unit);
  auto answered = c->sync(patience);
  if (!answered) {
    auto f = std::move(answered).error();
    if (!link_.get()) f.tag = no_unit;  // whatever broke, COMMIT may have arrived
    return refused(std::move(f));
  }
  if (std::strcmp(PQcmdStatus(answered.value().get()), "COMMIT") != 0)
    return refused(
        {no_unit,
         true,
         {fault_class::statement,
          fail(errc::io, "the server answered COMMIT with " + std::string(PQcmdStatus(answered.value().get()))),
          {}}});
  core::failpoint(core::failpoints::after_commit);
  groups_.fetch_add(1, std::memory_order_relaxed);
  commits_ok_.add();
  commit_seconds_.observe(seconds(clock_.steady() - start));
  commit_units_.observe(static_cast<double>(g.units.size()));
  link_.clear_trouble();
  return verdict::done;
}

void committer::tell_committed(const group& g) {
  const bool any = std::any_of(g.units.begin(), g.units.end(),
                               [](const member* m) { return m->outcome == unit_outcome::committed; });
  if (any && observer_) observer_->group_committed();
  for (member* m : g.units) finish(*m, m->outcome, m->why ? &*m->why : nullptr);
  if (!borrower_failed_ || !link_.get()) return;
  link_.tell_closing();
  link_.get()->forget_statements(steady::now() + options_.statement_timeout);
}

// The whole group once more, after a pause; one by one when together they keep failing.
void committer::retry(group g, std::deque<group>& left) {
  ++g.tries;
  if (g.tries > static_cast<int>(options_.tries_max) || given_up()) return fail_all(g, last_fault_);
  if (g.tries > 1) link_.pause(g.tries - 2);
  if (g.tries < tries_together || g.units.size() == 1) return left.push_front(std::move(g));
  for (auto m = g.units.rbegin(); m != g.units.rend(); ++m) left.push_front({{*m}, g.tries});
}

// COMMIT was refused for a reason of one unit (a deferred key): halve until it stands alone.
void committer::halve(group g, std::deque<group>& left) {
  if (g.units.size() == 1) {
    if (g.units.front()->outcome == unit_outcome::committed) return fail_all(g, last_fault_);
    return finish(*g.units.front(), g.units.front()->outcome, nullptr);
  }
  const auto middle = g.units.begin() + static_cast<std::ptrdiff_t>(g.units.size() / 2);
  left.push_front({{middle, g.units.end()}, g.tries});
  left.push_front({{g.units.begin(), middle}, g.tries});
}

// COMMIT was sent and its answer lost: nothing is said before the marker was read.
void committer::resolve(group g, std::deque<group>& left) {
  log_.log(io::log_level::warning, "storage", "the answer to COMMIT was lost; reading the commit marker",
           {{"error", last_fault_.message}});
  commits_failed_.add();
  tx_.reset();
  if (core::unprotected(core::protections::commit_check)) return tell_committed(g);
  for (int attempt = 0;; ++attempt) {
    auto opened = link_.open();
    if (opened) {
      auto known = marker_.committed(*opened.value(), milliseconds_of(clock_.wall()),
                                     steady::now() + options_.lock_timeout + reply_grace);
      if (known && known.value()) {
        groups_.fetch_add(1, std::memory_order_relaxed);
        return tell_committed(g);
      }
      if (known) {
        forget(g);
        return retry(std::move(g), left);
      }
      last_fault_ = known.error();
      if (link_.get()) link_.get()->mark_lost();
    }
    if (given_up())
      return fail_all(g, fail(errc::timeout,
                              "the database did not say whether the unit was committed before the host stopped: "
                              "it may exist; repeat it with the same Idempotency-Key"));
    link_.pause(attempt);
  }
}

// Nothing of the transaction exists; its units forget what they did.
void committer::forget(const group& g) {
  if (auto* c = link_.get()) {
    c->leave_pipeline();
    if (c->status() != PQTRANS_IDLE) c->run("ROLLBACK", steady::now() + options_.statement_timeout).has_value();
    if ((lent_in_group_ || std::exchange(stale_plan_, false)) && link_.get()) {
      link_.tell_closing();
      c->forget_statements(steady::now() + options_.statement_timeout);
    }
  }
  if (!link_.get()) tx_.reset();
  for (member* m : g.units)
    if (std::exchange(m->ran, false)) m->queued.work->undone();
}

void committer::fail_all(const group& g, const core::error& why) {
  for (member* m : g.units) finish(*m, unit_outcome::failed, &why);
}

void committer::finish(member& m, unit_outcome outcome, const core::error* why) {
  if (std::exchange(m.settled, true)) return;
  auto& total = outcome == unit_outcome::committed ? committed_
                : outcome == unit_outcome::failed  ? failed_
                                                   : rolled_back_;
  total.fetch_add(1, std::memory_order_relaxed);
  count_of_[index_of(m.queued.kind)][static_cast<int>(outcome)].add();
  m.queued.work->settled(outcome, why);
  m.queued.work.reset();
}

void committer::fail_rest() {
  const auto why = fail(errc::shutdown, "the store closed before the unit's turn");
  for (const auto kind : {unit_class::request, unit_class::lane}) {
    while (auto next = queue_.pop(kind)) {
      member m;
      m.queued = std::move(*next);
      finish(m, unit_outcome::failed, &why);
    }
  }
}

io::store_stats committer::stats() const {
  return {.units_committed = committed_.load(std::memory_order_relaxed),
          .units_rolled_back = rolled_back_.load(std::memory_order_relaxed),
          .units_failed = failed_.load(std::memory_order_relaxed),
          .groups = groups_.load(std::memory_order_relaxed),
          .reruns = reruns_.load(std::memory_order_relaxed),
          .queue_depth = queue_.size()};
}

}  // namespace evhost::storage::postgres
