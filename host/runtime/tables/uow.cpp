// evh.uow/1
#include "host/runtime/plugin_unit.hpp"
#include "host/runtime/tables/guard.hpp"
#include "host/runtime/tables/tables.hpp"

#include <memory>

namespace evhost::runtime {
namespace {

// Carries a plugin's after() callback, so that it is entered like everything else of the plugin.
struct follower {
  plugin_instance* plugin;
  evh_uow_after_fn fn;
  void* user;

  static void run(void* raw, std::int32_t committed) {
    const std::unique_ptr<follower> self(static_cast<follower*>(raw));
    evh_error error = make_error();
    self->plugin->enter("after", symbolic_thread::other, error, [&] {
      self->fn(self->user, committed);
      return EVH_OK;
    });
  }
};

evh_status after(evh_uow* uow, evh_uow_after_fn fn, void* user) {
  return unit_call(uow, "evh_uow_api.after", true, nullptr, [&](plugin_instance& plugin, unit_of_work& unit) {
    if (fn == nullptr) return EVH_INVALID;
    auto carried = std::make_unique<follower>(follower{&plugin, fn, user});
    unit.after(&follower::run, carried.get());
    carried.release();
    return EVH_OK;
  });
}

evh_status read(const evh_host* host, evh_uow_fn fn, void* user, evh_error* error) {
  return host_call(
      host, {.function = "evh_uow_api.read", .threads = on_task, .blocks = true}, [&](plugin_instance& plugin) {
        if (fn == nullptr) return say(error, EVH_INVALID, "read: fn is NULL");
        const call_frame* call = current_call();
        if (call != nullptr && call->uow != nullptr)
          return say(error, EVH_STATE, "read: a unit of work is open on this thread already");
        evh_status verdict = EVH_OK;
        evh_error inner = make_error();
        auto done = plugin.shared().ports.store.read([&](io::transaction& tx) -> core::result<void> {
          unit_of_work uow(tx, plugin.shared().ports.log);
          verdict = plugin.enter(
              "read", symbolic_thread::task, inner, [&] { return fn(user, &uow, &inner); }, call_phase::plain, &uow,
              true);
          if (uow.broken()) return uow.broken_why();
          return core::success();
        });
        if (!done) return say(error, done.error());
        return verdict == EVH_OK ? EVH_OK : say(error, verdict, said(inner), (inner.flags & EVH_ERROR_RETRYABLE) != 0);
      });
}

class free_unit final : public plugin_unit {
 public:
  free_unit(plugin_instance& plugin, call_gate::pass pass, evh_uow_fn fn, evh_uow_done_fn told, void* user)
      : plugin_unit(plugin, std::move(pass)), fn_(fn), told_(told), user_(user) {}

 private:
  evh_status perform(unit_of_work& uow, evh_error& error) override {
    return plugin_.enter(
        "write", symbolic_thread::unit, error, [&] { return fn_(user_, &uow, &error); }, call_phase::plain, &uow);
  }
  void done(const unit_end& end) noexcept override {
    if (end.status != EVH_OK)
      plugin_.log(io::log_level::warning, "write unit not committed",
                  {{"status", status_name(end.status)}, {"error", said(end.error)}});
    if (told_ == nullptr) return;
    evh_error error = make_error();
    plugin_.enter("done", symbolic_thread::other, error, [&] {
      told_(user_, end.lost && end.status != EVH_SHUTDOWN ? EVH_IO : end.status);
      return EVH_OK;
    });
  }

  evh_uow_fn fn_;
  evh_uow_done_fn told_;
  void* user_;
};

evh_status write(const evh_host* host, evh_uow_fn fn, evh_uow_done_fn done, void* user) {
  return host_call(host, {.function = "evh_uow_api.write"}, [&](plugin_instance& plugin) -> evh_status {
    if (fn == nullptr) return EVH_INVALID;
    call_gate::pass pass = plugin.pass();
    if (!pass) return EVH_SHUTDOWN;
    auto queued =
        plugin.shared().ports.store.submit(std::make_unique<free_unit>(plugin, std::move(pass), fn, done, user));
    return queued ? EVH_OK : static_cast<evh_status>(queued.error().code);
  });
}

}  // namespace

const evh_uow_api uow_table{sizeof(evh_uow_api), 0, &after, &read, &write};

}  // namespace evhost::runtime
