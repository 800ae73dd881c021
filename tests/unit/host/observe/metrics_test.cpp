// The registry: handles count, label sets are bounded, both text forms are well formed.
#include "host/observe/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "host/io/metrics/host.hpp"
#include "host/io/metrics/http.hpp"
#include "host/io/metrics/runtime.hpp"
#include "host/io/metrics/storage.hpp"
#include "host/observe/process_metrics.hpp"

namespace evhost::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr io::metric_desc requests{
    .name = "evhost_test_requests_total", .help = "Requests", .labels = {"route", "code"}, .series_max = 3};
constexpr io::metric_desc depth{.name = "evhost_test_depth", .help = "Depth"};
constexpr std::array<double, 3> bounds{0.1, 1, 10};
constexpr io::metric_desc latency{.name = "evhost_test_seconds", .help = "Time", .bounds = bounds};

class recording_log final : public io::log_sink {
 public:
  int warnings = 0;

 private:
  void write(const io::log_record& record) noexcept override { warnings += record.level == io::log_level::warning; }
};

TEST(Registry, RendersPrometheusText) {
  registry metrics;
  metrics.get_counter(requests, {"/a", "200"}).add(3);
  metrics.get_gauge(depth).set(2.5);
  const auto times = metrics.get_histogram(latency);
  for (const double seconds : {0.05, 0.1, 0.5, 100.0}) times.observe(seconds);
  EXPECT_EQ(metrics.render(exposition::prometheus_text),
            "# HELP evhost_test_depth Depth\n# TYPE evhost_test_depth gauge\nevhost_test_depth 2.5\n"
            "# HELP evhost_test_requests_total Requests\n# TYPE evhost_test_requests_total counter\n"
            "evhost_test_requests_total{route=\"/a\",code=\"200\"} 3\n"
            "# HELP evhost_test_seconds Time\n# TYPE evhost_test_seconds histogram\n"
            "evhost_test_seconds_bucket{le=\"0.1\"} 2\nevhost_test_seconds_bucket{le=\"1\"} 3\n"
            "evhost_test_seconds_bucket{le=\"10\"} 3\nevhost_test_seconds_bucket{le=\"+Inf\"} 4\n"
            "evhost_test_seconds_sum 100.65\nevhost_test_seconds_count 4\n");
}

TEST(Registry, RendersOpenMetrics) {
  registry metrics;
  metrics.get_counter(requests, {"/a", "200"}).add();
  (void)metrics.get_histogram(latency);
  const auto text = metrics_page(metrics, exposition::open_metrics);
  EXPECT_THAT(text, HasSubstr("# TYPE evhost_test_requests counter\nevhost_test_requests_total{"));
  EXPECT_THAT(text, HasSubstr("evhost_test_seconds_bucket{le=\"1.0\"} 0\n"));
  EXPECT_TRUE(text.ends_with("# EOF\n"));
  EXPECT_EQ(exposition_of("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"), exposition::open_metrics);
  EXPECT_EQ(exposition_of("*/*"), exposition::prometheus_text);
}

TEST(Registry, SameLabelsAreOneSeries) {
  registry metrics;
  metrics.get_counter(requests, {"/a", "200"}).add();
  metrics.get_counter(requests, {"/a", "200"}).add();
  EXPECT_EQ(metrics.get_counter(requests, {"/a", "200"}).value(), 2U);
}

