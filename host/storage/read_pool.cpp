// Lends readers and bounds what a read may take.
#include "host/storage/read_pool.hpp"

#include "host/storage/sqlite_error.hpp"

namespace evhost::storage {
namespace {

using core::errc;
using core::fail;
using steady = std::chrono::steady_clock;

constexpr int steps_between_looks = 2'000;  // of SQLite's machine: some 20 us

}  // namespace

struct read_pool::reader {
  explicit reader(std::unique_ptr<sqlite_connection> c) : connection(std::move(c)), tx(*connection, true) {
    sqlite3_progress_handler(connection->handle(), steps_between_looks, &reader::out_of_time, this);
  }
  // Also stops what a plugin runs on the native handle.
  static int out_of_time(void* self) { return steady::now() >= static_cast<reader*>(self)->deadline ? 1 : 0; }

  std::unique_ptr<sqlite_connection> connection;
  sqlite_transaction tx;
  steady::time_point deadline;
};

class read_pool::lease {
 public:
  lease(read_pool& pool, reader* held) : pool_(pool), held_(held) {}
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;
  ~lease() { pool_.release(held_); }

 private:
  read_pool& pool_;
  reader* held_;
};

read_pool::read_pool(const sqlite_options& options, io::metric_registry& metrics) : options_(options) {
  namespace m = io::metrics;
  read_seconds_ = metrics.get_histogram(m::db_query_duration_seconds);
  in_use_ = metrics.get_gauge(m::db_pool_in_use);
  at_rest_ = metrics.get_gauge(m::db_pool_idle);
  waiters_ = metrics.get_gauge(m::db_pool_waiters);
}

read_pool::~read_pool() = default;

core::result<read_pool::reader*> read_pool::acquire() {
  const auto until = steady::now() + options_.read_timeout;
  std::unique_lock lock(mutex_);
  waiters_.set(static_cast<double>(++waiting_));
  const bool free = freed_.wait_until(
      lock, until, [this] { return closed_ || !idle_.empty() || readers_.size() + opening_ < options_.readers; });
  waiters_.set(static_cast<double>(--waiting_));
  if (closed_) return fail(errc::shutdown, "the store is closed");
  if (!free)
    return fail(errc::again, "all " + std::to_string(options_.readers) +
                                 " read connections are busy: retry later, or raise storage.readers");
  reader* got = nullptr;
  if (!idle_.empty()) {
    got = idle_.back();
    idle_.pop_back();
  } else {
    ++opening_;
    lock.unlock();
    auto opened = sqlite_connection::open({.path = options_.path,
                                           .read_only = true,
                                           .cache_bytes = options_.reader_cache_bytes,
                                           .busy_timeout = options_.busy_timeout});
    lock.lock();
    --opening_;
    if (!opened) {
      freed_.notify_one();
      return std::move(opened).error();
    }
    readers_.push_back(std::make_unique<reader>(std::move(opened).value()));
    got = readers_.back().get();
  }
  in_use_.set(static_cast<double>(readers_.size() - idle_.size()));
  at_rest_.set(static_cast<double>(idle_.size()));
  return got;
}

void read_pool::release(reader* r) {
  std::lock_guard lock(mutex_);
  idle_.push_back(r);
  in_use_.set(static_cast<double>(readers_.size() - idle_.size()));
  at_rest_.set(static_cast<double>(idle_.size()));
  freed_.notify_all();
}

core::result<void> read_pool::read(const std::function<core::result<void>(io::transaction&)>& fn) {
  EVH_TRY(reader* const r, acquire());
  const lease held(*this, r);
  const auto start = steady::now();
  r->deadline = start + options_.read_timeout;
  r->tx.begin_run();
  r->tx.set_deadline(r->deadline);
  auto done = run(*r, fn);
  read_seconds_.observe(std::chrono::duration<double>(steady::now() - start).count());
  return done;
}

core::result<void> read_pool::run(reader& r, const std::function<core::result<void>(io::transaction&)>& fn) {
  auto& c = *r.connection;
  if (const int rc = c.begin(); rc != SQLITE_OK) return sqlite_error(c.handle(), rc, "begin a read");
  // The snapshot ends even when fn throws; the exception goes on to the caller.
  struct ending {
    reader& r;
    ~ending() {
      r.deadline = steady::time_point::max();
      if (r.tx.lent()) r.connection->reset_stray_statements();
      if (r.connection->in_transaction()) r.connection->rollback();
    }
  } const end{r};
  const sqlite_connection::guard guarded(c);
  return fn(r.tx);
}

void read_pool::close(steady::time_point deadline, const std::function<void(io::native_handle)>& before_close) {
  std::unique_lock lock(mutex_);
  closed_ = true;
  freed_.notify_all();
  const auto all_home = [this] { return idle_.size() == readers_.size() && opening_ == 0; };
  if (!freed_.wait_until(lock, deadline, all_home)) {
    for (auto& r : readers_) sqlite3_interrupt(r->connection->handle());
    // fn is not ours to end: its next statement fails at its own deadline.
    freed_.wait_until(lock, steady::now() + options_.read_timeout, all_home);
  }
  if (!all_home()) return;  // a read that never ends keeps its connection; the process is about to exit
  for (auto& r : readers_)
    if (before_close) before_close({EVH_DIALECT_SQLITE, r->connection->handle()});
  idle_.clear();
  readers_.clear();
}

}  // namespace evhost::storage
