// Issue and single use of WebSocket tickets.
#include "tickets.hpp"

#include <charconv>
#include <random>

namespace sync_ {
namespace {

constexpr std::string_view purpose = "ws-ticket";
constexpr std::int64_t clocks_apart_ms = 600'000;  // of two hosts, at most (security.clock_skew)

// One field up to the separator; the subject comes last because it may contain anything.
std::string_view cut(std::string_view& rest) {
  const auto at = rest.find('|');
  const auto head = rest.substr(0, at);
  rest = at == rest.npos ? std::string_view() : rest.substr(at + 1);
  return head;
}
std::int64_t number(std::string_view text) {
  std::int64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

}  // namespace

std::string tickets::issue(const login& who, std::int64_t now_ns) {
  std::uint64_t serial = 0;
  {
    const std::lock_guard lock(mutex_);
    serial = ++count_;
  }
  std::random_device random;
  const auto nonce = std::to_string(serial) + "." + std::to_string(random()) + std::to_string(random());
  const auto deadline = now_ns + lifetime_s * 1'000'000'000;
  const std::string_view session = who.session.find('|') == std::string::npos ? std::string_view(who.session) : std::string_view();
  return host_->seal(purpose, nonce + "|" + std::to_string(deadline) + "|" + std::to_string(who.expires_ns) + "|" + std::string(session) + "|" + who.subject);
}

std::optional<use_of_ticket> tickets::redeem(std::string_view ticket, std::int64_t now_ns) {
  std::string plain;
  try {
    plain = host_->open(purpose, ticket);
  } catch (const evh::failure&) {
    return std::nullopt;
  }
  std::string_view rest = plain;
  const std::string nonce(cut(rest));
  const auto deadline = number(cut(rest));
  const auto expires = number(cut(rest));
  const std::string session(cut(rest));
  if (rest.empty() || now_ns >= deadline) return std::nullopt;
  const std::lock_guard lock(mutex_);
  std::erase_if(used_, [&](const auto& u) { return u.second <= now_ns; });
  if (used_.size() >= used_max || !used_.emplace(nonce, deadline).second) return std::nullopt;
  return use_of_ticket{{std::string(rest), expires, session}, nonce, deadline};
}

bool tickets::note_use(evh::unit& unit, const use_of_ticket& use) {
  return unit.exec("INSERT INTO sync_used_ticket(nonce, deadline_ms) VALUES($1, $2) ON CONFLICT DO NOTHING", {use.nonce, use.deadline_ns / 1'000'000}) == 1;
}

void tickets::trim_uses(evh::unit& unit, std::int64_t now_ns) {
  unit.exec("DELETE FROM sync_used_ticket WHERE deadline_ms < $1", {now_ns / 1'000'000 - clocks_apart_ms});
}

}  // namespace sync_
