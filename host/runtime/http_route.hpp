// One REST route of a plugin: from the front's io thread to a pool thread, and into evh_http_handler::on_request.
#pragma once
#include "host/core/result.hpp"
#include "host/io/http.hpp"

#include <evh/abi/http.h>

#include <cstdint>
#include <memory>
#include <string>

namespace evhost::runtime {

class plugin_instance;
class request_call;

class http_route : public std::enable_shared_from_this<http_route> {
 public:
  http_route(plugin_instance& plugin, std::string pattern, std::uint64_t cookie)
      : plugin_(plugin), pattern_(std::move(pattern)), cookie_(cookie) {}

  // Checks what the plugin asked for and registers it with the front. [control]
  static core::result<std::shared_ptr<http_route>> open(plugin_instance& plugin, const evh_route& wanted);

  // On the io thread: bounded, answers 503 when the pool's queue or the plugin's share is full.
  void arrive(io::http_exchange_ptr exchange);

  [[nodiscard]] plugin_instance& plugin() const { return plugin_; }
  [[nodiscard]] const std::string& pattern() const { return pattern_; }
  [[nodiscard]] std::uint64_t cookie() const { return cookie_; }

 private:
  void dispatch(const std::shared_ptr<request_call>& call);

  plugin_instance& plugin_;
  std::string pattern_;
  std::uint64_t cookie_;
};

}  // namespace evhost::runtime
