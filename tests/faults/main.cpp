// The fault harness: runs rows of the table with seeds, prints one line per run, and writes one JSON line per run.
//
//   evh_fault_rows [--rows 1,4,..] [--slow-seeds N] [--fast-seeds N] [--seed S] [--minutes M] [--jobs N] [--results FILE] [--alone|--together] [--list]
//
// Every run prints its seed and the command that replays it. Rows that touch what is shared run alone, the others side by
// side. Exit 1 when an oracle was red, a control was green or a run broke; 77 when there are no servers to run against.
#include "tests/faults/row.hpp"
#include "tests/faults/small_disk.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <set>
#include <sstream>

namespace evhost::faults {
namespace {

namespace json = boost::json;
using std::chrono::steady_clock;

struct options {
  std::set<int> rows;
  std::string name;  // a part of the row's name
  unsigned slow_seeds = 1, fast_seeds = 1, jobs = 3;
  double minutes = 0;
  std::uint64_t seed = std::random_device{}();
  std::string results;
  bool list = false, controls = true, alone = true, together = true;
};

constexpr unsigned control_tries = 8;

options parse(int argc, char** argv) {
  options o;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto next = [&]() -> std::string {
      if (++i >= argc) throw std::runtime_error(flag + " wants a value");
      return argv[i];
    };
    if (flag == "--rows") {
      std::stringstream parts(next());
      for (std::string one; std::getline(parts, one, ',');) o.rows.insert(std::stoi(one));
    } else if (flag == "--name") o.name = next();
    else if (flag == "--slow-seeds") o.slow_seeds = static_cast<unsigned>(std::stoul(next()));
    else if (flag == "--fast-seeds") o.fast_seeds = static_cast<unsigned>(std::stoul(next()));
    else if (flag == "--seeds") o.slow_seeds = o.fast_seeds = static_cast<unsigned>(std::stoul(next()));
    else if (flag == "--seed") o.seed = std::stoull(next());
    else if (flag == "--minutes") o.minutes = std::stod(next());
    else if (flag == "--jobs") o.jobs = static_cast<unsigned>(std::stoul(next()));
    else if (flag == "--results") o.results = next();
    else if (flag == "--no-controls") o.controls = false;
    else if (flag == "--list") o.list = true;
    else if (flag == "--alone") o.together = false;  // only the rows that may not run beside others: for a second process
    else if (flag == "--together") o.alone = false;
    else throw std::runtime_error("no option " + flag);
  }
  return o;
}

std::vector<row> all_rows(const options& o) {
  std::vector<row> all;
  for (auto* part : {&crash_rows, &outage_rows, &poison_rows, &replica_rows, &disk_rows, &product_rows, &control_rows})
    for (auto& r : (*part)())
      if ((o.rows.empty() || o.rows.contains(r.number)) && (o.name.empty() || r.name.find(o.name) != std::string::npos) && (o.controls || r.control.empty()) && (r.alone ? o.alone : o.together))
        all.push_back(std::move(r));
  std::stable_sort(all.begin(), all.end(), [](const row& a, const row& b) { return a.number < b.number; });
  return all;
}

result run_once(bed& shared, const row& r, std::uint64_t seed) {
  if (r.own) return r.own(shared, seed);
  auto setup = r.setup;
  setup.seed = seed;
  trial t(shared, setup);
  std::string broke;
  try {
    r.harm(t);
    auto out = t.finish();
    if (r.control.empty() && (!out.found.green() || !out.error.empty())) t.keep_logs("row" + std::to_string(r.number) + "-" + std::to_string(seed));
    return out;
  } catch (const std::exception& e) {
    broke = e.what();
  }
  t.keep_logs("row" + std::to_string(r.number) + "-" + std::to_string(seed));
  result out;
  try {
    out = t.give_up();
  } catch (const std::exception& e) {
    broke += std::string("; and then: ") + e.what();
  }
  out.error = broke + (out.found.first.empty() ? "" : "; " + out.found.first);
  return out;
}

class runner {
 public:
  explicit runner(const options& o) : options_(o) {
    if (!o.results.empty()) file_.open(o.results, std::ios::app);
  }

