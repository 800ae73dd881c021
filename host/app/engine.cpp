// Opens the store the URL names, and the log that goes with it.
#include "host/app/engine.hpp"

#include "host/app/failure.hpp"
#include "host/core/failpoint.hpp"
#include "host/kafka/kafka_log.hpp"
#include "host/log/embedded_log.hpp"
#include "host/storage/postgres_store.hpp"
#include "host/storage/sqlite_store.hpp"

#include <sys/stat.h>


namespace evhost::app {
namespace {

constexpr std::string_view scheme = "sqlite://";

storage::sqlite_options store_options(const config::settings& s) {
  storage::sqlite_options o;
  o.path = database_path(s);
  o.group_units_max = s.storage.group_units_max;
  o.queue_units_max = s.storage.queue_units_max;
  o.lane_slice = s.storage.lane_slice;
  o.busy_timeout = s.storage.busy_timeout;
  o.cache_bytes = s.storage.cache_bytes.bytes;
  o.readers = s.storage.readers;
  o.read_timeout = s.storage.read_timeout;
  return o;
}

storage::postgres_options postgres_options_of(const config::settings& s, const waiting_fn& waits) {
  storage::postgres_options o;
  o.url = s.storage.database_url.reveal();
  o.allow_plaintext = s.storage.allow_plaintext;
  o.committers = s.storage.committers;
  o.group_units_max = s.storage.group_units_max;
  o.queue_units_max = s.storage.queue_units_max;
  o.lane_slice = s.storage.lane_slice;
  o.readers = s.storage.readers;
  o.read_timeout = s.storage.read_timeout;
  o.statement_timeout = s.storage.statement_timeout;
  o.idle_in_transaction_timeout = s.storage.statement_timeout;  // a frozen replica's rows are free again after this
  o.lock_timeout = s.storage.lock_timeout;
  o.start_patience = s.storage.start_timeout;
  o.waits = waits;
  return o;
}

kafka::kafka_options kafka_options_of(const config::settings& s, const waiting_fn& waits) {
  kafka::kafka_options o;
  o.bootstrap_servers = s.kafka.bootstrap_servers;
  o.security_protocol = s.kafka.security_protocol;
  o.sasl_mechanism = s.kafka.sasl_mechanism;
  o.sasl_username = s.kafka.sasl_username;
  o.sasl_password = s.kafka.sasl_password.reveal();
  o.ssl_ca = s.kafka.ssl_ca;
  o.ssl_certificate = s.kafka.ssl_certificate;
  o.ssl_key = s.kafka.ssl_key;
  o.ssl_key_password = s.kafka.ssl_key_password.reveal();
  o.allow_plaintext = s.kafka.allow_plaintext;
  o.create_topics = s.kafka.create_topics;
  o.instance_id = s.kafka.instance_id;
  o.partitions = s.kafka.partitions;
  o.replication = s.kafka.replication == 0 ? -1 : static_cast<std::int32_t>(s.kafka.replication);
  o.outbox_shards = s.kafka.outbox_shards;
  o.event_bytes_max = s.log.event_bytes_max.bytes;
  o.session_timeout = s.kafka.session_timeout;
  o.start_timeout = s.kafka.start_timeout;
  o.waits = waits;
  o.protect_stamps = !core::unprotected(core::protections::stamps);
  return o;
}

log::log_options log_options_of(const config::settings& s) {
  log::log_options o;
  o.event_bytes_max = s.log.event_bytes_max.bytes;
  o.retention_rows = s.log.retention_rows;
  return o;
}

}  // namespace

std::filesystem::path database_path(const config::settings& settings) {
  const auto& url = settings.storage.database_url.reveal();
  if (url.empty()) return std::filesystem::absolute(settings.host.data_dir) / "evhost.db";
  if (url.compare(0, scheme.size(), scheme) != 0)
    throw failure(exit_config, "storage.database_url " + settings.storage.database_url.masked() + ": no file of this machine; the embedded engine opens sqlite:///path");
  return std::filesystem::absolute(url.substr(scheme.size()));
}

bool on_postgres(const config::settings& settings) {
  const auto& url = settings.storage.database_url.reveal();
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

std::string database_name(const config::settings& settings) {
  return on_postgres(settings) ? settings.storage.database_url.masked() : database_path(settings).string();
}

std::filesystem::path lock_base(const config::settings& settings) {
  return on_postgres(settings) ? std::filesystem::absolute(settings.host.data_dir) / "host" : database_path(settings);
}

std::unique_ptr<io::store> open_store(const config::settings& settings, io::clock& clock, io::log_sink& log, io::metric_registry& metrics, const waiting_fn& waits) {
  if (on_postgres(settings)) return take_service(storage::make_postgres_store(postgres_options_of(settings, waits), clock, log, metrics));
  return take(storage::make_sqlite_store(store_options(settings), clock, log, metrics));
}

void make_data_directory(const std::filesystem::path& path) {
  std::error_code ec;
  if (std::filesystem::is_directory(path, ec)) return;
  if (std::filesystem::create_directories(path.parent_path(), ec); ec)
    throw failure(exit_directory, "cannot make " + path.parent_path().string() + ": " + ec.message() + "; set host.data_dir to a writable place");
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    throw failure(exit_directory, "cannot make the data directory " + path.string() + ": " + std::error_code(errno, std::generic_category()).message() +
                                      "; set host.data_dir (EVH_DATA_DIR) to a writable place");
}

engine open_engine(const config::settings& settings, io::clock& clock, io::log_sink& log, io::metric_registry& metrics, const waiting_fn& waits) {
  make_data_directory(std::filesystem::absolute(settings.host.data_dir));
  if (on_postgres(settings) && settings.kafka.bootstrap_servers.empty())
    throw failure(exit_config, "storage.database_url " + settings.storage.database_url.masked() +
                                   ": PostgreSQL goes with Kafka, because the embedded event log lives in SQLite; set kafka.bootstrap_servers, or use sqlite:///path");
  engine opened;
  opened.store = open_store(settings, clock, log, metrics, waits);
  if (settings.kafka.bootstrap_servers.empty()) opened.log = take(log::make_embedded_log(*opened.store, clock, log, metrics, log_options_of(settings)));
  else opened.log = take_service(kafka::make_kafka_log(*opened.store, clock, log, metrics, kafka_options_of(settings, waits)));
  return opened;
}

}  // namespace evhost::app
