// Backoff: 20 ms doubling to 2 s, each pause between half and the whole of it.
#include "host/storage/postgres/link.hpp"

#include <algorithm>

namespace evhost::storage::postgres {
namespace {

constexpr auto pause_first = std::chrono::milliseconds(20);
constexpr auto pause_max = std::chrono::milliseconds(2'000);

}  // namespace

link::link(connect_options options, std::function<void(io::native_handle)> before_close, io::log_sink& log)
    : options_(std::move(options)),
      before_close_(std::move(before_close)),
      log_(log),
      jitter_(std::random_device{}()) {}

core::result<connection*> link::open() {
  if (auto* const there = get()) return there;
  close();
  auto opened = connection::open(options_);
  if (!opened) {
    note_trouble(opened.error().error);
    return std::move(opened).error().error;
  }
  connection_ = std::move(opened).value();
  if (auto ended = end_old_backend(); !ended) {
    connection_->mark_lost();
    note_trouble(ended.error());
    return std::move(ended).error();
  }
  old_pid_ = connection_->backend_pid();
  clear_trouble();
  return connection_.get();
}

core::result<void> link::end_old_backend() {
  if (old_pid_ == 0) return core::success();
  // The name makes sure that it is ours: the number may be somebody else's by now.
  const std::string sql =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = " + std::to_string(old_pid_) +
      " AND pid <> pg_backend_pid() AND application_name = current_setting('application_name')";
  auto done = connection_->run(sql.c_str(), connection::clock::now() + options_.connect_timeout);
  if (!done) return std::move(done).error().error;
  return core::success();
}

core::result<connection*> link::open_until(std::chrono::steady_clock::time_point deadline,
                                           const std::function<bool()>& stop) {
  for (int attempt = 0;; ++attempt) {
    auto opened = open();
    if (opened || stop() || std::chrono::steady_clock::now() >= deadline) return opened;
    pause(attempt);
  }
}

void link::close() {
  tell_closing();
  connection_.reset();
}

void link::tell_closing() {
  if (connection_ && before_close_) before_close_({EVH_DIALECT_POSTGRESQL, connection_->handle()});
}

void link::pause(int attempt) {
  const auto whole = std::min(pause_max, pause_first * (1 << std::min(attempt, 7)));
  std::uniform_int_distribution<std::int64_t> some(whole.count() / 2, whole.count());
  std::unique_lock lock(mutex_);
  const auto woken = [this, before = awake_] { return awake_ != before; };
  woken_.wait_for(lock, awake_ ? pause_first : std::chrono::milliseconds(some(jitter_)), woken);
}

void link::wake() {
  const std::lock_guard lock(mutex_);
  awake_ = true;
  woken_.notify_all();
}

void link::note_trouble(const core::error& why) {
  {
    const std::lock_guard lock(mutex_);
    if (trouble_ == why.message) return;
    trouble_ = why.message;
  }
  log_.log(io::log_level::error, "storage", "the database cannot be used", {{"error", why.message}});
}

void link::clear_trouble() {
  {
    const std::lock_guard lock(mutex_);
    if (trouble_.empty()) return;
    trouble_.clear();
  }
  log_.log(io::log_level::info, "storage", "the database can be used again");
}

std::string link::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

bool link::troubled() const {
  const std::lock_guard lock(mutex_);
  return !trouble_.empty();
}

}  // namespace evhost::storage::postgres
