// Connection states, holding and fan-out.
#include "hub.hpp"

#include "frames.hpp"

#include <algorithm>

namespace sync_ {

void hub::opened(connection_id id, std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  connections_[id].opened_ns = now_ns;
}

void hub::drop_person(connection_id id, const std::string& person) {
  const auto it = people_.find(person);
  if (it == people_.end()) return;
  std::erase(it->second, id);
  if (it->second.empty()) people_.erase(it);
}

void hub::closed(connection_id id) {
  const std::lock_guard lock(mutex_);
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  if (!it->second.person.empty()) drop_person(id, it->second.person);
  connections_.erase(it);
}

// Forgets the connection first: its on_close will find nothing, and no frame follows the close.
void hub::close_locked(connection_id id, std::uint16_t code, std::string_view reason) {
  if (const auto it = connections_.find(id); it != connections_.end()) {
    if (!it->second.person.empty()) drop_person(id, it->second.person);
    connections_.erase(it);
  }
  wire_->close(id, code, reason);
}

bool hub::authenticate(connection_id id, std::string_view person, std::int64_t expires_ns, std::string_view session) {
  const std::lock_guard lock(mutex_);
  const auto it = connections_.find(id);
  if (it == connections_.end()) return false;
  if (ended_.contains(session)) {
    close_locked(id, close_code::unauthenticated, "the session has ended; sign in again");
    return false;
  }
  auto& c = it->second;
  if (!c.person.empty()) {
    if (c.person != person) {
      close_locked(id, close_code::policy, "the connection belongs to another user; open a new one");
      return false;
    }
    c.expires_ns = expires_ns;
    c.session = session;
    return true;
  }
  auto& others = people_[std::string(person)];
  if (others.size() >= limits_.per_person_max) {
    close_locked(id, close_code::policy, "too many connections of this user; close one first");
    return false;
  }
  others.push_back(id);
  c.person = person;
  c.session = session;
  c.expires_ns = expires_ns;
  c.at = phase::authenticated;
  return true;
}

// Forgotten under the lock, so that no frame follows; closed outside of it.
void hub::revoke(std::string_view person, std::string_view session, std::int64_t now_ns) {
  std::vector<connection_id> ended;
  {
    const std::lock_guard lock(mutex_);
    if (!session.empty() && ended_.size() < limits_.ended_max) ended_.insert_or_assign(std::string(session), now_ns);
    const auto found = people_.find(person);
    if (found == people_.end()) return;
    for (const auto id : found->second)
      if (session.empty() || connections_.at(id).session == session) ended.push_back(id);
    for (const auto id : ended) {
      drop_person(id, std::string(person));
      connections_.erase(id);
    }
  }
  for (const auto id : ended) wire_->close(id, close_code::unauthenticated, "the session has ended; sign in again");
}

std::string hub::person_of(connection_id id) const {
  const std::lock_guard lock(mutex_);
  const auto it = connections_.find(id);
  return it == connections_.end() ? std::string() : it->second.person;
}

std::optional<std::int64_t> hub::hold(connection_id id, std::int32_t partition) {
  const std::lock_guard lock(mutex_);
  const auto it = connections_.find(id);
  if (it == connections_.end() || it->second.at == phase::opened || it->second.at == phase::holding) return std::nullopt;
  it->second.at = phase::holding;
  it->second.held.clear();
  it->second.held_bytes = 0;
  const auto seen = seen_.find(partition);
  return seen == seen_.end() ? -1 : seen->second;
}

void hub::release(connection_id id, std::int64_t sent, std::int64_t prev) {
  const std::lock_guard lock(mutex_);
  const auto it = connections_.find(id);
  if (it == connections_.end() || it->second.at != phase::holding) return;
  auto& c = it->second;
  c.prev = prev;
  for (const auto& h : c.held) {
    if (h.seq <= sent) continue;
    wire_->send({&id, 1}, frames::event(h.seq, c.prev, h.id, h.event, h.data));
    c.prev = h.seq;
  }
  c.held.clear();
  c.held_bytes = 0;
  c.at = phase::live;
}

void hub::stop_holding(connection_id id) {
  const std::lock_guard lock(mutex_);
  const auto it = connections_.find(id);
  if (it == connections_.end() || it->second.at != phase::holding) return;
  it->second.held.clear();
  it->second.held_bytes = 0;
  it->second.at = phase::authenticated;
}

void hub::live(const live_record& record) {
  const std::lock_guard lock(mutex_);
  seen_[record.partition] = record.seq;
  const auto person = people_.find(record.person);
  if (person == people_.end()) return;
  // Connections of one person mostly share prev, so one frame serves many of them.
  std::vector<connection_id> group, overloaded;
  std::int64_t group_prev = 0;
  const auto flush = [&] {
    if (!group.empty()) wire_->send(group, frames::event(record.seq, group_prev, record.id, record.event, record.data));
    group.clear();
  };
  for (const auto id : person->second) {
    auto& c = connections_.at(id);
    if (c.at == phase::holding) {
      c.held_bytes += record.data.size() + record.id.size() + record.event.size();
      if (c.held.size() >= limits_.held_frames_max || c.held_bytes > limits_.held_bytes_max) overloaded.push_back(id);
      else c.held.push_back({record.seq, std::string(record.id), std::string(record.event), std::string(record.data)});
    } else if (c.at == phase::live && record.seq > c.prev) {
      if (group.empty() || c.prev == group_prev) {
        group_prev = c.prev;
        group.push_back(id);
      } else {
        const connection_id one[] = {id};
        wire_->send(one, frames::event(record.seq, c.prev, record.id, record.event, record.data));
      }
      c.prev = record.seq;
    }
  }
  flush();
  for (const auto id : overloaded) close_locked(id, close_code::overloaded, "too many changes while catching up; connect again and resume");
}

void hub::sweep(std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  std::erase_if(ended_, [&](const auto& e) { return now_ns - e.second > limits_.ended_for_ns; });
  std::vector<std::pair<connection_id, std::string_view>> out;
  for (const auto& [id, c] : connections_) {
    if (c.at == phase::opened && now_ns - c.opened_ns >= limits_.auth_within_ns)
      out.emplace_back(id, "authenticate within 5 s: send {\"type\":\"auth\",\"token\":...}");
    else if (c.at != phase::opened && c.expires_ns != 0 && now_ns >= c.expires_ns)
      out.emplace_back(id, "the access token expired; connect again with a new one");
  }
  for (const auto& [id, reason] : out) close_locked(id, close_code::unauthenticated, reason);
}

std::size_t hub::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}
std::size_t hub::subscribed() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(), [](const auto& c) { return c.second.at == phase::live; }));
}

}  // namespace sync_
