// The parts of the in-memory host, shared by its three source files.
#pragma once
#include <evh/testing/host.hpp>

#include <sqlite3.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>
#include <utility>

// What a plugin gets as evh_uow*: one transaction on the in-memory database.
struct evh_uow {
  evh::testing::host::impl* host = nullptr;
  bool read_only = false;
  std::vector<std::pair<evh_uow_after_fn, void*>> after;
  std::vector<evh::testing::published_event> staged;
};

// What a plugin gets as evh_request*.
struct evh_request {
  evh::testing::host::impl* host = nullptr;
  const evh::testing::call* asked = nullptr;
  std::map<std::string, std::string> query;
  std::optional<evh::testing::answer> answered, staged;
  std::string scratch;
  std::mutex mutex;  // answered, and who waits for it: a kept request may be answered from another thread
  std::condition_variable changed;
  void settle(evh::testing::answer with) {
    const std::lock_guard lock(mutex);
    answered = std::move(with);
    changed.notify_all();
  }
};

namespace evh::testing {

inline std::string_view text(evh_sv v) { return v.ptr ? std::string_view(v.ptr, v.len) : std::string_view(); }
inline evh_sv view(std::string_view s) { return {s.data() ? s.data() : "", s.size()}; }
void fill(evh_error* error, evh_status status, std::string_view sentence);

// The in-memory SQLite database behind evh.store/1.
class database {
 public:
  database();
  ~database();
  evh_status run(std::string_view sql, const evh_value* params, std::uint32_t count, evh_row_fn row, void* user,
                 std::int64_t* changed, evh_error* error);
  void script(std::string_view sql);  // several statements; throws
  sqlite3* handle = nullptr;
};

struct host::impl {
  struct subscription {
    std::string topic;
    bool broadcast, effects;
    std::uint64_t cookie;
    std::size_t seen = 0;  // into published
  };
  struct routed {
    std::string method;
    std::vector<std::string> segments;
    std::uint64_t cookie;
    bool open;
  };
  struct socket {
    std::vector<std::string> frames;
    std::optional<std::uint16_t> closed;
  };
  struct timer {
    std::uint64_t cookie;
    std::uint32_t flags;
  };

  impl();
  database db;
  evh_host c_host{};
  const evh_plugin* plugin = nullptr;
  const evh_entry* entry = nullptr;
  std::string id, config;
  bool activating = false, started = false;
  std::set<std::string, std::less<>> denied;
  std::deque<std::string> names;  // interned topics and types; id = index + 1
  std::vector<subscription> subscriptions;
  std::vector<routed> routes;
  std::map<std::string, std::uint64_t> ws_routes;
  std::map<evh_handle, socket> sockets;
  std::map<evh_handle, timer> timers;
  std::map<std::string, std::string, std::less<>> secrets;
  std::vector<published_event> published;
  std::vector<std::string> lines;
  std::int32_t log_level = EVH_LOG_DEBUG;
  std::vector<std::function<void()>> on_close;
  std::map<std::uint32_t, double> metrics;
  std::string principal_text;
  std::vector<issued_token> issued;
  evh_handle next_handle = 1;
  int commits_to_fail = 0;
  std::int32_t thread = EVH_THREAD_OTHER;

  std::uint32_t intern(std::string_view name);
  [[nodiscard]] std::string_view name_of(std::uint32_t number) const;
  // Runs body in a unit, re-running it as often as commits_to_fail says; true when committed.
  bool in_unit(std::int32_t as_thread, bool read_only, const std::function<evh_status(evh_uow*)>& body);
  delivery hand_over(const subscription& to, const std::vector<published_event>& events);
  template <class Table>
  const Table* extension(const char* ext) const {
    return static_cast<const Table*>(plugin->get_extension(plugin->self, view(ext)));
  }
  static impl& of(const evh_host* h) { return *static_cast<impl*>(h->ctx); }
};

// The host-side extension tables (tables.cpp).
const void* find_table(std::string_view id);
std::vector<std::string> split_path(std::string_view path);

}  // namespace evh::testing
