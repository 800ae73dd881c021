// The steps of a replay.
#include "replayer.hpp"

#include "feed.hpp"
#include "frames.hpp"

#include <evh/unit.hpp>

namespace sync_ {

void replayer::start(const replay& what, std::string epoch) {
  job j{what, std::move(epoch), false, std::chrono::steady_clock::now()};
  if (advance(j) == step::done) return;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(j));
  }
  wake_();
}

void replayer::run_waiting() {
  std::vector<job> mine;
  {
    const std::lock_guard lock(mutex_);
    mine.swap(waiting_);
  }
  std::vector<job> left;
  for (auto& j : mine)
    if (advance(j) == step::wait) left.push_back(std::move(j));
  if (left.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    for (auto& j : left) waiting_.push_back(std::move(j));
  }
  wake_();
}

std::size_t replayer::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

replayer::step replayer::advance(job& j) {
  const auto id = j.what.connection;
  if (hub_->person_of(id) != j.what.person) return step::done;  // gone meanwhile
  if (std::chrono::steady_clock::now() - j.since > give_up) {
    host_->ws_close(id, close_code::overloaded, "could not catch up within 60 s; connect again and resume");
    return step::done;
  }
  try {
    for (;;) {
      const auto queued = host_->ws_queued(id);
      if (queued && *queued > queued_bytes_max) return step::wait;
      const auto before = j.what.after;
      if (const auto s = send_page(j); s == step::done || j.what.after == before) return s;
    }
  } catch (const evh::failure& f) {
    host_->warn("a replay failed; the client is asked to come again", {{"error", f.what()}});
    host_->ws_close(id, close_code::overloaded, "the store is busy; connect again and resume");
    return step::done;
  }
}

// One page in one snapshot. done: caught up, refused, or nothing more to do.
replayer::step replayer::send_page(job& j) {
  auto& w = j.what;
  step result = step::wait;
  evh::read(*host_, [&](evh::unit& unit) {
    const auto reach = feed::read_reach(unit, w.partition);
    if (reach.seq < w.tail) return;  // the feed has not passed L yet
    if (!j.answered) {
      if (w.after < reach.trimmed && w.after < w.tail) {
        hub_->stop_holding(w.connection);
        hub_->send(w.connection, frames::resync_required("retention", j.epoch, w.tail));
        result = step::done;
        return;
      }
      hub_->send(w.connection, frames::subscribed(j.epoch, w.after));
      j.answered = true;
    }
    const auto rows = feed::read(unit, w.person, w.after, w.tail, page_rows, [&](const change& c) {
      hub_->send(w.connection, frames::event(c.seq, w.prev, c.id, c.event, c.data));
      w.after = w.prev = c.seq;
    });
    if (rows == page_rows) return;
    hub_->release(w.connection, w.tail > w.after ? w.tail : w.after, w.prev);
    result = step::done;
  });
  return result;
}

}  // namespace sync_
