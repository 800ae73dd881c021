// The data path of this process: store and event log on one data directory, as the configuration chose them.
#pragma once
#include "host/config/settings.hpp"
#include "host/io/clock.hpp"
#include "host/io/log.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace evhost::app {

// Order matters: the log lives on the store.
struct engine {
  std::unique_ptr<io::store> store;
  std::unique_ptr<io::event_log> log;
};

// Told why the start waits for a service that is not there; false: it shall not wait on. Empty: it waits.
using waiting_fn = std::function<bool(const std::string& why)>;

// Makes the data directory (0700) and opens both. Throws failure: locked, damaged, unwritable, unsupported URL, a service
// that did not come or refuses us.
engine open_engine(const config::settings& settings, io::clock& clock, io::log_sink& log, io::metric_registry& metrics, const waiting_fn& waits = {});

// SQLite or PostgreSQL, as storage.database_url says; not started. Throws failure.
std::unique_ptr<io::store> open_store(const config::settings& settings, io::clock& clock, io::log_sink& log, io::metric_registry& metrics,
                                      const waiting_fn& waits = {});
bool on_postgres(const config::settings& settings);

// The embedded engine's file. Throws failure for a URL that names none.
std::filesystem::path database_path(const config::settings& settings);
// The database as an operator may read it: the file, or the URL without its password.
std::string database_name(const config::settings& settings);
// <this>.lock is held by the host that serves the data directory: beside an embedded database, or in the data directory.
std::filesystem::path lock_base(const config::settings& settings);
void make_data_directory(const std::filesystem::path& path);

}  // namespace evhost::app
