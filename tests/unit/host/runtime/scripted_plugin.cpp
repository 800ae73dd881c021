// The C side of a scripted plugin.
#include "tests/unit/host/runtime/scripted_plugin.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace evhost::runtime::tests {
namespace {

std::map<std::string, scripted_plugin*, std::less<>>& alive() {
  static std::map<std::string, scripted_plugin*, std::less<>> all;
  return all;
}

}  // namespace

std::string error_text(const evh_error& error) {
  return {error.text, error.len};
}

evh_status fill(evh_error* error, evh_status code, const std::string& text) {
  error->code = code;
  error->len = static_cast<std::uint32_t>(text.size());
  std::memcpy(error->text, text.c_str(), text.size() + 1);
  return code;
}

// Thunks with access to the plugin's members.
struct script {
  static scripted_plugin& of(void* self) { return *static_cast<scripted_plugin*>(self); }

  static evh_status init(void* self, const evh_host* host, evh_error* error) {
    of(self).host = host;
    of(self).calls.push_back("init");
    return of(self).on_init ? of(self).on_init(error) : EVH_OK;
  }
  static evh_status configure(void* self, evh_sv json, std::uint32_t flags, evh_error* error) {
    of(self).calls.push_back(flags & EVH_CONFIGURE_VALIDATE ? "validate" : "configure");
    return of(self).on_configure ? of(self).on_configure(core::text(json), flags, error) : EVH_OK;
  }
  static evh_status activate(void* self, evh_error* error) {
    of(self).calls.push_back("activate");
    return of(self).on_activate ? of(self).on_activate(error) : EVH_OK;
  }
  static evh_status start(void* self, evh_error* error) {
    of(self).calls.push_back("start");
    return of(self).on_start ? of(self).on_start(error) : EVH_OK;
  }
  static void drain(void* self, std::int64_t) {
    of(self).calls.push_back("drain");
    if (of(self).on_drain) of(self).on_drain();
  }
  static void stop(void* self) {
    of(self).calls.push_back("stop");
    if (of(self).on_stop) of(self).on_stop();
  }
  static void deactivate(void* self) {
    of(self).calls.push_back("deactivate");
    if (of(self).on_deactivate) of(self).on_deactivate();
  }
  static void destroy(void* self) { of(self).calls.push_back("destroy"); }

  static evh_status on_batch(void* self, evh_uow* uow, const evh_batch* batch, std::uint8_t* results,
                             evh_error* error) {
    return of(self).on_batch ? of(self).on_batch(uow, batch, results, error) : EVH_OK;
  }
  static evh_status on_request(void* self, evh_request* request, const evh_request_view* view, evh_error* error) {
    return of(self).on_request ? of(self).on_request(request, view, error) : EVH_OK;
  }
  static evh_status on_timer(void* self, evh_uow* uow, evh_handle id, std::uint64_t cookie, std::uint64_t missed,
                             evh_error* error) {
    return of(self).on_timer ? of(self).on_timer(uow, id, cookie, missed, error) : EVH_OK;
  }
  static void on_upgrade(void* self, const evh_ws_request* request, evh_ws_accept* accept) {
    if (of(self).on_upgrade) of(self).on_upgrade(request, accept);
  }
  static void on_open(void* self, evh_handle id, const evh_ws_request* request, std::uint64_t user) {
    if (of(self).on_open) of(self).on_open(id, request, user);
  }
  static void on_message(void* self, evh_handle id, evh_sv data, std::uint32_t flags) {
    if (of(self).on_message) of(self).on_message(id, core::text(data), flags);
  }
  static void on_close(void* self, evh_handle id, std::uint16_t code) {
    if (of(self).on_ws_close) of(self).on_ws_close(id, code);
  }
  static std::int32_t check(void* self, evh_error* reason) {
    return of(self).on_health ? of(self).on_health(reason) : EVH_HEALTH_OK;
  }
  static std::uint32_t migrations_count(void* self, std::int32_t) {
    return static_cast<std::uint32_t>(of(self).migrations.size());
  }
  static evh_status migrations_get(void* self, std::int32_t, std::uint32_t index, evh_migration* out) {
    const auto& [name, sql] = of(self).migrations[index];
    if (sql == "broken") return EVH_IO;
    out->version = index + 1;
    out->name = core::view(name);
    out->sql = core::view(sql);
    return EVH_OK;
  }

  static const void* get_extension(void*, evh_sv id) {
    static const evh_events events{sizeof(evh_events), 0, &on_batch};
    static const evh_http_handler http{sizeof(evh_http_handler), 0, &on_request};
    static const evh_timer_handler timer{sizeof(evh_timer_handler), 0, &on_timer};
    static const evh_ws_handler ws{sizeof(evh_ws_handler), 0, &on_upgrade, &on_open, &on_message, &on_close};
    static const evh_health health{sizeof(evh_health), 0, &check};
    static const evh_migrations steps{sizeof(evh_migrations), 0, &migrations_count, &migrations_get};
    const std::string_view name = core::text(id);
    if (name == EVH_EXT_EVENTS) return &events;
    if (name == EVH_EXT_HTTP_HANDLER) return &http;
    if (name == EVH_EXT_TIMER_HANDLER) return &timer;
    if (name == EVH_EXT_WS_HANDLER) return &ws;
    if (name == EVH_EXT_HEALTH) return &health;
    if (name == EVH_EXT_MIGRATIONS) return &steps;
    return nullptr;
  }

