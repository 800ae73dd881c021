// Lends readers and bounds what a read may take.
#include "host/storage/postgres/readers.hpp"

#include "host/storage/postgres/transaction.hpp"

namespace evhost::storage::postgres {
namespace {

using core::errc;
using core::fail;
using steady = std::chrono::steady_clock;

}  // namespace

class readers::lease {
 public:
  lease(readers& pool, link* held) : pool_(pool), held_(held) {}
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;
  ~lease() { pool_.release(held_); }

 private:
  readers& pool_;
  link* held_;
};

readers::readers(const postgres_options& options, std::string name, std::function<void(io::native_handle)> before_close,
                 io::log_sink& log, io::metric_registry& metrics)
    : options_(options), name_(std::move(name)), before_close_(std::move(before_close)), log_(log) {
  namespace m = io::metrics;
  read_seconds_ = metrics.get_histogram(m::db_query_duration_seconds);
  in_use_ = metrics.get_gauge(m::db_pool_in_use);
  at_rest_ = metrics.get_gauge(m::db_pool_idle);
  waiters_ = metrics.get_gauge(m::db_pool_waiters);
}

readers::~readers() = default;

core::result<link*> readers::acquire() {
  const auto until = steady::now() + options_.read_timeout;
  std::unique_lock lock(mutex_);
  waiters_.set(static_cast<double>(++waiting_));
  const bool free =
      freed_.wait_until(lock, until, [this] { return closed_ || !idle_.empty() || links_.size() < options_.readers; });
  waiters_.set(static_cast<double>(--waiting_));
  if (closed_) return fail(errc::shutdown, "the store is closed");
  if (!free)
    return fail(errc::again, "all " + std::to_string(options_.readers) +
                                 " read connections are busy: retry later, or raise storage.readers");
  if (idle_.empty()) {
    connect_options o{.url = options_.url,
                      .application_name = name_,
                      .connect_timeout = options_.connect_timeout,
                      .statement_timeout = options_.read_timeout,
                      .lock_timeout = options_.lock_timeout,
                      .idle_in_transaction_timeout = options_.idle_in_transaction_timeout};
    links_.push_back(std::make_unique<link>(std::move(o), before_close_, log_));
    idle_.push_back(links_.back().get());
  }
  link* const got = idle_.back();
  idle_.pop_back();
  in_use_.set(static_cast<double>(links_.size() - idle_.size()));
  at_rest_.set(static_cast<double>(idle_.size()));
  return got;
}

void readers::release(link* l) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(l);
  in_use_.set(static_cast<double>(links_.size() - idle_.size()));
  at_rest_.set(static_cast<double>(idle_.size()));
  freed_.notify_all();
}

core::result<void> readers::read(const std::function<core::result<void>(io::transaction&)>& fn) {
  EVH_TRY(link* const l, acquire());
  const lease held(*this, l);
  const auto start = steady::now();
  auto done = run(*l, fn);
  read_seconds_.observe(std::chrono::duration<double>(steady::now() - start).count());
  return done;
}

core::result<void> readers::run(link& l, const std::function<core::result<void>(io::transaction&)>& fn) {
  const auto deadline = steady::now() + options_.read_timeout;
  if (auto* c = l.get()) {
    if (c->ending() && (!c->sync(deadline) || c->status() != PQTRANS_IDLE)) c->mark_lost();
    c->healthy();
  }
  EVH_TRY(connection* const c, l.open());
  transaction tx(*c, true);
  tx.set_deadline(deadline);
  // The snapshot ends even when fn throws; the exception goes on to the caller.
  struct ending {
    transaction& tx;
    connection& c;
    ~ending() {
      const bool failed = tx.failure().has_value() || (tx.lent() && c.status() == PQTRANS_INERROR);
      tx.set_deadline(steady::now() + std::chrono::seconds(2));
      tx.take_back();
      const bool stale = tx.failure() && tx.failure()->what.sqlstate == "0A000";
      if ((tx.lent() && failed) || stale) c.mark_lost();  // names of its statements may be left behind
      if (tx.opened() && !c.lost()) {
        c.queue_control("ROLLBACK", no_unit);
        c.sync_later();
      }
    }
  } const end{tx, *c};
  return fn(tx);
}

void readers::close(steady::time_point deadline) {
  std::unique_lock lock(mutex_);
  closed_ = true;
  freed_.notify_all();
  const auto all_home = [this] { return idle_.size() == links_.size(); };
  if (!freed_.wait_until(lock, deadline, all_home))
    freed_.wait_until(lock, steady::now() + options_.read_timeout, all_home);  // each ends at its own deadline
  if (!all_home()) return;  // a read that never ends keeps its connection; the process is about to exit
  for (auto& l : links_) l->close();
  idle_.clear();
  links_.clear();
}

}  // namespace evhost::storage::postgres
