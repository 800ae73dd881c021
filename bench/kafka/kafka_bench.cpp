// Kafka into plugins, each beside its ceiling in the same run: broker, database, host and bench share the machine; topics are
// filled before, and a drain ends with the last event handled (no effects) or with the last row in the database.
//
//   kafka_bench [none] [cloud_events] [rows] [--events N] [--rounds N] [--partitions N] [--batch N] [--payload N]
//
// Rounds interleave subject and ceiling; medians are printed, with the ratio and CPU microseconds per event of the host alone.
// A rate whose oracle is red is void: the bench says why and fails. Without a broker or a server the part is skipped.
#include "bench/kafka/host_drain.hpp"
#include "bench/kafka/topic_load.hpp"
#include "tests/support/kafka_under_test.hpp"
#include "tests/support/postgres_under_test.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace evhost;
using namespace evhost::bench;

struct options {
  std::set<std::string> parts;
  std::uint64_t events = 0;  // 0: as the part likes
  int rounds = 3;
  std::int32_t partitions = 12;
  std::uint32_t batch = 0;
  std::size_t payload = 0;
};

template <class Result>
const Result& median(std::vector<Result>& all) {
  std::sort(all.begin(), all.end(), [](const Result& a, const Result& b) { return a.rate() < b.rate(); });
  return all[all.size() / 2];
}

bool red(const host_result& r, const std::string& what) {
  if (!r.red.empty()) std::printf("%s: RED, void: %s\n", what.c_str(), r.red.c_str());
  return !r.red.empty();
}

topic_load filled_topic(const test::kafka_under_test& broker, const options& o, const std::string& topic, std::uint64_t events, std::size_t payload, bool cloud_events) {
  const topic_load load{.servers = broker.servers(), .topic = topic, .partitions = o.partitions, .events = events, .payload_bytes = payload, .cloud_events = cloud_events};
  make_topic(load);
  fill_topic(load);
  return load;
}

bool without_effects(const test::kafka_under_test& broker, const options& o, const std::string& topic, std::uint64_t events, std::size_t payload, bool cloud_events) {
  const auto load = filled_topic(broker, o, topic, events, payload, cloud_events);
  std::vector<drain_result> bare;
  std::vector<host_result> host;
  drain_bare(load.servers, load.topic, load.partitions, load.events, cloud_events);  // the broker's pages are warm for both
  for (int round = 0; round < o.rounds; ++round) {
    bare.push_back(drain_bare(load.servers, load.topic, load.partitions, load.events, cloud_events));
    host.push_back(drain_without_effects({.servers = load.servers, .topic = load.topic, .partitions = load.partitions, .events = load.events, .batch_max = o.batch, .environment = {}}));
    std::printf("  round %d: bare %.0f/s, host %.0f/s\n", round + 1, bare.back().rate(), host.back().rate());
    if (red(host.back(), "no effects")) return false;
  }
  const auto& b = median(bare);
  const auto& h = median(host);
  std::printf("no effects, %zu bytes%s, %d partitions, %llu events: host %.0f/s, bare consumer %.0f/s, ratio %.2f; CPU us/event %.2f and %.2f; host's memory %.0f MiB\n", payload,
              cloud_events ? " + CloudEvents headers" : "", o.partitions, static_cast<unsigned long long>(events), h.rate(), b.rate(), h.rate() / b.rate(), h.cpu_per_million(),
              b.cpu_per_million(), h.memory_mib);
  return true;
}

bool to_rows(const test::kafka_under_test& broker, const options& o, std::uint64_t events, std::size_t payload) {
  if (auto& server = test::postgres_under_test::instance(); !server.available()) {
    std::printf("rows: skipped: %s\n", server.why().c_str());
    return true;
  }
  const auto load = filled_topic(broker, o, "bench-events", events, payload, false);
  const std::uint32_t per_commit = 4096;
  std::vector<drain_result> one, two;
  std::vector<host_result> host;
  for (int round = 0; round < o.rounds; ++round) {
    host.push_back(drain_to_rows({.servers = load.servers, .topic = load.topic, .partitions = load.partitions, .events = load.events, .batch_max = o.batch ? o.batch : 4096, .environment = {}}));
    if (red(host.back(), "rows")) return false;
    one.push_back(copy_rows_bare(std::max<std::uint64_t>(events, per_commit * 2), 1, per_commit));
    two.push_back(copy_rows_bare(std::max<std::uint64_t>(events, per_commit * 2), 2, per_commit));
    std::printf("  round %d: host %.0f/s, bare COPY %.0f/s on one connection, %.0f/s on two\n", round + 1, host.back().rate(), one.back().rate(), two.back().rate());
  }
  const auto& h = median(host);
  const double ceiling = std::max(median(one).rate(), median(two).rate());
  std::printf("rows, %zu bytes of JSON, %d partitions, %llu events, exactly once: host %.0f rows/s, bare COPY %.0f, ratio %.2f; CPU us/event: host %.2f, database %.2f; host's memory %.0f MiB\n", payload,
              o.partitions, static_cast<unsigned long long>(events), h.rate(), ceiling, h.rate() / ceiling, h.cpu_per_million(), h.helpers_cpu * 1e6 / static_cast<double>(h.events), h.memory_mib);
  return true;
}

options read(int argc, char** argv, bool smoke) {
  options o;
  if (smoke) o.rounds = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0; };
    if (word == "--events") o.events = number();
    else if (word == "--rounds") o.rounds = std::max(1, static_cast<int>(number()));
    else if (word == "--partitions") o.partitions = static_cast<std::int32_t>(number());
    else if (word == "--batch") o.batch = static_cast<std::uint32_t>(number());
    else if (word == "--payload") o.payload = number();
    else if (!word.starts_with("--")) o.parts.emplace(word);
  }
  if (o.parts.empty()) o.parts = {"none", "cloud_events", "rows"};
  return o;
}

int run(const options& o, bool smoke) {
  ::setenv("EVH_PG_FSYNC", "1", 1);
  test::kafka_under_test broker;
  broker.start();
  const auto wanted = [&](const char* part) { return o.parts.contains(part); };
  const auto events = [&](std::uint64_t full) { return smoke ? 20'000 : o.events ? o.events : full; };
  bool green = true;
  if (wanted("rows")) green = to_rows(broker, o, events(2'000'000), o.payload ? o.payload : 200) && green;
  const auto parts = [&](const char* name, bool cloud_events) {
    for (const std::size_t payload : {std::size_t{100}, std::size_t{200}}) {
      if (!wanted(name) || (o.payload && o.payload != payload) || (smoke && payload == 100)) continue;
      // The plugin's topic has one name: each of these runs beside a broker of its own.
      test::kafka_under_test own;
      own.start();
      green = without_effects(own, o, "bench-events", events(4'000'000), payload, cloud_events) && green;
    }
  };
  parts("none", false);
  parts("cloud_events", true);
  return green ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const bool smoke = std::getenv("EVH_BENCH_SMOKE") != nullptr;
  if (const auto why = test::kafka_under_test::missing(); !why.empty()) {
    std::printf("kafka_bench: skipped: %s\n", why.c_str());
    const char* all = std::getenv("EVH_REQUIRE_ALL");
    return all && std::string_view(all) == "1" ? 1 : 0;
  }
  try {
    return run(read(argc, argv, smoke), smoke);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "kafka_bench: %s\n", e.what());
    return 1;
  }
}
