// Construction, start and end of a serving host.
#include "host/app/host_process.hpp"

#include "host/app/failure.hpp"
#include "host/app/host_options.hpp"
#include "host/app/remote_admin.hpp"
#include "host/app/version.hpp"
#include "host/io/metrics/host.hpp"

#include <boost/json.hpp>

#include <unistd.h>

namespace evhost::app {
namespace {

runtime::runtime_ports ports_without_fronts(engine& on, io::clock& clock, io::log_sink& log, io::metric_registry& metrics, boost::asio::thread_pool& pool) {
  return {*on.store, *on.log, clock, log, metrics, pool.get_executor()};
}

}  // namespace

host_process::host_process(config::loaded configuration)
    : configuration_(std::move(configuration)), settings_(configuration_.values), sink_(log_options(settings_), clock_, metrics_) {
  metrics_.report_to(&sink_);
  metrics_.get_gauge(io::metrics::build_info, {version, __VERSION__}).set(1);
  enter_state("starting");
}

host_process::~host_process() { stop(); }

void host_process::enter_state(std::string_view state) {
  for (const std::string_view one : {"starting", "running", "draining"}) metrics_.get_gauge(io::metrics::host_state, {one}).set(one == state ? 1 : 0);
}

void host_process::open(bool serving) {
  make_data_directory(std::filesystem::absolute(settings_.host.data_dir));
  secrets_.emplace(settings_, sink_);
  secrets_->await();
  secrets_->fill(configuration_.values);
  if (on_postgres(settings_)) lock_.emplace(take(storage::directory_lock::take(lock_base(settings_))));
  open_services(serving);
  admin_.emplace(*engine_.store, *engine_.log);
  audit_.emplace(*engine_.store, *engine_.log, clock_, sink_);
  pool_.emplace(pool_threads(settings_));
  start_security();
  load_plugins();
}

void host_process::migrate() {
  open(false);
  // Plugins ask for what a serving host has; they get it, unopened.
  for (const auto& p : runtime_->plugins())
    if (!p.reason.empty()) throw failure(exit_data, "plugin " + p.id + ": " + p.reason);
}

void host_process::start() {
  open(true);
  start_plugins();
  start_front();
  write_host_file(std::filesystem::absolute(settings_.host.data_dir), {::getpid(), settings_.http.address, port()});
  started_ = true;
  enter_state("running");
  sink_.log(io::log_level::info, "app", "serving",
            {{"version", version}, {"address", settings_.http.address}, {"port", std::uint64_t{port()}}, {"plugins", chosen_.plugins.size()},
             {"path", std::filesystem::absolute(settings_.host.data_dir).string()}});
}

// With a database or brokers elsewhere the port answers already while they are waited for.
void host_process::open_services(bool serving) {
  waiting_fn waits;
  if (serving && (on_postgres(settings_) || !settings_.kafka.bootstrap_servers.empty())) {
    room_.emplace(settings_, metrics_);
    write_host_file(std::filesystem::absolute(settings_.host.data_dir), {::getpid(), settings_.http.address, room_->port()});
    waits = [this](const std::string& why) { return room_->waits_for(why); };
  }
  engine_ = open_engine(settings_, clock_, sink_, metrics_, waits);
}

void host_process::start_security() {
  keys_.emplace(open_keys(settings_));
  issuer_ = open_issuer(settings_, clock_, true);
  mac_.emplace(open_mac(settings_));
  sealer_.emplace(*mac_);
  verifier_.emplace(verifier_options(settings_), revoked_);
  verifier_->set_keys(issuer_->issuer(), issuer_->verifying_keys());
  authenticator_.emplace(*verifier_, clock_, metrics_);
  rates_.emplace(rate_options(settings_), clock_, metrics_);
}

void host_process::load_plugins() {
  sockets_.emplace(socket_options(settings_), &metrics_);
  http::front_hooks hooks;
  hooks.authenticator = &*authenticator_;
  hooks.rates = &*rates_;
  hooks.upgrades = &*sockets_;
  hooks.denials = &*audit_;
  hooks.log = &sink_;
  hooks.metrics = &metrics_;
  auto front = front_options(settings_);
  if (room_) front.port = room_->port();
  front_ = std::make_unique<http::front>(front, hooks);
  chosen_ = choose_plugins(settings_);
  for (const auto& r : chosen_.refusals) sink_.log(io::log_level::error, "loader", r.reason, {{"plugin", r.id}, {"path", r.file.string()}});
  for (const auto& w : chosen_.warnings) sink_.log(io::log_level::warning, "loader", w);
  auto ports = ports_without_fronts(engine_, clock_, sink_, metrics_, *pool_);
  ports.http = front_.get();
  ports.websocket_routes = &*sockets_;
  ports.websocket_hub = &*sockets_;
  ports.secrets = &secrets_->provider();
  ports.sealer = &*sealer_;
  ports.authenticator = &*authenticator_;
  ports.issuer = issuer_.get();
  runtime_ = std::make_unique<runtime::runtime>(ports, runtime_options(settings_));
  std::vector<io::plugin_candidate> candidates;
  runtime::runtime::settings_map shares;
  for (const auto& p : chosen_.plugins) {
    candidates.push_back(p.candidate);
    shares.emplace(p.candidate.id, p.settings);
  }
  runtime_->load(candidates, shares);
  take(runtime_->migrate());
}

void host_process::start_plugins() {
  take(engine_.store->start());
  runtime_->activate();
  start_chores();
  runtime_->start();
  note_plugins(false);
}

// After the plugins declared their topics, so that theirs are the options that count; before the front opens.
void host_process::start_chores() {
  const auto topics = runtime_options(settings_).topics;
  take_service(audit_->open(topics));
  accounts_.emplace(*engine_.log, clock_, sink_, revoked_, pool_->get_executor());
  take_service(accounts_->start(topics));
  second_chore_.emplace(pool_->get_executor(), std::chrono::seconds(1), [this] {
    audit_->flush();
    accounts_->look();
  });
  second_chore_->start();
  key_chore_.emplace(pool_->get_executor(), std::chrono::minutes(1), [this] { look_at_keys(); });
  key_chore_->start();
}

void host_process::look_at_keys() {
  auto keys = keys_->refresh(clock_.wall(), true);
  if (!keys) return sink_.log(io::log_level::error, "security", "the signing keys stay as they are: " + keys.error().message);
  if (!issuer_->replace_keys(std::move(keys).value())) return;  // the same: what was verified stays remembered
  verifier_->set_keys(issuer_->issuer(), issuer_->verifying_keys());
}

void host_process::note_plugins(bool stopping) {
  for (const auto& p : runtime_->plugins()) {
    security::audit_note note;
    note.type = "todo.audit.plugin.v1";
    note.action = stopping ? "stop" : "load";
    note.outcome = p.reason.empty() ? "success" : "failure";
    note.actor = "host";
    note.object = "plugin:" + p.id;
    note.reason = p.reason.empty() ? "version " + p.version : p.reason;
    audit_->note(std::move(note));
  }
}

void host_process::start_front() {
  add_builtin_routes(*front_, {metrics_, *admin_, *audit_, pool_->get_executor(), [this] { return ready(); }, [this] { return plugins_json(); }, version});
  if (room_) room_->close();
  if (const auto listening = front_->start(); !listening) throw failure(exit_unavailable, listening.error().message);
}

readiness host_process::ready() const {
  readiness state{true, {}};
  for (const auto& r : chosen_.refusals) {
    state.ready = false;
    state.reasons.push_back(r.reason);
  }
  const auto seen = runtime_->ready();
  if (seen.overall == runtime::health::down) state.ready = false;
  for (const auto& part : seen.parts) state.reasons.push_back(part.name + ": " + part.reason);
  if (const auto trouble = engine_.store->trouble(); !trouble.empty()) {
    state.ready = false;
    state.reasons.push_back(trouble);
  }
  if (const auto waiting = engine_.log->trouble(); !waiting.empty()) {
    state.ready = false;
    state.reasons.push_back(waiting);
  }
  return state;
}

std::string host_process::plugins_json() const {
  boost::json::array list;
  for (const auto& p : runtime_->plugins()) {
    boost::json::object o{{"id", p.id}, {"version", p.version}, {"state", p.state}};
    if (!p.reason.empty()) o["reason"] = p.reason;
    list.push_back(std::move(o));
  }
  return boost::json::serialize(list);
}

void host_process::stop() {
  if (std::exchange(stopped_, true)) return;
  const auto deadline = clock_.steady() + settings_.host.drain_timeout;
  const auto left = [&] { return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock_.steady()); };
  enter_state("draining");
  if (started_) sink_.log(io::log_level::info, "app", "draining");
  if (front_ && started_) front_->drain(left());
  if (runtime_ && started_) runtime_->drain(deadline);
  if (started_) note_plugins(true);
  if (runtime_) runtime_->stop();
  if (front_) front_->stop();
  for (auto* chore : {&key_chore_, &second_chore_})
    if (*chore) (*chore)->stop();
  if (pool_) pool_->join();
  if (started_) audit_->flush();
  if (engine_.log) engine_.log->stop();
  if (engine_.store) engine_.store->stop(deadline);
  if (runtime_) runtime_->unload();
  if (started_) {
    remove_host_file(std::filesystem::absolute(settings_.host.data_dir));
    sink_.log(io::log_level::info, "app", "stopped");
  }
  sink_.flush();
}

}  // namespace evhost::app
