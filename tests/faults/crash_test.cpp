// kill -9 at every step of the data path: nothing acknowledged is lost, no effect is doubled, order, feed and audit tree stay whole.
//
// Per failpoint and seed: a fresh host, 8 writers, at least 200 acknowledged writes, then the failpoint is armed and kills
// the host at a pass drawn from the seed; the host starts again, catches up, stops; the oracle reads its database.
// EVH_FAULT_SEEDS seeds per failpoint (3; `./dev faults` runs more), EVH_FAULT_SEED the first one. The control run
// switches the position's fence off and must be found out.
#include "host/core/failpoint.hpp"
#include "tests/e2e/audit_oracle.hpp"
#include "tests/faults/oracle.hpp"
#include "tests/faults/workload.hpp"
#include "tests/support/host_under_test.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <set>
#include <thread>

namespace evhost::faults {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t acknowledged_before_kill = 200;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::size_t lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::size_t n = 0;
  while (std::getline(in, line)) ++n;
  return n;
}

struct row {
  std::uint64_t runs = 0, hits = 0, acknowledged = 0, gaps = 0, resyncs = 0;
  findings all;
};

void add(row& to, const findings& f) {
  to.all.lost += f.lost;
  to.all.invented += f.invented;
  to.all.doubled += f.doubled;
  to.all.missing += f.missing;
  to.all.disorder += f.disorder;
  to.all.events += f.events;
  to.all.effects += f.effects;
  to.all.successors += f.successors;
  to.all.reminders += f.reminders;
  if (to.all.first.empty()) to.all.first = f.first;
}

void wait_until(const std::function<bool()>& done, std::chrono::milliseconds within, const char* what) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error(std::string(what) + " took too long");
    std::this_thread::sleep_for(5ms);  // polling another process
  }
}

// One life: write, be killed at the failpoint, start again, catch up, stop, be examined.
void run_seed(const std::string& failpoint, std::uint64_t seed, bool unprotected, row& sums) {
  std::mt19937_64 random(seed);
  test::host_under_test host({.plugin_directories = {EVH_TEST_PLUGINS, EVH_TEST_FIXTURES}, .environment = {}, .arguments = {}});
  const auto arm = host.data() / "arm", hits = host.data() / "hits";
  std::map<std::string, std::string> killing{{"EVH_FAILPOINT", failpoint + ":" + std::to_string(1 + random() % 40)},
                                             {"EVH_FAILPOINT_ARM", arm.string()},
                                             {"EVH_FAILPOINT_LOG", hits.string()}};
  if (unprotected) killing["EVH_FAULT_UNPROTECTED"] = "position";
  host.start(killing);

  promises promised;
  workload_options options;
  options.seed = seed;
  options.users = {"ana", "bob", "cleo", "dan"};
  for (const auto& u : options.users) options.tokens.push_back(host.token(u));
  followed seen;
  std::atomic<bool> over{false};
  std::jthread follower([&, port = host.port()] { follow(port, options.tokens[0], seen, [&] { return over.load(); }); });
  std::atomic<bool> armed{false};
  workload(options, promised).run(host.port(), [&] {
    if (promised.acknowledged >= acknowledged_before_kill && !armed.exchange(true)) std::ofstream(arm.string()) << "armed\n";
    return promised.acknowledged < acknowledged_before_kill + 20'000;
  });
  const int exit = host.wait_exit();
  follower.join();
  EXPECT_EQ(exit, 128 + SIGKILL) << "seed " << seed << ": the failpoint did not kill the host\n" << host.log();
  EXPECT_GE(promised.acknowledged.load(), acknowledged_before_kill);
  sums.hits += lines_of(hits);
  sums.acknowledged += promised.acknowledged;

  host.start();
  wait_until([&] { return caught_up(host.database()); }, 30s, "catching up");
  over = true;
  follow(host.port(), options.tokens[0], seen, [] { return true; });
  EXPECT_EQ(host.stop(), 0) << host.log();
  auto found = examine(host.database(), promised);
  for (const auto& wrong : e2e::inspect_audit(host.database()).wrong)
    if (!unprotected) found.note(found.missing, "audit: " + wrong);
  add(sums, found);
  ++sums.runs;
  sums.gaps += seen.gaps + seen.repeats;
  sums.resyncs += seen.resyncs;
  if (!unprotected) {
    EXPECT_TRUE(found.green()) << "seed " << seed << ", replay with EVH_FAULT_SEED=" << seed << " EVH_FAULT_SEEDS=1: " << found.first;
    EXPECT_EQ(seen.gaps + seen.repeats + seen.resyncs, 0u) << "seed " << seed << ": the follower saw a gap, a repeat or a resync";
  }
}

