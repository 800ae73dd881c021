// The PostgreSQL store beside pgbench: one unit of four statements (look up a key, insert a task, an outbox row of 400
// bytes and an answer of 200 bytes) at 1, 8 and 32 clients, each waiting for its COMMIT; then pgbench with the same
// statements one by one, as a pipeline and as one CTE, in the same run on the same server (fsync on, defaults).
//
//   postgres_bench [seconds per cell, default 4] [rounds, default 3]
//
// Prints units per second, median of the rounds, and checks that the rows in the database are those that were answered.
#include "bench/pgbench.hpp"
#include "host/io/clock.hpp"
#include "host/io/observe.hpp"
#include "host/storage/postgres_store.hpp"
#include "tests/support/postgres_under_test.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace {

using namespace evhost;
using clock_type = std::chrono::steady_clock;

const std::string payload(400, 'p'), body(200, 'b');

evh_value integer(std::int64_t i) {
  evh_value v{};
  v.type = EVH_INTEGER;
  v.as.integer = i;
  return v;
}
evh_value text(std::string_view s) {
  evh_value v{};
  v.type = EVH_TEXT;
  v.as.bytes = {s.data(), s.size()};
  return v;
}

constexpr const char* schema =
    "CREATE TABLE b_task(id BIGINT PRIMARY KEY, owner BIGINT, title TEXT, status INT, priority INT, due BIGINT, "
    "project BIGINT,"
    " parent BIGINT, tags TEXT, version BIGINT, created BIGINT, updated BIGINT);"
    "CREATE INDEX b_task_owner ON b_task(owner);"
    "CREATE TABLE b_outbox(id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic INT, key BIGINT, payload TEXT);"
    "CREATE TABLE b_answer(id BIGINT PRIMARY KEY, body TEXT)";
constexpr const char* select_sql = "SELECT body FROM b_answer WHERE id = $1";
constexpr const char* task_sql =
    "INSERT INTO b_task(id, owner, title, status, priority, due, project, parent, tags, version, created, updated)"
    " VALUES($1, $2, 'buy milk and bread', 0, 2, 1700000000, 7, NULL, '[]', 1, 1700000000, 1700000000)";
constexpr const char* outbox_sql = "INSERT INTO b_outbox(topic, key, payload) VALUES(1, $1, $2)";
constexpr const char* answer_sql = "INSERT INTO b_answer(id, body) VALUES($1, $2)";

// One client: at most one unit under way.
struct client {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  std::uint64_t committed = 0;
  std::mt19937_64 random;
};

class bench_unit final : public io::unit {
 public:
  bench_unit(client& c, std::int64_t id) : client_(c), id_(id) {}
  bool run(io::transaction& tx, std::chrono::microseconds) override {
    bool found = false;
    const std::array key{integer(id_)};
    const std::array task{integer(id_), integer(id_ % 1000)};
    const std::array event{integer(id_), text(payload)};
    const std::array answer{integer(id_), text(body)};
    return tx.query(select_sql, key, [&](auto) { return found = true; }) && !found && tx.exec(task_sql, task) &&
           tx.exec(outbox_sql, event) && tx.exec(answer_sql, answer);
  }
  void settled(io::unit_outcome outcome, const core::error* why) noexcept override {
    if (outcome == io::unit_outcome::failed)
      std::fprintf(stderr, "unit failed: %s\n", why ? why->message.c_str() : "?");
    const std::lock_guard lock(client_.mutex);
    client_.committed += outcome == io::unit_outcome::committed ? 1 : 0;
    client_.done = true;
    client_.changed.notify_one();
  }

 private:
  client& client_;
  std::int64_t id_;
};

void work(io::store& store, client& me, clock_type::time_point until) {
  std::uniform_int_distribution<std::int64_t> ids(1, std::int64_t{1} << 60);
  while (clock_type::now() < until) {
    me.done = false;
    if (!store.submit(std::make_unique<bench_unit>(me, ids(me.random)))) continue;
    std::unique_lock lock(me.mutex);
    me.changed.wait(lock, [&] { return me.done; });
  }
}

