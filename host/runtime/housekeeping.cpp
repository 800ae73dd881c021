// One timer; each round deletes in bounded steps.
#include "host/runtime/housekeeping.hpp"

#include "host/runtime/call_gate.hpp"
#include "host/runtime/idempotency.hpp"
#include "host/runtime/services.hpp"

#include <boost/asio/steady_timer.hpp>

namespace evhost::runtime {
namespace {

constexpr std::int64_t rows_per_unit = 500;
constexpr std::chrono::seconds stop_wait{10};  // a round is bounded; this bounds a store that hangs

}  // namespace

struct housekeeping::state : std::enable_shared_from_this<state> {
  explicit state(services& all) : shared(all), alarm(all.ports.pool) {}

  // Deletes old rows until none is left, one unit after the other.
  class prune_unit final : public io::unit {
   public:
    prune_unit(std::shared_ptr<state> owner, call_gate::pass pass) : owner_(std::move(owner)), pass_(std::move(pass)) {}
    bool run(io::transaction& tx, std::chrono::microseconds) override {
      const services& shared = owner_->shared;
      auto done = idempotency::prune(tx, shared.ports.clock.wall() - shared.options.idempotency_ttl, rows_per_unit);
      deleted_ = done ? done.value() : 0;
      return done.has_value() && deleted_ > 0;
    }
    void settled(io::unit_outcome outcome, const core::error*) noexcept override {
      if (outcome == io::unit_outcome::committed && deleted_ >= rows_per_unit) owner_->prune(std::move(pass_));
    }

   private:
    std::shared_ptr<state> owner_;
    call_gate::pass pass_;
    std::int64_t deleted_ = 0;
  };

  void prune(call_gate::pass pass) {
    (void)shared.ports.store.submit(std::make_unique<prune_unit>(shared_from_this(), std::move(pass)));
  }

  void round() {
    call_gate::pass pass = gate.enter();
    if (!pass) return;
    shared.refresh_log_level();
    prune(std::move(pass));
    arm();
  }

  void arm() {
    std::lock_guard lock(mutex);
    if (stopped) return;
    alarm.expires_after(shared.options.housekeeping);
    alarm.async_wait([self = shared_from_this()](const boost::system::error_code& why) {
      if (!why) self->round();
    });
  }

  services& shared;
  std::mutex mutex;
  boost::asio::steady_timer alarm;
  bool stopped = false;
  call_gate gate;
};

housekeeping::housekeeping(services& shared) : state_(std::make_shared<state>(shared)) {}
housekeeping::~housekeeping() {
  stop();
}

void housekeeping::start() {
  state_->gate.open();
  state_->arm();
}

void housekeeping::stop() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopped = true;
    state_->alarm.cancel();
  }
  state_->gate.close();
  state_->gate.wait_idle(std::chrono::steady_clock::now() + stop_wait);
}

}  // namespace evhost::runtime
