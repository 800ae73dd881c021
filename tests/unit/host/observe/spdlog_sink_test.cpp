// The sink end to end: lines arrive whole on a descriptor, levels switch, nothing blocks the caller.
#include "host/observe/spdlog_sink.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <thread>

#include "host/io/metrics/host.hpp"
#include "host/observe/metrics.hpp"
#include "tests/support/fakes/manual_clock.hpp"

namespace evhost::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct sink_fixture : ::testing::Test {
  int file = ::memfd_create("log", 0);
  registry metrics;
  evhost::fakes::manual_clock clock;

  ~sink_fixture() override { ::close(file); }
  log_options options(log_format format = log_format::text) const {
    log_options out;
    out.format = format;
    out.descriptor = file;
    out.repeat_max = 3;
    return out;
  }
  std::string written() const {
    std::string out(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)), '\0');
    EXPECT_EQ(::pread(file, out.data(), out.size(), 0), static_cast<ssize_t>(out.size()));
    return out;
  }
};

using SpdlogSink = sink_fixture;

TEST_F(SpdlogSink, WritesLinesInOrder) {
  spdlog_sink sink(options(), clock, metrics);
  for (int i = 0; i < 100; ++i) sink.log(io::log_level::info, "t", "line " + std::to_string(i));
  sink.flush();
  const auto text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 100);
  EXPECT_LT(text.find("line 41"), text.find("line 42"));
}

TEST_F(SpdlogSink, DestructionWritesEverything) {
  {
    spdlog_sink sink(options(), clock, metrics);
    for (int i = 0; i < 500; ++i) sink.log(io::log_level::info, "t", "line " + std::to_string(i));
  }
  const auto text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 500);
}

TEST_F(SpdlogSink, LevelSwitchesAtRunTime) {
  spdlog_sink sink(options(), clock, metrics);
  sink.log(io::log_level::debug, "t", "hidden");
  sink.set_level(io::log_level::debug);
  sink.log(io::log_level::debug, "t", "shown");
  sink.flush();
  EXPECT_THAT(written(), Not(HasSubstr("hidden")));
  EXPECT_THAT(written(), HasSubstr("shown"));
  EXPECT_EQ(level_of("debug"), io::log_level::debug);
  EXPECT_EQ(level_of("loud"), io::log_level::info);
}

TEST_F(SpdlogSink, RepetitionsAreCountedNotWritten) {
  spdlog_sink sink(options(), clock, metrics);
  for (int i = 0; i < 50; ++i) sink.log(io::log_level::error, "t", "disk is full", {{"attempt", i}});
  clock.advance(std::chrono::seconds(11));
  sink.log(io::log_level::error, "t", "disk is full");
  sink.flush();
  const auto text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
  EXPECT_THAT(text, HasSubstr("left_out=47"));
  EXPECT_EQ(metrics.get_counter(io::metrics::log_dropped_total, {"repeated"}).value(), 47U);
}

TEST_F(SpdlogSink, AccessLinesAreNotRepetitions) {
  spdlog_sink sink(options(), clock, metrics);
  for (int i = 0; i < 50; ++i) sink.log(io::log_level::info, unlimited_component, "request");
  sink.flush();
  const auto text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 50);
}

TEST_F(SpdlogSink, StalledReaderDoesNotStopTheCaller) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  auto stalled = options();
  stalled.descriptor = ends[1];
  stalled.queue_lines = 16;
  {
    spdlog_sink sink(stalled, clock, metrics);
    const std::string filler(4'000, 'x');
    for (int i = 0; i < 1'000; ++i)
      sink.log(io::log_level::info, unlimited_component, filler);  // the pipe takes 64 KiB
    EXPECT_THAT(metrics.render(exposition::prometheus_text),
                Not(HasSubstr("evhost_log_dropped_total{reason=\"queue\"} 0\n")));
    std::thread reader([&] {
      char buffer[65536];
      while (::read(ends[0], buffer, sizeof buffer) > 0) {
      }
    });
    sink.flush();
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    ::close(ends[1]);
    reader.join();
  }
  ::close(ends[0]);
}

TEST_F(SpdlogSink, ManyThreadsWriteWholeLines) {
  auto wide = options(log_format::json);
  wide.queue_lines = 8'192;
  {
    spdlog_sink sink(wide, clock, metrics);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 500; ++i)
          sink.log(io::log_level::info, "t", std::to_string(t) + "/" + std::to_string(i), {{"i", i}});
      });
    }
  }
  const auto text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2'000);
  std::size_t start = 0;
  for (std::size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    EXPECT_EQ(text[start], '{');
    EXPECT_EQ(text[end - 1], '}');
  }
}

}  // namespace
}  // namespace evhost::observe
