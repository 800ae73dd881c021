// The registry of threads, and the marks' order of stores.
#include "host/runtime/call_marks.hpp"

#include <mutex>

namespace evhost::runtime {
namespace {

struct registry {
  std::mutex mutex;
  call_marks* first = nullptr;
};

// Never destroyed: threads may end after main did.
registry& threads() {
  static auto* const all = new registry;
  return *all;
}

thread_local constinit call_marks* mine = nullptr;
thread_local constinit bool ended = false;

// Takes the thread off the list when it ends.
struct membership {
  call_marks marks;

  membership() {
    marks.thread = ::pthread_self();
    const std::lock_guard lock(threads().mutex);
    marks.next = threads().first;
    threads().first = &marks;
  }
  ~membership() {
    mine = nullptr;
    ended = true;
    const std::lock_guard lock(threads().mutex);
    for (call_marks** at = &threads().first; *at != nullptr; at = &(*at)->next)
      if (*at == &marks) {
        *at = marks.next;
        return;
      }
  }
  membership(const membership&) = delete;
  membership& operator=(const membership&) = delete;
};

call_marks* join() noexcept {
  if (ended) return nullptr;
  try {
    thread_local membership of_thread;
    return mine = &of_thread.marks;
  } catch (...) {
    return nullptr;  // no memory for the thread's storage: it goes unwatched
  }
}

}  // namespace

call_marks* own_marks() noexcept { return mine != nullptr ? mine : join(); }

void each_thread(const std::function<void(call_marks&)>& see) {
  const std::lock_guard lock(threads().mutex);
  for (call_marks* one = threads().first; one != nullptr; one = one->next) see(*one);
}

held_events::held_events(const subscription& lane, std::int32_t partition, std::int64_t first, std::int64_t last) noexcept
    : marks_(own_marks()) {
  if (marks_ == nullptr) return;
  marks_->partition.store(partition, std::memory_order_release);
  marks_->first.store(first, std::memory_order_release);
  marks_->last.store(last, std::memory_order_release);
  marks_->lane.store(&lane, std::memory_order_release);
}

held_events::~held_events() {
  if (marks_ != nullptr) marks_->lane.store(nullptr, std::memory_order_release);
}

host_function::host_function() noexcept : marks_(mine) {
  if (marks_ == nullptr) return;
  before_ = marks_->in_host.load(std::memory_order_relaxed);
  marks_->in_host.store(true, std::memory_order_release);
}

host_function::~host_function() {
  if (marks_ != nullptr) marks_->in_host.store(before_, std::memory_order_release);
}

}  // namespace evhost::runtime
