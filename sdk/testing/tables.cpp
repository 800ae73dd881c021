// The host-side extension tables of the in-memory host.
#include "impl.hpp"

#include <ctime>

namespace evh::testing {
namespace {

using host_impl = host::impl;

evh_status refuse(evh_error* error, evh_status status, std::string_view why) {
  fill(error, status, why);
  return status;
}

// ---- log, config, metric ----
void log_write(const evh_host* h, std::int32_t level, evh_sv message, const evh_pair* fields, std::uint32_t count) {
  auto& host = host_impl::of(h);
  std::string line = std::to_string(level) + " " + std::string(text(message));
  for (std::uint32_t i = 0; i < count; ++i) line += " " + std::string(text(fields[i].name)) + "=" + std::string(text(fields[i].value));
  host.lines.push_back(std::move(line));
}
evh_sv config_snapshot(const evh_host* h) { return view(host_impl::of(h).config); }
evh_status metric_series(const evh_host* h, std::int32_t, evh_sv, evh_sv, const evh_pair*, std::uint32_t, std::uint32_t* id) {
  auto& host = host_impl::of(h);
  *id = static_cast<std::uint32_t>(host.metrics.size() + 1);
  host.metrics[*id] = 0;
  return EVH_OK;
}
void metric_add(const evh_host* h, std::uint32_t id, double v) { host_impl::of(h).metrics[id] += v; }
void metric_set(const evh_host* h, std::uint32_t id, double v) { host_impl::of(h).metrics[id] = v; }

// ---- subscribe, publish ----
evh_status subscribe(const evh_host* h, const evh_subscription* what, evh_error* error) {
  auto& host = host_impl::of(h);
  if (!host.activating) return refuse(error, EVH_STATE, "subscribe is allowed inside activate only");
  host.subscriptions.push_back({std::string(text(what->topic)), what->kind == EVH_SUBSCRIBE_BROADCAST, (what->flags & EVH_SUBSCRIBE_NO_EFFECTS) == 0, what->cookie});
  host.intern(text(what->topic));
  return EVH_OK;
}
evh_status intern_name(const evh_host* h, evh_sv name, std::uint32_t* id) {
  *id = host_impl::of(h).intern(text(name));
  return EVH_OK;
}
evh_sv type_name(const evh_host* h, std::uint32_t id) {
  const auto name = host_impl::of(h).name_of(id);
  return name.empty() ? evh_sv{nullptr, 0} : view(name);
}
evh_status topic_info(const evh_host* h, std::uint32_t topic, evh_topic_info* info) {
  const auto name = host_impl::of(h).name_of(topic);
  if (name.empty()) return EVH_NOT_FOUND;
  *info = {sizeof(evh_topic_info), 1, 1, 604800000, view(name)};
  return EVH_OK;
}
evh_status partition_of(const evh_host*, std::uint32_t, evh_sv, std::int32_t* partition) {
  *partition = 0;
  return EVH_OK;
}
evh_status broadcast_position(const evh_host* h, std::uint32_t topic, std::int32_t, std::int64_t* next) {
  auto& host = host_impl::of(h);
  *next = 0;
  for (const auto& s : host.subscriptions)
    if (s.broadcast && s.topic == host.name_of(topic))
      for (std::size_t i = 0; i < s.seen && i < host.published.size(); ++i) *next += host.published[i].topic == s.topic;
  return EVH_OK;
}
evh_status declare_topic(const evh_host* h, evh_sv name, std::uint32_t* id, evh_error* error) {
  if (!host_impl::of(h).activating) return refuse(error, EVH_STATE, "topics are declared inside activate only");
  return intern_name(h, name, id);
}
evh_status publish(evh_uow* uow, const evh_record* records, std::uint32_t count, std::uint32_t stride, evh_error* error) {
  if (uow->read_only) return refuse(error, EVH_STATE, "a read-only unit cannot publish");
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto& r = *reinterpret_cast<const evh_record*>(reinterpret_cast<const char*>(records) + std::size_t{i} * stride);
    if (r.payload.len > EVH_PAYLOAD_BYTES_MAX) return refuse(error, EVH_INVALID, "record payload is larger than 1000000 bytes");
    published_event e;
    e.topic = uow->host->name_of(r.topic);
    if (e.topic.empty()) return refuse(error, EVH_INVALID, "record names a topic that was not declared");
    e.type = text(r.type);
    e.id = r.id.ptr ? std::string(text(r.id)) : "event-" + std::to_string(uow->host->next_handle++);
    e.key = text(r.key);
    e.payload = text(r.payload);
    for (std::uint32_t k = 0; k < r.headers_count; ++k) e.headers.emplace(text(r.headers[k].name), text(r.headers[k].value));
    uow->staged.push_back(std::move(e));
  }
  return EVH_OK;
}

// ---- uow, store, sql-handle ----
evh_status after(evh_uow* uow, evh_uow_after_fn fn, void* user) {
  uow->after.emplace_back(fn, user);
  return EVH_OK;
}
evh_status read_unit(const evh_host* h, evh_uow_fn fn, void* user, evh_error* error) {
  auto& host = host_impl::of(h);
  evh_uow uow{&host, true, {}, {}};
  return fn(user, &uow, error);
}
evh_status write_unit(const evh_host* h, evh_uow_fn fn, evh_uow_done_fn done, void* user) {
  auto& host = host_impl::of(h);
  evh_status last = EVH_OK;
  host.in_unit(EVH_THREAD_UNIT, false, [&](evh_uow* uow) { return last = fn(user, uow, nullptr); });
  done(user, last);
  return EVH_OK;
}
evh_status exec(evh_uow* uow, evh_sv sql, const evh_value* params, std::uint32_t count, std::int64_t* changed, evh_error* error) {
  if (uow->read_only) return refuse(error, EVH_STATE, "a read-only unit cannot write");
  return uow->host->db.run(text(sql), params, count, nullptr, nullptr, changed, error);
}
evh_status query(evh_uow* uow, evh_sv sql, const evh_value* params, std::uint32_t count, evh_row_fn row, void* user, evh_error* error) {
  return uow->host->db.run(text(sql), params, count, row, user, nullptr, error);
}
evh_status copy_rows(evh_uow* uow, evh_sv table, const evh_sv* columns, std::uint32_t n, const evh_value* cells, std::uint64_t rows,
                     evh_error* error) {
  std::string sql = "INSERT INTO " + std::string(text(table)) + "(", values = ") VALUES(";
  for (std::uint32_t i = 0; i < n; ++i) {
    sql += (i ? "," : "") + std::string(text(columns[i]));
    values += (i ? ",$" : "$") + std::to_string(i + 1);
  }
  sql += values + ")";
  for (std::uint64_t r = 0; r < rows; ++r)
    if (const auto s = exec(uow, view(sql), cells + r * n, n, nullptr, error); s != EVH_OK) return s;
  return EVH_OK;
}
evh_status native(evh_uow* uow, std::int32_t* kind, void** handle) {
  *kind = EVH_DIALECT_SQLITE;
  *handle = uow->host->db.handle;
  return EVH_OK;
}
evh_status on_close(const evh_host* h, void (*fn)(void*, void*), void* user) {
  auto& host = host_impl::of(h);
  host.on_close.push_back([&host, fn, user] { fn(user, host.db.handle); });
  return EVH_OK;
}

// ---- http ----
evh_status route(const evh_host* h, const evh_route* r, evh_error* error) {
  auto& host = host_impl::of(h);
  if (!host.activating) return refuse(error, EVH_STATE, "routes are registered inside activate only");
  host.routes.push_back({std::string(text(r->method)), split_path(text(r->pattern)), r->cookie, (r->flags & (EVH_ROUTE_PUBLIC | EVH_ROUTE_OWN_AUTH)) != 0});
  return EVH_OK;
}
evh_sv header(evh_request* r, evh_sv name) {
  for (const auto& [key, content] : r->asked->headers) {
    const auto wanted = text(name);
    if (key.size() == wanted.size() &&
        std::equal(key.begin(), key.end(), wanted.begin(), [](char a, char b) { return std::tolower(a) == std::tolower(b); }))
      return view(content);
  }
  return {nullptr, 0};
}
evh_sv query_value(evh_request* r, evh_sv name) {
  const auto it = r->query.find(std::string(text(name)));
  return it == r->query.end() ? evh_sv{nullptr, 0} : view(it->second);
}
answer copy(const evh_response& r) {
  answer a;
  a.status = r.status;
  a.body = text(r.body);
  a.content_type = r.content_type.ptr ? std::string(text(r.content_type)) : "application/json";
  for (std::uint32_t i = 0; i < r.headers_count; ++i) a.headers.emplace(text(r.headers[i].name), text(r.headers[i].value));
  return a;
}
evh_status respond(evh_request* r, const evh_response* response) {
  if (r->answered) return EVH_STATE;
  r->settle(copy(*response));
  return EVH_OK;
}
evh_status stage(evh_request* r, const evh_response* response) {
  r->staged = copy(*response);
  return EVH_OK;
}
evh_status apply(evh_request* r, evh_uow_fn fn, void (*release)(void*), void* user) {
  if (r->answered) {
    if (release) release(user);
    return EVH_STATE;
  }
  evh_error error{};
  error.struct_size = sizeof error;
  r->host->in_unit(EVH_THREAD_UNIT, false, [&](evh_uow* uow) {
    r->staged.reset();
    return fn(user, uow, &error);
  });
  if (release) release(user);
  r->settle(r->staged ? *r->staged : answer{500, std::string(error.text, error.len), "text/plain", {}});
  return EVH_OK;
}
evh_status authenticate(const evh_host* h, evh_sv token, evh_principal* out, evh_error* error) {
  constexpr std::string_view prefix = "token:";
  const auto t = text(token);
  if (t.substr(0, prefix.size()) != prefix || t.size() == prefix.size()) return refuse(error, EVH_DENIED, "invalid token");
  auto& host = host_impl::of(h);
  host.principal_text = t.substr(prefix.size());
  *out = {};
  out->struct_size = sizeof *out;
  out->subject = out->name = view(host.principal_text);
  out->roles = view("user");
  return EVH_OK;
}

// ---- ws, timer, task, secret, thread ----
evh_status ws_route(const evh_host* h, const evh_ws_route* r, evh_error*) {
  host_impl::of(h).ws_routes[std::string(text(r->path))] = r->cookie;
  return EVH_OK;
}
evh_status ws_send(const evh_host* h, const evh_handle* connections, std::uint64_t count, evh_sv frame, std::uint32_t) {
  auto& host = host_impl::of(h);
  for (std::uint64_t i = 0; i < count; ++i)
    if (auto it = host.sockets.find(connections[i]); it != host.sockets.end() && !it->second.closed)
      it->second.frames.emplace_back(text(frame));
  return EVH_OK;
}
evh_status ws_close(const evh_host* h, evh_handle connection, std::uint16_t code, evh_sv) {
  auto& host = host_impl::of(h);
  const auto it = host.sockets.find(connection);
  if (it == host.sockets.end() || it->second.closed) return EVH_NOT_FOUND;
  it->second.closed = code;
  host.extension<evh_ws_handler>(EVH_EXT_WS_HANDLER)->on_close(host.plugin->self, connection, code);
  return EVH_OK;
}
evh_status ws_queued(const evh_host* h, evh_handle connection, std::uint64_t* bytes) {
  const auto& sockets = host_impl::of(h).sockets;
  const auto it = sockets.find(connection);
  if (it == sockets.end() || it->second.closed) return EVH_NOT_FOUND;
  *bytes = 0;
  return EVH_OK;
}
evh_status arm(const evh_host* h, std::int64_t, std::int64_t, std::uint32_t flags, std::uint64_t cookie, evh_handle* id) {
  auto& host = host_impl::of(h);
  *id = host.next_handle++;
  host.timers[*id] = {cookie, flags};
  return EVH_OK;
}
evh_status cancel(const evh_host* h, evh_handle id) { return host_impl::of(h).timers.erase(id) ? EVH_OK : EVH_NOT_FOUND; }
evh_status submit(const evh_host*, void (*fn)(void*), void* arg) {
  fn(arg);
  return EVH_OK;
}
evh_status secret_get(const evh_host* h, evh_sv name, void (*fn)(void*, evh_sv), void* user, evh_error* error) {
  auto& host = host_impl::of(h);
  const auto it = host.secrets.find(text(name));
  if (it == host.secrets.end()) return refuse(error, EVH_NOT_FOUND, "no secret of that name was set in the test host");
  fn(user, view(it->second));
  return EVH_OK;
}
// Not cryptographic: hex of purpose and bytes with a checksum, enough to notice tampering in tests.
std::string sealed(std::string_view purpose, std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::uint64_t sum = 14695981039346656037ULL;
  const std::string plain = std::string(purpose) + '\0' + std::string(bytes);
  std::string out;
  for (const char c : plain) {
    const auto u = static_cast<unsigned char>(c);
    sum = (sum ^ u) * 1099511628211ULL;
    out += digits[u >> 4];
    out += digits[u & 15];
  }
  return out + "." + std::to_string(sum);
}
evh_status hand_out(std::string_view result, char* out, std::uint64_t capacity, std::uint64_t* needed) {
  *needed = result.size();
  if (result.size() > capacity) return EVH_INVALID;
  result.copy(out, result.size());
  return EVH_OK;
}
evh_status seal(const evh_host*, evh_sv purpose, evh_sv bytes, char* out, std::uint64_t capacity, std::uint64_t* needed) {
  return hand_out(sealed(text(purpose), text(bytes)), out, capacity, needed);
}
evh_status open(const evh_host*, evh_sv purpose, evh_sv token, char* out, std::uint64_t capacity, std::uint64_t* needed) {
  const auto t = text(token);
  const auto dot = t.rfind('.');
  std::string plain;
  for (std::size_t i = 0; dot != t.npos && i + 1 < dot; i += 2) {
    const auto nibble = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
    plain += static_cast<char>(nibble(t[i]) << 4 | nibble(t[i + 1]));
  }
  const auto nul = plain.find('\0');
  if (nul == plain.npos || plain.substr(0, nul) != text(purpose) || sealed(text(purpose), plain.substr(nul + 1)) != t) {
    *needed = 0;
    return EVH_DENIED;
  }
  return hand_out(plain.substr(nul + 1), out, capacity, needed);
}
evh_status issue(const evh_host* h, const evh_token_request* wanted, char* out, std::uint64_t capacity, std::uint64_t* needed, evh_error*) {
  host_impl::of(h).issued.push_back({std::string(text(wanted->subject)), std::string(text(wanted->name)), std::string(text(wanted->roles)),
                                     std::string(text(wanted->session)), std::string(text(wanted->claims)), wanted->issued_from_s});
  return hand_out("token:" + std::string(text(wanted->subject)), out, capacity, needed);
}
evh_status jwks(const evh_host*, char* out, std::uint64_t capacity, std::uint64_t* needed) { return hand_out(R"({"keys":[]})", out, capacity, needed); }
evh_sv issuer_name(const evh_host*) { return view("http://localhost"); }
std::int32_t current_thread(const evh_host* h) { return host_impl::of(h).thread; }

}  // namespace

