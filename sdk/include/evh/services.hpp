// The host's services as one object: every extension table looked up once, with plain C++ calls on top.
//
// Made in init, lives as long as the plugin. Calls throw evh::failure when the host refuses. A service that was not
// granted throws EVH_DENIED at its first use, naming the extension; has() asks before.
#pragma once
#include <evh/abi/all.h>
#include <evh/failure.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evh {
inline namespace v1 {

struct field {
  std::string_view name, value;
};

class services {
 public:
  explicit services(const evh_host* host) : host_(host) {
    log_ = table<evh_log>(EVH_EXT_LOG);
    config_ = table<evh_config>(EVH_EXT_CONFIG);
    metric_ = table<evh_metric>(EVH_EXT_METRIC);
    subscribe_ = table<evh_subscribe>(EVH_EXT_SUBSCRIBE);
    publish_ = table<evh_publish>(EVH_EXT_PUBLISH);
    uow_ = table<evh_uow_api>(EVH_EXT_UOW);
    timer_ = table<evh_timer>(EVH_EXT_TIMER);
    task_ = table<evh_task>(EVH_EXT_TASK);
    store_ = table<evh_store>(EVH_EXT_STORE);
    sql_handle_ = table<evh_sql_handle>(EVH_EXT_SQL_HANDLE);
    http_ = table<evh_http>(EVH_EXT_HTTP);
    ws_ = table<evh_ws>(EVH_EXT_WS);
    secret_ = table<evh_secret>(EVH_EXT_SECRET);
    issuer_ = table<evh_issuer>(EVH_EXT_ISSUER);
    thread_check_ = table<evh_thread_check>(EVH_EXT_THREAD_CHECK);
  }

  [[nodiscard]] const evh_host* host() const noexcept { return host_; }
  [[nodiscard]] bool has(std::string_view extension) const noexcept {
    return host_->get_extension(host_, view(extension)) != nullptr;
  }

  // Tables, or a failure that names what was not granted.
  [[nodiscard]] const evh_config& config_api() const { return need(config_, EVH_EXT_CONFIG); }
  [[nodiscard]] const evh_metric& metric_api() const { return need(metric_, EVH_EXT_METRIC); }
  [[nodiscard]] const evh_subscribe& subscribe_api() const { return need(subscribe_, EVH_EXT_SUBSCRIBE); }
  [[nodiscard]] const evh_publish& publish_api() const { return need(publish_, EVH_EXT_PUBLISH); }
  [[nodiscard]] const evh_uow_api& uow_api() const { return need(uow_, EVH_EXT_UOW); }
  [[nodiscard]] const evh_timer& timer_api() const { return need(timer_, EVH_EXT_TIMER); }
  [[nodiscard]] const evh_task& task_api() const { return need(task_, EVH_EXT_TASK); }
  [[nodiscard]] const evh_store& store_api() const { return need(store_, EVH_EXT_STORE); }
  [[nodiscard]] const evh_sql_handle& sql_handle_api() const { return need(sql_handle_, EVH_EXT_SQL_HANDLE); }
  [[nodiscard]] const evh_http& http_api() const { return need(http_, EVH_EXT_HTTP); }
  [[nodiscard]] const evh_ws& ws_api() const { return need(ws_, EVH_EXT_WS); }
  [[nodiscard]] const evh_secret& secret_api() const { return need(secret_, EVH_EXT_SECRET); }
  [[nodiscard]] const evh_issuer& issuer_api() const { return need(issuer_, EVH_EXT_ISSUER); }

  // ---- log ----
  [[nodiscard]] bool logs(std::int32_t level) const noexcept { return log_ && *log_->level <= level; }
  void log(std::int32_t level, std::string_view message, std::initializer_list<field> fields = {}) const noexcept {
    if (!logs(level)) return;
    evh_pair pairs[16];
    std::uint32_t count = 0;
    for (const auto& f : fields) {
      if (count == 16) break;
      pairs[count++] = {view(f.name), view(f.value)};
    }
    log_->write(host_, level, view(message), pairs, count);
  }
  void info(std::string_view message, std::initializer_list<field> fields = {}) const noexcept { log(EVH_LOG_INFO, message, fields); }
  void warn(std::string_view message, std::initializer_list<field> fields = {}) const noexcept { log(EVH_LOG_WARN, message, fields); }
  void error(std::string_view message, std::initializer_list<field> fields = {}) const noexcept { log(EVH_LOG_ERROR, message, fields); }

  // ---- config: the JSON object of plugins.<id> ----
  [[nodiscard]] std::string_view config_json() const { return text(config_api().snapshot(host_)); }

  // ---- metrics; ids are for add/set/observe ----
  std::uint32_t metric(std::int32_t kind, std::string_view name, std::string_view help, std::initializer_list<field> labels = {}) const {
    std::vector<evh_pair> pairs;
    for (const auto& l : labels) pairs.push_back({view(l.name), view(l.value)});
    std::uint32_t id = 0;
    check(metric_api().series(host_, kind, view(name), view(help), pairs.data(), static_cast<std::uint32_t>(pairs.size()), &id), name);
    return id;
  }
  void add(std::uint32_t metric_id, double value = 1) const noexcept { if (metric_) metric_->add(host_, metric_id, value); }
  void set(std::uint32_t metric_id, double value) const noexcept { if (metric_) metric_->set(host_, metric_id, value); }
  void observe(std::uint32_t metric_id, double value) const noexcept { if (metric_) metric_->observe(host_, metric_id, value); }

  // ---- topics and types ----
  // Declares a topic this plugin produces to. [activate]
  [[nodiscard]] std::uint32_t topic(std::string_view name) const {
    std::uint32_t id = 0;
    evh_error error = make_error();
    check(publish_api().topic(host_, view(name), &id, &error), error, name);
    return id;
  }
  [[nodiscard]] std::uint32_t type(std::string_view name) const {
    std::uint32_t id = 0;
    check(subscribe_api().type_id(host_, view(name), &id), name);
    return id;
  }
  [[nodiscard]] std::string_view type_name(std::uint32_t id) const { return text(subscribe_api().type_name(host_, id)); }
  [[nodiscard]] evh_topic_info topic_info(std::uint32_t topic_id) const {
    evh_topic_info info{};
    info.struct_size = sizeof info;
    check(subscribe_api().topic_info(host_, topic_id, &info), "topic_info");
    return info;
  }
  [[nodiscard]] std::int32_t partition_of(std::uint32_t topic_id, std::string_view key) const {
    std::int32_t partition = 0;
    check(subscribe_api().partition_of(host_, topic_id, view(key), &partition), "partition_of");
    return partition;
  }

  // The next offset the broadcast subscription will deliver; empty before it started.
  [[nodiscard]] std::optional<std::int64_t> broadcast_position(std::uint32_t topic_id, std::int32_t partition) const {
    std::int64_t next = 0;
    const auto& api = subscribe_api();
    if (!EVH_HAS(&api, broadcast_position) || !api.broadcast_position) return std::nullopt;
    if (api.broadcast_position(host_, topic_id, partition, &next) != EVH_OK) return std::nullopt;
    return next;
  }

  // ---- tasks ----
  // Runs fn once on a pool thread; false when the queue is full or the host drains.
  template <class Fn>
  bool submit(Fn fn) const {
    auto owned = std::make_unique<Fn>(std::move(fn));
    const auto status = task_api().submit(
        host_,
        [](void* arg) {
          std::unique_ptr<Fn> mine(static_cast<Fn*>(arg));
          guarded(nullptr, [&] { (*mine)(); });
        },
        owned.get());
    if (status == EVH_OK) owned.release();
    return status == EVH_OK;
  }

  // ---- WebSocket ----
  void ws_send(std::span<const evh_handle> connections, std::string_view frame) const {
    ws_api().send(host_, connections.data(), connections.size(), view(frame), EVH_WS_TEXT);
  }
  void ws_send(evh_handle connection, std::string_view frame) const { ws_send({&connection, 1}, frame); }
  void ws_close(evh_handle connection, std::uint16_t code, std::string_view reason) const {
    ws_api().close(host_, connection, code, view(reason));
  }

  // Bytes not yet on the wire; empty when the connection is gone.
  [[nodiscard]] std::optional<std::uint64_t> ws_queued(evh_handle connection) const {
    std::uint64_t bytes = 0;
    const auto& api = ws_api();
    if (!EVH_HAS(&api, queued) || !api.queued || api.queued(host_, connection, &bytes) != EVH_OK) return std::nullopt;
    return bytes;
  }

  // ---- opaque tokens ----
  [[nodiscard]] std::string seal(std::string_view purpose, std::string_view bytes) const {
    return sealed(secret_api().seal, purpose, bytes, "seal");
  }
  // Throws EVH_DENIED for a token that was not sealed here for this purpose.
  [[nodiscard]] std::string open(std::string_view purpose, std::string_view token) const {
    return sealed(secret_api().open, purpose, token, "open");
  }

  // ---- access tokens ----
  [[nodiscard]] std::string issue(const evh_token_request& request) const {
    std::string out(4096, '\0');  // no token is longer
    std::uint64_t needed = 0;
    evh_error error = make_error();
    check(issuer_api().issue(host_, &request, out.data(), out.size(), &needed, &error), error, "issue");
    out.resize(needed);
    return out;
  }
  [[nodiscard]] std::string jwks() const {
    std::string out(8192, '\0');
    std::uint64_t needed = 0;
    auto status = issuer_api().jwks(host_, out.data(), out.size(), &needed);
    if (status == EVH_INVALID && needed > out.size()) {
      out.resize(needed);
      status = issuer_api().jwks(host_, out.data(), out.size(), &needed);
    }
    check(status, "jwks");
    out.resize(needed);
    return out;
  }
  [[nodiscard]] std::string_view issuer_name() const { return text(issuer_api().name(host_)); }

  [[nodiscard]] std::int32_t thread() const noexcept { return thread_check_ ? thread_check_->current(host_) : EVH_THREAD_OTHER; }

 private:
  template <class Table>
  const Table* table(std::string_view id) const {
    return static_cast<const Table*>(host_->get_extension(host_, view(id)));
  }
  template <class Table>
  static const Table& need(const Table* table, const char* id) {
    if (!table) throw failure(EVH_DENIED, std::string("extension ") + id + " is not granted to this plugin");
    return *table;
  }
  template <class Call>
  std::string sealed(Call call, std::string_view purpose, std::string_view in, std::string_view what) const {
    std::string out(in.size() * 2 + 128, '\0');
    std::uint64_t needed = 0;
    auto status = call(host_, view(purpose), view(in), out.data(), out.size(), &needed);
    if (status == EVH_INVALID && needed > out.size()) {
      out.resize(needed);
      status = call(host_, view(purpose), view(in), out.data(), out.size(), &needed);
    }
    check(status, what);
    out.resize(needed);
    return out;
  }

  const evh_host* host_;
  const evh_log* log_;
  const evh_config* config_;
  const evh_metric* metric_;
  const evh_subscribe* subscribe_;
  const evh_publish* publish_;
  const evh_uow_api* uow_;
  const evh_timer* timer_;
  const evh_task* task_;
  const evh_store* store_;
  const evh_sql_handle* sql_handle_;
  const evh_http* http_;
  const evh_ws* ws_;
  const evh_secret* secret_;
  const evh_issuer* issuer_;
  const evh_thread_check* thread_check_;
};

}  // namespace v1
}  // namespace evh
