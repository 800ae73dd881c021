// What every handler works with, and the list of handlers. One app per plugin instance.
//
// Threading: handlers run at the same time on pool threads; the app is immutable once active, the store guards itself.
#pragma once

#include <span>

#include "plugins/chat/tasks/executor.hpp"
#include "plugins/chat/tasks/list.hpp"

namespace chat {

struct app {
  const evh::services* host = nullptr;
  chat::store store;
  chat::topics topics;
};

using handler = void (*)(app&, evh::request&);
struct endpoint {
  std::string_view method, pattern;
  handler handle;
  std::uint32_t cost = 1;      // of the caller's rate budget
};

std::span<const endpoint> task_endpoints();
std::span<const endpoint> project_endpoints();
std::span<const endpoint> series_endpoints();
std::span<const endpoint> undo_endpoints();
std::span<const endpoint> chat_endpoints();
std::span<const endpoint> conversation_endpoints();

}  // namespace chat
