// A call into a plugin that does not come back: only the plugin's own time counts, only the call that hangs is named.
#include "host/runtime/watchdog.hpp"

#include "host/runtime/crash_note.hpp"
#include "host/runtime/lane_engine.hpp"
#include "host/runtime/plugin_instance.hpp"
#include "tests/unit/host/runtime/runtime_bed.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace evhost::runtime::tests {
namespace {

using namespace std::chrono_literals;

class gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 20s, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

// Keeps the fields of the last critical line; a line of a plugin blocks until it is let through.
class watched_sink final : public io::log_sink {
 public:
  std::map<std::string, std::string> critical, warning;
  gate reached, let;

 private:
  void write(const io::log_record& record) noexcept override {
    if (record.component != "runtime") {
      reached.open();
      return let.wait();
    }
    auto& fields = record.level == io::log_level::critical ? critical : warning;
    for (const auto& field : record.fields) {
      if (const auto* text = std::get_if<std::string_view>(&field.value)) fields[std::string(field.name)] = *text;
      if (const auto* number = std::get_if<std::int64_t>(&field.value)) fields[std::string(field.name)] = std::to_string(*number);
    }
  }
};

class WatchdogTest : public testing::Test {
 protected:
  WatchdogTest() {
    for (auto* one : {&first, &second}) dog.add(*one);
  }
  // Runs inside the plugin on a thread of its own, until `leave` opens.
  std::thread call(plugin_instance& plugin, const std::function<void()>& body, call_phase phase = call_phase::plain) {
    auto entered = std::make_shared<gate>();
    std::thread thread([&plugin, body, phase, entered] {
      evh_error error = make_error();
      plugin.enter(
          "on_batch", symbolic_thread::lane, error,
          [&] {
            entered->open();
            body();
            return EVH_OK;
          },
          phase);
    });
    entered->wait();
    return thread;
  }
  void look(int times) {
    for (int i = 0; i < times; ++i) dog.look(25ms);
  }
  // While another thread is on its way to where it hangs.
  void look_until_ended() {
    for (const auto until = std::chrono::steady_clock::now() + 20s; ended.empty() && std::chrono::steady_clock::now() < until; std::this_thread::yield()) look(1);
  }
  double running(const char* plugin) const { return metrics.level(std::string("evhost_handler_running_seconds{") + plugin + "}"); }

