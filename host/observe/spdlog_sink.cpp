// spdlog gives the queue and the writing thread; lines come to it ready made.
#include "host/observe/spdlog_sink.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <vector>

#include <unistd.h>

#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>

#include "host/io/metrics/host.hpp"
#include "host/observe/repeat_limit.hpp"

namespace evhost::observe {
namespace {

// Writes the payload and a line break in one system call, so that lines of several processes on one pipe stay whole.
class descriptor_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit descriptor_sink(int descriptor) : descriptor_(descriptor) {}
  std::atomic<std::uint64_t> failed{0};

  // Counts markers that went through the queue; await_flush returns when `count` have, or at the deadline.
  void await_flush(std::uint64_t count, std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(flush_mutex_);
    flush_done_.wait_until(lock, until, [&] { return flushed_ >= count; });
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    line_.assign(message.payload.begin(), message.payload.end());
    line_ += '\n';
    std::size_t written = 0;
    while (written < line_.size()) {
      const auto count = ::write(descriptor_, line_.data() + written, line_.size() - written);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        failed.fetch_add(1, std::memory_order_relaxed);
        return;
      }
      written += static_cast<std::size_t>(count);
    }
  }
  void flush_() override {
    {
      const std::lock_guard lock(flush_mutex_);
      ++flushed_;
    }
    flush_done_.notify_all();
  }

  int descriptor_;
  std::string line_;
  std::mutex flush_mutex_;
  std::condition_variable flush_done_;
  std::uint64_t flushed_ = 0;
};

}  // namespace

struct spdlog_sink::state {
  state(const log_options& from, const io::clock& time, io::metric_registry& metrics)
      : options(from),
        clock(time),
        repeats(from.repeat_max, from.repeat_window),
        sink(std::make_shared<descriptor_sink>(from.descriptor)),
        pool(std::make_shared<spdlog::details::thread_pool>(from.queue_lines, 1)),
        logger(std::make_shared<spdlog::async_logger>("evhost", sink, pool,
                                                      spdlog::async_overflow_policy::overrun_oldest)),
        repeated(metrics.get_counter(io::metrics::log_dropped_total, {"repeated"})) {
    logger->set_level(spdlog::level::trace);
    for (std::size_t i = 0; i < written.size(); ++i) {
      written[i] = metrics.get_counter(io::metrics::log_records_total, {level_name(static_cast<io::log_level>(i))});
    }
    watches[0] = metrics.watch(io::metric_kind::counter, io::metrics::log_dropped_total, {"queue"},
                               [this] { return static_cast<double>(pool->overrun_counter()); });
    watches[1] = metrics.watch(io::metric_kind::counter, io::metrics::log_dropped_total, {"write"},
                               [this] { return static_cast<double>(sink->failed.load(std::memory_order_relaxed)); });
  }

  // The pool's thread drops its last reference to the logger while it writes; joined first, that is seen to come first
  // (libspdlog is not built with the sanitizers, which cannot see into it).
  ~state() {
    for (auto& watch : watches) watch.reset();
    pool.reset();
  }

  log_options options;
  const io::clock& clock;
  repeat_limit repeats;
  std::shared_ptr<descriptor_sink> sink;
  std::shared_ptr<spdlog::details::thread_pool> pool;  // its destructor writes what is queued and joins
  std::shared_ptr<spdlog::async_logger> logger;
  std::array<io::counter, 6> written;
  io::counter repeated;
  std::array<std::shared_ptr<void>, 2> watches;
  std::mutex flush_mutex;
  std::uint64_t flushes = 0;
};

spdlog_sink::spdlog_sink(const log_options& options, const io::clock& clock, io::metric_registry& metrics)
    : state_(std::make_unique<state>(options, clock, metrics)) {
  set_level(options.level);
}

spdlog_sink::~spdlog_sink() = default;

void spdlog_sink::write(const io::log_record& record) noexcept {
  try {
    repeat_limit::verdict verdict;
    if (record.component != unlimited_component) verdict = state_->repeats.admit(record, state_->clock.steady());
    if (!verdict.pass) return state_->repeated.add();
    auto line = [&] {
      if (verdict.left_out == 0) return format_line(state_->options.format, record, state_->clock.wall());
      std::vector<io::log_field> fields(record.fields.begin(), record.fields.end());
      fields.emplace_back("left_out", verdict.left_out);
      return format_line(state_->options.format, {record.level, record.component, record.message, fields},
                         state_->clock.wall());
    }();
    state_->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
    state_->written[static_cast<std::size_t>(record.level)].add();
  } catch (...) {
    // Out of memory while logging: the line is lost, the caller must not be.
  }
}

void spdlog_sink::flush(std::chrono::milliseconds patience) noexcept {
  // The queue is first in, first out and has one consumer: once a marker went through, everything before it is out.
  const auto until = std::chrono::steady_clock::now() + patience;
  const std::lock_guard one_at_a_time(state_->flush_mutex);
  state_->logger->flush();
  state_->sink->await_flush(++state_->flushes, until);
}

io::log_level level_of(std::string_view name, io::log_level otherwise) noexcept {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(io::log_level::off); ++i) {
    if (level_name(static_cast<io::log_level>(i)) == name) return static_cast<io::log_level>(i);
  }
  return otherwise;
}

}  // namespace evhost::observe
