// The fixture's routes cover the ways a handler can answer: at once, from another thread, never, wrongly.
#include "tests/unit/host/http/front_fixture.hpp"

#include <condition_variable>
#include <deque>

namespace evhost::http {

using namespace std::chrono_literals;

struct worker_pool::state {
  std::mutex mutex;
  std::condition_variable ready;
  std::deque<std::function<void()>> queue;
  bool stopping = false;
};

worker_pool::worker_pool(unsigned threads) : state_(std::make_shared<state>()) {
  for (unsigned i = 0; i < threads; ++i)
    threads_.emplace_back([s = state_] {
      std::unique_lock lock(s->mutex);
      for (;;) {
        s->ready.wait(lock, [&] { return s->stopping || !s->queue.empty(); });
        if (s->queue.empty()) return;
        auto fn = std::move(s->queue.front());
        s->queue.pop_front();
        lock.unlock();
        fn();
        fn = nullptr;
        lock.lock();
      }
    });
}

worker_pool::~worker_pool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->ready.notify_all();
  for (auto& t : threads_) t.join();
}

void worker_pool::run(std::function<void()> fn) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->queue.push_back(std::move(fn));
  }
  state_->ready.notify_one();
}

front_options test_options() {
  front_options o;
  o.port = 0;
  o.io_threads = 2;
  o.linger_timeout = 300ms;
  return o;
}

io::http_route_options FrontTest::open_to_all() {
  io::http_route_options o;
  o.auth = io::auth_mode::none;
  return o;
}

FrontTest::FrontTest() = default;

FrontTest::~FrontTest() {
  if (front_) front_->stop();
  const std::lock_guard lock(held_mutex_);
  held_.clear();
}

void FrontTest::add_route(io::http_method method, std::string_view pattern, io::http_handler handler, io::http_route_options options) {
  extra_routes_.push_back([=](front& f) { ASSERT_EQ(f.route(method, pattern, options, handler), ""); });
}

void FrontTest::serve(front_options options, front_hooks hooks) {
  using io::http_method;
  front_ = std::make_unique<front>(std::move(options), hooks);
  const auto add = [&](http_method m, std::string_view pattern, io::http_handler h) { ASSERT_EQ(front_->route(m, pattern, open_to_all(), std::move(h)), ""); };
  add(http_method::get, "/health", [](io::http_exchange_ptr x) { x->respond(200, {{"Content-Type", "application/json"}}, R"({"status":"ok"})"); });
  add(http_method::post, "/len", [](io::http_exchange_ptr x) { x->respond(200, {}, std::to_string(x->request().body.size())); });
  add(http_method::post, "/echo", [](io::http_exchange_ptr x) { x->respond(200, {}, std::string(x->request().body)); });
  add(http_method::get, "/t/:x", [](io::http_exchange_ptr x) { x->respond(200, {{"Content-Type", "text/plain"}}, std::string(*x->request().param("x"))); });
  add(http_method::get, "/empty", [](io::http_exchange_ptr x) { x->respond(204, {}, "ignored"); });
  add(http_method::get, "/throw", [](io::http_exchange_ptr) { throw std::runtime_error("secret detail"); });
  add(http_method::get, "/throwint", [](io::http_exchange_ptr) { throw 42; });
  add(http_method::get, "/drop", [](io::http_exchange_ptr) {});
  add(http_method::get, "/big", [](io::http_exchange_ptr x) { x->respond(200, {}, std::string(std::stoul(std::string(x->query_value("n").value_or("0"))), 'x')); });
  add(http_method::get, "/redirect", [](io::http_exchange_ptr x) { x->respond(302, {{"Location", x->query_value("to").value_or("")}}, ""); });
  add(http_method::get, "/pooled", [this](io::http_exchange_ptr x) {
    pool_.run([x] { x->respond(200, {}, "pooled " + std::string(x->query_value("id").value_or(""))); });
  });
  add(http_method::get, "/pooled-drop", [this](io::http_exchange_ptr x) { pool_.run([x = std::move(x)]() mutable { x.reset(); }); });
  add(http_method::get, "/hold", [this](io::http_exchange_ptr x) {
    x->on_cancel([this] { ++cancelled_; });
    const std::lock_guard lock(held_mutex_);
    held_.push_back(std::move(x));
  });
  for (const auto& extra : extra_routes_) extra(*front_);
  const auto started = front_->start();
  ASSERT_TRUE(started) << started.error().message;
}

io::http_exchange_ptr FrontTest::wait_held() {
  io::http_exchange_ptr out;
  eventually([&] {
    const std::lock_guard lock(held_mutex_);
    if (held_.empty()) return false;
    out = std::move(held_.back());
    held_.pop_back();
    return true;
  });
  return out;
}

conversation FrontTest::talk(const std::vector<std::string>& parts, std::chrono::milliseconds quiet) {
  test::raw_client client(port());
  conversation out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) client.read_some(20ms);  // lets the server see the parts apart
    client.write(parts[i]);
  }
  out.closed = client.read_to_close(quiet);
  out.raw = client.buffer();
  out.statuses = statuses_of(out.raw, &out.last_body);
  return out;
}

std::string ask(const std::string& line, const std::string& fields, const std::string& body) {
  return line + "\r\nHost: a\r\n" + fields + "\r\n" + body;
}

std::vector<unsigned> statuses_of(const std::string& raw, std::string* last_body) {
  std::vector<unsigned> out;
  std::size_t at = 0;
  while (raw.compare(at, 9, "HTTP/1.1 ") == 0) {
    const auto end = raw.find("\r\n\r\n", at);
    if (end == std::string::npos) break;
    out.push_back(static_cast<unsigned>(std::stoul(raw.substr(at + 9, 3))));
    const auto head = raw.substr(at, end - at);
    const auto length = head.find("Content-Length: ");
    const auto bytes = length == std::string::npos ? 0 : std::stoul(head.substr(length + 16));
    if (last_body != nullptr) *last_body = raw.substr(end + 4, bytes);
    at = end + 4 + bytes;
  }
  if (at < raw.size()) out.push_back(999);  // bytes that are no answer
  return out;
}

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 5s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace evhost::http
