// Runs, stores, answers. On the store's thread from run() to done().
#include "host/runtime/request_unit.hpp"

#include "host/core/failpoint.hpp"
#include "host/runtime/plugin_instance.hpp"

namespace evhost::runtime {
namespace {

constexpr int submissions_max = 3;  // a repeat that lost the race for its key row runs again and finds the row

void release_work(plugin_instance& plugin, const applied_work& work) {
  if (work.release == nullptr) return;
  evh_error error = make_error();
  plugin.enter("release", symbolic_thread::other, error, [&] {
    work.release(work.user);
    return EVH_OK;
  });
}

class request_unit final : public plugin_unit {
 public:
  request_unit(std::shared_ptr<request_call> call, applied_work work, call_gate::pass pass, int submission)
      : plugin_unit(call->plugin(), std::move(pass)), call_(std::move(call)), work_(work), submission_(submission) {}

 private:
  enum class verdict { ran, abandoned, replayed, key_reused, key_lost };

  evh_status perform(unit_of_work& uow, evh_error& error) override {
    call_->staged.reset();
    verdict_ = verdict::ran;
    if (call_->exchange().answered()) return verdict_ = verdict::abandoned, EVH_CANCELLED;
    if (call_->idempotency && !first_time(uow)) return EVH_CONFLICT;
    const io::trace_context& trace = call_->exchange().request().trace;
    if (trace.present) {
      uow.trace_id = trace.trace_id.data();
      uow.span_id = trace.span_id.data();
    }
    const evh_status status = plugin_.enter(
        "apply", symbolic_thread::unit, error, [&] { return work_.fn(work_.user, &uow, &error); }, call_phase::plain,
        &uow);
    if (status == EVH_OK && call_->idempotency && !uow.broken()) return remember(uow, error);
    return status;
  }

  // False: a row with this key exists, or cannot be looked for.
  bool first_time(unit_of_work& uow) {
    if (core::unprotected(core::protections::idempotency)) return true;
    const services& shared = plugin_.shared();
    auto found =
        idempotency::lookup(uow.tx(), *call_->idempotency, shared.ports.clock.wall() - shared.options.idempotency_ttl);
    if (!found) {
      uow.note_broken(found.error());
      return false;
    }
    if (!found.value()) return true;
    verdict_ = found.value()->fingerprint == call_->idempotency->fingerprint ? verdict::replayed : verdict::key_reused;
    if (verdict_ == verdict::replayed) call_->staged = std::move(found.value()->what);
    return false;
  }

  evh_status remember(unit_of_work& uow, evh_error& error) {
    if (!call_->staged) call_->staged = answer{204, {}, {}, {}};
    if (core::unprotected(core::protections::idempotency)) return EVH_OK;
    auto stored =
        idempotency::insert(uow.tx(), *call_->idempotency, *call_->staged, plugin_.shared().ports.clock.wall());
    if (stored) return EVH_OK;
    if (stored.error().code == core::errc::conflict)
      verdict_ = verdict::key_lost;
    else
      uow.note_broken(stored.error());
    return say(&error, stored.error());
  }

  void done(const unit_end& end) noexcept override {
    if (verdict_ == verdict::key_lost && !end.lost && submission_ < submissions_max) {
      auto again = std::make_unique<request_unit>(call_, work_, std::move(pass_), submission_ + 1);
      if (plugin_.shared().ports.store.submit(std::move(again))) return;
    }
    release_work(plugin_, work_);
    if (call_->move(call_state::applying, call_state::answered)) answer_now(end);
  }

  void answer_now(const unit_end& end) {
    if (verdict_ == verdict::key_reused && !end.lost)
      call_->finish_refused(
          {422, "idempotency-key-reused", "this Idempotency-Key was used with another request; use a new key", {}});
    else if (end.lost || verdict_ == verdict::key_lost)
      refuse(end, true);
    else if (call_->staged)
      call_->finish(std::move(*call_->staged), verdict_ == verdict::replayed);
    else if (end.committed)
      call_->finish(answer{204, {}, {}, {}});
    else
      refuse(end, end.status == EVH_AGAIN || end.status == EVH_TIMEOUT || end.status == EVH_IO ||
                      end.status == EVH_SHUTDOWN || end.status == EVH_CONFLICT);
  }

  void refuse(const unit_end& end, bool later) {
    if (verdict_ != verdict::abandoned)
      plugin_.log(io::log_level::warning, "request not applied",
                  {{"request_id", call_->exchange().request().request_id},
                   {"status", status_name(end.status)},
                   {"error", said(end.error)}});
    if (later)
      call_->finish_refused({503, "try-again", "nothing was changed; send the request again", {}}, true);
    else
      call_->finish_refused({500, "internal", "the plugin failed; nothing was changed", {}});
  }

  std::shared_ptr<request_call> call_;
  applied_work work_;
  int submission_;
  verdict verdict_ = verdict::ran;
};

}  // namespace

evh_status submit_request(const std::shared_ptr<request_call>& call, applied_work work) {
  plugin_instance& plugin = call->plugin();
  call_gate::pass pass = plugin.pass();
  if (pass) {
    auto queued = plugin.shared().ports.store.submit(std::make_unique<request_unit>(call, work, std::move(pass), 1));
    if (queued) return EVH_OK;
  }
  release_work(plugin, work);
  if (call->move(call_state::applying, call_state::answered))
    call->finish_refused({503, "busy", "too many requests wait for the store; send the request again", {}}, true);
  return EVH_AGAIN;
}

}  // namespace evhost::runtime
