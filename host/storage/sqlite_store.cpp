// Puts lock, writer, queue and readers together behind the port.
#include "host/storage/sqlite_store.hpp"

#include "host/io/metrics/runtime.hpp"
#include "host/storage/directory_lock.hpp"
#include "host/storage/group_writer.hpp"
#include "host/storage/migrator.hpp"
#include "host/storage/read_pool.hpp"
#include "host/storage/sqlite_connection.hpp"
#include "host/storage/unit_queue.hpp"

#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace evhost::storage {
namespace {

using core::errc;
using core::fail;

class sqlite_store final : public io::store {
 public:
  sqlite_store(const sqlite_options& options, std::optional<directory_lock> lock,
               std::unique_ptr<sqlite_connection> connection, io::clock& clock, io::log_sink& log,
               io::metric_registry& metrics)
      : options_(options), lock_(std::move(lock)), connection_(std::move(connection)), clock_(clock),
        queue_(options.queue_units_max), readers_(options, metrics) {
    if (options.read_only) return;
    writer_.emplace(*connection_, queue_, options, clock, log, metrics);
    refused_requests_ = metrics.get_counter(io::metrics::units_total, {"request", "refused"});
    refused_lanes_ = metrics.get_counter(io::metrics::units_total, {"lane", "refused"});
    metrics.get_gauge(io::metrics::queue_capacity, {"units"}).set(static_cast<double>(options.queue_units_max));
    watches_.push_back(metrics.watch(io::metric_kind::gauge, io::metrics::queue_depth, {"units"},
                                     [this] { return static_cast<double>(queue_.size()); }));
    watches_.push_back(watch_size(metrics, io::metrics::db_size_bytes, ""));
    watches_.push_back(watch_size(metrics, io::metrics::db_wal_bytes, "-wal"));
  }
  ~sqlite_store() override { stop(std::chrono::steady_clock::now()); }

  [[nodiscard]] std::int32_t dialect() const override { return EVH_DIALECT_SQLITE; }

  core::result<void> submit(std::unique_ptr<io::unit> work) override {
    if (options_.read_only) return fail(errc::state, "the store was opened for reading only");
    const auto& refused = work->kind() == io::unit_class::request ? refused_requests_ : refused_lanes_;
    auto queued = queue_.push(std::move(work), clock_.steady());
    if (!queued) refused.add();
    return queued;
  }

  core::result<void> read(const std::function<core::result<void>(io::transaction&)>& fn) override {
    return readers_.read(fn);
  }

  core::result<void> migrate(std::string_view owner, std::span<const io::migration> steps) override {
    if (options_.read_only) return fail(errc::state, "the store was opened for reading only");
    if (!thread_.joinable()) {
      if (stopped_) return fail(errc::shutdown, "the store is closed");
      return apply_migrations(*connection_, owner, steps, clock_);
    }
    // The writer is at work (a plugin loaded late): the connection is its own, so it migrates between two groups.
    auto task = std::make_shared<std::packaged_task<core::result<void>()>>(
        [this, owner, steps] { return apply_migrations(*connection_, owner, steps, clock_); });
    auto done = task->get_future();
    EVH_TRY(queue_.push_control([task] { (*task)(); }));
    return done.get();  // the writer runs every control task before it ends
  }

  void on_close(std::function<void(io::native_handle)> fn) override {
    std::lock_guard lock(closing_mutex_);
    closing_.push_back(std::move(fn));
  }

  void observe(io::group_observer* observer) override {
    if (writer_) writer_->observe(observer);
  }

  core::result<void> start() override {
    if (options_.read_only) return fail(errc::state, "the store was opened for reading only");
    if (stopped_) return fail(errc::shutdown, "the store is closed");
    if (thread_.joinable()) return fail(errc::state, "the store runs already");
    thread_ = std::thread([this] { writer_->run(); });
    return core::success();
  }

  void stop(std::chrono::steady_clock::time_point deadline) override {
    if (std::exchange(stopped_, true)) return;
    queue_.close();
    if (writer_) {
      writer_->give_up_at(deadline);
      if (thread_.joinable())
        thread_.join();
      else
        fail_unstarted();
    }
    watches_.clear();
    const auto tell = [this](io::native_handle h) { before_close(h); };
    readers_.close(deadline, tell);
    before_close({EVH_DIALECT_SQLITE, connection_->handle()});
    connection_.reset();  // the last connection: checkpoints and removes the WAL
    lock_.reset();
  }

  [[nodiscard]] io::store_stats stats() const override { return writer_ ? writer_->stats() : io::store_stats{}; }
  [[nodiscard]] std::string trouble() const override { return writer_ ? writer_->trouble() : std::string(); }

 private:
  std::shared_ptr<void> watch_size(io::metric_registry& metrics, const io::metric_desc& desc, const char* ending) {
    auto file = options_.path;
    file += ending;
    return metrics.watch(io::metric_kind::gauge, desc, {}, [file] {
      std::error_code failed;
      const auto bytes = std::filesystem::file_size(file, failed);
      return failed ? 0.0 : static_cast<double>(bytes);
    });
  }

  void before_close(io::native_handle handle) {
    std::lock_guard lock(closing_mutex_);
    for (const auto& fn : closing_) fn(handle);
  }

  // Units queued before a start that never came: the writer's loop fails them on this thread.
  void fail_unstarted() {
    writer_->give_up_at(std::chrono::steady_clock::time_point::min());
    writer_->run();
  }

  const sqlite_options options_;
  std::optional<directory_lock> lock_;  // dies last: nobody else may open the file before ours is closed
  std::unique_ptr<sqlite_connection> connection_;
  io::clock& clock_;
  unit_queue queue_;
  read_pool readers_;
  std::optional<group_writer> writer_;
  io::counter refused_requests_, refused_lanes_;
  std::vector<std::shared_ptr<void>> watches_;
  std::mutex closing_mutex_;
  std::vector<std::function<void(io::native_handle)>> closing_;
  std::thread thread_;
  bool stopped_ = false;
};

}  // namespace

core::result<std::unique_ptr<io::store>> make_sqlite_store(const sqlite_options& options, io::clock& clock,
                                                           io::log_sink& log, io::metric_registry& metrics) {
  std::optional<directory_lock> lock;
  if (!options.read_only) {
    std::error_code failed;
    std::filesystem::create_directories(options.path.parent_path(), failed);
    if (failed)
      return fail(errc::io, "data directory " + options.path.parent_path().string() + ": " + failed.message() +
                                "; choose a host.data_dir that can be made");
    auto taken = directory_lock::take(options.path);
    if (!taken) return std::move(taken).error();
    lock.emplace(std::move(taken).value());
  }
  EVH_TRY(auto connection, sqlite_connection::open({.path = options.path,
                                                    .read_only = options.read_only,
                                                    .cache_bytes = options.cache_bytes,
                                                    .busy_timeout = options.busy_timeout,
                                                    .size_bytes_max = options.size_bytes_max}));
  if (!options.read_only) {
    EVH_TRY(prepare_store_tables(*connection));
  }
  std::unique_ptr<io::store> made = std::make_unique<sqlite_store>(options, std::move(lock), std::move(connection),
                                                                   clock, log, metrics);
  return made;
}

}  // namespace evhost::storage
