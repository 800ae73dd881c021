// migrate --from sqlite:///path --to postgresql://...: all data of an embedded host, in one transaction, compared before it
// is committed.
#include "host/app/commands.hpp"
#include "host/app/engine.hpp"
#include "host/app/failure.hpp"
#include "host/app/host_options.hpp"
#include "host/app/host_process.hpp"
#include "host/app/move/event_copy.hpp"
#include "host/app/move/table_copy.hpp"
#include "host/io/sync_unit.hpp"
#include "host/kafka/outbox.hpp"
#include "host/log/embedded_log.hpp"
#include "host/storage/directory_lock.hpp"
#include "host/storage/sqlite_store.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace evhost::app {
namespace {

using namespace std::chrono_literals;
using cells = std::span<const evh_value>;

constexpr std::string_view embedded_scheme = "sqlite://";
constexpr std::chrono::milliseconds longest_statement = 30min, longest_read = 24h;

// A move that did not end may be begun again; one that ended, or a host, has left more than this.
constexpr const char* moves_schema = "CREATE TABLE evh_moves (source TEXT NOT NULL PRIMARY KEY, finished BIGINT NOT NULL)";

std::filesystem::path source_of(const std::string& url) {
  if (!url.starts_with(embedded_scheme) || url.size() == embedded_scheme.size())
    throw failure(exit_usage, "--from " + url + ": only an embedded database can be moved; write sqlite:///path/to/evhost.db");
  auto path = std::filesystem::absolute(url.substr(embedded_scheme.size()));
  if (!std::filesystem::is_regular_file(path)) throw failure(exit_not_found, "--from " + url + ": there is no database at " + path.string());
  return path;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Sessions, cursors and the audit log's signature hang on these keys.
void check_keys(const std::filesystem::path& database, const config::settings& settings) {
  const auto old_keys = database.parent_path() / "keys", keys = std::filesystem::absolute(settings.security.keys_directory);
  if (!std::filesystem::exists(old_keys / "mac.key") || text_of(old_keys / "mac.key") == text_of(keys / "mac.key")) return;
  throw failure(exit_config, "the keys of the old host are not in security.keys_directory: sessions would end and the audit log could not be signed any more; run: "
                             "mkdir -p -m 0700 " + keys.string() + " && cp -p " + old_keys.string() + "/* " + keys.string() + "/");
}

// The embedded host at rest: nobody else may open it while this lives.
struct source {
  source(const std::filesystem::path& path, io::clock& clock, io::log_sink& log, io::metric_registry& metrics)
      : lock(take(storage::directory_lock::take(path))) {
    storage::sqlite_options options;
    options.path = path;
    options.read_only = true;
    options.read_timeout = longest_read;
    store = take(storage::make_sqlite_store(options, clock, log, metrics));
    log::log_options of_log;
    of_log.read_only = true;
    events = take(log::make_embedded_log(*store, clock, log, metrics, of_log));
  }
  storage::directory_lock lock;
  std::unique_ptr<io::store> store;
  std::unique_ptr<io::event_log> events;
};

core::result<std::int64_t> count(io::store& in, const std::string& sql) {
  std::int64_t n = 0;
  EVH_TRY(in.read([&](io::transaction& tx) {
    return tx.query(sql, {}, [&](cells row) {
      n = row[0].as.integer;
      return true;
    });
  }));
  return n;
}

void require_fresh(io::store& target, const config::settings& settings) {
  const auto finished = take(count(target, "SELECT count(*) FROM evh_moves WHERE finished <> 0"));
  const auto begun = take(count(target, "SELECT count(*) FROM evh_moves WHERE finished = 0"));
  const auto positions = take(count(target, "SELECT count(*) FROM evh_kafka_positions"));
  const auto topics = take(count(target, "SELECT count(*) FROM evh_kafka_topics"));
  if (finished == 0 && positions == 0 && (topics == 0 || begun > 0)) return;
  throw failure(exit_data, "--to " + settings.storage.database_url.masked() + ": " +
                               (finished > 0 ? "data was moved there before" : "a host has served this database") +
                               "; nothing is mixed: give an empty one (createdb), and brokers without its topics");
}

evh_value text_value(std::string_view s) {
  evh_value v{};
  v.type = EVH_TEXT;
  v.as.bytes = {s.data(), s.size()};
  return v;
}

struct outcome {
  struct row {
    moved_table table;
    table_sum from, to;
  };
  std::vector<row> tables;
  std::vector<moved_topic> topics;
};

core::result<outcome> move_all(source& from, io::transaction& to, const std::string& outbox, std::uint32_t shards, const std::vector<io::topic_info>& topics,
                               std::string_view name) {
  outcome done;
  EVH_TRY(const auto tables, tables_to_move(*from.store, to));
  for (const auto& table : tables) {
    outcome::row row{table, {}, {}};
    if (!table.follows_log) {
      EVH_TRY(row.from, copy_table(*from.store, to, table));
      EVH_TRY(row.to, sum_table(to, table));
      if (row.from != row.to)
        return core::fail(core::errc::invalid, "table " + table.name + " differs after the copy (" + std::to_string(row.from.rows) + " rows there, " +
                                                   std::to_string(row.to.rows) + " here, or cells that PostgreSQL gives back otherwise): nothing was moved; report this");
    }
    done.tables.push_back(std::move(row));
  }
  EVH_TRY(done.topics, copy_events(*from.store, *from.events, to, outbox, shards, topics));
  const std::array values{text_value(name)};
  EVH_TRY(to.exec("UPDATE evh_moves SET finished = 1 WHERE source = $1", values));
  return done;
}

void print(const outcome& done) {
  std::printf("%-28s %12s  %-16s  %s\n", "TABLE", "ROWS", "CHECKSUM", "COMPARED");
  for (const auto& [table, from, to] : done.tables) {
    if (table.follows_log) std::printf("%-28s %12s  %-16s  made anew from the log\n", table.name.c_str(), "-", "-");
    else std::printf("%-28s %12llu  %016llx  same\n", table.name.c_str(), static_cast<unsigned long long>(to.rows), static_cast<unsigned long long>(to.checksum));
  }
  std::printf("\n%-28s %12s  %s\n", "TOPIC", "RECORDS", "NOT YET CONSUMED");
  for (const auto& t : done.topics)
    std::printf("%-28s %12llu  %llu\n", t.name.c_str(), static_cast<unsigned long long>(t.records), static_cast<unsigned long long>(t.waiting));
}

}  // namespace

int move_database(const command_line& line) {
  const auto path = source_of(line.move_from);
  auto with_target = line;
  with_target.assignments.push_back("storage.database_url=" + line.move_to);
  auto configuration = load_config(with_target);
  configuration.values.storage.statement_timeout = longest_statement;
  if (!on_postgres(configuration.values)) throw failure(exit_usage, "--to " + line.move_to + ": data is moved to postgresql://user@host/name");
  check_keys(path, configuration.values);

  io::system_clock clock;
  observe::registry metrics;
  observe::spdlog_sink sink(log_options(configuration.values), clock, metrics);
  source from(path, clock, sink, metrics);
  host_process host(std::move(configuration));
  host.migrate();
  auto& [store, log] = host.opened();
  const std::array steps{io::migration{1, "moves", moves_schema}};
  take(store->migrate("host.moves", steps));
  take(store->start());
  require_fresh(*store, host.settings());
  take(io::run_in_unit(*store, [&](io::transaction& tx) -> core::result<void> {
    const std::array values{text_value(path.native())};
    EVH_TRY(tx.exec("INSERT INTO evh_moves(source, finished) VALUES($1, 0) ON CONFLICT DO NOTHING", values));
    return core::success();
  }));
  const auto topics = take(open_topics(*from.events, *log));
  const auto outbox = take(kafka::outbox_name(*store));
  log->stop();  // its relay would go on writing rows that a long transaction then finds changed
  outcome done;
  take(io::run_in_unit(*store, [&](io::transaction& tx) -> core::result<void> {
    EVH_TRY(done, move_all(from, tx, outbox, host.settings().kafka.outbox_shards, topics, path.native()));
    return core::success();
  }));
  print(done);
  std::printf("\nmoved %s to %s; the next host that starts there brings the records to Kafka\n", path.c_str(), database_name(host.settings()).c_str());
  return exit_ok;
}

}  // namespace evhost::app