TEST(Registry, LabelSetsAreBounded) {
  registry metrics;
  for (int i = 0; i < 1'000; ++i) metrics.get_counter(requests, {"/" + std::to_string(i), "200"}).add();
  const auto text = metrics.render(exposition::prometheus_text);
  EXPECT_THAT(text, HasSubstr("{route=\"other\",code=\"other\"} 997\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2 + 4);
}

TEST(Registry, LabelValuesAreEscapedAndCut) {
  registry metrics;
  metrics.get_counter(requests, {"a\"b\\c\nd", std::string(1'000, 'x')}).add();
  const auto text = metrics.render(exposition::prometheus_text);
  EXPECT_THAT(text, HasSubstr("route=\"a\\\"b\\\\c\\nd\""));
  EXPECT_THAT(text, Not(HasSubstr(std::string(label_bytes_max + 1, 'x'))));
}

TEST(Registry, OtherShapeUnderOneNameIsRefusedOnce) {
  registry metrics;
  recording_log log;
  metrics.report_to(&log);
  (void)metrics.get_counter(requests, {"a", "b"});
  for (int i = 0; i < 3; ++i) {
    metrics.get_gauge({.name = requests.name, .help = "", .labels = {"route", "code"}}, {"a", "b"}).set(7);
    metrics.get_counter({.name = requests.name, .help = "", .labels = {"route"}}, {"a"}).add(7);
  }
  EXPECT_EQ(log.warnings, 1);
  EXPECT_THAT(metrics.render(exposition::prometheus_text), HasSubstr("{route=\"a\",code=\"b\"} 0\n"));
  metrics.get_counter({.name = "bad name", .help = ""}).add();
  EXPECT_EQ(log.warnings, 2);
}

TEST(Registry, WatchIsReadWhileItsTokenLives) {
  registry metrics;
  double value = 7;
  auto token = metrics.watch(io::metric_kind::gauge, depth, {}, [&] { return value; });
  EXPECT_THAT(metrics.render(exposition::prometheus_text), HasSubstr("evhost_test_depth 7\n"));
  value = 8;
  EXPECT_THAT(metrics.render(exposition::prometheus_text), HasSubstr("evhost_test_depth 8\n"));
  token.reset();
  EXPECT_THAT(metrics.render(exposition::prometheus_text), HasSubstr("evhost_test_depth 0\n"));
}

TEST(Registry, CountsFromManyThreadsWithoutLoss) {
  registry metrics;
  const auto hits = metrics.get_counter(requests, {"/a", "200"});
  const auto level = metrics.get_gauge(depth);
  const auto times = metrics.get_histogram(latency);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        hits.add();
        level.add(1);
        times.observe(0.5);
        if (i % 1'000 == 0) (void)metrics.render(exposition::prometheus_text);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(hits.value(), 40'000U);
  EXPECT_EQ(level.value(), 40'000);
  EXPECT_THAT(metrics.render(exposition::prometheus_text), HasSubstr("evhost_test_seconds_count 40000\n"));
}

TEST(Registry, EmptyHandlesDoNothing) {
  io::counter().add();
  io::gauge().set(1);
  io::histogram().observe(1);
  EXPECT_EQ(io::counter().value(), 0U);
}

TEST(Catalogue, NamesFollowTheRules) {
  using namespace io::metrics;
  registry metrics;
  recording_log log;
  metrics.report_to(&log);
  for (const auto* desc :
       {&events_consumed_total, &events_produced_total, &retries_total, &dlq_events_total, &units_total, &commits_total,
        &http_rejected_total, &ws_messages_sent_total, &auth_checks_total, &rate_limit_total, &log_records_total}) {
    EXPECT_TRUE(desc->name.starts_with("evhost_")) << desc->name;
    EXPECT_TRUE(desc->name.ends_with("_total")) << desc->name;
  }
  for (const auto* desc : {&handler_duration_seconds, &effective_duration_seconds, &unit_wait_seconds,
                           &http_request_duration_seconds}) {
    EXPECT_FALSE(desc->bounds.empty()) << desc->name;
    EXPECT_LE(desc->bounds.size(), io::metric_bounds_max);
    EXPECT_TRUE(std::ranges::is_sorted(desc->bounds)) << desc->name;
  }
}

TEST(Process, SaysWhatItUses) {
  const auto now = read_process();
  EXPECT_GT(now.resident_bytes, 1e5);
  EXPECT_GT(now.virtual_bytes, now.resident_bytes);
  EXPECT_GE(now.threads, 1);
  EXPECT_GE(now.open_fds, 3);
  EXPECT_GT(now.max_fds, now.open_fds);
  EXPECT_GT(now.start_time_seconds, 1.6e9);
}

}  // namespace
}  // namespace evhost::observe
