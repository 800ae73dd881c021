// Closed loops over keep-alive connections.
#include "tests/faults/writers.hpp"

#include "tests/support/http_client.hpp"

#include <chrono>
#include <memory>
#include <random>
#include <stdexcept>

namespace evhost::faults {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

std::int64_t now_ns() { return steady_clock::now().time_since_epoch().count(); }

}  // namespace

writers::writers(options how) : how_(std::move(how)) {}

void writers::start() {
  for (unsigned w = 0; w < how_.count; ++w) threads_.emplace_back([this, w] { write(w); });
}

void writers::stop(std::chrono::milliseconds within) {
  if (over_.exchange(true) && threads_.empty()) return;
  give_up_ns_ = now_ns() + std::chrono::nanoseconds(within).count();
  threads_.clear();
}

void writers::write(unsigned number) {
  std::mt19937_64 random(how_.seed * 7919 + number);
  std::size_t host = number;
  std::map<std::uint16_t, std::unique_ptr<test::http_client>> open;
  while (!over_) {
    const auto key = "w" + std::to_string(number) + "k" + std::to_string(random() % how_.keys_each);
    std::int64_t seq = 0;
    const bool with_words = how_.words_every && random() % how_.words_every == 0;
    {
      const std::lock_guard lock(mutex_);
      seq = ++ledger_[key].attempted;
      if (with_words) worded_.push_back(key + "-" + std::to_string(seq));
    }
    const auto id = key + "-" + std::to_string(seq), body = key + " " + std::to_string(seq) + (with_words ? " " + how_.words : "");
    for (bool done = false; !done && now_ns() < give_up_ns_;) {
      std::uint16_t port = 0;
      for (std::size_t i = 0; i < hosts_max && port == 0; ++i) port = ports_[(host + i) % hosts_max];
      try {
        if (port == 0) throw std::runtime_error("nobody is there");
        auto& client = open[port];
        if (!client) client = std::make_unique<test::http_client>(port, 8s);
        const auto answer = client->post("/p/fault/put", body, {{"Idempotency-Key", id}});
        done = answer.status == 201;
        if (answer.status >= 500 || answer.status == 429 || answer.status == 409) ++refused_;
        else if (!done) {
          const std::lock_guard lock(mutex_);
          if (wrong_.empty()) wrong_ = "put answered " + std::to_string(answer.status) + ": " + answer.body;
        }
      } catch (const std::runtime_error&) {
        open.erase(port);
        ++host;  // another one, next time
      }
      if (!done) std::this_thread::sleep_for(20ms);  // a client's pause before it tries again
    }
    {
      const std::lock_guard lock(mutex_);
      auto& of = ledger_[key];
      if (now_ns() >= give_up_ns_) return;
      of.acknowledged = seq;
    }
    ++acknowledged_;
    if (how_.pause > 0ms) std::this_thread::sleep_for(how_.pause);  // the rate
  }
}

std::map<std::string, numbered> writers::ledger() const {
  const std::lock_guard lock(mutex_);
  return ledger_;
}

std::vector<std::string> writers::worded() const {
  const std::lock_guard lock(mutex_);
  return worded_;
}

std::string writers::wrong() const {
  const std::lock_guard lock(mutex_);
  return wrong_;
}

}  // namespace evhost::faults
