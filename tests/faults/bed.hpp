// What all runs share: one broker behind a proxied door, one PostgreSQL, the address of everything.
//
// Started when a row first needs it, from the main thread (the servers die with the thread that started them).
#pragma once

#include "tests/support/kafka_under_test.hpp"
#include "tests/support/postgres_under_test.hpp"
#include "tests/support/tcp_proxy.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace evhost::faults {

class bed {
 public:
  // Empty when both servers can be had here; else why not.
  static std::string missing();
  void start();  // both servers, once

  test::kafka_under_test& broker() { return *broker_; }
  test::postgres_under_test& postgres() { return test::postgres_under_test::instance(); }
  // Between hosts and the broker; its weather is everybody's, so only rows that run alone change it.
  test::tcp_proxy& broker_link() { return *link_; }
  [[nodiscard]] std::string servers() const { return broker_->servers(); }
  [[nodiscard]] std::string proxied_servers() const { return "127.0.0.1:" + std::to_string(link_->port()); }
  std::string make_database() {
    const std::lock_guard lock(mutex_);
    return postgres().make_database();
  }
  std::string next_prefix() { return "f" + std::to_string(++runs_) + "-"; }

 private:
  std::unique_ptr<test::tcp_proxy> link_;
  std::unique_ptr<test::kafka_under_test> broker_;
  std::mutex mutex_;
  std::atomic<unsigned> runs_{0};
};

}  // namespace evhost::faults
