// Starting, draining and stopping, in the order that leaves nothing behind.
#include "host/http/front.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <thread>

#include "host/http/acceptor.hpp"
#include "host/http/serving.hpp"
#include "host/http/shard.hpp"
#include "host/http/tls.hpp"
#include "host/io/metrics/http.hpp"

namespace evhost::http {
namespace {

// A connection is a descriptor; the soft limit of many systems (1,024) is below our own cap.
void raise_descriptor_limit(const serving& shared) {
  constexpr rlim_t others = 256;  // files, databases, libraries
  const rlim_t wanted = shared.options.connections_max + others;
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur >= wanted) return;
  const rlim_t before = now.rlim_cur;
  now.rlim_cur = std::min(now.rlim_max, wanted);
  if (now.rlim_cur > before && ::setrlimit(RLIMIT_NOFILE, &now) != 0) now.rlim_cur = before;
  if (now.rlim_cur < wanted)
    shared.hooks.log->log(io::log_level::warning, "http", "the descriptor limit is below http.connections_max; raise ulimit -n or lower the option",
                          {{"limit", static_cast<std::uint64_t>(now.rlim_cur)}, {"connections_max", shared.options.connections_max}});
}

}  // namespace

front::front(front_options options, front_hooks hooks) : serving_(std::make_shared<serving>(std::move(options), hooks)) {}

front::~front() { stop(); }

std::string front::route(io::http_method method, std::string_view pattern, io::http_route_options options, io::http_handler handler) {
  if (started_) return "route " + std::string(pattern) + " comes too late: the front is serving";
  return serving_->routes.add(method, pattern, options, std::move(handler));
}

core::result<void> front::start() {
  const auto& o = serving_->options;
  if (o.tls.enabled()) {
    EVH_TRY(auto context, make_tls_context(o.tls));
    serving_->tls = std::move(context);
  }
  raise_descriptor_limit(*serving_);
  const auto threads = o.io_threads > 0 ? o.io_threads : std::max(1u, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < threads; ++i) shards_.push_back(std::make_shared<shard>(serving_, i));
  acceptor_ = std::make_unique<acceptor>(*serving_, shards_);
  EVH_TRY(port_, acceptor_->open());
  if (serving_->hooks.upgrades != nullptr) {
    std::vector<core::net::io_executor> executors;
    for (const auto& s : shards_) executors.push_back(s->io().get_executor());
    serving_->hooks.upgrades->attach(executors);
  }
  watches_.push_back(serving_->hooks.metrics->watch(io::metric_kind::gauge, io::metrics::http_requests_in_flight, {}, [s = serving_] {
    return static_cast<double>(s->counters.in_flight.load(std::memory_order_relaxed));
  }));
  started_ = true;
  for (const auto& s : shards_) s->start();
  acceptor_->start();
  return core::success();
}

bool front::drain(std::chrono::milliseconds within) {
  if (!started_ || stopped_) return true;
  if (!serving_->draining.exchange(true)) acceptor_->close();
  for (const auto& s : shards_) s->close_idle();
  if (serving_->hooks.upgrades != nullptr) serving_->hooks.upgrades->drain();
  return serving_->caps->wait_empty(std::chrono::steady_clock::now() + within);
}

void front::stop() {
  if (std::exchange(stopped_, true)) return;
  if (started_) {
    if (!serving_->draining.exchange(true)) acceptor_->close();
    if (serving_->hooks.upgrades != nullptr) serving_->hooks.upgrades->stop();
    for (const auto& s : shards_) s->finish();
    for (const auto& s : shards_) s->join();
    if (serving_->hooks.upgrades != nullptr) serving_->hooks.upgrades->detach();
  }
  serving_->routes.release_handlers();  // before what they capture goes
  watches_.clear();
  acceptor_.reset();
  shards_.clear();
}

front_stats front::stats() const {
  const auto& c = serving_->counters;
  return {c.answered.load(), c.late.load(), c.dropped.load(), c.refused.load(), c.accept_errors.load(), serving_->caps->count()};
}

}  // namespace evhost::http