void print(const std::string& name, const row& r) {
  std::printf("| %-16s | %4llu | %4llu | %12llu | %10llu | %9llu | %4llu | %7llu | %7llu | %8llu | %4llu | %6llu |\n", name.c_str(), static_cast<unsigned long long>(r.runs),
              static_cast<unsigned long long>(r.hits), static_cast<unsigned long long>(r.acknowledged), static_cast<unsigned long long>(r.all.successors),
              static_cast<unsigned long long>(r.all.reminders), static_cast<unsigned long long>(r.all.lost),
              static_cast<unsigned long long>(r.all.doubled), static_cast<unsigned long long>(r.all.missing), static_cast<unsigned long long>(r.all.disorder),
              static_cast<unsigned long long>(r.gaps), static_cast<unsigned long long>(r.resyncs));
}

void print_head() {
  std::puts("| failpoint        | runs | hits | acknowledged | successors | reminders | lost | doubled | missing | disorder | gaps | resync |\n"
            "| ---------------- | ---- | ---- | ------------ | ---------- | --------- | ---- | ------- | ------- | -------- | ---- | ------ |");
}

// One line of the results that tests/faults/table.py reads, when EVH_FAULT_RESULTS names the file.
void record(const std::string& failpoint, std::uint64_t first_seed, const row& r, bool control) {
  static const std::map<std::string, int> numbers{{core::failpoints::fetched, 1},      {core::failpoints::in_handler, 2},      {core::failpoints::before_commit, 3},
                                                  {core::failpoints::after_commit, 5}, {core::failpoints::before_delivery, 9}, {core::failpoints::after_delivery, 9}};
  const char* file = std::getenv("EVH_FAULT_RESULTS");
  if (!file || !*file) return;
  const auto red = !r.all.green() || r.gaps + r.resyncs > 0;
  boost::json::object line{{"row", numbers.at(failpoint)}, {"name", (control ? "control: " : "the product, embedded: ") + failpoint}, {"what", "tasks, series, reminders, feed and audit tree stay whole"},
                           {"control", control ? "position" : ""}, {"seed", std::to_string(first_seed)}, {"runs", r.runs}, {"good", red == control}, {"acknowledged", r.acknowledged},
                           {"effects", r.all.effects}, {"repeats", 0}, {"dead", 0}, {"lost", r.all.lost}, {"doubled", r.all.doubled}, {"disorder", r.all.disorder}, {"strayed", r.all.missing},
                           {"invented", r.all.invented}, {"unmatched", r.gaps + r.resyncs}, {"recover_ms", 0}, {"longest_gap_ms", 0}};
  std::ofstream(file, std::ios::app) << boost::json::serialize(line) << "\n";
}

class Crash : public testing::TestWithParam<const char*> {};

TEST_P(Crash, LosesNothingDoublesNothing) {
  const auto seeds = from_environment("EVH_FAULT_SEEDS", 3);
  const auto first = from_environment("EVH_FAULT_SEED", std::random_device{}());
  row sums;
  std::printf("first seed %llu\n", static_cast<unsigned long long>(first));
  for (std::uint64_t s = first; s < first + seeds && !HasFailure(); ++s) run_seed(GetParam(), s, false, sums);
  print_head();
  print(GetParam(), sums);
  record(GetParam(), first, sums, false);
  EXPECT_EQ(sums.hits, sums.runs);
}

INSTANTIATE_TEST_SUITE_P(At, Crash,
                         testing::Values(core::failpoints::fetched, core::failpoints::in_handler, core::failpoints::before_commit,
                                         core::failpoints::after_commit, core::failpoints::before_delivery, core::failpoints::after_delivery),
                         [](const auto& of) { return std::string(of.param); });

// The same harness with the fence off must see doubled effects; otherwise it proves nothing.
TEST(CrashControl, WithoutTheFenceTheOracleGoesRed) {
  const auto first = from_environment("EVH_FAULT_SEED", std::random_device{}());
  row sums;
  for (std::uint64_t s = first; s < first + 40 && sums.all.doubled == 0; ++s) run_seed(core::failpoints::after_commit, s, true, sums);
  print_head();
  print("control (red)", sums);
  record(core::failpoints::after_commit, first, sums, true);
  EXPECT_GT(sums.all.doubled, 0u) << "the control run was green: the oracle cannot see doubled effects";
}

}  // namespace
}  // namespace evhost::faults
