// Events to revocations.
#include "host/app/account_watch.hpp"

#include "host/core/views.hpp"
#include "host/security/strict_json.hpp"

#include <boost/asio/post.hpp>

namespace evhost::app {
namespace {

constexpr std::size_t batch_max = 512;
constexpr std::int64_t token_life_s = 24 * 3600 + 600;  // the longest lifetime and more than any clock skew

std::string text_of(const boost::json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

core::result<void> account_watch::start(const io::topic_options& options) {
  EVH_TRY(auto topic, log_.open_topic("user-events", options));
  for (std::uint32_t p = 0; p < topic.partitions; ++p) {
    auto reader = log_.open_reader(topic.id, static_cast<std::int32_t>(p), 0, false, [this] { look(); });
    if (!reader) return core::fail(core::errc::not_found, "topic user-events has no partition " + std::to_string(p));
    reader->seek(reader->begin_offset());
    EVH_TRY(catch_up(*reader));
    const std::lock_guard lock(mutex_);
    readers_.push_back(std::move(reader));
  }
  return core::success();
}

core::result<void> account_watch::catch_up(io::partition_reader& reader) {
  const auto end = reader.end_offset();
  const auto deadline = clock_.steady() + catch_up_within;
  std::unique_lock lock(mutex_);
  for (;;) {
    EVH_TRY(auto taken, take(reader));
    if (reader.offset() >= end) return core::success();
    if (clock_.steady() >= deadline)
      return core::fail(core::errc::timeout, "topic user-events could not be read to its end within 30 s; ended sessions would be let in: is the log reachable?");
    if (!taken) changed_.wait_for(lock, std::chrono::milliseconds(20));  // records are on their way
  }
}

void account_watch::look() {
  changed_.notify_all();
  if (!awake_.exchange(true)) boost::asio::post(strand_, [this] { follow(); });
}

void account_watch::follow() {
  awake_ = false;
  const std::lock_guard lock(mutex_);
  for (auto& reader : readers_) {
    if (reader->offset() < reader->begin_offset()) reader->seek(reader->begin_offset());
    for (;;) {
      const auto taken = take(*reader);
      if (taken.has_error()) {
        sink_.log(io::log_level::error, "app", "user-events cannot be read: revoked tokens may still be accepted", {{"error", taken.error().message}});
        break;
      }
      if (!taken.value()) break;
    }
  }
}

core::result<bool> account_watch::take(io::partition_reader& from) {
  batch_.events.clear();
  batch_.holds.clear();
  EVH_TRY(auto count, from.take(batch_, batch_max));
  for (const auto& event : batch_.events) apply(event);
  return count > 0;
}

void account_watch::apply(const evh_event& event) {
  constexpr std::string_view head = "todo.user.";
  std::string_view type = log_.type_name(event.type);
  if (!type.starts_with(head) || event.payload.ptr == nullptr) return;
  type.remove_prefix(head.size());
  if (type != "disabled.v1" && type != "enabled.v1" && type != "deleted.v1" && type != "session_revoked.v1" && type != "updated.v1") return;
  const auto payload = security::parse_strict_object(core::text(event.payload));
  const std::string user = payload ? text_of(*payload, "user_id") : std::string();
  if (user.empty()) {
    sink_.log(io::log_level::warning, "app", "an event of user-events cannot be read; it is skipped", {{"partition", event.partition}, {"offset", event.offset}});
    return;
  }
  if (type == "disabled.v1" || type == "deleted.v1") revoked_.disable_user(user);
  if (type == "enabled.v1") revoked_.enable_user(user);
  const auto at = event.time_ns / 1'000'000'000;
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.wall()).time_since_epoch().count();
  if (at + token_life_s < now) return;  // no token of then is in time
  if (const auto* from = payload->if_contains("tokens_from"); from && from->is_int64()) revoked_.raise_auth_epoch(user, from->get_int64());
  if (const auto session = text_of(*payload, "session_id"); type == "session_revoked.v1" && !session.empty())
    revoked_.revoke_session(session, user, now, at + token_life_s);
}

}  // namespace evhost::app
