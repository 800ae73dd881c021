// A plugin as a C++ class: derive from evh::plugin, register things in activate(), end the file with EVH_PLUGIN(T).
//
//   class hello : public evh::plugin {
//    public:
//     static constexpr evh::about about{.id = "hello", .version = "1.0.0", .text = "Counts greetings."};
//     void activate() override {
//       on_group("greetings", [this](evh::unit&, const evh::batch& b, evh::verdicts) { seen_ += b.size(); });
//       route("GET", "/p/hello/count", [this](evh::request r) { r.respond({.body = std::to_string(seen_)}); });
//     }
//    private:
//     std::atomic<std::size_t> seen_ = 0;
//   };
//   EVH_PLUGIN(hello)
//
// Threads: see plugin.h; handlers of different lanes and requests run at the same time, those of one lane never.
#pragma once
#include <evh/abi/all.h>
#include <evh/event.hpp>
#include <evh/http.hpp>
#include <evh/services.hpp>
#include <evh/unit.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evh {
inline namespace v1 {

struct config_key {
  std::string_view name;
  std::int32_t type = EVH_CONFIG_STRING;
  std::string_view default_json = {};
  double min = 0, max = 0;
  std::string_view text = {};
  std::uint32_t flags = 0;
};

// What a plugin says about itself. Strings must be literals. required and optional are extension ids; both empty: it
// would use every extension the operator grants.
struct about {
  std::string_view id, version;
  std::string_view name = {}, vendor = {}, license = "MIT", text = {};
  std::span<const std::string_view> required = {}, optional = {};
  std::span<const config_key> config = {};
};

struct migration {
  std::uint32_t version;
  std::string_view name, sql;
};

class ws_endpoint {
 public:
  virtual ~ws_endpoint() = default;
  virtual void on_upgrade(const evh_ws_request&, evh_ws_accept&) {}
  virtual void on_open(evh_handle connection, const evh_ws_request& request, std::uint64_t user) = 0;
  virtual void on_message(evh_handle connection, std::string_view data, bool binary) = 0;
  virtual void on_close(evh_handle connection, std::uint16_t code) = 0;
};

// Says that a group's handler leaves nothing in the database: see EVH_SUBSCRIBE_NO_EFFECTS.
struct no_effects_t {};
inline constexpr no_effects_t no_effects{};

class plugin {
 public:
  using batch_handler = std::function<void(unit&, const batch&, verdicts)>;
  using effectless_handler = std::function<void(const batch&, verdicts)>;
  using broadcast_handler = std::function<void(const batch&)>;
  using request_handler = std::function<void(request)>;
  using timer_handler = std::function<void(unit*, std::uint64_t missed)>;

  plugin() = default;
  plugin(const plugin&) = delete;
  plugin& operator=(const plugin&) = delete;
  virtual ~plugin() = default;

  // The hooks of plugin.h, in order. Throw evh::failure (or anything) to refuse.
  virtual void configure(std::string_view json, bool validate_only) { (void)json, (void)validate_only; }
  virtual void activate() = 0;
  virtual void start() {}
  virtual void drain(std::chrono::steady_clock::time_point deadline) { (void)deadline; }
  virtual void stop() {}
  virtual void deactivate() {}
  // Steps for the dialect (EVH_DIALECT_*), in order; run before activate.
  virtual std::span<const migration> migrations(std::int32_t dialect) { (void)dialect; return {}; }
  // EVH_HEALTH_*; fill the reason when not OK. Must not block.
  virtual std::int32_t health(std::string& reason) { (void)reason; return EVH_HEALTH_OK; }

  [[nodiscard]] const services& host() const { return *services_; }

 protected:
  // ---- registrations, inside activate ----
  void on_group(std::string_view topic, batch_handler handler, std::string_view group = {}, std::uint32_t batch_max = 0) {
    batches_.push_back({std::move(handler), {}, {}});
    subscribe(EVH_SUBSCRIBE_GROUP, topic, group, batch_max);
  }
  void on_group(std::string_view topic, no_effects_t, effectless_handler handler, std::string_view group = {}, std::uint32_t batch_max = 0) {
    batches_.push_back({{}, std::move(handler), {}});
    subscribe(EVH_SUBSCRIBE_GROUP, topic, group, batch_max, EVH_SUBSCRIBE_NO_EFFECTS);
  }
  void on_broadcast(std::string_view topic, broadcast_handler handler, std::uint32_t flags = EVH_SUBSCRIBE_LATEST) {
    batches_.push_back({{}, {}, std::move(handler)});
    subscribe(EVH_SUBSCRIBE_BROADCAST, topic, {}, 0, flags);
  }
  void route(std::string_view method, std::string_view pattern, request_handler handler, std::uint32_t flags = 0,
             std::uint32_t cost = 1, std::uint32_t body_bytes_max = 0) {
    requests_.push_back(std::move(handler));
    evh_route r{};
    r.struct_size = sizeof r;
    r.flags = flags;
    r.method = view(method);
    r.pattern = view(pattern);
    r.cookie = requests_.size() - 1;
    r.body_bytes_max = body_bytes_max;
    r.cost = cost;
    evh_error error = make_error();
    check(host().http_api().route(host().host(), &r, &error), error, pattern);
  }
  void websocket(std::string_view path, ws_endpoint& endpoint) {
    endpoint_ = &endpoint;
    evh_ws_route r{};
    r.struct_size = sizeof r;
    r.path = view(path);
    evh_error error = make_error();
    check(host().ws_api().route(host().host(), &r, &error), error, path);
  }
  // in_unit: the handler gets a writing unit; otherwise null. period 0: once.
  evh_handle timer(std::chrono::milliseconds delay, std::chrono::milliseconds period, bool in_unit, timer_handler handler) {
    timers_.push_back(std::move(handler));
    evh_handle id = 0;
    check(host().timer_api().arm(host().host(), delay.count(), period.count(), in_unit ? EVH_TIMER_UNIT : 0, timers_.size() - 1, &id), "timer");
    return id;
  }

 private:
  template <class T>
  friend struct binding;

  struct subscriber {
    batch_handler group;
    effectless_handler effectless;
    broadcast_handler broadcast;
  };

  void subscribe(std::int32_t kind, std::string_view topic, std::string_view group, std::uint32_t batch_max, std::uint32_t flags = 0) {
    evh_subscription s{};
    s.struct_size = sizeof s;
    s.kind = kind;
    s.topic = view(topic);
    s.group = group.empty() ? evh_sv{nullptr, 0} : view(group);
    s.flags = flags;
    s.batch_max = batch_max;
    s.cookie = batches_.size() - 1;
    evh_error error = make_error();
    check(host().subscribe_api().subscribe(host().host(), &s, &error), error, topic);
  }

  std::optional<services> services_;
  std::deque<subscriber> batches_;       // by cookie; never moves once registered
  std::deque<request_handler> requests_;
  std::deque<timer_handler> timers_;
  ws_endpoint* endpoint_ = nullptr;
};

// The C side of one plugin class: thunks, tables, descriptor, entry.
template <class T>
struct binding {
  struct instance {
    T plugin;
    evh_plugin table{};
  };

  static T& self(void* p) noexcept { return static_cast<instance*>(p)->plugin; }
  static plugin& base(void* p) noexcept { return self(p); }

  static const evh_plugin* create(const evh_host*, evh_sv, evh_error* error) noexcept {
    instance* made = nullptr;
    guarded(error, [&] {
      made = new instance;
      auto& t = made->table;
      t.struct_size = sizeof t;
      t.self = made;
      t.init = [](void* p, const evh_host* host, evh_error* e) { return guarded(e, [&] { base(p).services_.emplace(host); }); };
      t.configure = [](void* p, evh_sv json, std::uint32_t flags, evh_error* e) {
        return guarded(e, [&] { base(p).configure(text(json), (flags & EVH_CONFIGURE_VALIDATE) != 0); });
      };
      t.activate = [](void* p, evh_error* e) { return guarded(e, [&] { base(p).activate(); }); };
      t.start = [](void* p, evh_error* e) { return guarded(e, [&] { base(p).start(); }); };
      t.drain = [](void* p, std::int64_t deadline_ns) {
        guarded(nullptr, [&] { base(p).drain(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(deadline_ns))); });
      };
      t.stop = [](void* p) { guarded(nullptr, [&] { base(p).stop(); }); };
      t.deactivate = [](void* p) { guarded(nullptr, [&] { base(p).deactivate(); }); };
      t.destroy = [](void* p) { guarded(nullptr, [&] { delete static_cast<instance*>(p); }); };
      t.get_extension = [](void*, evh_sv id) -> const void* { return extension(text(id)); };
    });
    return made ? &made->table : nullptr;
  }

  static evh_status on_batch(void* p, evh_uow* uow, const evh_batch* raw, std::uint8_t* results, evh_error* e) noexcept {
    return guarded(e, [&] {
      auto& b = base(p);
      auto& handler = b.batches_[raw->cookie];
      if (uow) {
        unit u(*b.services_, uow);
        handler.group(u, batch(*raw), verdicts(results, raw->count));
      } else if (handler.effectless) {
        handler.effectless(batch(*raw), verdicts(results, raw->count));
      } else {
        handler.broadcast(batch(*raw));
      }
    });
  }
  static evh_status on_request(void* p, evh_request* raw, const evh_request_view* seen, evh_error* e) noexcept {
    return guarded(e, [&] {
      auto& b = base(p);
      b.requests_[seen->cookie](request(*b.services_, raw, *seen));
    });
  }
  static evh_status on_timer(void* p, evh_uow* uow, evh_handle, std::uint64_t cookie, std::uint64_t missed, evh_error* e) noexcept {
    return guarded(e, [&] {
      auto& b = base(p);
      if (!uow) return b.timers_[cookie](nullptr, missed);
      unit u(*b.services_, uow);
      b.timers_[cookie](&u, missed);
    });
  }

  static const void* extension(std::string_view id) noexcept {
    static const evh_events events{sizeof(evh_events), 0, &on_batch};
    static const evh_http_handler http{sizeof(evh_http_handler), 0, &on_request};
    static const evh_timer_handler timers{sizeof(evh_timer_handler), 0, &on_timer};
    static const evh_health health{sizeof(evh_health), 0, [](void* p, evh_error* reason) -> std::int32_t {
      std::int32_t state = EVH_HEALTH_DOWN;
      guarded(reason, [&] {
        std::string why;
        state = base(p).health(why);
        fill(reason, EVH_OK, why);
      });
      return state;
    }};
    static const evh_migrations migrations{
        sizeof(evh_migrations), 0,
        [](void* p, std::int32_t dialect) { return static_cast<std::uint32_t>(base(p).migrations(dialect).size()); },
        [](void* p, std::int32_t dialect, std::uint32_t index, evh_migration* out) -> evh_status {
          const auto steps = base(p).migrations(dialect);
          if (index >= steps.size()) return EVH_NOT_FOUND;
          *out = {sizeof(evh_migration), steps[index].version, view(steps[index].name), view(steps[index].sql)};
          return EVH_OK;
        }};
    static const evh_ws_handler ws{
        sizeof(evh_ws_handler), 0,
        [](void* p, const evh_ws_request* r, evh_ws_accept* a) { guarded(nullptr, [&] { base(p).endpoint_->on_upgrade(*r, *a); }); },
        [](void* p, evh_handle c, const evh_ws_request* r, std::uint64_t user) { guarded(nullptr, [&] { base(p).endpoint_->on_open(c, *r, user); }); },
        [](void* p, evh_handle c, evh_sv data, std::uint32_t flags) {
          guarded(nullptr, [&] { base(p).endpoint_->on_message(c, text(data), (flags & EVH_WS_BINARY) != 0); });
        },
        [](void* p, evh_handle c, std::uint16_t code) { guarded(nullptr, [&] { base(p).endpoint_->on_close(c, code); }); }};
    if (id == EVH_EXT_EVENTS) return &events;
    if (id == EVH_EXT_HTTP_HANDLER) return &http;
    if (id == EVH_EXT_TIMER_HANDLER) return &timers;
    if (id == EVH_EXT_HEALTH) return &health;
    if (id == EVH_EXT_MIGRATIONS) return &migrations;
    if (id == EVH_EXT_WS_HANDLER) return &ws;
    return nullptr;
  }

  static const evh_descriptor* descriptor(std::uint32_t index) noexcept {
    struct holder {
      std::vector<evh_sv> required, optional;
      std::vector<evh_config_key> keys;
      evh_descriptor d{};
      holder() {
        const about& a = T::about;
        for (auto s : a.required) required.push_back(view(s));
        for (auto s : a.optional) optional.push_back(view(s));
        if (required.empty() && optional.empty())  // says nothing: would use whatever it is granted
          for (const std::string_view s : {EVH_EXT_CONFIG, EVH_EXT_METRIC, EVH_EXT_SUBSCRIBE, EVH_EXT_PUBLISH, EVH_EXT_UOW, EVH_EXT_TIMER, EVH_EXT_TASK,
                                           EVH_EXT_STORE, EVH_EXT_SQL_HANDLE, EVH_EXT_HTTP, EVH_EXT_WS, EVH_EXT_SECRET, EVH_EXT_ISSUER})
            optional.push_back(view(s));
        for (const auto& k : a.config)
          keys.push_back({sizeof(evh_config_key), k.type, k.flags, 0, view(k.name),
                          k.default_json.empty() ? evh_sv{nullptr, 0} : view(k.default_json), k.min, k.max, view(k.text)});
        d.struct_size = sizeof d;
        d.id = view(a.id);
        d.version = view(a.version);
        d.name = view(a.name.empty() ? a.id : a.name);
        d.vendor = view(a.vendor);
        d.license = view(a.license);
        d.text = view(a.text);
        d.required = required.data();
        d.required_count = static_cast<std::uint32_t>(required.size());
        d.optional = optional.data();
        d.optional_count = static_cast<std::uint32_t>(optional.size());
        d.config = keys.data();
        d.config_count = static_cast<std::uint32_t>(keys.size());
        d.config_stride = sizeof(evh_config_key);
      }
    };
    static const holder held;
    return index == 0 ? &held.d : nullptr;
  }

  static const evh_entry* entry(std::uint32_t host_major, std::uint32_t) noexcept {
    static const evh_factory factory{sizeof(evh_factory), 1, &descriptor, &create};
    static const evh_entry self{sizeof(evh_entry), EVH_ABI_MAJOR, 0, EVH_ABI_MINOR,
                                [](evh_sv, evh_error*) -> evh_status { return EVH_OK; }, [] {},
                                [] { return &factory; }};
    return host_major == EVH_ABI_MAJOR ? &self : nullptr;
  }
};

}  // namespace v1
}  // namespace evh

// Exports the one symbol a plugin library has. Once per library, at file scope.
#define EVH_PLUGIN(T)                                                                                              \
  extern "C" __attribute__((visibility("default"))) const evh_entry* evh_plugin_entry(std::uint32_t host_major,    \
                                                                                      std::uint32_t host_minor) {  \
    return ::evh::binding<T>::entry(host_major, host_minor);                                                       \
  }