const void* find_table(std::string_view id) {
  static const std::int32_t level = EVH_LOG_DEBUG;
  static const evh_log log{sizeof(evh_log), 0, &level, &log_write};
  static const evh_config config{sizeof(evh_config), 0, &config_snapshot};
  static const evh_metric metric{sizeof(evh_metric), 0, &metric_series, &metric_add, &metric_set, &metric_add};
  static const evh_subscribe subscribing{sizeof(evh_subscribe), 0, &subscribe, &intern_name, &intern_name, &type_name, &topic_info, &partition_of, &broadcast_position};
  static const evh_publish publishing{sizeof(evh_publish), 0, &declare_topic, &publish};
  static const evh_uow_api uow{sizeof(evh_uow_api), 0, &after, &read_unit, &write_unit};
  static const evh_store store{sizeof(evh_store), EVH_DIALECT_SQLITE, &exec, &query, &copy_rows};
  static const evh_sql_handle sql{sizeof(evh_sql_handle), 0, &native, &on_close};
  static const evh_http http{sizeof(evh_http), 0, &route, &header, &query_value, &respond, &apply, &stage, &authenticate};
  static const evh_ws ws{sizeof(evh_ws), 0, &ws_route, &ws_send, &ws_close, &ws_queued};
  static const evh_timer timer{sizeof(evh_timer), 0, &arm, &cancel};
  static const evh_task task{sizeof(evh_task), 0, &submit};
  static const evh_secret secret{sizeof(evh_secret), 0, &secret_get, &seal, &open};
  static const evh_issuer issuer{sizeof(evh_issuer), 0, &issue, &jwks, &issuer_name};
  static const evh_thread_check thread{sizeof(evh_thread_check), 0, &current_thread};
  static const std::map<std::string_view, const void*> tables{
      {EVH_EXT_LOG, &log},         {EVH_EXT_CONFIG, &config},   {EVH_EXT_METRIC, &metric},     {EVH_EXT_SUBSCRIBE, &subscribing},
      {EVH_EXT_PUBLISH, &publishing}, {EVH_EXT_UOW, &uow},      {EVH_EXT_STORE, &store},       {EVH_EXT_SQL_HANDLE, &sql},
      {EVH_EXT_HTTP, &http},       {EVH_EXT_WS, &ws},           {EVH_EXT_TIMER, &timer},       {EVH_EXT_TASK, &task},
      {EVH_EXT_SECRET, &secret},   {EVH_EXT_ISSUER, &issuer},     {EVH_EXT_THREAD_CHECK, &thread}};
  const auto it = tables.find(id);
  return it == tables.end() ? nullptr : it->second;
}

}  // namespace evh::testing
