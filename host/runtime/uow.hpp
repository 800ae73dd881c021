// The unit of work as plugins see it: the object behind the opaque evh_uow*, for lanes, requests, timers and reads.
//
// One run of one unit. Owned by whoever runs it (lane unit, request unit, timer unit, read), used on one thread,
// gone when the run's fate is told to after() callbacks: finish(true) after COMMIT, finish(false) when undone.
#pragma once
#include "host/core/result.hpp"
#include "host/io/log.hpp"
#include "host/io/store.hpp"

#include <evh/abi/uow.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace evhost::runtime {
class unit_of_work;
}

// The C name of the same object: unit_of_work derives from it, so the cast both ways is static.
struct evh_uow {};

namespace evhost::runtime {

class unit_of_work final : public evh_uow {
 public:
  unit_of_work(io::transaction& tx, io::event_log& log) : tx_(&tx), log_(&log) {}
  unit_of_work(const unit_of_work&) = delete;
  unit_of_work& operator=(const unit_of_work&) = delete;
  ~unit_of_work() { finish(false); }

  static unit_of_work& of(evh_uow* uow) { return *static_cast<unit_of_work*>(uow); }

  [[nodiscard]] io::transaction& tx() const { return *tx_; }
  [[nodiscard]] io::event_log& log() const { return *log_; }

  // W3C context that published records inherit; null when there is none. Points into the event or request served.
  const std::uint8_t* trace_id = nullptr;
  const std::uint8_t* span_id = nullptr;

  // The first failure of a statement or publish in this run. A broken transaction overrides the plugin's verdict.
  void note_broken(core::error why) {
    if (!broken_) broken_why_ = std::move(why);
    broken_ = true;
  }
  [[nodiscard]] bool broken() const { return broken_; }
  [[nodiscard]] const core::error& broken_why() const { return broken_why_; }

  void after(evh_uow_after_fn fn, void* user) { after_.emplace_back(fn, user); }

  // Tells every after() callback, once. Exceptions never come back: the callbacks are C.
  void finish(bool committed) noexcept {
    auto told = std::exchange(after_, {});
    for (auto& [fn, user] : told) fn(user, committed ? 1 : 0);
  }

 private:
  io::transaction* tx_;
  io::event_log* log_;
  bool broken_ = false;
  core::error broken_why_;
  std::vector<std::pair<evh_uow_after_fn, void*>> after_;
};

}  // namespace evhost::runtime
