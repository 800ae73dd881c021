// Frames of other threads are collected under a short lock; one wake-up takes all of them.
#include "host/websocket/shard.hpp"

#include <utility>

#include <boost/asio/post.hpp>

#include "host/websocket/session.hpp"

namespace evhost::websocket {

shard::shard(std::size_t index, core::net::io_executor executor, std::chrono::milliseconds sweep_every, hub_counters& counters,
             std::function<void()> on_empty)
    : executor_(executor),
      sweep_every_(sweep_every),
      counters_(counters),
      on_empty_(std::move(on_empty)),
      timer_(std::make_unique<boost::asio::steady_timer>(executor)),
      slots_(index) {}

// ---- any thread ----

bool shard::post(item made, std::size_t entries) {
  const std::lock_guard lock(inbox_mutex_);
  if (!inbox_open_) return true;  // stopped: every id is stale
  const auto bytes = made.frame != nullptr ? made.frame->payload.size() : 0;
  const bool fits = made.frame == nullptr || (inbox_entries_ + entries <= inbox_entries_max && inbox_bytes_ + bytes <= inbox_bytes_max);
  if (fits) {
    inbox_entries_ += entries;
    inbox_bytes_ += bytes;
    inbox_.push_back(std::move(made));
  } else {
    cut_.insert(made.ids.begin(), made.ids.end());
  }
  if (!std::exchange(wake_posted_, true)) boost::asio::post(executor_, [this] { take_inbox(); });
  return fits;
}

bool shard::post_frame(std::span<const io::ws_id> ids, const io::ws_frame& frame) {
  std::vector<io::ws_id> living;
  living.reserve(ids.size());
  bool all = true;
  for (const auto id : ids) {
    if (slots_.add_bytes(id, frame->payload.size())) {
      living.push_back(id);
    } else if (slots_.bytes(id)) {  // alive, and owed more than can be counted
      all = false;
      post_close(id, io::ws_code::try_again, "the server could not keep up");
    }
  }
  if (living.empty()) return all;
  const auto entries = living.size();
  return post({frame, std::move(living), 0, {}, false}, entries) && all;
}

void shard::post_close(io::ws_id id, std::uint16_t code, std::string_view reason) {
  post({nullptr, {id}, code, std::string(reason), false}, 1);
}

void shard::post_close_all(std::uint16_t code) { post({nullptr, {}, code, "the server restarts; connect again", false}, 0); }

void shard::post_abort_all() { post({nullptr, {}, 0, {}, true}, 0); }

void shard::shut_inbox() {
  const std::lock_guard lock(inbox_mutex_);
  inbox_open_ = false;
  inbox_.clear();
}

// ---- io thread ----

void shard::take_inbox() {
  std::vector<item> items;
  std::unordered_set<io::ws_id> cut;
  {
    const std::lock_guard lock(inbox_mutex_);
    items.swap(inbox_);
    cut.swap(cut_);
    inbox_entries_ = inbox_bytes_ = 0;
    wake_posted_ = false;
  }
  for (auto& i : items) apply(i);
  for (const auto id : cut)
    if (auto* s = slots_.find(id)) s->begin_close(io::ws_code::try_again, "the server could not keep up", true);
}

void shard::apply(item& i) {
  if (i.frame != nullptr || !i.ids.empty()) {
    for (const auto id : i.ids) {
      auto* s = slots_.find(id);
      if (s == nullptr) continue;
      if (i.frame != nullptr)
        s->enqueue(i.frame);
      else
        s->begin_close(i.code, i.reason, false);
    }
    return;
  }
  for (auto* s = sessions_; s != nullptr;) {
    auto* following = s->next;
    if (i.abort)
      s->abort();
    else
      s->begin_close(i.code, i.reason, false);
    s = following;
  }
  if (!i.abort) return;
  stopping_ = true;
  timer_->cancel();
}

io::ws_id shard::reserve() { return slots_.reserve(); }

void shard::bind(io::ws_id id, session& s) {
  slots_.bind(id, s);
  counters_.live.fetch_add(1);
  counters_.opened.fetch_add(1);
  counters_.open.add(1);
}

void shard::forget(io::ws_id id) noexcept {
  slots_.release(id);
  counters_.live.fetch_sub(1);
  counters_.closed.fetch_add(1);
  counters_.open.add(-1);
}

void shard::enlist(session& s) {
  s.next = sessions_;
  s.link = &sessions_;
  if (sessions_ != nullptr) sessions_->link = &s.next;
  sessions_ = &s;
  counters_.connections.fetch_add(1);
  if (!std::exchange(ticking_, true)) tick();
}

void shard::dismiss(session& s) noexcept {
  *s.link = s.next;
  if (s.next != nullptr) s.next->link = s.link;
  if (counters_.connections.fetch_sub(1) == 1) on_empty_();
}

void shard::tick() {
  if (sessions_ == nullptr || stopping_) {
    ticking_ = false;
    return;
  }
  timer_->expires_after(sweep_every_);
  timer_->async_wait([this](core::net::error_code ec) {
    const auto now = session::clock::now();
    for (auto* s = ec ? nullptr : sessions_; s != nullptr;) {
      auto* following = s->next;
      s->sweep(now);
      s = following;
    }
    tick();
  });
}

}  // namespace evhost::websocket
