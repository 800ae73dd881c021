// Puts committers, readers and migrator together behind the port.
#include "host/storage/postgres_store.hpp"

#include "host/core/ids.hpp"
#include "host/io/metrics/runtime.hpp"
#include "host/storage/postgres/bell.hpp"
#include "host/storage/postgres/committer.hpp"
#include "host/storage/postgres/migrator.hpp"
#include "host/storage/postgres/readers.hpp"

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace evhost::storage {
namespace {

using core::errc;
using core::fail;

class postgres_store final : public io::store {
 public:
  postgres_store(const postgres_options& options, io::clock& clock, io::log_sink& log, io::metric_registry& metrics)
      : options_(options),
        clock_(clock),
        log_(log),
        name_("evhost " + core::to_string(core::new_uuid_v7()).substr(24)),
        readers_(options, name_ + "/read", tell(), log, metrics) {
    for (std::uint32_t i = 0; i < options.committers; ++i)
      committers_.push_back(
          std::make_unique<postgres::committer>(options, name_ + "/" + std::to_string(i), tell(), clock, log, metrics));
    for (auto& one : committers_) {
      std::vector<postgres::committer*> others;
      for (auto& other : committers_)
        if (other != one) others.push_back(other.get());
      one->help(std::move(others));
    }
    refused_requests_ = metrics.get_counter(io::metrics::units_total, {"request", "refused"});
    refused_lanes_ = metrics.get_counter(io::metrics::units_total, {"lane", "refused"});
    metrics.get_gauge(io::metrics::queue_capacity, {"units"}).set(static_cast<double>(options.queue_units_max));
    depth_ = metrics.watch(io::metric_kind::gauge, io::metrics::queue_depth, {"units"},
                           [this] { return static_cast<double>(stats().queue_depth); });
  }
  ~postgres_store() override { stop(std::chrono::steady_clock::now()); }

  [[nodiscard]] std::int32_t dialect() const override { return EVH_DIALECT_POSTGRESQL; }

  core::result<void> submit(std::unique_ptr<io::unit> work) override {
    const auto& refused = work->kind() == io::unit_class::request ? refused_requests_ : refused_lanes_;
    auto queued = choose(work->order_key()).queue().push(std::move(work), clock_.steady());
    if (!queued) refused.add();
    return queued;
  }

  core::result<void> read(const std::function<core::result<void>(io::transaction&)>& fn) override {
    return readers_.read(fn);
  }

  core::result<void> migrate(std::string_view owner, std::span<const io::migration> steps) override {
    if (stopped_) return fail(errc::shutdown, "the store is closed");
    const auto until = std::chrono::steady_clock::now() + options_.start_patience;
    for (int attempt = 0;; ++attempt) {
      auto opened = postgres::connection::open(
          {.url = options_.url, .application_name = name_ + "/migrate", .connect_timeout = options_.connect_timeout});
      if (opened) return postgres::apply_migrations(*opened.value(), owner, steps, clock_);
      auto why = std::move(opened).error();
      if (why.hopeless) return why.error;
      if (std::chrono::steady_clock::now() >= until)
        return fail(errc::timeout, why.error.message + "; given up after " + std::to_string(options_.start_patience.count() / 1000) +
                                       " s (storage.start_timeout)");
      if (options_.waits && !options_.waits(why.error.message))
        return fail(errc::cancelled, "stopped while waiting: " + why.error.message);
      if (attempt == 0)
        log_.log(io::log_level::warning, "storage", "waiting for the database", {{"error", why.error.message}});
      waiting_.note_trouble(why.error);
      waiting_.pause(attempt);
    }
  }

  void on_close(std::function<void(io::native_handle)> fn) override {
    const std::lock_guard lock(closing_mutex_);
    closing_.push_back(std::move(fn));
  }

  void observe(io::group_observer* observer) override {
    for (auto& c : committers_) c->observe(observer);
  }

  void ring() noexcept override {
    if (bell_) bell_->ring();
  }
  void on_ring(std::function<void()> fn) override {
    const std::lock_guard lock(rung_mutex_);
    rung_ = std::move(fn);
  }

  core::result<void> start() override {
    if (stopped_) return fail(errc::shutdown, "the store is closed");
    if (!threads_.empty()) return fail(errc::state, "the store runs already");
    waiting_.clear_trouble();
    if (rung_) {
      bell_ = std::make_unique<postgres::bell>(bell_options(), [this] { heard(); }, log_);
      bell_->start();
    }
    for (auto& c : committers_) threads_.emplace_back([&c] { c->run(); });
    return core::success();
  }

  void stop(std::chrono::steady_clock::time_point deadline) override {
    if (std::exchange(stopped_, true)) return;
    const bool started = !threads_.empty();
    if (!started) deadline = std::chrono::steady_clock::time_point::min();
    for (auto& c : committers_) c->queue().close();
    for (auto& c : committers_) c->give_up_at(deadline);
    for (auto& thread : threads_) thread.join();
    if (!started)  // units queued before a start that never came: the loop fails them on this thread
      for (auto& c : committers_) c->run();
    depth_.reset();
    readers_.close(deadline);
    if (bell_) bell_->stop();
  }

  [[nodiscard]] io::store_stats stats() const override {
    io::store_stats sum;
    for (const auto& c : committers_) {
      const auto one = c->stats();
      sum.units_committed += one.units_committed;
      sum.units_rolled_back += one.units_rolled_back;
      sum.units_failed += one.units_failed;
      sum.groups += one.groups;
      sum.reruns += one.reruns;
      sum.queue_depth += one.queue_depth;
    }
    return sum;
  }

  [[nodiscard]] std::string trouble() const override {
    for (const auto& c : committers_)
      if (auto said = c->trouble(); !said.empty()) return said;
    return waiting_.trouble();
  }

 private:
  std::function<void(io::native_handle)> tell() {
    return [this](io::native_handle handle) {
      const std::lock_guard lock(closing_mutex_);
      for (const auto& fn : closing_) fn(handle);
    };
  }

  postgres::connect_options bell_options() const {
    postgres::connect_options o;
    o.url = options_.url;
    o.application_name = name_ + "/bell";
    o.connect_timeout = options_.connect_timeout;
    o.statement_timeout = options_.statement_timeout;
    return o;
  }
  void heard() {
    const std::lock_guard lock(rung_mutex_);
    if (rung_) rung_();
  }

  // The same key, the same committer. Without one: whoever is idle, else the next in turn.
  postgres::committer& choose(std::uint64_t key) {
    const auto n = committers_.size();
    if (key != 0) return *committers_[key % n];
    const auto first = turn_.fetch_add(1, std::memory_order_relaxed);
    for (std::size_t i = 0; i < n; ++i) {
      auto& c = *committers_[(first + i) % n];
      if (!c.busy() && c.queue().size() == 0) return c;
    }
    return *committers_[first % n];
  }

  const postgres_options options_;
  io::clock& clock_;
  io::log_sink& log_;
  const std::string name_;
  std::mutex closing_mutex_;
  std::vector<std::function<void(io::native_handle)>> closing_;
  postgres::link waiting_{{}, {}, log_};  // never connects: the pauses and the trouble of migrate()
  std::vector<std::unique_ptr<postgres::committer>> committers_;
  postgres::readers readers_;
  std::atomic<std::size_t> turn_{0};
  io::counter refused_requests_, refused_lanes_;
  std::shared_ptr<void> depth_;
  std::mutex rung_mutex_;  // the next one only
  std::function<void()> rung_;
  std::unique_ptr<postgres::bell> bell_;  // from start on, when somebody wants to hear it
  std::vector<std::thread> threads_;
  bool stopped_ = false;
};

}  // namespace

core::result<std::unique_ptr<io::store>> make_postgres_store(const postgres_options& options, io::clock& clock,
                                                             io::log_sink& log, io::metric_registry& metrics) {
  if (auto refused = postgres::refused_url(options.url, options.allow_plaintext); !refused.empty())
    return fail(errc::invalid, std::move(refused));
  if (options.committers == 0 || options.readers == 0)
    return fail(errc::invalid, "storage.committers and storage.readers must be at least 1");
  std::unique_ptr<io::store> made = std::make_unique<postgres_store>(options, clock, log, metrics);
  return made;
}

}  // namespace evhost::storage
