// Starts a host per drain: each begins at offset 0 with a database of its own.
#include "bench/kafka/host_drain.hpp"

#include "bench/kafka/status.hpp"
#include "bench/process.hpp"
#include "tests/support/host_under_test.hpp"
#include "tests/support/postgres_under_test.hpp"

#include <libpq-fe.h>
#include <sqlite3.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <limits>
#include <memory>
#include <stdexcept>
#include <thread>

namespace evhost::bench {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
constexpr auto patience = 120s;

class status_file {
 public:
  status_file() {
    std::string pattern = "/tmp/evhost-bench-status-XXXXXX";
    const int fd = ::mkstemp(pattern.data());
    path_ = pattern;
    void* const at = ::ftruncate(fd, sizeof(bench_status)) == 0 ? ::mmap(nullptr, sizeof(bench_status), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    ::close(fd);
    if (at == MAP_FAILED) throw std::runtime_error("no status file");
    status_ = static_cast<bench_status*>(at);
  }
  ~status_file() {
    ::munmap(status_, sizeof(bench_status));
    ::unlink(path_.c_str());
  }
  status_file(const status_file&) = delete;
  status_file& operator=(const status_file&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] drain_result sum() const {
    drain_result all;
    std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = 0;
    for (const auto& lane : status_->lanes) {
      all.events += lane.events.load(std::memory_order_acquire);
      all.disorder += lane.disorder;
      if (lane.first_ns != 0) first = std::min(first, lane.first_ns.load());
      last = std::max(last, lane.last_ns.load());
    }
    if (last > first) all.seconds = static_cast<double>(last - first) * 1e-9;
    return all;
  }
  // When the first batch of any lane came; zero: none yet.
  [[nodiscard]] clock::time_point first() const {
    std::int64_t first = std::numeric_limits<std::int64_t>::max();
    for (const auto& lane : status_->lanes)
      if (lane.first_ns != 0) first = std::min(first, lane.first_ns.load());
    return clock::time_point(std::chrono::nanoseconds(first));
  }

 private:
  std::string path_;
  bench_status* status_;
};

test::host_setup setup_of(const host_drain& what, const status_file& status, bool effects) {
  test::host_setup setup{.plugin_directories = {EVH_BENCH_ROWS_PLUGIN}, .environment = what.environment, .arguments = {}};
  auto& env = setup.environment;
  env["KAFKA_BOOTSTRAP_SERVERS"] = what.servers;
  env["EVH_KAFKA__PARTITIONS"] = std::to_string(what.partitions);
  env["EVH_PLUGINS__ROWS__STATUS_FILE"] = status.path();
  env["EVH_PLUGINS__ROWS__EFFECTS"] = effects ? "true" : "false";
  env["EVH_PLUGINS__ROWS__BATCH_MAX"] = std::to_string(what.batch_max);
  return setup;
}

template <class Done>
void wait_until(test::host_under_test& host, std::chrono::milliseconds every, Done done) {
  const auto deadline = clock::now() + patience;
  while (!done()) {
    if (!host.running() || clock::now() > deadline) throw std::runtime_error("the host did not drain the topic:\n" + host.log());
    std::this_thread::sleep_for(every);  // polling another process
  }
}

std::int64_t positions_in(const std::filesystem::path& database, const std::string& topic) {
  sqlite3* db = nullptr;
  if (sqlite3_open_v2(database.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK) throw std::runtime_error("cannot open " + database.string());
  sqlite3_busy_timeout(db, 5'000);
  sqlite3_stmt* st = nullptr;
  std::int64_t sum = -1;
  if (sqlite3_prepare_v2(db, ("SELECT coalesce(sum(next_off), 0) FROM evh_kafka_positions WHERE topic = '" + topic + "'").c_str(), -1, &st, nullptr) == SQLITE_OK &&
      sqlite3_step(st) == SQLITE_ROW)
    sum = sqlite3_column_int64(st, 0);
  sqlite3_finalize(st);
  sqlite3_close(db);
  return sum;
}

std::int64_t number(PGconn* pg, const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> got(PQexec(pg, sql.c_str()), &PQclear);
  if (PQresultStatus(got.get()) != PGRES_TUPLES_OK || PQntuples(got.get()) != 1) return -1;  // no such table yet
  return std::strtoll(PQgetvalue(got.get(), 0, 0), nullptr, 10);
}

// Every event once, nothing else; per account without a gap; within a partition committed in the order of offsets (a later
// transaction has a higher number).
std::string judge(PGconn* pg, std::uint64_t events) {
  const auto check = [pg](const std::string& what, const std::string& sql, std::int64_t expected) {
    const auto found = number(pg, sql);
    return found == expected ? std::string() : what + ": " + std::to_string(found) + " instead of " + std::to_string(expected) + "; ";
  };
  const auto n = static_cast<std::int64_t>(events);
  return check("rows", "SELECT count(*) FROM rows_event", n) +
         check("distinct events", "SELECT count(*) FROM (SELECT DISTINCT account, seq FROM rows_event) d", n) +
         check("rows whose account goes back or skips",
               "SELECT count(*) FROM (SELECT seq - lag(seq, 1, -1::bigint) OVER (PARTITION BY account ORDER BY part, off) AS step FROM rows_event) s WHERE step <> 1", 0) +
         check("rows committed out of order",
               "SELECT count(*) FROM (SELECT xmin::text::bigint - lag(xmin::text::bigint, 1, 0::bigint) OVER (PARTITION BY part ORDER BY off) AS step FROM rows_event) s WHERE step < 0", 0);
}

}  // namespace

host_result drain_without_effects(const host_drain& what) {
  status_file status;
  test::host_under_test host(setup_of(what, status, false));
  host.start();
  wait_until(host, 2ms, [&] { return status.sum().events >= what.events; });
  host_result result;
  static_cast<drain_result&>(result) = status.sum();
  result.cpu_seconds = cpu_seconds(host.pid());
  result.memory_mib = memory_mib(host.pid(), "VmHWM");
  if (result.events != what.events) result.red += "events seen: " + std::to_string(result.events) + "; ";
  if (result.disorder != 0) result.red += "offsets not in order: " + std::to_string(result.disorder) + "; ";
  wait_until(host, 20ms, [&] { return positions_in(host.database(), what.topic) == static_cast<std::int64_t>(what.events); });
  host.stop();
  return result;
}

host_result drain_to_rows(const host_drain& what) {
  auto& server = test::postgres_under_test::instance();
  const auto database = server.make_database();
  const auto url = server.url(database);
  const std::unique_ptr<PGconn, decltype(&PQfinish)> pg(PQconnectdb(url.c_str()), &PQfinish);
  const auto postmaster = static_cast<pid_t>(number(pg.get(), "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"));
  const auto server_cpu = tree_cpu_seconds(postmaster);
  status_file status;
  auto setup = setup_of(what, status, true);
  setup.environment["DATABASE_URL"] = url;
  test::host_under_test host(setup);
  host.start();
  const std::string reached = "SELECT coalesce(sum(next_off), 0) FROM evh_kafka_positions WHERE topic = '" + what.topic + "'";
  wait_until(host, 20ms, [&] { return number(pg.get(), reached) >= static_cast<std::int64_t>(what.events); });
  host_result result;
  result.seconds = std::chrono::duration<double>(clock::now() - status.first()).count();
  result.cpu_seconds = cpu_seconds(host.pid());
  result.memory_mib = memory_mib(host.pid(), "VmHWM");
  result.helpers_cpu = tree_cpu_seconds(postmaster) - server_cpu;
  host.stop();
  result.events = static_cast<std::uint64_t>(number(pg.get(), "SELECT count(*) FROM rows_event"));
  result.red = judge(pg.get(), what.events);
  PQclear(PQexec(pg.get(), "TRUNCATE rows_event"));
  return result;
}

}  // namespace evhost::bench
