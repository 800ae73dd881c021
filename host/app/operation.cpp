// Remote when the lock is held, local otherwise.
#include "host/app/operation.hpp"

#include "host/app/failure.hpp"
#include "host/app/host_options.hpp"
#include "host/app/keys.hpp"
#include "host/app/remote_admin.hpp"
#include "host/app/secret_sources.hpp"

namespace evhost::app {

operation::operation(config::settings settings) : settings_(with_secrets(std::move(settings))) {
  if (const auto host = running_host(settings_.host.data_dir, lock_base(settings_))) {
    admin_ = std::make_unique<remote_admin>(*host, admin_token(settings_));
    return;
  }
  sink_ = std::make_unique<observe::spdlog_sink>(observe::log_options{.level = io::log_level::warning}, clock_, metrics_);
  engine_ = open_engine(settings_, clock_, *sink_, metrics_);
  take(engine_.store->start());
  admin_ = std::make_unique<local_admin>(*engine_.store, *engine_.log);
}

operation::~operation() {
  if (engine_.store) engine_.store->stop(clock_.steady() + std::chrono::seconds(10));
}

void operation::ensure_topic(std::string_view name) {
  if (engine_.log) (void)take(engine_.log->open_topic(name, runtime_options(settings_).topics));
}

}  // namespace evhost::app
