// Waits for the socket or for a ring.
#include "host/storage/postgres/bell.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace evhost::storage::postgres {
namespace {

constexpr int look_ms = 10'000;  // then the end is looked for, should a wake have been lost

}  // namespace

bell::bell(const connect_options& options, std::function<void()> heard, io::log_sink& log)
    : answer_within_(options.statement_timeout), heard_(std::move(heard)), link_(options, {}, log), wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

bell::~bell() {
  stop();
  if (wake_fd_ >= 0) ::close(wake_fd_);
}

void bell::start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void bell::ring() noexcept {
  if (rung_.exchange(true)) return;  // the thread has not said the last one yet
  ::eventfd_write(wake_fd_, 1);
}

void bell::stop() noexcept {
  if (over_.exchange(true)) return;
  link_.wake();
  ::eventfd_write(wake_fd_, 1);
  if (thread_.joinable()) thread_.join();
}

void bell::run() {
  while (!over_) {
    if (!link_.get() && !listen()) continue;
    auto& c = *link_.get();
    if (rung_.exchange(false)) say(c);
    hear(c);
    if (!c.lost() && !rung_) wait(c);
  }
}

bool bell::listen() {
  auto opened = link_.open_until(connection::clock::time_point::max(), [this] { return over_.load(); });
  if (!opened) return false;
  auto& c = *opened.value();
  // A hint need not be durable.
  if (!c.run("SET synchronous_commit = off; LISTEN evh_news", connection::clock::now() + answer_within_)) {
    c.mark_lost();
    return false;
  }
  heard_();  // whatever was said while nobody listened
  return true;
}

void bell::wait(connection& c) {
  pollfd fds[] = {{PQsocket(c.handle()), POLLIN, 0}, {wake_fd_, POLLIN, 0}};
  if (::poll(fds, 2, look_ms) <= 0) return;
  eventfd_t ignored = 0;
  if (fds[1].revents != 0) ::eventfd_read(wake_fd_, &ignored);
  if (fds[0].revents != 0 && PQconsumeInput(c.handle()) == 0) c.mark_lost();
}

void bell::say(connection& c) {
  if (c.run("NOTIFY evh_news", connection::clock::now() + answer_within_)) return;
  c.mark_lost();
  rung_ = true;  // said again by the next connection
}

void bell::hear(connection& c) {
  bool others = false;
  while (PGnotify* note = PQnotifies(c.handle())) {
    others = others || note->be_pid != c.backend_pid();
    PQfreemem(note);
  }
  if (others) heard_();
}

}  // namespace evhost::storage::postgres
