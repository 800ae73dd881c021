// What each thread leaves behind for the watchdog: which call into a plugin it is in, and whether the plugin or the host
// has the word.
//
// Written by the thread itself, a few stores per call and per host function, no clock and no system call; read by any
// watchdog under the registry's lock. A thread is registered by its first call and taken off when it ends.
#pragma once
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

namespace evhost::runtime {

struct call_frame;
struct subscription;
class plugin_instance;

// The thread's own side. call is odd while the thread is inside a plugin; every other field belongs to that call and is
// stored with release, so that a reader who finds call unchanged afterwards has read what belongs together.
struct call_marks {
  std::atomic<std::uint64_t> call{0};
  std::atomic<const plugin_instance*> plugin{nullptr};
  std::atomic<const char*> function{""};
  std::atomic<bool> watched{false};  // false: a task, which takes the time it takes
  std::atomic<bool> in_host{false};  // the plugin waits for a host function: its time does not count
  // Of a lane's call, else null: which events.
  std::atomic<const subscription*> lane{nullptr};
  std::atomic<std::int32_t> partition{0};
  std::atomic<std::int64_t> first{0}, last{0};

  // The registry's side, under its lock.
  pthread_t thread{};
  std::uint64_t seen_call = 0;
  std::chrono::milliseconds counted{0};  // the plugin's own time in seen_call
  bool warned = false;
  call_marks* next = nullptr;
};

// This thread's marks; registers it when it has none. Null: the thread is on its way out.
call_marks* own_marks() noexcept;

// Every registered thread, under the registry's lock: a thread cannot end meanwhile.
void each_thread(const std::function<void(call_marks&)>& see);

// Around a lane's call: these are the events it holds.
class held_events {
 public:
  held_events(const subscription& lane, std::int32_t partition, std::int64_t first, std::int64_t last) noexcept;
  ~held_events();
  held_events(const held_events&) = delete;
  held_events& operator=(const held_events&) = delete;

 private:
  call_marks* marks_;
};

// Around a host function that a plugin called.
class host_function {
 public:
  host_function() noexcept;
  ~host_function();
  host_function(const host_function&) = delete;
  host_function& operator=(const host_function&) = delete;

 private:
  call_marks* marks_;
  bool before_ = false;
};

}  // namespace evhost::runtime
