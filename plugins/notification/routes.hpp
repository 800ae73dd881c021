// The plugin's REST routes. One context per plugin instance; handlers run at the same time on pool threads.
#pragma once

#include <evh/evh.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "plugins/notification/addresses.hpp"

namespace notification {

struct context {
  const evh::services* host = nullptr;
  address_guard guard;
  std::function<std::int64_t()> now_ms;
  std::function<void()> jobs_added;          // after a commit that queued something
};

struct endpoint {
  std::string_view method, pattern;
  void (*handle)(context&, evh::request&);
  std::uint32_t cost = 1;                    // of the caller's rate budget
};

std::span<const endpoint> inbox_endpoints();
std::span<const endpoint> webhook_endpoints();

}  // namespace notification
