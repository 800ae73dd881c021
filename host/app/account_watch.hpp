// Keeps the list of revoked tokens of this process true: reads the topic user-events from its beginning at start, before
// the front opens, and follows it while the host serves. A disabled user or an ended session is refused as soon as the
// event is committed.
//
// Everything the log still holds is read at start, so a token cannot outlive its revocation by a restart: retention (7
// days) is longer than any token lives (24 h).
// Threading: start [control], waiting at most catch_up_within for a log that is far away; following on the pool, one batch
// at a time; look() any thread. The object outlives the pool's threads and the store's last commit. Errors: an event that
// cannot be read is logged and skipped; a log that cannot be read is read again at the next wake or look.
#pragma once
#include "host/io/clock.hpp"
#include "host/io/log.hpp"
#include "host/io/observe.hpp"
#include "host/security/revocation.hpp"

#include <boost/asio/strand.hpp>
#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

namespace evhost::app {

class account_watch {
 public:
  account_watch(io::event_log& log, const io::clock& clock, io::log_sink& sink, security::revocation_list& revoked, boost::asio::any_io_executor pool)
      : log_(log), clock_(clock), sink_(sink), revoked_(revoked), strand_(boost::asio::make_strand(std::move(pool))) {}

  static constexpr std::chrono::seconds catch_up_within{30};

  core::result<void> start(const io::topic_options& options);
  // Reads what is new, soon: for a wake-up that went astray and after an error.
  void look();

 private:
  core::result<void> catch_up(io::partition_reader& reader);
  void follow();
  [[nodiscard]] core::result<bool> take(io::partition_reader& from);  // false: nothing was new
  void apply(const evh_event& event);

  io::event_log& log_;
  const io::clock& clock_;
  io::log_sink& sink_;
  security::revocation_list& revoked_;
  boost::asio::strand<boost::asio::any_io_executor> strand_;
  std::atomic<bool> awake_{false};
  std::mutex mutex_;  // batch_ and the readers' use
  std::condition_variable changed_;
  io::event_batch batch_;
  std::vector<std::unique_ptr<io::partition_reader>> readers_;  // dies first: nothing wakes a half-dead watch
};

}  // namespace evhost::app