  fakes::memory_store store;
  fakes::memory_log log{store};
  fakes::manual_clock clock;
  watched_sink sink;
  counting_registry metrics;
  boost::asio::io_context pool{1};
  services shared{runtime_ports{store, log, clock, sink, metrics, pool.get_executor()}, {}};
  scripted_plugin script_first{"first"}, script_second{"second"};
  plugin_instance first{shared, script_first.candidate(), {}}, second{shared, script_second.candidate(), {}};
  std::vector<const plugin_instance*> ended;
  watchdog dog{sink, metrics, {100ms, [this](const call_marks& marks) { ended.push_back(marks.plugin); }}};
  gate leave;
};

TEST_F(WatchdogTest, EndsTheCallThatHangsAndNoOther) {
  auto hung = call(first, [this] { leave.wait(); });
  for (int i = 0; i < 4; ++i) {
    look(1);
    call(second, [] {}).join();  // many short ones
    EXPECT_TRUE(ended.empty()) << i;
  }
  look(1);
  EXPECT_EQ(ended, std::vector<const plugin_instance*>{&first});
  EXPECT_EQ(sink.critical["plugin"], "first");
  EXPECT_EQ(sink.critical["function"], "on_batch");
  EXPECT_EQ(sink.critical["duration_ms"], "100");
  EXPECT_DOUBLE_EQ(running("first"), 0.1);
  EXPECT_DOUBLE_EQ(running("second"), 0);
  leave.open();
  hung.join();
  look(1);
  EXPECT_DOUBLE_EQ(running("first"), 0);
}

TEST_F(WatchdogTest, WarnsAtHalfTheDeadline) {
  auto hung = call(first, [this] { leave.wait(); });
  look(2);
  EXPECT_TRUE(sink.warning.empty());
  look(1);
  EXPECT_EQ(sink.warning["duration_ms"], "50");
  EXPECT_TRUE(sink.critical.empty());
  leave.open();
  hung.join();
}

TEST_F(WatchdogTest, NamesTheEventsOfALane) {
  subscription lane;
  lane.group = "counters";
  lane.topic = "numbers";
  const held_events outside(lane, 9, 9, 9);  // of another thread
  auto hung = std::thread([&] {
    const held_events held(lane, 3, 41, 44);
    call(first, [] {}).join();
    evh_error error = make_error();
    first.enter("on_batch", symbolic_thread::lane, error, [&] { return look(6), EVH_OK; });
  });
  hung.join();
  EXPECT_EQ(sink.critical["group"], "counters");
  EXPECT_EQ(sink.critical["topic"], "numbers");
  EXPECT_EQ(sink.critical["partition"], "3");
  EXPECT_EQ(sink.critical["offset"], "41");
  EXPECT_EQ(sink.critical["last_offset"], "44");
}

TEST_F(WatchdogTest, WaitingInAHostFunctionDoesNotCount) {
  auto waits = call(first, [this] {
    shared.log_table.write(first.host(), EVH_LOG_ERROR, core::view("slow disk"), nullptr, 0);
    leave.wait();
  });
  sink.reached.wait();
  look(100);
  EXPECT_TRUE(ended.empty());
  EXPECT_DOUBLE_EQ(running("first"), 0);
  sink.let.open();
  look_until_ended();  // back in the plugin, its time counts
  EXPECT_FALSE(ended.empty());
  leave.open();
  waits.join();
}

TEST_F(WatchdogTest, ACallbackInsideAHostFunctionIsThePluginsTime) {
  auto hung = call(first, [this] {
    const host_function query;
    evh_error error = make_error();
    first.enter("row", symbolic_thread::lane, error, [this] { return leave.wait(), EVH_OK; });
  });
  look_until_ended();
  EXPECT_EQ(ended.size(), 1u);
  leave.open();
  hung.join();
}

TEST_F(WatchdogTest, EachCallHasItsOwnTime) {
  for (int i = 0; i < 5; ++i) {
    evh_error error = make_error();
    first.enter("on_timer", symbolic_thread::task, error, [this] { return look(4), EVH_OK; });
  }
  EXPECT_TRUE(ended.empty());
}

TEST_F(WatchdogTest, ATaskTakesTheTimeItTakes) {
  auto task = call(first, [this] { leave.wait(); }, call_phase::task);
  look(20);
  EXPECT_TRUE(ended.empty());
  EXPECT_DOUBLE_EQ(running("first"), 0);
  leave.open();
  task.join();
}

TEST_F(WatchdogTest, WithoutADeadlineItOnlyMeasures) {
  watchdog measuring(sink, metrics, {0ms, [this](const call_marks& marks) { ended.push_back(marks.plugin); }});
  measuring.add(first);
  auto hung = call(first, [this] { leave.wait(); });
  for (int i = 0; i < 5; ++i) measuring.look(1000ms);
  EXPECT_TRUE(ended.empty());
  EXPECT_DOUBLE_EQ(running("first"), 4);
  leave.open();
  hung.join();
}

// Serves one request that never returns, in a host with this deadline.
void hang_in_a_request(std::chrono::milliseconds deadline, const std::function<void()>& inside) {
  install_crash_note();
  scripted_plugin plugin("fragile");
  plugin.on_activate = [&](evh_error*) { return plugin.route("GET", "/p/fragile/x"); };
  plugin.on_request = [&](evh_request*, const evh_request_view*, evh_error*) {
    inside();
    for (;;) ::pause();
    return EVH_OK;
  };
  runtime_bed bed([&](runtime_options& options) { options.handler_deadline = deadline; });
  bed.add(plugin);
  bed.run();
  bed.front.request("GET /p/fragile/x");
  bed.turn();
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(WatchdogDeathTest, TheCrashNoteNamesThePluginThatHangs) {
  EXPECT_EXIT(hang_in_a_request(200ms, [] {}), testing::KilledBySignal(SIGABRT),
              "died of SIGABRT inside plugin 'fragile' 1.2.3, function on_request, thread task");
}
#endif

// The gap is real time; whoever compared clocks would end the call at once when the process goes on.
TEST(WatchdogStopped, TheTimeOfAStoppedProcessDoesNotCount) {
  constexpr auto deadline = 3000ms, stopped = 3500ms, soon_after = 500ms;
  int begun[2];
  ASSERT_EQ(::pipe(begun), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    hang_in_a_request(deadline, [&] { [[maybe_unused]] const auto told = ::write(begun[1], "x", 1); });
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(begun[0], &byte, 1), 1);
  const auto ends_within = [&](std::chrono::milliseconds time, int& status) {
    for (const auto until = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < until; std::this_thread::sleep_for(20ms))
      if (::waitpid(child, &status, WNOHANG) == child) return true;
    return false;
  };
  int status = 0;
  ::kill(child, SIGSTOP);
  EXPECT_FALSE(ends_within(stopped, status));
  ::kill(child, SIGCONT);
  EXPECT_FALSE(ends_within(soon_after, status)) << "the gap was counted";
  if (ends_within(20s, status)) {
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << status;
  } else {
    ADD_FAILURE() << "it never ended";
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
  }
  for (const int end : begun) ::close(end);
}

}  // namespace
}  // namespace evhost::runtime::tests
