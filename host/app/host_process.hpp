// The composition root: every module of one serving host, built in order, started, drained and stopped in order.
//
// One thread drives it ([control]). start() and migrate() throw failure and leave nothing running; stop() is idempotent.
// Members are declared in the order of their dependence, so that they die in the reverse.
#pragma once
#include "host/app/account_watch.hpp"
#include "host/app/admin.hpp"
#include "host/app/audit_feed.hpp"
#include "host/app/builtin_routes.hpp"
#include "host/app/engine.hpp"
#include "host/app/keys.hpp"
#include "host/app/periodic.hpp"
#include "host/app/plugin_files.hpp"
#include "host/app/waiting_room.hpp"
#include "host/config/load.hpp"
#include "host/http/front.hpp"
#include "host/observe/metrics.hpp"
#include "host/observe/spdlog_sink.hpp"
#include "host/runtime/runtime.hpp"
#include "host/app/secret_sources.hpp"
#include "host/security/bearer_authenticator.hpp"
#include "host/security/rate_gate.hpp"
#include "host/security/revocation.hpp"
#include "host/security/token_verifier.hpp"
#include "host/storage/directory_lock.hpp"
#include "host/websocket/hub.hpp"

#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <optional>
#include <string>

namespace evhost::app {

class host_process {
 public:
  explicit host_process(config::loaded configuration);
  ~host_process();
  host_process(const host_process&) = delete;
  host_process& operator=(const host_process&) = delete;

  void start();
  // Instead of start(): opens the engine and the plugins and brings the database to their version. Serves nothing.
  void migrate();
  // Stops accepting, lets what is under way finish until the drain timeout, closes everything.
  void stop();

  [[nodiscard]] std::uint16_t port() const { return front_->port(); }
  [[nodiscard]] io::log_sink& log() { return sink_; }
  [[nodiscard]] engine& opened() { return engine_; }
  [[nodiscard]] const config::settings& settings() const { return settings_; }
  [[nodiscard]] std::vector<runtime::plugin_status> plugins() const { return runtime_->plugins(); }

 private:
  void open(bool serving);
  void enter_state(std::string_view state);
  void open_services(bool serving);
  void start_security();
  void load_plugins();
  void start_plugins();
  void start_front();
  void start_chores();
  void look_at_keys();
  void note_plugins(bool stopping);
  [[nodiscard]] readiness ready() const;
  [[nodiscard]] std::string plugins_json() const;

  config::loaded configuration_;
  const config::settings& settings_;
  io::system_clock clock_;
  observe::registry metrics_;
  observe::spdlog_sink sink_;
  std::optional<storage::directory_lock> lock_;  // on PostgreSQL; the embedded store holds its own
  std::optional<waiting_room> room_;
  engine engine_;
  std::optional<security::key_ring> keys_;
  std::unique_ptr<security::token_issuer> issuer_;
  std::optional<security::mac_token> mac_;
  std::optional<plugin_sealer> sealer_;
  security::revocation_list revoked_;
  std::optional<security::token_verifier> verifier_;
  std::optional<security::bearer_authenticator> authenticator_;
  std::optional<security::gcra_rate_gate> rates_;
  std::optional<secret_sources> secrets_;
  std::optional<local_admin> admin_;
  std::optional<audit_feed> audit_;
  std::optional<boost::asio::thread_pool> pool_;
  std::optional<account_watch> accounts_;
  std::optional<periodic> key_chore_, second_chore_;
  std::optional<websocket::hub> sockets_;
  std::unique_ptr<http::front> front_;
  chosen_plugins chosen_;
  std::unique_ptr<runtime::runtime> runtime_;
  bool started_ = false, stopped_ = false;
};

}  // namespace evhost::app
