// Every event is recorded under one lock; waiting is done by looking again, never by sleeping a guessed time.
#include "tests/unit/host/websocket/hub_fixture.hpp"

#include <thread>

namespace evhost::websocket {

using namespace std::chrono_literals;

void recording_handler::on_open(io::ws_id id, const io::http_request& request) noexcept {
  const std::lock_guard lock(mutex_);
  opened_.push_back(id);
  if (request.who) subject_ = request.who->subject;
}
bool recording_handler::on_message(io::ws_id id, io::ws_kind, std::string_view message) noexcept {
  {
    const std::lock_guard lock(mutex_);
    messages_.emplace_back(message);
  }
  return react ? react(id, message) : true;
}
void recording_handler::on_drained(io::ws_id) noexcept {
  const std::lock_guard lock(mutex_);
  ++drained_;
}
void recording_handler::on_close(io::ws_id, std::uint16_t code) noexcept {
  const std::lock_guard lock(mutex_);
  codes_.push_back(code);
}
std::vector<io::ws_id> recording_handler::opened() const {
  const std::lock_guard lock(mutex_);
  return opened_;
}
std::vector<std::string> recording_handler::messages() const {
  const std::lock_guard lock(mutex_);
  return messages_;
}
std::vector<std::uint16_t> recording_handler::close_codes() const {
  const std::lock_guard lock(mutex_);
  return codes_;
}
std::size_t recording_handler::drained() const {
  const std::lock_guard lock(mutex_);
  return drained_;
}
std::string recording_handler::subject() const {
  const std::lock_guard lock(mutex_);
  return subject_;
}

HubTest::~HubTest() {
  if (front_) front_->stop();
}

http::front_options HubTest::small_front() {
  http::front_options o;
  o.port = 0;
  o.io_threads = 2;
  o.linger_timeout = 300ms;
  return o;
}

void HubTest::serve(io::ws_route_options route, hub_options options, http::front_options front) {
  hub_ = std::make_unique<hub>(std::move(options));
  ASSERT_EQ(hub_->websocket("/ws", std::move(route), handler_), "");
  http::front_hooks hooks;
  hooks.upgrades = hub_.get();
  front_ = std::make_unique<http::front>(std::move(front), hooks);
  const auto started = front_->start();
  ASSERT_TRUE(started) << started.error().message;
}

io::ws_id HubTest::id_of(std::size_t count) {
  EXPECT_TRUE(eventually([&] { return handler_.opened().size() >= count; }));
  return handler_.opened().at(count - 1);
}

unsigned HubTest::upgrade_status(const test::ws_options& options) {
  try {
    return connect(options).upgrade().status;
  } catch (const test::ws_refused& refused) {
    return refused.answer.status;
  }
}

bool HubTest::eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 5s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace evhost::websocket
