// From the configuration to each module's own options: the only place that knows both sides.
#pragma once
#include "host/config/settings.hpp"
#include "host/http/options.hpp"
#include "host/observe/spdlog_sink.hpp"
#include "host/runtime/options.hpp"
#include "host/security/rate_gate.hpp"
#include "host/security/token_verifier.hpp"
#include "host/websocket/hub.hpp"

#include <filesystem>

namespace evhost::app {

observe::log_options log_options(const config::settings& settings);
http::front_options front_options(const config::settings& settings);
runtime::runtime_options runtime_options(const config::settings& settings);
security::verifier_options verifier_options(const config::settings& settings);
security::rate_options rate_options(const config::settings& settings);
websocket::hub_options socket_options(const config::settings& settings);
std::filesystem::path secrets_directory(const config::settings& settings);
unsigned pool_threads(const config::settings& settings);

}  // namespace evhost::app
