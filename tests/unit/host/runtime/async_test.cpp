// Timers, tasks, writing units of one's own, and what becomes of them when a plugin stops.
#include "tests/unit/host/runtime/runtime_bed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evhost::runtime::tests {
namespace {

using testing::ElementsAre;

TEST(Timers, WaitForTheStartAndFireOnce) {
  scripted_plugin plugin("p");
  std::vector<std::uint64_t> fired;
  std::int32_t thread = -1;
  evh_handle id = 0;
  plugin.on_activate = [&](evh_error*) { return plugin.timer().arm(plugin.host, 0, 0, 0, 7, &id); };
  runtime_bed* running = nullptr;
  plugin.on_start = [&](evh_error*) {
    running->turn_pool();  // due, but not before the plugin runs
    EXPECT_TRUE(fired.empty());
    return EVH_OK;
  };
  plugin.on_timer = [&](evh_uow* uow, evh_handle which, std::uint64_t cookie, std::uint64_t, evh_error*) {
    EXPECT_EQ(uow, nullptr);
    EXPECT_EQ(which, id);
    thread = plugin.thread();
    fired.push_back(cookie);
    return EVH_OK;
  };
  runtime_bed bed;
  running = &bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  ASSERT_TRUE(bed.turn_until([&] { return !fired.empty(); }));
  EXPECT_THAT(fired, ElementsAre(7u));
  EXPECT_EQ(thread, EVH_THREAD_TASK);
  EXPECT_EQ(plugin.timer().cancel(plugin.host, id), EVH_NOT_FOUND);
}

TEST(Timers, NeverOverlapAndCountWhatTheyMissed) {
  scripted_plugin plugin("p");
  std::vector<std::uint64_t> missed;
  evh_handle id = 0;
  plugin.on_timer = [&](evh_uow*, evh_handle, std::uint64_t, std::uint64_t lost, evh_error*) {
    missed.push_back(lost);
    if (missed.size() == 1) {  // busy for more than three periods
      const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(17);
      while (std::chrono::steady_clock::now() < until) {
      }
    }
    return EVH_OK;
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  ASSERT_EQ(plugin.timer().arm(plugin.host, 0, 5, 0, 0, &id), EVH_OK);
  ASSERT_TRUE(bed.turn_until([&] { return missed.size() >= 2; }));
  EXPECT_EQ(missed[0], 0u);
  EXPECT_GE(missed[1], 3u);
  EXPECT_EQ(plugin.timer().cancel(plugin.host, id), EVH_OK);
}

TEST(Timers, RunInsideAUnitWhenAsked) {
  scripted_plugin plugin("p");
  plugin.migrations = {{"first", "CREATE TABLE p_ticks (id INTEGER)"}};
  bool fail = true;
  evh_handle id = 0;
  plugin.on_activate = [&](evh_error*) { return plugin.timer().arm(plugin.host, 0, 1, EVH_TIMER_UNIT, 0, &id); };
  plugin.on_timer = [&](evh_uow* uow, evh_handle, std::uint64_t, std::uint64_t, evh_error* error) {
    EXPECT_EQ(plugin.thread(), EVH_THREAD_UNIT);
    const evh_status done = plugin.exec(uow, "INSERT INTO p_ticks VALUES (1)", error);
    return std::exchange(fail, false) ? EVH_INVALID : done;
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  ASSERT_TRUE(bed.turn_until([&] { return !fail && bed.store.number("SELECT count(*) FROM p_ticks") >= 2; }));
}

TEST(Timers, AFullStoreQueuePutsTheTickOff) {
  scripted_plugin plugin("p");
  int ticks = 0;
  evh_handle id = 0;
  plugin.on_activate = [&](evh_error*) { return plugin.timer().arm(plugin.host, 0, 0, EVH_TIMER_UNIT, 0, &id); };
  plugin.on_timer = [&](evh_uow*, evh_handle, std::uint64_t, std::uint64_t, evh_error*) {
    ++ticks;
    return EVH_OK;
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  bed.store.refuse_next(1);
  ASSERT_TRUE(bed.turn_until([&] { return ticks == 1; }));
}

TEST(Timers, AreBoundedAndEndWithThePlugin) {
  scripted_plugin plugin("p");
  int ticks = 0;
  plugin.on_timer = [&](evh_uow*, evh_handle, std::uint64_t, std::uint64_t, evh_error*) {
    ++ticks;
    return EVH_OK;
  };
  runtime_bed bed([](runtime_options& o) { o.timers_max = 2; });
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  evh_handle id = 0;
  EXPECT_EQ(plugin.timer().arm(plugin.host, -1, 0, 0, 0, &id), EVH_INVALID);
  EXPECT_EQ(plugin.timer().arm(plugin.host, 0, 0, 0, 0, &id), EVH_OK);
  EXPECT_EQ(plugin.timer().arm(plugin.host, 0, 0, 0, 0, &id), EVH_OK);
  EXPECT_EQ(plugin.timer().arm(plugin.host, 0, 0, 0, 0, &id), EVH_AGAIN);
  bed.host->drain(std::chrono::steady_clock::now());
  EXPECT_EQ(plugin.timer().arm(plugin.host, 0, 0, 0, 0, &id), EVH_SHUTDOWN);
  bed.turn();
  EXPECT_EQ(ticks, 0);
  bed.host->stop();
  bed.turn();
  EXPECT_EQ(ticks, 0);
}

TEST(Tasks, RunOnThePoolAreBoundedAndRefusedAfterDrain) {
  scripted_plugin plugin("p");
  runtime_bed bed([](runtime_options& o) { o.tasks_queue_max = 2; });
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  struct context {
    scripted_plugin* plugin;
    std::vector<std::int32_t> threads;
  } seen{&plugin, {}};
  const auto fn = [](void* arg) {
    auto& all = *static_cast<context*>(arg);
    all.threads.push_back(all.plugin->thread());
    if (all.threads.size() == 1) throw 42;
  };
  EXPECT_EQ(plugin.task().submit(plugin.host, fn, &seen), EVH_OK);
  EXPECT_EQ(plugin.task().submit(plugin.host, fn, &seen), EVH_OK);
  EXPECT_EQ(plugin.task().submit(plugin.host, fn, &seen), EVH_AGAIN);
  bed.turn();
  EXPECT_THAT(seen.threads, ElementsAre(EVH_THREAD_TASK, EVH_THREAD_TASK));
  EXPECT_EQ(bed.misbehaved("p", "exception"), 1u);
  bed.host->drain(std::chrono::steady_clock::now());
  EXPECT_EQ(plugin.task().submit(plugin.host, fn, &seen), EVH_SHUTDOWN);
}

// A unit of the plugin's own; written down: fate of each after, status of done.
struct own_unit {
  scripted_plugin* plugin;
  evh_status verdict = EVH_OK;
  int runs = 0;
  std::vector<std::int32_t> after;
  std::vector<evh_status> done;

  evh_status submit() {
    return plugin->uow().write(
        plugin->host,
        [](void* user, evh_uow* uow, evh_error* error) {
          auto& self = *static_cast<own_unit*>(user);
          ++self.runs;
          self.plugin->uow().after(
              uow, [](void* u, std::int32_t committed) { static_cast<own_unit*>(u)->after.push_back(committed); },
              user);
          const evh_status wrote = self.plugin->exec(uow, "INSERT INTO p_things VALUES (1)", error);
          return self.verdict != EVH_OK ? self.verdict : wrote;
        },
        [](void* user, evh_status status) { static_cast<own_unit*>(user)->done.push_back(status); }, this);
  }
};

class OwnUnit : public testing::Test {
 protected:
  void SetUp() override {
    plugin_.migrations = {{"first", "CREATE TABLE p_things (id INTEGER)"}};
    bed_.add(plugin_);
    ASSERT_TRUE(bed_.run());
  }
  std::int64_t rows() { return bed_.store.number("SELECT count(*) FROM p_things"); }

  scripted_plugin plugin_{"p"};
  own_unit unit_{&plugin_, EVH_OK, 0, {}, {}};
  runtime_bed bed_;  // dies before what its callbacks touch
};

TEST_F(OwnUnit, CommitsAndTells) {
  ASSERT_EQ(unit_.submit(), EVH_OK);
  EXPECT_TRUE(unit_.done.empty());
  bed_.turn();
  EXPECT_EQ(rows(), 1);
  EXPECT_THAT(unit_.after, ElementsAre(1));
  EXPECT_THAT(unit_.done, ElementsAre(EVH_OK));
}

TEST_F(OwnUnit, RunsAgainAfterTheGroupWasUndone) {
  bed_.store.undo_next_groups(2);
  ASSERT_EQ(unit_.submit(), EVH_OK);
  bed_.turn();
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(unit_.runs, 3);
  EXPECT_THAT(unit_.after, ElementsAre(0, 0, 1));
  EXPECT_THAT(unit_.done, ElementsAre(EVH_OK));
}

TEST_F(OwnUnit, RollsBackOnItsVerdict) {
  unit_.verdict = EVH_DENIED;
  ASSERT_EQ(unit_.submit(), EVH_OK);
  bed_.turn();
  EXPECT_EQ(rows(), 0);
  EXPECT_THAT(unit_.after, ElementsAre(0));
  EXPECT_THAT(unit_.done, ElementsAre(EVH_DENIED));
}

TEST_F(OwnUnit, IsLostWhenAStatementBreaks) {
  bed_.store.fail_next(1);
  unit_.verdict = EVH_DENIED;  // a broken transaction overrides the verdict
  ASSERT_EQ(unit_.submit(), EVH_OK);
  bed_.turn();
  EXPECT_THAT(unit_.done, ElementsAre(EVH_IO));
}

TEST_F(OwnUnit, IsLostWhenTheStoreGivesUp) {
  bed_.store.give_up_next(1);
  ASSERT_EQ(unit_.submit(), EVH_OK);
  bed_.turn();
  EXPECT_EQ(rows(), 0);
  EXPECT_THAT(unit_.after, ElementsAre(0));
  EXPECT_THAT(unit_.done, ElementsAre(EVH_IO));
}

TEST_F(OwnUnit, IsRefusedWhenTheQueueIsFull) {
  bed_.store.refuse_next(1);
  EXPECT_EQ(unit_.submit(), EVH_AGAIN);
  bed_.turn();
  EXPECT_TRUE(unit_.done.empty());
}

TEST_F(OwnUnit, IsRefusedAfterStop) {
  bed_.host->stop();
  EXPECT_EQ(unit_.submit(), EVH_SHUTDOWN);
}

TEST(Stop, LeavesAnInstanceWhoseCallbackDoesNotReturn) {
  scripted_plugin plugin("p");
  own_unit unit{&plugin, EVH_OK, 0, {}, {}};
  plugin.migrations = {{"first", "CREATE TABLE p_things (id INTEGER)"}};
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  ASSERT_EQ(unit.submit(), EVH_OK);  // queued, and the store does not turn
  bed.host->stop();
  bed.host->unload();
  EXPECT_EQ(plugin.calls.back(), "stop");  // neither deactivate nor destroy: the unit still needs it
  EXPECT_EQ(bed.misbehaved("p", "callback_does_not_return"), 1u);
  bed.turn();
  EXPECT_THAT(unit.done, ElementsAre(EVH_OK));
}

}  // namespace
}  // namespace evhost::runtime::tests
