// A process that dies inside a plugin says which one.
#include "host/runtime/crash_note.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/unit/host/runtime/runtime_bed.hpp"

namespace evhost::runtime::tests {
namespace {

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

void die_in(std::function<evh_status()> how) {
  install_crash_note();
  scripted_plugin plugin("fragile");
  plugin.on_activate = [&](evh_error*) { return plugin.route("GET", "/p/fragile/x"); };
  plugin.on_request = [&](evh_request*, const evh_request_view*, evh_error*) { return how(); };
  runtime_bed bed;
  bed.add(plugin);
  bed.run();
  bed.front.request("GET /p/fragile/x");
  bed.turn();
}

TEST(CrashNoteDeathTest, NamesThePluginTheFunctionAndTheThread) {
  EXPECT_EXIT(die_in([]() -> evh_status { std::abort(); }), testing::KilledBySignal(SIGABRT),
              "died of SIGABRT inside plugin 'fragile' 1.2.3, function on_request, thread task");
  EXPECT_EXIT(die_in([]() -> evh_status {
                volatile int* nowhere = nullptr;
                return *nowhere;
              }),
              testing::KilledBySignal(SIGSEGV), "died of SIGSEGV inside plugin 'fragile'");
}

TEST(CrashNoteDeathTest, SaysWhenNoPluginWasRunning) {
  EXPECT_EXIT((install_crash_note(), std::abort()), testing::KilledBySignal(SIGABRT), "SIGABRT outside of plugins");
}

#endif

}  // namespace
}  // namespace evhost::runtime::tests
