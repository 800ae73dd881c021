// A front on a free port with the routes the tests ask for, and shorthands to talk to it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "host/http/front.hpp"
#include "tests/support/http_client.hpp"

namespace evhost::http {

// Runs functions on its own threads, like the pool of the runtime.
class worker_pool {
 public:
  explicit worker_pool(unsigned threads = 2);
  ~worker_pool();
  void run(std::function<void()> fn);

 private:
  struct state;
  std::shared_ptr<state> state_;
  std::vector<std::thread> threads_;
};

front_options test_options();

// One connection's worth of bytes and what came back.
struct conversation {
  std::vector<unsigned> statuses;
  std::string last_body;
  std::string raw;
  bool closed = false;
};

class FrontTest : public ::testing::Test {
 protected:
  FrontTest();
  ~FrontTest() override;

  // Builds the front with the standard routes; call before talking.
  void serve(front_options options = test_options(), front_hooks hooks = {});
  void add_route(io::http_method method, std::string_view pattern, io::http_handler handler, io::http_route_options options = open_to_all());
  static io::http_route_options open_to_all();

  // Sends the parts with a pause of reading between them, then reads until close or `quiet` of silence.
  conversation talk(const std::vector<std::string>& parts, std::chrono::milliseconds quiet = std::chrono::milliseconds(300));
  conversation talk(const std::string& bytes, std::chrono::milliseconds quiet = std::chrono::milliseconds(300)) { return talk(std::vector<std::string>{bytes}, quiet); }
  std::uint16_t port() const { return front_->port(); }
  // The exchange of GET /hold, kept by the handler.
  io::http_exchange_ptr wait_held();

  std::unique_ptr<front> front_;
  worker_pool pool_;
  std::vector<std::function<void(front&)>> extra_routes_;
  std::mutex held_mutex_;
  std::vector<io::http_exchange_ptr> held_;
  std::atomic<int> cancelled_{0};
};

// "METHOD target HTTP/1.1" with a Host and further field lines.
std::string ask(const std::string& line = "GET /health HTTP/1.1", const std::string& fields = {}, const std::string& body = {});
std::vector<unsigned> statuses_of(const std::string& raw, std::string* last_body = nullptr);
// Waits until the condition holds, at most 5 s.
bool eventually(const std::function<bool()>& condition);

}  // namespace evhost::http
