// Groups of units on one connection: run, commit, tell; and what happens when the server disagrees.
#include "host/storage/postgres/committer.hpp"

#include <algorithm>
#include <exception>
#include <limits>
#include <utility>

namespace evhost::storage::postgres {
namespace {

using core::errc;
using core::fail;
using io::unit_class;
using io::unit_outcome;
using std::chrono::microseconds;
using steady = std::chrono::steady_clock;

int index_of(unit_class kind) {
  return kind == unit_class::request ? 0 : 1;
}
double seconds(steady::duration d) {
  return std::chrono::duration<double>(d).count();
}

constexpr auto requests_linger = std::chrono::milliseconds(20);  // as SQLite's writer: more requests will come
// Clients that were answered together ask again together: a group that waits for them shares its flush with them, instead
// of leaving them to wait for the whole next one. Only after a group of several, so a lone client waits for nobody.
constexpr auto gather_time = std::chrono::microseconds(800);
constexpr std::size_t gather_from = 2;
constexpr std::size_t lanes_beside_requests = 1, lanes_alone = 8;
constexpr int lock_timeout_weight = 3;  // a wait of lock_timeout holds up the whole queue: fewer of those
constexpr auto reply_grace = std::chrono::seconds(2);  // beyond the server's own statement timeout

connect_options connect_options_of(const postgres_options& o, const std::string& slot) {
  return {.url = o.url,
          .application_name = slot,
          .connect_timeout = o.connect_timeout,
          .statement_timeout = o.statement_timeout,
          .lock_timeout = o.lock_timeout,
          .idle_in_transaction_timeout = o.idle_in_transaction_timeout};
}

}  // namespace

committer::committer(const postgres_options& options, std::string slot,
                     std::function<void(io::native_handle)> before_close, io::clock& clock, io::log_sink& log,
                     io::metric_registry& metrics)
    : options_(options),
      clock_(clock),
      log_(log),
      queue_(std::max<std::size_t>(1, options.queue_units_max / options.committers)),
      link_(connect_options_of(options, slot), std::move(before_close), log),
      marker_(slot),
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

void committer::give_up_at(steady::time_point deadline) {
  give_up_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
  link_.wake();
}

bool committer::given_up() const {
  return steady::now().time_since_epoch().count() >= give_up_.load(std::memory_order_relaxed);
}

void committer::run() {
  for (;;) {
    if (others_wait() && queue_.size() == 0 && !given_up()) {
      busy_.store(true, std::memory_order_relaxed);
      serve();
      busy_.store(false, std::memory_order_relaxed);
      continue;
    }
    switch (queue_.wait(options_.look_interval)) {
      case unit_queue::woken::closed: tx_.reset(); return link_.close();
      case unit_queue::woken::control:
        while (auto task = queue_.pop_control()) task();
        break;
      case unit_queue::woken::nothing:
        // Idle: notice a server that went away, and one that came back.
        if (auto* c = link_.get(); c && !c->healthy()) link_.note_trouble(lost("the server closed it").error);
        if (!link_.get()) link_.open().has_value();
        break;
      case unit_queue::woken::units:
        busy_.store(true, std::memory_order_relaxed);
        given_up() ? fail_rest() : serve();
        busy_.store(false, std::memory_order_relaxed);
        break;
    }
  }
}

// Everything that waits now, requests first. Nothing is added later: the group's snapshot must be younger than the
// moment its last unit was submitted.
void committer::take() {
  const auto room = [this] { return taken_.size() < options_.group_units_max; };
  while (room() && keep(queue_.pop(unit_class::request))) {
  }
  for (auto* other : others_)
    while (room() && keep(other->queue().take_free())) {
    }
  const auto lanes_max = taken_.empty() ? lanes_alone : lanes_beside_requests;
  for (std::size_t lanes = 0; lanes < lanes_max && keep(queue_.pop(unit_class::lane));) ++lanes;
}

// A request without a key has no order among others: whoever is free first takes it.
bool committer::others_wait() const {
  return std::ranges::any_of(others_, [](committer* other) { return other->queue().has_free(); });
}

bool committer::keep(std::optional<queued_unit> next) {
  if (!next) return false;
  wait_of_[index_of(next->kind)].observe(seconds(clock_.steady() - next->since));
  auto m = std::make_unique<member>();
  m->queued = std::move(*next);
  taken_.push_back(std::move(m));
  return true;
}

void committer::serve() {
  if (last_requests_ >= gather_from && queue_.waiting(unit_class::request))
    queue_.gather(last_requests_ + last_requests_ / 2, gather_time);
  take();
  if (taken_.empty()) return;  // another committer was quicker
  last_requests_ = static_cast<std::size_t>(
      std::count_if(taken_.begin(), taken_.end(), [](const auto& m) { return m->queued.kind == unit_class::request; }));
  std::deque<group> left(1);
  for (const auto& m : taken_) left.front().units.push_back(m.get());
  while (!left.empty()) {
    group g = std::move(left.front());
    left.pop_front();
    if (g.tries > 0) reruns_.fetch_add(g.units.size(), std::memory_order_relaxed);
    switch (attempt(g)) {
      case verdict::done: tell_committed(g); break;
      case verdict::again:
      case verdict::lost:
        forget(g);
        retry(std::move(g), left);
        break;
      case verdict::commit_failed:
        forget(g);
        halve(std::move(g), left);
        break;
      case verdict::unknown: resolve(std::move(g), left); break;
    }
  }
  taken_.clear();
}

committer::verdict committer::attempt(group& g) {
  if (auto* const before = link_.get()) before->healthy();
  auto opened = link_.open_until(steady::now() + options_.outage_patience, [this] { return given_up(); });
  if (!opened) {
    last_fault_ = opened.error();
    g.tries = static_cast<int>(options_.tries_max);  // it has been patient
    return verdict::lost;
  }
  tx_.emplace(*opened.value(), false);
  tx_->set_patience(options_.statement_timeout + reply_grace);
  tx_->begin_transaction();
  lent_in_group_ = borrower_failed_ = false;
  for (std::size_t i = 0; i < g.units.size();) {
    switch (run_unit(g, i)) {
      case step::next: ++i; break;
      case step::rewound: break;
      case step::again: return verdict::again;
      case step::lost: return verdict::lost;
    }
    if (i < g.units.size()) continue;
    const auto end = commit(g);
    if (end != verdict::again || !tx_->failure() || tx_->failure()->tag == no_unit) return end;
    switch (look(g, i)) {  // a queued statement failed on the way to COMMIT: back to its unit
      case step::again: return verdict::again;
      case step::lost: return verdict::lost;
      default: break;
    }
  }
  return verdict::done;
}

committer::step committer::run_unit(group& g, std::size_t& index) {
  member& m = *g.units[index];
  m.savepoint = tx_->opened();
  tx_->begin_unit(static_cast<int>(index), m.exact, m.savepoint);
  call(m);
  tx_->take_back();
  lent_in_group_ = lent_in_group_ || tx_->lent();
  auto* const c = link_.get();
  if (!c) {
    last_fault_ = tx_->failure() ? tx_->failure()->what.error : lost("in a unit").error;
    return step::lost;
  }
  if (tx_->lent() && tx_->opened() && c->status() == PQTRANS_IDLE) {
    last_fault_ = fail(errc::state, "a plugin ended the host's transaction through the native handle");
    log_.log(io::log_level::critical, "storage", last_fault_.message);
    m.why = last_fault_;
    c->mark_lost();
    return step::lost;
  }
  // What failed is known only here: an error that borrowed code kept to itself shows in the transaction's state.
  const bool aborted = tx_->lent() && c->status() == PQTRANS_INERROR;
  if (tx_->failure()) {
    const auto& f = *tx_->failure();
    if (tx_->deferred_failure() || f.what.kind == fault_class::transient || f.what.kind == fault_class::lost)
      return look(g, index);
    if (f.what.kind == fault_class::server) link_.note_trouble(f.what.error);
    if (m.outcome == unit_outcome::committed || f.what.kind != fault_class::statement) {
      m.outcome = unit_outcome::failed;
      m.why = f.what.error;
    }
  } else if (aborted && c->borrowers_fault() && c->borrowers_fault()->kind == fault_class::transient) {
    last_fault_ = c->borrowers_fault()->error;  // whatever the unit made of it: all of it again, on a new snapshot
    return step::again;
  } else if (aborted && m.outcome == unit_outcome::committed) {
    m.outcome = unit_outcome::failed;
    m.why = fail(errc::conflict, "a statement of the unit failed on the native handle, and the unit wanted to commit");
    if (c->borrowers_fault()) m.why->message += ": " + c->borrowers_fault()->error.message;
  }
  borrower_failed_ = borrower_failed_ || (tx_->lent() && (aborted || tx_->failure()));
  if (m.outcome == unit_outcome::committed)
    tx_->release();
  else
    tx_->undo_unit();
  return step::next;
}

void committer::call(member& m) {
  m.why.reset();
  m.outcome = unit_outcome::committed;
  const auto start = clock_.steady();
  const bool lane = m.queued.kind == unit_class::lane;
  if (!lane) last_request_ = start;
  microseconds budget{0};
  if (lane && (queue_.waiting(unit_class::request) || start - last_request_ < requests_linger))
    budget = options_.lane_slice;
  m.ran = true;
  bool keep = false;
  try {
    keep = m.queued.work->run(*tx_, budget);
  } catch (const std::exception& e) {
    m.why = fail(errc::exception, std::string("the unit threw: ") + e.what());
  } catch (...) {
    m.why = fail(errc::exception, "the unit threw something that is no std::exception");
  }
  if (m.why)
    m.outcome = unit_outcome::failed;
  else if (!keep)
    m.outcome = unit_outcome::rolled_back;
}

// A failure came up that belongs to a unit which may have ended already: it runs again, waiting for every statement,
// and everything after it runs again too.
committer::step committer::look(group& g, std::size_t& index) {
  const queue_fault f = *tx_->failure();
  last_fault_ = f.what.error;
  if (!link_.get() || f.what.kind == fault_class::lost) return step::lost;
  stale_plan_ = f.what.sqlstate == "0A000";
  if (f.what.sqlstate == "55P03") g.tries += lock_timeout_weight;
  if (f.what.kind == fault_class::transient || f.tag == no_unit) return step::again;
  if (f.what.kind == fault_class::server) link_.note_trouble(f.what.error);
  const auto culprit = static_cast<std::size_t>(f.tag);
  member& m = *g.units[culprit];
  if (m.exact) return step::again;
  m.exact = true;
  for (std::size_t i = culprit; i < g.units.size(); ++i)
    if (std::exchange(g.units[i]->ran, false)) g.units[i]->queued.work->undone();
  reruns_.fetch_add(1, std::memory_order_relaxed);
  tx_->rewind(f.tag, m.savepoint);
  index = culprit;
  return step::rewound;
}

}  // namespace evhost::storage::postgres
