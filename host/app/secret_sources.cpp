// Which sources there are, and the keys of the configuration that name a secret instead of holding it.
#include "host/app/secret_sources.hpp"

#include "host/app/failure.hpp"
#include "host/app/host_options.hpp"
#include "host/config/load.hpp"
#include "host/observe/metrics.hpp"
#include "host/observe/spdlog_sink.hpp"

#include <signal.h>

#include <algorithm>
#include <array>

namespace evhost::app {
namespace {

constexpr std::string_view scheme = "secret:";

secrets::dapr_options dapr_options_of(const config::settings& s) {
  secrets::dapr_options o;
  o.address = s.dapr.address;
  o.http_port = static_cast<std::uint16_t>(s.dapr.http_port);
  o.api_token = s.dapr.api_token.reveal();
  o.store = s.dapr.secret_store;
  return o;
}

using secret_keys = std::array<std::pair<std::string_view, config::secret_text*>, 3>;

secret_keys secret_keys_of(config::settings& s) {
  return {{{"storage.database_url", &s.storage.database_url}, {"kafka.sasl_password", &s.kafka.sasl_password},
           {"kafka.ssl_key_password", &s.kafka.ssl_key_password}}};
}

// Between two looks a serving host, which has these signals blocked, still hears that it shall end.
bool asked_to_end(std::chrono::milliseconds within) {
  sigset_t ends;
  ::sigemptyset(&ends);
  for (const int s : {SIGTERM, SIGINT}) ::sigaddset(&ends, s);
  const timespec pause{within.count() / 1000, within.count() % 1000 * 1'000'000};
  return ::sigtimedwait(&ends, nullptr, &pause) > 0;
}

bool names_a_secret(const config::secret_text& text) { return text.reveal().starts_with(scheme); }

}  // namespace

secret_sources::secret_sources(const config::settings& settings, io::log_sink& log)
    : files_(secrets_directory(settings), log), environment_(config::process_environment()), start_timeout_(settings.dapr.start_timeout) {
  std::vector<io::secret_provider*> order;
  if (!settings.dapr.secret_store.empty()) order.push_back(&dapr_.emplace(dapr_options_of(settings)));
  order.push_back(&files_);
  order.push_back(&environment_);
  chain_.emplace(std::move(order));
}

void secret_sources::await() const {
  if (!dapr_) return;
  const auto until = std::chrono::steady_clock::now() + start_timeout_;
  for (;;) {
    const auto there = dapr_->look_at_sidecar();
    if (there) return;
    if (there.error().code != core::errc::again) throw failure(exit_config, there.error().message);
    if (std::chrono::steady_clock::now() >= until)
      throw failure(exit_unavailable, "the Dapr sidecar is not ready after " + std::to_string(start_timeout_.count()) + " ms (" + there.error().message +
                                          "); start it, or leave dapr.secret_store empty");
    if (asked_to_end(std::chrono::milliseconds(100))) throw failure(exit_unavailable, "asked to end while waiting for the Dapr sidecar");
  }
}

void secret_sources::fill(config::settings& settings) {
  for (const auto& [key, text] : secret_keys_of(settings)) {
    if (!names_a_secret(*text)) continue;
    const auto name = text->reveal().substr(scheme.size());
    auto value = chain_->get(name);
    if (!value) throw failure(exit_config, std::string(key) + " names the secret " + name + ": " + value.error().message);
    *text = config::secret_text(std::string(value.value().reveal_text()));
  }
}

config::settings with_secrets(config::settings settings) {
  if (std::ranges::none_of(secret_keys_of(settings), [](const auto& key) { return names_a_secret(*key.second); })) return settings;
  io::system_clock clock;
  observe::registry metrics;
  observe::spdlog_sink sink(observe::log_options{.level = io::log_level::warning}, clock, metrics);
  secret_sources sources(settings, sink);
  sources.await();
  sources.fill(settings);
  return settings;
}

}  // namespace evhost::app