double store_rate(const std::string& database, std::uint32_t committers, int clients, double seconds) {
  auto& server = test::postgres_under_test::instance();
  io::system_clock clock;
  io::null_log_sink log;
  io::null_metric_registry metrics;
  storage::postgres_options options;
  options.url = server.url(database);
  options.committers = committers;
  auto store = std::move(storage::make_postgres_store(options, clock, log, metrics)).value();
  const std::array steps{io::migration{1, "bench", schema}};
  if (auto made = store->migrate("bench", steps); !made) std::cerr << made.error().message << "\n", std::exit(1);
  if (!store->start()) std::exit(1);
  const auto rows_before = std::stoll(server.ask(database, "SELECT count(*) FROM b_task"));
  std::vector<std::unique_ptr<client>> all;
  std::vector<std::thread> threads;
  const auto begun = clock_type::now();
  for (int i = 0; i < clients; ++i) {
    all.push_back(std::make_unique<client>());
    all.back()->random.seed(std::random_device{}());
    threads.emplace_back([&store, &me = *all.back(),
                          until = begun + std::chrono::duration_cast<clock_type::duration>(
                                              std::chrono::duration<double>(seconds))] { work(*store, me, until); });
  }
  for (auto& thread : threads) thread.join();
  const double took = std::chrono::duration<double>(clock_type::now() - begun).count();
  store->stop(clock_type::now() + std::chrono::seconds(10));
  if (const auto stats = store->stats(); std::getenv("EVH_BENCH_DETAIL"))
    std::fprintf(stderr, "%d clients, %u committers: %llu units in %llu groups, %llu run again\n", clients, committers,
                 static_cast<unsigned long long>(stats.units_committed), static_cast<unsigned long long>(stats.groups),
                 static_cast<unsigned long long>(stats.reruns));
  std::uint64_t committed = 0;
  for (const auto& c : all) committed += c->committed;
  const auto rows =
      static_cast<std::uint64_t>(std::stoll(server.ask(database, "SELECT count(*) FROM b_task")) - rows_before);
  if (rows != committed) {
    std::cerr << "red: " << committed << " units answered, " << rows << " rows\n";
    std::exit(1);
  }
  return static_cast<double>(committed) / took;
}

std::string replaced(std::string sql, const char* what, const std::string& by) {
  for (auto at = sql.find(what); at != sql.npos; at = sql.find(what, at + by.size())) sql.replace(at, 2, by);
  return sql;
}

// The same statements in pgbench's language.
std::map<std::string, std::string> scripts() {
  const std::string set = "\\set id random(1, 1152921504606846976)\n\\set owner random(0, 999)\n";
  const std::string select = replaced(select_sql, "$1", ":id");
  const std::string task = replaced(replaced(task_sql, "$1", ":id"), "$2", ":owner");
  const std::string outbox = replaced(replaced(outbox_sql, "$1", ":id"), "$2", "'" + payload + "'");
  const std::string answer = replaced(replaced(answer_sql, "$1", ":id"), "$2", "'" + body + "'");
  return bench::pgbench_scripts(set, {task, outbox, answer, select});
}

}  // namespace

int main(int argc, char** argv) {
  const bool smoke = std::getenv("EVH_BENCH_SMOKE") != nullptr;
  ::setenv("EVH_PG_FSYNC", "1", 1);
  const double seconds = smoke ? 0.2 : argc > 1 ? std::atof(argv[1]) : 4;
  const int rounds = smoke ? 1 : argc > 2 ? std::atoi(argv[2]) : 3;
  auto& server = test::postgres_under_test::instance();
  if (!server.available()) {
    std::cout << "skipped: " << server.why() << "\n";
    const char* all = std::getenv("EVH_REQUIRE_ALL");
    return all && std::string_view(all) == "1" ? 1 : 0;
  }
  const auto database = server.make_database();
  std::map<std::string, std::map<int, std::vector<double>>> found;
  const std::array<int, 3> loads{1, 8, 32};
  store_rate(database, 1, 1, 0.1);  // makes the tables
  for (int round = 0; round < rounds; ++round)
    for (const int clients : loads) {
      for (const std::uint32_t committers : {1u, 2u, 4u})
        found["store, " + std::to_string(committers) + " committers"][clients].push_back(
            store_rate(database, committers, clients, seconds));
      for (const auto& [name, script] : scripts())
        if (!smoke || name == "pgbench CTE")
          found[name][clients].push_back(bench::pgbench_rate(database, script, clients, seconds));
    }
  std::printf("%-22s %10s %10s %10s  units/s, median of %d rounds of %.1f s\n", "clients", "1", "8", "32", rounds,
              seconds);
  for (auto& [name, by_load] : found) {
    std::printf("%-22s", name.c_str());
    for (const int clients : loads) {
      auto& rates = by_load[clients];
      std::sort(rates.begin(), rates.end());
      std::printf(" %10.0f", rates.empty() ? 0 : rates[rates.size() / 2]);
    }
    std::printf("\n");
  }
}
