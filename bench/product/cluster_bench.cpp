// The product on Kafka and PostgreSQL, one host with its broker and its server on this machine.
//
//   cluster_bench [posts] [push] [--plugins a,b|all] [--connections N] [--set NAME=VALUE]... [--seconds N] [--rounds N] [--store sqlite|postgres]
//
// posts: durable POST /api/v1/tasks at 1, 8 and 32 connections beside pgbench with the same statements, rows counted.
// push: from the intended time of a POST to its frame at a WebSocket, by way of outbox, relay, broker and reader.
#include "bench/pgbench.hpp"
#include "bench/process.hpp"
#include "bench/product/legs.hpp"
#include "bench/product/load.hpp"
#include "bench/product/push.hpp"
#include "bench/product/statements.hpp"
#include "tests/support/host_under_test.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/kafka_under_test.hpp"
#include "tests/support/postgres_under_test.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace {

using namespace evhost;
using namespace std::chrono_literals;

struct options {
  std::set<std::string> parts;
  std::chrono::milliseconds duration = 5s;
  int rounds = 3;
  bool postgres = true, smoke = false;
  std::vector<unsigned> connections{1, 8, 32};
  std::map<std::string, std::string> environment;  // of the host, for experiments
  std::string plugins = "chat,identity,sync";  // the others are off; "all": none is
};

struct world {
  test::kafka_under_test broker;
  std::string database;
  test::host_under_test host;
  std::string token;

  explicit world(const options& o) : database(started(broker, o)), host(setup(broker, database, o)) {
    host.start();
    token = host.command({"token", "--user", "bench", "--lifetime", "86400"}).out;
    token.resize(token.find('\n'));
  }

 private:
  static std::string started(test::kafka_under_test& broker, const options& o) {
    broker.start();
    return o.postgres ? test::postgres_under_test::instance().make_database() : std::string();
  }
  static test::host_setup setup(const test::kafka_under_test& broker, const std::string& database, const options& o) {
    test::host_setup made{.plugin_directories = {}, .environment = {{"KAFKA_BOOTSTRAP_SERVERS", broker.servers()}}, .arguments = {}};
    for (const std::string one : {"chat", "identity", "sync", "web", "audit", "notification", "recurring"}) {
      if (o.plugins == "all" || ("," + o.plugins + ",").find("," + one + ",") != std::string::npos) continue;
      std::string name = "EVH_PLUGINS__" + one + "__ENABLED";
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
      made.environment[name] = "false";
    }
    made.environment.insert(o.environment.begin(), o.environment.end());
    if (!database.empty()) made.environment["DATABASE_URL"] = test::postgres_under_test::instance().url(database);
    return made;
  }
};