  static const evh_plugin* create(const evh_host* host, evh_sv id, evh_error*) {
    scripted_plugin& plugin = *alive().find(core::text(id))->second;
    plugin.host = host;
    plugin.calls.push_back("create");
    if (plugin.on_create) plugin.on_create();
    return &plugin.plugin_;
  }
  static constexpr evh_factory factory{sizeof(evh_factory), 1, nullptr, &create};

  static void release(void* user) {
    auto* held = static_cast<std::pair<scripted_plugin*, std::function<evh_status(evh_uow*, evh_error*)>>*>(user);
    ++held->first->released;
    delete held;
  }
};

scripted_plugin::scripted_plugin(std::string id) : id_(std::move(id)) {
  plugin_ = {sizeof(evh_plugin),
             0,
             this,
             &script::init,
             &script::configure,
             &script::activate,
             &script::start,
             &script::drain,
             &script::stop,
             &script::deactivate,
             &script::destroy,
             &script::get_extension};
  alive()[id_] = this;
}

scripted_plugin::~scripted_plugin() {
  alive().erase(id_);
}

io::plugin_candidate scripted_plugin::candidate() const {
  auto* self = const_cast<scripted_plugin*>(this);
  required_views_.clear();
  optional_views_.clear();
  for (const auto& one : required) required_views_.push_back(core::view(one));
  for (const auto& one : optional) optional_views_.push_back(core::view(one));
  self->descriptor_ = evh_descriptor{};
  self->descriptor_.struct_size = sizeof(evh_descriptor);
  self->descriptor_.id = core::view(id_);
  self->descriptor_.version = core::view("1.2.3");
  self->descriptor_.required = required_views_.data();
  self->descriptor_.required_count = static_cast<std::uint32_t>(required_views_.size());
  self->descriptor_.optional = optional_views_.data();
  self->descriptor_.optional_count = static_cast<std::uint32_t>(optional_views_.size());
  return {id_, "1.2.3", "scripted", "/plugins/" + id_ + ".so", 0, &script::factory, &descriptor_};
}

std::vector<std::string> scripted_plugin::every_extension() {
  return {EVH_EXT_HTTP,      EVH_EXT_METRIC, EVH_EXT_PUBLISH, EVH_EXT_SECRET, EVH_EXT_SQL_HANDLE, EVH_EXT_STORE,
          EVH_EXT_SUBSCRIBE, EVH_EXT_TASK,   EVH_EXT_TIMER,   EVH_EXT_UOW,    EVH_EXT_WS,
          EVH_EXT_ISSUER};
}

evh_status scripted_plugin::route(const char* method, const std::string& pattern, std::uint64_t cookie,
                                  std::uint32_t flags) const {
  evh_route wanted{};
  wanted.struct_size = sizeof wanted;
  wanted.method = core::view(method);
  wanted.pattern = core::view(pattern);
  wanted.cookie = cookie;
  wanted.flags = flags;
  return http().route(host, &wanted, nullptr);
}

evh_status scripted_plugin::group(const char* topic, std::int32_t kind) const {
  evh_subscription wanted{};
  wanted.struct_size = sizeof wanted;
  wanted.kind = kind;
  wanted.topic = core::view(topic);
  return ext<evh_subscribe>(EVH_EXT_SUBSCRIBE).subscribe(host, &wanted, nullptr);
}

static evh_response response_of(int status, const std::string& body) {
  evh_response out{};
  out.struct_size = sizeof out;
  out.status = status;
  out.body = core::view(body);
  return out;
}

evh_status scripted_plugin::respond(evh_request* request, int status, const std::string& body) const {
  const evh_response out = response_of(status, body);
  return http().respond(request, &out);
}

evh_status scripted_plugin::stage(evh_request* request, int status, const std::string& body) const {
  const evh_response out = response_of(status, body);
  return http().stage(request, &out);
}

evh_status scripted_plugin::exec(evh_uow* unit, const std::string& sql, evh_error* error) const {
  return store().exec(unit, core::view(sql), nullptr, 0, nullptr, error);
}

evh_status scripted_plugin::apply(evh_request* request, std::function<evh_status(evh_uow*, evh_error*)> fn) {
  using held = std::pair<scripted_plugin*, std::function<evh_status(evh_uow*, evh_error*)>>;
  return http().apply(
      request,
      [](void* user, evh_uow* unit, evh_error* error) { return static_cast<held*>(user)->second(unit, error); },
      &script::release, new held(this, std::move(fn)));
}

}  // namespace evhost::runtime::tests
