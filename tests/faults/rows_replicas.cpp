// Several replicas on one database and one group: joining, leaving, dying at random, with the oracle green and progress all the time.
#include "tests/faults/row.hpp"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace evhost::faults {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

// How long replicas come and go: EVH_FAULT_SECONDS, else a short form.
milliseconds duration() {
  const char* given = std::getenv("EVH_FAULT_SECONDS");
  return given && *given ? milliseconds(1000 * std::strtoll(given, nullptr, 10)) : milliseconds(20s);
}

// At any time at least one replica lives; which one comes, ends or dies next is drawn.
void come_and_go(trial& t, milliseconds apart, milliseconds gap_max) {
  const auto count = t.how().hosts;
  t.start();
  t.steady();
  std::vector<bool> lives(count, true);
  for (const auto until = steady_clock::now() + duration(); steady_clock::now() < until;) {
    t.pass_time(apart / 2 + milliseconds(t.random()() % static_cast<std::uint64_t>(apart.count())));
    const auto i = t.random()() % count;
    const auto living = std::count(lives.begin(), lives.end(), true);
    if (!lives[i]) {
      t.start_host(i);
      lives[i] = true;
    } else if (living > 1) {
      if (t.random()() % 3 != 0) {
        t.kill_host(i, SIGKILL);
      } else {
        t.load().at(i, 0);
        if (const auto code = t.host(i).stop(); code != 0) t.note("replica " + std::to_string(i) + " ended with " + std::to_string(code) + " when it was asked to stop");
      }
      lives[i] = false;
    }
  }
  for (std::size_t i = 0; i < count; ++i)
    if (!lives[i]) t.start_host(i);
  t.recover(90s);
  if (t.longest_gap_ms() > gap_max.count()) t.note("no progress for " + std::to_string(t.longest_gap_ms()) + " ms");
}

row replicas(int number, unsigned hosts, const char* name, const char* what, milliseconds apart, bool unnamed) {
  row r;
  r.number = number;
  r.name = name;
  r.what = what;
  r.slow = true;
  r.setup.hosts = hosts;
  r.setup.unnamed = unnamed;
  r.harm = [apart](trial& t) { come_and_go(t, apart, 20s); };
  return r;
}

}  // namespace

std::vector<row> replica_rows() {
  std::vector<row> list;
  list.push_back(replicas(40, 3, "rebalance storm: 3 replicas come and go every second", "no effect twice, order holds, progress", 1s, true));
  list.push_back(replicas(53, 2, "2 replicas killed and joined at random", "oracle green, progress all the time", 3s, false));
  list.push_back(replicas(53, 3, "3 replicas killed and joined at random", "oracle green, progress all the time", 3s, false));
  return list;
}

}  // namespace evhost::faults