double median(std::vector<double>& all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

void push(world& w, const options& o) {
  for (const double rate : {50.0, 500.0}) {
    const auto cpu = bench::cpu_seconds(w.host.pid());
    bench::topic_watch watch(w.broker.servers(), "task-updates");
    auto r = bench::push_latency(w.host.port(), w.token, rate, 8, o.duration);
    std::printf("POST to WebSocket through Kafka, %s, %.0f/s: answer p50 %.1f ms, p99 %.1f; frame p50 %.1f ms, p99 %.1f; %llu frames; host's CPU %.0f us per POST\n",
                o.postgres ? "PostgreSQL" : "SQLite", r.posts.rate(), r.posts.percentile_ms(0.5), r.posts.percentile_ms(0.99), r.frames.percentile_ms(0.5),
                r.frames.percentile_ms(0.99), static_cast<unsigned long long>(r.frames.answered),
                (bench::cpu_seconds(w.host.pid()) - cpu) * 1e6 / static_cast<double>(r.posts.answered + 1));
    watch.stop();
    std::printf("  legs, p50: unit to produce (commit, relay's numbering) %.1f ms; produce to a reader (linger, broker, fetch) %.1f ms\n", watch.to_producer.percentile_ms(0.5),
                watch.to_reader.percentile_ms(0.5));
  }
}

// The sum of a metric's lines that begin so.
double metric(const std::string& text, std::string_view begin) {
  double sum = 0;
  for (std::size_t at = 0; (at = text.find(begin, at)) != text.npos; at += begin.size())
    if (at == 0 || text[at - 1] == '\n') sum += std::strtod(text.c_str() + text.find(' ', at), nullptr);
  return sum;
}

// Where the time of a load went in the store, as the host's own metrics tell it.
void explain(const std::string& before, const std::string& after) {
  const auto grown = [&](std::string_view name) { return metric(after, name) - metric(before, name); };
  const auto per = [&](const std::string& name, const std::string& labels) { return grown(name + "_sum" + labels) * 1000 / std::max(1.0, grown(name + "_count" + labels)); };
  const double commits = grown("evhost_commit_units_count");
  std::printf("  %.0f commits of %.1f units, %.1f ms each; a request waited %.1f ms for its committer, a lane %.1f ms; %.0f lane units\n", commits,
              grown("evhost_commit_units_sum") / std::max(1.0, commits), per("evhost_commit_duration_seconds", ""), per("evhost_unit_wait_seconds", "{source=\"request\"}"),
              per("evhost_unit_wait_seconds", "{source=\"lane\"}"), grown("evhost_units_total{source=\"lane\",outcome=\"committed\"}"));
}

// CPU seconds so far of everybody a POST costs something.
struct cpu_account {
  double host, server, broker, load;

  static cpu_account now(const world& w) {
    const auto postmaster = std::stoi(test::postgres_under_test::instance().ask("postgres", "SELECT pg_read_file('postmaster.pid', 0, 16)"));
    return {bench::cpu_seconds(w.host.pid()), bench::tree_cpu_seconds(postmaster), bench::cpu_seconds(w.broker.pid()), bench::cpu_seconds(::getpid())};
  }
  // Microseconds per POST since then.
  void print(const cpu_account& before, double seconds, std::uint64_t posts) const {
    const auto each = [&](double grown) { return grown * 1e6 / static_cast<double>(posts + 1); };
    const double used = host - before.host + server - before.server + broker - before.broker + load - before.load;
    std::printf("  CPU us per POST: host %.0f, PostgreSQL %.0f, broker %.0f, load generator %.0f; %.1f processors busy\n", each(host - before.host), each(server - before.server),
                each(broker - before.broker), each(load - before.load), used / seconds);
  }
};

constexpr const char* a_task = R"({"title":"buy milk and bread","due":{"date":"2027-01-15"},"priority":"high"})";

// Durable POSTs beside pgbench with the statements such a POST sends, on a copy of its tables that no relay reads.
bool posts(world& w, const options& o) {
  auto& server = test::postgres_under_test::instance();
  const auto statements = bench::statements_of(w.database, [&] {
    test::http_client http(w.host.port());
    http.bearer(w.token);
    if (http.post("/api/v1/tasks", a_task).status != 201) throw std::runtime_error("a POST was refused:\n" + w.host.log());
  });
  const auto scripts = bench::pgbench_scripts("", statements);
  const auto copy = bench::copy_of_tables(w.database);
  const auto bytes = bench::request_bytes("POST", "/api/v1/tasks", w.token, a_task);
  const auto rows = [&] { return std::stoll(server.ask(w.database, "SELECT count(*) FROM chat_task")); };
  std::map<std::string, std::map<unsigned, std::vector<double>>> found;
  std::map<unsigned, std::vector<double>> cpu, p99;
  for (int round = 0; round < o.rounds; ++round)
    for (const unsigned connections : o.connections) {
      const auto before = rows();
      bench::load_options load;
      load.port = w.host.port();
      load.connections = connections;
      load.duration = o.duration;
      load.warm_up = 0ms;
      const auto told = test::http_client(w.host.port()).get("/metrics").body;
      const auto cpu_before = cpu_account::now(w);
      auto r = bench::generate(load, [&]() -> const std::string& { return bytes; });
      const auto cpu_after = cpu_account::now(w);
      std::printf("%u connections, %.0f/s\n", connections, r.rate());
      explain(told, test::http_client(w.host.port()).get("/metrics").body);
      cpu_after.print(cpu_before, r.seconds, r.answered);
      cpu[connections].push_back((cpu_after.host - cpu_before.host) * 1e6 / static_cast<double>(r.answered + 1));
      p99[connections].push_back(r.percentile_ms(0.99));
      // Requests under way when the clock ran out are answered by nobody's count, but may be in.
      if (const auto grown = rows() - before; r.failed > 0 || grown < static_cast<std::int64_t>(r.answered) || grown > static_cast<std::int64_t>(r.answered + connections)) {
        std::printf("posts: RED, void: %llu answered, %llu refused, %lld rows\n", static_cast<unsigned long long>(r.answered), static_cast<unsigned long long>(r.failed), static_cast<long long>(grown));
        return false;
      }
      found["POST /api/v1/tasks"][connections].push_back(r.rate());
      for (const auto& [name, script] : scripts)
        if (!o.smoke || name == "pgbench CTE")
          found[name][connections].push_back(bench::pgbench_rate(copy, script, static_cast<int>(connections), std::chrono::duration<double>(o.duration).count()));
    }
  std::printf("%-22s", "connections");
  for (const auto n : o.connections) std::printf(" %10u", n);
  std::printf("  per second, median of %d rounds\n", o.rounds);
  for (auto& [name, by] : found) {
    std::printf("%-22s", name.c_str());
    for (auto& [connections, all] : by) std::printf(" %10.0f", median(all));
    std::printf("\n");
  }
  std::printf("%-22s", "host's CPU us per POST");
  for (auto& [connections, all] : cpu) std::printf(" %10.0f", median(all));
  std::printf("\n%-22s", "POST p99, ms");
  for (auto& [connections, all] : p99) std::printf(" %10.1f", median(all));
  std::printf("\nhost's memory %.0f MiB\n", bench::memory_mib(w.host.pid(), "VmHWM"));
  return true;
}

options read(int argc, char** argv) {
  options o;
  o.smoke = std::getenv("EVH_BENCH_SMOKE") != nullptr;
  if (o.smoke) o.duration = 300ms, o.rounds = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--seconds") o.duration = std::chrono::seconds(std::atoi(argv[++i]));
    else if (word == "--rounds") o.rounds = std::max(1, std::atoi(argv[++i]));
    else if (word == "--store") o.postgres = value != "sqlite", ++i;
    else if (word == "--connections") o.connections = {static_cast<unsigned>(std::max(1, std::atoi(argv[++i])))};
    else if (word == "--set" && value.find('=') != value.npos) o.environment[std::string(value.substr(0, value.find('=')))] = value.substr(value.find('=') + 1), ++i;
    else if (word == "--plugins") o.plugins = value, ++i;
    else if (!word.starts_with("--")) o.parts.emplace(word);
  }
  if (o.parts.empty()) o.parts = {"posts", "push"};
  return o;
}

}  // namespace

int main(int argc, char** argv) {
  auto o = read(argc, argv);
  ::setenv("EVH_PG_FSYNC", "1", 1);
  auto why = test::kafka_under_test::missing();
  if (why.empty() && o.postgres && !test::postgres_under_test::instance().available()) why = test::postgres_under_test::instance().why();
  if (!why.empty()) {
    std::printf("cluster_bench: skipped: %s\n", why.c_str());
    const char* all = std::getenv("EVH_REQUIRE_ALL");
    return all && std::string_view(all) == "1" ? 1 : 0;
  }
  try {
    world w(o);
    if (o.parts.contains("push")) push(w, o);
    return !o.parts.contains("posts") || !o.postgres || posts(w, o) ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "cluster_bench: %s\n", e.what());
    return 1;
  }
}
