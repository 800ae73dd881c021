// Timers of all plugins on the pool's executor: a timer never overlaps itself, missed ticks are counted, not made up
// for.
//
// Any thread. Timers armed before the plugin runs start to count when it does. Bound: runtime_options::timers_max each.
#pragma once
#include "host/core/result.hpp"
#include "host/io/observe.hpp"

#include <evh/abi/timer.h>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace evhost::runtime {

class plugin_instance;

class timer_service {
 public:
  explicit timer_service(boost::asio::any_io_executor pool) : pool_(std::move(pool)) {}

  evh_status arm(plugin_instance& plugin, std::chrono::milliseconds delay, std::chrono::milliseconds period,
                 std::uint32_t flags, std::uint64_t cookie, evh_handle& id);
  evh_status cancel(plugin_instance& plugin, evh_handle id);
  void begin(plugin_instance& plugin);
  void cancel_all(plugin_instance& plugin);

 private:
  using time_point = std::chrono::steady_clock::time_point;
  struct entry {
    entry(const boost::asio::any_io_executor& pool, plugin_instance& owner) : plugin(owner), alarm(pool) {}
    plugin_instance& plugin;
    boost::asio::steady_timer alarm;
    std::chrono::milliseconds delay{}, period{};
    std::uint32_t flags = 0;
    std::uint64_t cookie = 0, missed = 0;
    evh_handle id = 0;
    time_point due;
    bool cancelled = false;
  };
  using entry_ptr = std::shared_ptr<entry>;
  class tick_unit;

  void schedule(const entry_ptr& timer);  // under the lock
  void fire(const entry_ptr& timer);
  void finish(const entry_ptr& timer, evh_status status, const evh_error& error);
  void put_off(const entry_ptr& timer);

  boost::asio::any_io_executor pool_;
  std::mutex mutex_;
  evh_handle next_id_ = 1;
  std::unordered_map<evh_handle, entry_ptr> timers_;
};

}  // namespace evhost::runtime
