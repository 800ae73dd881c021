// A unit whose submitter waits: shared state between the two, since the waiter may give up first.
#include "host/runtime/lane_sql.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

namespace evhost::runtime {
namespace {

struct outcome_box {
  std::mutex mutex;
  std::condition_variable told;
  std::optional<core::result<void>> outcome;

  void tell(core::result<void> what) {
    const std::lock_guard lock(mutex);
    outcome = std::move(what);
    told.notify_all();
  }
};

class waited_unit final : public io::unit {
 public:
  waited_unit(std::shared_ptr<outcome_box> box, std::function<core::result<void>(io::transaction&)> body)
      : box_(std::move(box)), body_(std::move(body)) {}

  bool run(io::transaction& tx, std::chrono::microseconds) override {
    last_ = body_(tx);
    return last_.has_value();
  }
  void settled(io::unit_outcome outcome, const core::error* why) noexcept override {
    if (outcome == io::unit_outcome::committed)
      box_->tell(core::success());
    else if (outcome == io::unit_outcome::rolled_back && last_.has_error())
      box_->tell(last_.error());
    else
      box_->tell(why ? *why : core::fail(core::errc::io, "the store gave a unit up without a reason"));
  }

 private:
  std::shared_ptr<outcome_box> box_;
  std::function<core::result<void>(io::transaction&)> body_;
  core::result<void> last_ = core::success();
};

}  // namespace

core::result<void> run_unit(io::store& store, std::function<core::result<void>(io::transaction&)> body,
                            std::chrono::milliseconds patience) {
  auto box = std::make_shared<outcome_box>();
  EVH_TRY(store.submit(std::make_unique<waited_unit>(box, std::move(body))));
  std::unique_lock lock(box->mutex);
  if (!box->told.wait_for(lock, patience, [&] { return box->outcome.has_value(); }))
    return core::fail(core::errc::timeout, "the store did not settle a unit of the runtime within " +
                                               std::to_string(patience.count()) + " ms; is the disk hanging?");
  return std::move(*box->outcome);
}

}  // namespace evhost::runtime