  bool report(const row& r, std::uint64_t seed, const result& out, std::int64_t took_ms, bool last_try) {
    const bool red = !out.found.green();
    const bool good = r.control.empty() ? !red && out.error.empty() : red;
    if (!r.control.empty() && !good && !last_try) return false;  // the harm did not meet the gap; another seed may
    const auto& f = out.found;
    const std::lock_guard lock(mutex_);
    std::printf("%-5s row %2d  %-52s seed %llu: acknowledged %llu effects %llu published %llu repeats %llu dead %llu | lost %llu doubled %llu disorder %llu strayed %llu invented %llu "
                "unmatched %llu | recovered in %lld ms, longest gap %lld ms, run %lld ms\n",
                good ? "ok" : "FAIL", r.number, r.name.c_str(), as_number(seed), as_number(out.acknowledged), as_number(f.effects), as_number(f.published), as_number(f.repeats), as_number(f.dead),
                as_number(f.lost), as_number(f.doubled), as_number(f.disorder), as_number(f.strayed), as_number(f.invented), as_number(f.unmatched), static_cast<long long>(out.recover_ms),
                static_cast<long long>(out.longest_gap_ms), static_cast<long long>(took_ms));
    if (!good) std::printf("      %s\n      %s\n      replay: %s\n", f.first.c_str(), out.error.substr(0, 600).c_str(), replay(r, seed).c_str());
    std::fflush(stdout);
    failed_ = failed_ || !good;
    if (file_.is_open())
      file_ << json::serialize(json::object{{"row", r.number}, {"name", r.name}, {"what", r.what}, {"control", r.control}, {"slow", r.slow}, {"seed", std::to_string(seed)},
                                            {"good", good}, {"acknowledged", out.acknowledged}, {"effects", f.effects}, {"published", f.published}, {"repeats", f.repeats},
                                            {"dead", f.dead}, {"lost", f.lost}, {"invented", f.invented}, {"doubled", f.doubled}, {"disorder", f.disorder}, {"strayed", f.strayed},
                                            {"unmatched", f.unmatched}, {"kills", out.kills}, {"recover_ms", out.recover_ms}, {"longest_gap_ms", out.longest_gap_ms}, {"took_ms", took_ms},
                                            {"first", f.first}, {"error", out.error.substr(0, 600)}, {"replay", replay(r, seed)}})
            << std::endl;
    return good;
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  static unsigned long long as_number(std::uint64_t n) { return n; }
  static std::string replay(const row& r, std::uint64_t seed) {
    return "./dev faults --rows " + std::to_string(r.number) + " --name '" + r.name + "' --seed " + std::to_string(seed) + " --seeds 1";
  }

  const options& options_;
  std::ofstream file_;
  std::mutex mutex_;
  bool failed_ = false;
};

void run_row(bed& shared, const row& r, std::uint64_t seed, runner& to) {
  const unsigned tries = r.control.empty() ? 1 : control_tries;
  for (unsigned i = 0; i < tries; ++i) {
    const auto begun = steady_clock::now();
    const auto out = run_once(shared, r, seed + i);
    const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun).count();
    if (to.report(r, seed + i, out, took, i + 1 == tries)) return;
  }
}

// Rows side by side where they may, then the others one by one, on this thread: servers die with the thread that starts them.
void run_all(bed& shared, const std::vector<row>& rows, const options& o, std::uint64_t seed, runner& to) {
  struct job {
    const row* what;
    std::uint64_t seed;
  };
  std::vector<job> together, alone;
  for (const auto& r : rows) {
    const auto seeds = !r.control.empty() ? 1 : r.slow ? o.slow_seeds : o.fast_seeds;
    for (unsigned i = 0; i < seeds; ++i) (r.alone ? alone : together).push_back({&r, seed + i * control_tries});
  }
  std::atomic<std::size_t> next{0};
  {
    std::vector<std::jthread> threads;
    for (unsigned n = 0; n < std::max(1u, o.jobs); ++n)
      threads.emplace_back([&] {
        for (auto i = next.fetch_add(1); i < together.size(); i = next.fetch_add(1)) run_row(shared, *together[i].what, together[i].seed, to);
      });
  }
  for (const auto& j : alone) run_row(shared, *j.what, j.seed, to);
}

int run(const options& o) {
  const auto rows = all_rows(o);
  if (o.list) {
    for (const auto& r : rows) std::printf("%2d  %-52s %s%s\n", r.number, r.name.c_str(), r.slow ? "slow, " : "", r.what.c_str());
    return 0;
  }
  if (rows.empty()) throw std::runtime_error("no such row; --list tells them");
  bed shared;
  if (const auto why = bed::missing(); !why.empty()) {
    std::printf("skipped: %s\n", why.c_str());
    return std::getenv("EVH_REQUIRE_ALL") ? 1 : 77;
  }
  shared.start();
  if (const auto why = small_disk::missing(); !why.empty()) {
    std::printf("row 17 on PostgreSQL is skipped: %s\n", why.c_str());
    if (const char* all = std::getenv("EVH_REQUIRE_ALL"); all && std::string_view(all) == "1") return 1;
  }
  std::printf("first seed %llu\n", static_cast<unsigned long long>(o.seed));
  std::fflush(stdout);
  runner to(o);
  const auto until = steady_clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(o.minutes * 60'000));
  auto seed = o.seed;
  do {
    run_all(shared, rows, o, seed, to);
    seed += 1'000'003;
  } while (o.minutes > 0 && steady_clock::now() < until && !to.failed());
  return to.failed() ? 1 : 0;
}

}  // namespace
}  // namespace evhost::faults

int main(int argc, char** argv) {
  try {
    evhost::faults::small_disk::enter();
    return evhost::faults::run(evhost::faults::parse(argc, argv));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "evh_fault_rows: %s\n", e.what());
    return 2;
  }
}
