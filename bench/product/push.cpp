// One WebSocket, one thread that reads it, one generator.
#include "bench/product/push.hpp"

#include "host/core/ids.hpp"
#include "tests/support/ws_client.hpp"

#include <atomic>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace evhost::bench {

using namespace std::chrono_literals;

push_result push_latency(std::uint16_t port, const std::string& token, double rate, unsigned connections, std::chrono::milliseconds duration) {
  test::ws_client ws(port, "/api/v1/ws");
  ws.send(R"({"type":"auth","token":")" + token + R"("})");
  ws.receive(5s);
  ws.send(R"({"type":"subscribe","since":null})");
  ws.receive(5s);
  std::mutex mutex;
  std::unordered_map<std::string, std::chrono::steady_clock::time_point> sent;
  push_result result;
  std::atomic<std::size_t> seen{0};
  std::atomic<bool> over{false};
  struct ends {
    std::atomic<bool>& flag;
    ~ends() { flag = true; }
  };
  std::jthread reader([&] {
    while (!over) {
      const auto m = ws.receive(100ms);
      if (!m) continue;
      const auto now = std::chrono::steady_clock::now();
      const auto at = m->payload.find("\"task_id\":\"");
      if (at == std::string::npos) continue;
      const std::lock_guard lock(mutex);
      if (const auto it = sent.find(m->payload.substr(at + 11, 36)); it != sent.end()) {
        result.frames.latencies_us.push_back(static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(now - it->second).count()));
        ++seen;
      }
    }
  });
  const ends whatever_happens{over};  // before the reader is joined
  load_options options;
  options.port = port;
  options.connections = connections;
  options.rate = rate;
  options.duration = duration;
  std::string bytes;
  std::size_t posted = 0;
  result.posts = generate(options, [&]() -> const std::string& {
    const auto id = core::to_string(core::new_uuid_v7());
    bytes = request_bytes("POST", "/api/v1/tasks", token, R"({"id":")" + id + R"(","title":"live"})");
    const std::lock_guard lock(mutex);
    sent.emplace(id, std::chrono::steady_clock::now());
    ++posted;
    return bytes;
  });
  const auto deadline = std::chrono::steady_clock::now() + 5s;  // the last frames are on their way
  while (seen < posted - connections && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(10ms);
  over = true;
  reader.join();
  result.frames.answered = seen;
  result.frames.seconds = result.posts.seconds;
  return result;
}

}  // namespace evhost::bench
