// One unit per ticket, then the frames that waited for it.
#include "admissions.hpp"

#include <evh/unit.hpp>

#include <memory>

namespace sync_ {

void admissions::begin(std::uint64_t connection, use_of_ticket use) {
  {
    const std::lock_guard lock(mutex_);
    pending_[connection];
  }
  struct outcome {
    use_of_ticket use;
    bool first = false;
  };
  auto shared = std::make_shared<outcome>(outcome{std::move(use)});
  const bool queued = evh::write(
      *host_, [shared](evh::unit& unit) { shared->first = tickets::note_use(unit, shared->use); },
      [this, connection, shared](evh_status status) {
        const auto why = status != EVH_OK ? std::optional(refusal::busy) : shared->first ? std::nullopt : std::optional(refusal::used);
        const auto finish = [this, connection, shared, why] { end(connection, shared->use.who, why); };
        if (!host_->submit(finish)) closed(connection);  // the host stops: it closes every socket
      });
  if (!queued) end(connection, shared->use.who, refusal::busy);
}

bool admissions::keep(std::uint64_t connection, std::string_view frame) {
  const std::lock_guard lock(mutex_);
  const auto found = pending_.find(connection);
  if (found == pending_.end()) return false;
  if (found->second.size() < frames_max) found->second.emplace_back(frame);
  return true;
}

void admissions::closed(std::uint64_t connection) {
  const std::lock_guard lock(mutex_);
  pending_.erase(connection);
}

void admissions::end(std::uint64_t connection, const login& who, std::optional<refusal> why) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = pending_.find(connection);
    if (found == pending_.end()) return;  // it went away
    if (why) pending_.erase(found);
  }
  if (why) return tell_.refuse(connection, *why);
  tell_.admit(connection, who);
  for (;;) {  // frames go on waiting until the last of them was handed out, so that they keep their order
    std::string frame;
    {
      const std::lock_guard lock(mutex_);
      const auto found = pending_.find(connection);
      if (found == pending_.end()) return;
      if (found->second.empty()) return void(pending_.erase(found));
      frame = std::move(found->second.front());
      found->second.pop_front();
    }
    tell_.frame(connection, frame);
  }
}

}  // namespace sync_
