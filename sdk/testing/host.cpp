// The in-memory host's life cycle and what a test does with it.
#include "impl.hpp"

#include <chrono>

#include <dlfcn.h>

#include <algorithm>
#include <ctime>

namespace evh::testing {
namespace {

std::string decode(std::string_view in) {
  std::string out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == '%' && i + 2 < in.size()) {
      out += static_cast<char>(std::stoi(std::string(in.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += in[i] == '+' ? ' ' : in[i];
    }
  }
  return out;
}

std::map<std::string, std::string> parse_query(std::string_view q) {
  std::map<std::string, std::string> pairs;
  while (!q.empty()) {
    const auto amp = q.find('&');
    const auto pair = q.substr(0, amp);
    const auto eq = pair.find('=');
    pairs.emplace(decode(pair.substr(0, eq)), eq == pair.npos ? "" : decode(pair.substr(eq + 1)));
    q = amp == q.npos ? std::string_view() : q.substr(amp + 1);
  }
  return pairs;
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path, std::vector<std::pair<std::string, std::string>>& params) {
  if (pattern.size() != path.size()) return false;
  params.clear();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!pattern[i].empty() && pattern[i][0] == ':') params.emplace_back(pattern[i].substr(1), decode(path[i]));
    else if (pattern[i] != path[i]) return false;
  }
  return true;
}

[[noreturn]] void fail(const std::string& step, const evh_error& error) {
  throw std::runtime_error(step + ": " + std::string(error.text, error.len));
}

evh_error blank() {
  evh_error e{};
  e.struct_size = sizeof e;
  return e;
}

}  // namespace

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t at = 1; at <= path.size();) {
    auto end = path.find('/', at);
    if (end == path.npos) end = path.size();
    parts.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

host::impl::impl() {
  c_host.struct_size = sizeof c_host;
  c_host.abi_minor = EVH_ABI_MINOR;
  c_host.ctx = this;
  c_host.name = view("evhost-testing");
  c_host.version = view("0.1.0");
  c_host.get_extension = [](const evh_host* h, evh_sv wanted) -> const void* {
    return impl::of(h).denied.contains(text(wanted)) ? nullptr : find_table(text(wanted));
  };
}

std::uint32_t host::impl::intern(std::string_view name) {
  const auto it = std::find(names.begin(), names.end(), name);
  if (it != names.end()) return static_cast<std::uint32_t>(it - names.begin() + 1);
  names.emplace_back(name);
  return static_cast<std::uint32_t>(names.size());
}
std::string_view host::impl::name_of(std::uint32_t number) const {
  return number == 0 || number > names.size() ? std::string_view() : names[number - 1];
}

bool host::impl::in_unit(std::int32_t as_thread, bool read_only, const std::function<evh_status(evh_uow*)>& body) {
  const auto was = std::exchange(thread, as_thread);
  for (;;) {
    evh_uow uow{this, read_only, {}, {}};
    db.script("BEGIN");
    const bool wanted = body(&uow) == EVH_OK;
    const bool forced = wanted && commits_to_fail > 0;
    if (forced) --commits_to_fail;
    const bool committed = wanted && !forced;
    db.script(committed ? "COMMIT" : "ROLLBACK");
    if (committed) {
      for (auto& e : uow.staged) {
        e.offset = std::count_if(published.begin(), published.end(), [&](const auto& p) { return p.topic == e.topic; });
        published.push_back(std::move(e));
      }
    }
    for (auto& [fn, user] : uow.after) fn(user, committed ? 1 : 0);
    if (forced) continue;
    thread = was;
    return committed;
  }
}

delivery host::impl::hand_over(const subscription& to, const std::vector<published_event>& events) {
  std::vector<evh_event> raw;
  for (const auto& e : events) {
    evh_event v{};
    v.topic = intern(e.topic);
    v.type = intern(e.type);
    v.partition = e.partition;
    v.offset = e.offset;
    v.id = view(e.id);
    v.key = view(e.key);
    v.payload = view(e.payload);
    v.attempt = 1;
    v.source = EVH_SOURCE_TEST;
    raw.push_back(v);
  }
  evh_batch batch{sizeof(evh_batch), static_cast<std::uint32_t>(raw.size()), sizeof(evh_event), 0, raw.data(), 1, to.cookie};
  delivery d;
  evh_error error = blank();
  const auto* table = extension<evh_events>(EVH_EXT_EVENTS);
  if (to.broadcast || !to.effects) {
    d.results.assign(raw.size(), EVH_ACK);
    d.status = table->on_batch(plugin->self, nullptr, &batch, d.results.data(), &error);
  } else {
    in_unit(EVH_THREAD_LANE, false, [&](evh_uow* uow) {
      d.results.assign(raw.size(), EVH_ACK);
      return d.status = table->on_batch(plugin->self, uow, &batch, d.results.data(), &error);
    });
  }
  d.error.assign(error.text, error.len);
  return d;
}

host::host() : impl_(std::make_unique<impl>()) {}
host::~host() { stop(); }

void host::deny(std::string extension) { impl_->denied.insert(std::move(extension)); }
void host::set_secret(std::string name, std::string content) { impl_->secrets[std::move(name)] = std::move(content); }
void host::fail_next_commits(int n) { impl_->commits_to_fail = n; }
const std::vector<published_event>& host::published() const { return impl_->published; }
const std::vector<issued_token>& host::issued() const { return impl_->issued; }
const std::vector<std::string>& host::log_lines() const { return impl_->lines; }
void* host::sqlite() const { return impl_->db.handle; }

void host::load_file(const std::string& path, std::string_view config_json) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) throw std::runtime_error(dlerror());
  const auto entry = reinterpret_cast<evh_plugin_entry_fn>(dlsym(library, EVH_PLUGIN_ENTRY_SYMBOL));
  if (!entry) throw std::runtime_error(path + " exports no " EVH_PLUGIN_ENTRY_SYMBOL);
  load(entry(EVH_ABI_MAJOR, EVH_ABI_MINOR), config_json);
}

