// A request that waits for the password pool: kept, and answered from one of the host's pool threads afterwards.
#pragma once

#include <functional>
#include <new>
#include <utility>

#include "plugins/identity/api/answers.hpp"

namespace identity {

// Runs `work` (Argon2id, nothing else) on the password pool, then `then`, which answers the request, on a pool thread of
// the host. Leaves the handler by throwing: busy() when the pool is full, otherwise the SDK's sign for a kept request.
[[noreturn]] inline void answer_later(app& app, evh::request request, std::function<void()> work, std::function<void()> then) {
  auto finish = [&app, request, then = std::move(then)]() mutable {
    try {
      then();
    } catch (const auth_refusal& why) {
      request.respond(why.answer());
    } catch (const std::exception& why) {
      app.host->error("request failed", {{"request_id", request.id()}, {"error", why.what()}});
      request.respond(auth_refusal(500, "INTERNAL_SERVER_ERROR", "Internal Server Error").answer());
    }
  };
  const bool queued = app.passwords.post([&app, request, work = std::move(work), finish = std::move(finish)]() mutable {
    try {
      work();
    } catch (const std::bad_alloc&) {   // no 19 MiB left
      return request.respond(busy().answer());
    }
    if (!app.host->submit(std::move(finish))) request.respond(busy().answer());
  });
  if (!queued) throw busy();
  evh::request::keep();
}

}  // namespace identity
