// A front with three routes.
#include "host/app/waiting_room.hpp"

#include "host/app/failure.hpp"
#include "host/app/host_options.hpp"
#include "host/observe/process_metrics.hpp"

#include <boost/json.hpp>

#include <signal.h>

#include <mutex>

namespace evhost::app {

namespace json = boost::json;

struct waiting_room::reason {
  std::mutex mutex;
  std::string why = "the host starts";
  std::string shown() {
    const std::lock_guard lock(mutex);
    return json::serialize(json::object{{"status", "unavailable"}, {"reasons", json::array{json::value(why)}}});
  }
};

waiting_room::waiting_room(const config::settings& settings, observe::registry& metrics) : reason_(std::make_shared<reason>()) {
  auto options = front_options(settings);
  options.io_threads = 1;
  front_ = std::make_unique<http::front>(options, http::front_hooks{});
  io::http_route_options open;
  open.auth = io::auth_mode::none;
  open.cost = 0;
  const auto add = [&](io::http_method method, std::string_view pattern, io::http_handler handler) {
    if (const auto why = front_->route(method, pattern, open, std::move(handler)); !why.empty()) throw failure(exit_bug, why);
  };
  const auto not_yet = [why = reason_](const io::http_exchange_ptr& x) { x->respond(503, {{"Content-Type", "application/json"}, {"Retry-After", "2"}}, why->shown()); };
  add(io::http_method::get, "/livez", [](const io::http_exchange_ptr& x) { x->respond(200, {{"Content-Type", "application/json"}}, R"({"status":"ok"})"); });
  add(io::http_method::get, "/metrics", [&metrics](const io::http_exchange_ptr& x) {
    const auto format = observe::exposition_of(x->request().field("accept").value_or(""));
    x->respond(200, {{"Content-Type", observe::content_type(format)}}, observe::metrics_page(metrics, format));
  });
  for (const auto method : {io::http_method::get, io::http_method::post, io::http_method::put, io::http_method::patch, io::http_method::del}) add(method, "/*", not_yet);
  if (const auto listening = front_->start(); !listening) throw failure(exit_unavailable, listening.error().message);
}

bool waiting_room::waits_for(const std::string& why) {
  {
    const std::lock_guard lock(reason_->mutex);
    reason_->why = why;
  }
  sigset_t waiting;
  ::sigpending(&waiting);
  return ::sigismember(&waiting, SIGTERM) == 0 && ::sigismember(&waiting, SIGINT) == 0;
}

void waiting_room::close() {
  if (front_) front_->stop();
}

}  // namespace evhost::app
