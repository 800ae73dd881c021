// A plugin that lives inside the test: every function of its tables is a std::function the case sets, every lifecycle
// call is written down. One object is one plugin id.
#pragma once
#include "host/core/views.hpp"
#include "host/io/plugin.hpp"

#include <evh/abi/all.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace evhost::runtime::tests {

class scripted_plugin {
 public:
  explicit scripted_plugin(std::string id);
  ~scripted_plugin();
  scripted_plugin(const scripted_plugin&) = delete;
  scripted_plugin& operator=(const scripted_plugin&) = delete;

  [[nodiscard]] io::plugin_candidate candidate() const;

  // What each function does beside being written down; empty: EVH_OK.
  std::function<void()> on_create;
  std::function<evh_status(evh_error*)> on_init, on_activate, on_start;
  std::function<evh_status(std::string_view json, std::uint32_t flags, evh_error*)> on_configure;
  std::function<void()> on_drain, on_stop, on_deactivate;
  std::function<evh_status(evh_uow*, const evh_batch*, std::uint8_t*, evh_error*)> on_batch;
  std::function<evh_status(evh_request*, const evh_request_view*, evh_error*)> on_request;
  std::function<evh_status(evh_uow*, evh_handle, std::uint64_t cookie, std::uint64_t missed, evh_error*)> on_timer;
  std::function<void(const evh_ws_request*, evh_ws_accept*)> on_upgrade;
  std::function<void(evh_handle, const evh_ws_request*, std::uint64_t user)> on_open;
  std::function<void(evh_handle, std::string_view, std::uint32_t)> on_message;
  std::function<void(evh_handle, std::uint16_t)> on_ws_close;
  std::function<std::int32_t(evh_error*)> on_health;
  std::vector<std::pair<std::string, std::string>> migrations;  // name, sql

  std::vector<std::string> required, optional = every_extension();
  std::vector<std::string> calls;  // lifecycle, in order
  const evh_host* host = nullptr;

  // The host's table, as the plugin gets it. Throws when NULL.
  template <class Table>
  const Table& ext(const char* id) const {
    const void* found = host->get_extension(host, core::view(id));
    if (found == nullptr) throw std::runtime_error(std::string(id) + " is NULL");
    return *static_cast<const Table*>(found);
  }
  const evh_http& http() const { return ext<evh_http>(EVH_EXT_HTTP); }
  const evh_uow_api& uow() const { return ext<evh_uow_api>(EVH_EXT_UOW); }
  const evh_store& store() const { return ext<evh_store>(EVH_EXT_STORE); }
  const evh_publish& publish() const { return ext<evh_publish>(EVH_EXT_PUBLISH); }
  const evh_timer& timer() const { return ext<evh_timer>(EVH_EXT_TIMER); }
  const evh_task& task() const { return ext<evh_task>(EVH_EXT_TASK); }
  std::int32_t thread() const { return ext<evh_thread_check>(EVH_EXT_THREAD_CHECK).current(host); }

  // Shorthands of what cases do most.
  evh_status route(const char* method, const std::string& pattern, std::uint64_t cookie = 0,
                   std::uint32_t flags = 0) const;
  evh_status group(const char* topic, std::int32_t kind = EVH_SUBSCRIBE_GROUP) const;
  evh_status respond(evh_request* request, int status, const std::string& body = {}) const;
  evh_status stage(evh_request* request, int status, const std::string& body = {}) const;
  evh_status exec(evh_uow* uow, const std::string& sql, evh_error* error = nullptr) const;
  // Runs fn in a writing unit; fn stays alive until release.
  evh_status apply(evh_request* request, std::function<evh_status(evh_uow*, evh_error*)> fn);
  int released = 0;

  static std::vector<std::string> every_extension();

 private:
  friend struct script;
  evh_plugin plugin_{};
  evh_descriptor descriptor_{};
  std::string id_;
  mutable std::vector<evh_sv> required_views_, optional_views_;
};

std::string error_text(const evh_error& error);
evh_status fill(evh_error* error, evh_status code, const std::string& text);

}  // namespace evhost::runtime::tests
