// Random verdicts and random faults against a model: whatever happens, each event takes effect once or is set aside
// once, in order. The seed is in the failure text.
#include "tests/unit/host/runtime/lanes/lane_bed.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace evhost::runtime::tests {
namespace {

enum class fate { effect, letter, nothing };

// What an event does: `first` for the given number of deliveries, then `then`.
struct script {
  int first = EVH_ACK, then = EVH_ACK, times = 0, delivered = 0;
  fate ends = fate::effect;
};

script draw(std::mt19937& random) {
  const auto below = [&](int n) { return std::uniform_int_distribution<>(0, n - 1)(random); };
  constexpr int e = scripted_handler::status;
  const int times = 1 + below(4);  // fewer than attempts_max
  switch (below(16)) {
    case 0: return {e + EVH_INVALID, e + EVH_INVALID, 0, 0, fate::letter};
    case 1: return {EVH_DEAD_LETTER, EVH_DEAD_LETTER, 0, 0, fate::letter};
    case 2: return {EVH_SKIP, EVH_SKIP, 0, 0, fate::nothing};
    case 3: return {EVH_RETRY, EVH_ACK, times, 0, fate::effect};
    case 4: return {e + EVH_IO, EVH_ACK, times, 0, fate::effect};
    case 5: return {e + EVH_EXCEPTION, EVH_ACK, times, 0, fate::effect};
    case 6: return {e + EVH_TIMEOUT, EVH_DEAD_LETTER, times, 0, fate::letter};
    case 7: return {EVH_RETRY, EVH_SKIP, times, 0, fate::nothing};
    default: return {};
  }
}

void one_run(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&](int n) { return std::uniform_int_distribution<>(0, n - 1)(random); };
  lane_bed bed;
  bed.options.seed = seed;
  bed.options.batch_max = static_cast<std::uint32_t>(1 + below(70));
  bed.crash();
  bed.store.lane_budget = std::chrono::microseconds(below(3) * 1000);
  std::map<std::string, script> scripts;
  bed.handler.verdict = [&](const seen& s) {
    auto& sc = scripts.at(s.payload);
    return sc.delivered++ < sc.times ? sc.first : sc.then;
  };
  bed.subscribe();
  bed.start();
  std::vector<std::string> effects, letters;
  const int total = 1 + below(150);
  for (int i = 0; i < total; ++i) {
    const auto name = "e" + std::to_string(i);
    scripts[name] = draw(random);
    if (scripts[name].ends == fate::effect) effects.push_back(name);
    if (scripts[name].ends == fate::letter) letters.push_back(name);
    bed.put(name);
    if (below(10) == 0) bed.turn();
    switch (below(40)) {
      case 0: bed.store.undo_next_groups(1 + below(3)); break;
      case 1: bed.store.give_up_next(1 + below(2)); break;
      case 2: bed.store.fail_next(1 + below(20)); break;
      case 3: bed.store.refuse_next(1 + below(3)); break;
      case 4: bed.log.steal("g", "things", 0); break;
      case 5: bed.log.fail_next_append = 1 + below(3); break;
      case 6: bed.log.fail_next_take = 1; break;
      case 7:
        bed.crash();
        bed.store.undo_next_groups(0);
        bed.store.give_up_next(0);
        bed.store.refuse_next(0);
        bed.subscribe();
        bed.start();
        break;
      default: break;
    }
  }
  bed.turn_time(3000);
  ASSERT_EQ(bed.log.position("g", "things", 0), total) << "seed " << seed << ": " << bed.lane().status;
  ASSERT_EQ(bed.effects(), effects) << "seed " << seed;
  std::vector<std::string> set_aside;
  for (const auto& letter : bed.letters()) set_aside.push_back(*letter.payload);
  ASSERT_EQ(set_aside, letters) << "seed " << seed;
}

TEST(LaneModel, EveryEventTakesEffectOnceOrIsSetAsideOnceInOrder) {
  for (std::uint32_t seed = 1; seed <= 250; ++seed) {
    one_run(seed);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace evhost::runtime::tests
