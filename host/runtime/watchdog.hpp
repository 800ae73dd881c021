// The watchdog: a call into a plugin that does not come back within its deadline ends the process, by name.
//
// A handler cannot be cancelled in C++, so nothing less is honest: one critical line, then SIGABRT on the thread that
// hangs (the crash note and the core dump show it), and the crash-loop guard finds its events in the in-flight file. Only
// the plugin's own time counts: a tick that finds the call inside a host function adds nothing. Time is the watchdog's
// own ticks, never a difference of clocks: while the process is stopped nobody's time passes.
// Threading: add() before start(); look() by one thread, the watchdog's own after start(). stop() is idempotent.
#pragma once
#include "host/io/observe.hpp"
#include "host/runtime/call_marks.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace evhost::runtime {

struct watchdog_options {
  std::chrono::milliseconds deadline{0};  // of the plugin's own time in one call; 0: only the metric
  // What ends the process, on the watchdog's thread; empty: as described above. For tests.
  std::function<void(const call_marks&)> end;
};

class watchdog {
 public:
  watchdog(io::log_sink& log, io::metric_registry& metrics, watchdog_options options);
  ~watchdog() { stop(); }
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

  void add(const plugin_instance& plugin);  // its calls are watched, until stop()
  void start();
  void stop();
  // One tick, which stands for this much time.
  void look(std::chrono::milliseconds passed);

  [[nodiscard]] std::chrono::milliseconds tick() const;

 private:
  struct watched {
    io::gauge running;
    std::chrono::milliseconds longest{0};  // in this look
  };
  void see(call_marks& marks, std::chrono::milliseconds passed);
  void tell(io::log_level level, const char* message, const call_marks& marks) const;
  void run(const std::stop_token& stop);

  io::log_sink& log_;
  io::metric_registry& metrics_;
  const watchdog_options options_;
  std::map<const plugin_instance*, watched> plugins_;
  std::mutex mutex_;  // of the waiting alone
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace evhost::runtime