void host::load(const evh_entry* entry, std::string_view config_json) {
  auto& h = *impl_;
  if (!entry) throw std::runtime_error("the plugin refuses this host version");
  evh_error error = blank();
  h.entry = entry;
  if (entry->init(view(""), &error) != EVH_OK) fail("entry init", error);
  const auto* factory = entry->get_factory();
  const auto* descriptor = factory->descriptor(0);
  h.id = text(descriptor->id);
  h.config = config_json;
  h.plugin = factory->create(&h.c_host, descriptor->id, &error);
  if (!h.plugin) fail("create", error);
  auto& p = *h.plugin;
  h.thread = EVH_THREAD_CONTROL;
  if (p.init(p.self, &h.c_host, &error) != EVH_OK) fail("init", error);
  if (p.configure && p.configure(p.self, view(h.config), 0, &error) != EVH_OK) fail("configure", error);
  if (const auto* m = h.extension<evh_migrations>(EVH_EXT_MIGRATIONS)) {
    for (std::uint32_t i = 0; i < m->count(p.self, EVH_DIALECT_SQLITE); ++i) {
      evh_migration step{};
      if (m->get(p.self, EVH_DIALECT_SQLITE, i, &step) == EVH_OK) h.db.script(text(step.sql));
    }
  }
  h.activating = true;
  if (p.activate(p.self, &error) != EVH_OK) fail("activate", error);
  h.activating = false;
  if (p.start && p.start(p.self, &error) != EVH_OK) fail("start", error);
  h.started = true;
  h.thread = EVH_THREAD_OTHER;
}

void host::stop() {
  auto& h = *impl_;
  if (!h.plugin) return;
  auto& p = *std::exchange(h.plugin, nullptr);
  for (auto& fn : h.on_close) fn();
  if (h.started && p.drain) p.drain(p.self, 0);
  if (h.started && p.stop) p.stop(p.self);
  if (p.deactivate) p.deactivate(p.self);
  p.destroy(p.self);
  h.entry->deinit();
}

constexpr std::chrono::seconds kept_for{10};

answer host::request(const call& what) {
  auto& h = *impl_;
  evh_request r;
  r.host = &h;
  r.asked = &what;
  const std::string_view target = what.target;
  const auto mark = target.find('?');
  const auto path = std::string(target.substr(0, mark));
  const auto raw_query = mark == target.npos ? std::string_view() : target.substr(mark + 1);
  r.query = parse_query(raw_query);
  const auto segments = split_path(path);
  std::vector<std::pair<std::string, std::string>> params;
  bool other_method = false;
  for (const auto& route : h.routes) {
    if (!matches(route.segments, segments, params)) continue;
    if (route.method != what.method) {
      other_method = true;
      continue;
    }
    if (what.subject.empty() && !route.open) return {401, "", "application/problem+json", {}};
    std::vector<evh_pair> pairs;
    for (const auto& [name, content] : params) pairs.push_back({view(name), view(content)});
    evh_principal who{};
    who.struct_size = sizeof who;
    who.subject = who.name = view(what.subject);
    who.roles = view(what.roles);
    evh_request_view seen{};
    seen.struct_size = sizeof seen;
    seen.params_count = static_cast<std::uint32_t>(pairs.size());
    seen.cookie = route.cookie;
    seen.method = view(what.method);
    seen.path = view(path);
    seen.query = view(raw_query);
    seen.body = view(what.body);
    seen.request_id = view("test-request");
    seen.remote_address = view("127.0.0.1");
    seen.params = pairs.data();
    seen.principal = what.subject.empty() ? nullptr : &who;
    seen.received_ns = static_cast<std::int64_t>(std::time(nullptr)) * 1'000'000'000;
    evh_error error = blank();
    h.thread = EVH_THREAD_TASK;
    const auto status = h.extension<evh_http_handler>(EVH_EXT_HTTP_HANDLER)->on_request(h.plugin->self, &r, &seen, &error);
    std::unique_lock lock(r.mutex);
    if (status == EVH_AGAIN && !r.changed.wait_for(lock, kept_for, [&] { return r.answered.has_value(); }))
      throw std::runtime_error("the request was kept and never answered");
    h.thread = EVH_THREAD_OTHER;
    if (r.answered) return *r.answered;
    return {500, "unanswered, status " + std::to_string(status) + ": " + std::string(error.text, error.len), "text/plain", {}};
  }
  return {other_method ? 405 : 404, "", "application/problem+json", {}};
}

