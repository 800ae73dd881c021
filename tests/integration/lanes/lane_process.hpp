// One life of a small host: real store, real log, a pool of two threads, one group "g" on topic "things" whose handler
// writes an effect row per event and publishes an echo. Used inside child processes that are killed, and by the parent.
#pragma once
#include "host/io/log.hpp"
#include "host/io/store.hpp"
#include "host/runtime/dead_letters.hpp"
#include "host/runtime/lane_engine.hpp"

#include <boost/asio/thread_pool.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::runtime::tests {

struct effect {
  std::string key;
  std::int64_t seq = 0;
};

class lane_process {
 public:
  // act: verdict by payload; may kill the process. Payloads are "<key>/<seq>".
  using act_fn = std::function<int(std::string_view payload)>;
  lane_process(const std::filesystem::path& folder, act_fn act, lane_options options = {});
  ~lane_process();

  void start();
  // Appends one record durably; false when the store refused.
  bool put(std::string_view key, std::int64_t seq, std::string_view payload_tail = {});
  // Until every lane of every group has caught up, or the deadline. True when caught up.
  bool catch_up(std::chrono::seconds patience = std::chrono::seconds(60));
  std::vector<effect> effects(std::string_view table = "effects");
  std::int64_t number(std::string_view sql);
  std::vector<dead_letter> letters(std::string_view group = "g");

  std::unique_ptr<io::store> store;
  std::unique_ptr<io::event_log> log;
  std::unique_ptr<lane_engine> engine;

 private:
  bool behind();
  class effect_handler;
  io::system_clock clock_;
  io::null_log_sink log_sink_;
  io::null_metric_registry metrics_;
  boost::asio::thread_pool pool_{2};
  std::unique_ptr<effect_handler> handler_, echo_handler_;
  io::topic_info things_, echoes_;
};

}  // namespace evhost::runtime::tests
