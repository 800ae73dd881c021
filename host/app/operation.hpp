// Whatever a command needs that works on the data directory: the host that serves it when one does, else the engine itself.
//
// Construction throws failure. Lives as long as the command works; one thread.
#pragma once
#include "host/app/admin.hpp"
#include "host/app/engine.hpp"
#include "host/config/settings.hpp"
#include "host/observe/metrics.hpp"
#include "host/observe/spdlog_sink.hpp"

#include <memory>

namespace evhost::app {

class operation {
 public:
  explicit operation(config::settings settings);
  ~operation();
  operation(const operation&) = delete;
  operation& operator=(const operation&) = delete;

  admin& operator*() { return *admin_; }
  admin* operator->() { return admin_.get(); }
  [[nodiscard]] bool live() const { return !engine_.store; }  // somebody serves the data directory
  // Makes the topic when it is not there. A serving host has its topics.
  void ensure_topic(std::string_view name);

 private:
  config::settings settings_;
  io::system_clock clock_;
  observe::registry metrics_;
  std::unique_ptr<observe::spdlog_sink> sink_;
  engine engine_;
  std::unique_ptr<admin> admin_;
};

}  // namespace evhost::app