delivery host::deliver(std::string_view topic, const std::vector<published_event>& events) {
  delivery last;
  for (const auto& s : impl_->subscriptions)
    if (s.topic == topic) last = impl_->hand_over(s, events);
  return last;
}

void host::pump() {
  for (bool more = true; more;) {
    more = false;
    for (auto& s : impl_->subscriptions) {
      std::vector<published_event> news;
      for (; s.seen < impl_->published.size(); ++s.seen)
        if (impl_->published[s.seen].topic == s.topic) news.push_back(impl_->published[s.seen]);
      if (news.empty()) continue;
      more = true;
      if (const auto d = impl_->hand_over(s, news); d.status != EVH_OK)
        throw std::runtime_error("on_batch of " + s.topic + ": status " + std::to_string(d.status) + " " + d.error);
    }
  }
}

bool host::fire(std::uint64_t cookie) {
  auto& h = *impl_;
  for (const auto& [id, t] : h.timers) {
    if (t.cookie != cookie) continue;
    const auto* table = h.extension<evh_timer_handler>(EVH_EXT_TIMER_HANDLER);
    evh_error error = blank();
    const auto handle = id;
    if (t.flags & EVH_TIMER_UNIT) h.in_unit(EVH_THREAD_UNIT, false, [&](evh_uow* uow) { return table->on_timer(h.plugin->self, uow, handle, cookie, 0, &error); });
    else table->on_timer(h.plugin->self, nullptr, handle, cookie, 0, &error);
    return true;
  }
  return false;
}

evh_handle host::connect(std::string_view path, std::string_view subject, const std::vector<std::string>& protocols) {
  auto& h = *impl_;
  const auto route = h.ws_routes.find(std::string(path));
  if (route == h.ws_routes.end()) throw std::runtime_error("404");
  std::vector<evh_sv> offered;
  for (const auto& p : protocols) offered.push_back(view(p));
  evh_principal who{};
  who.struct_size = sizeof who;
  who.subject = who.name = view(subject);
  who.roles = view("user");
  evh_ws_request r{};
  r.struct_size = sizeof r;
  r.protocols_count = static_cast<std::uint32_t>(offered.size());
  r.cookie = route->second;
  r.path = view(path);
  r.protocols = offered.data();
  r.principal = subject.empty() ? nullptr : &who;
  r.remote_address = view("127.0.0.1");
  const auto* table = h.extension<evh_ws_handler>(EVH_EXT_WS_HANDLER);
  evh_ws_accept accept{};
  accept.struct_size = sizeof accept;
  if (table->on_upgrade) table->on_upgrade(h.plugin->self, &r, &accept);
  if (accept.status != 0) throw std::runtime_error(std::to_string(accept.status));
  const auto id = h.next_handle++;
  h.sockets[id];
  table->on_open(h.plugin->self, id, &r, accept.user);
  return id;
}
void host::say(evh_handle connection, std::string_view text_frame) {
  impl_->extension<evh_ws_handler>(EVH_EXT_WS_HANDLER)->on_message(impl_->plugin->self, connection, view(text_frame), EVH_WS_TEXT);
}
void host::disconnect(evh_handle connection, std::uint16_t code) {
  auto& s = impl_->sockets[connection];
  if (s.closed) return;
  s.closed = code;
  impl_->extension<evh_ws_handler>(EVH_EXT_WS_HANDLER)->on_close(impl_->plugin->self, connection, code);
}
std::vector<std::string> host::heard(evh_handle connection) { return std::exchange(impl_->sockets[connection].frames, {}); }
std::optional<std::uint16_t> host::closed_with(evh_handle connection) const {
  const auto it = impl_->sockets.find(connection);
  return it == impl_->sockets.end() ? std::nullopt : it->second.closed;
}

std::string host::scalar(std::string_view sql) {
  std::string out;
  evh_error error = blank();
  const auto status = impl_->db.run(
      sql, nullptr, 0,
      [](void* user, const evh_value* cells, std::uint32_t) -> evh_status {
        auto& to = *static_cast<std::string*>(user);
        const auto& v = cells[0];
        to = v.type == EVH_INTEGER ? std::to_string(v.as.integer) : v.type == EVH_REAL ? std::to_string(v.as.real) : v.type == EVH_NULL ? "" : std::string(text(v.as.bytes));
        return EVH_CANCELLED;
      },
      &out, nullptr, &error);
  if (status != EVH_OK && status != EVH_CANCELLED) throw std::runtime_error(std::string(error.text, error.len));
  return out;
}

}  // namespace evh::testing
