// How fast occurrences come: weekly rules on civil time and in a zone, beside the bare loops that bound them, and what starting
// far from dtstart costs.
//
// bare_loop adds a week to a 64-bit number (the machine's limit); bare_resolve asks the zone database for every occurrence, as
// an engine without a remembering clock does.
#include <benchmark/benchmark.h>

#include "plugins/calendar/recurrence.hpp"
#include "plugins/calendar/zone.hpp"

namespace {

using calendar::civil_time;
using calendar::series;

series make(const char* rule, const char* start = "2000-01-03T09:30") {
  series of;
  of.rule = std::get<calendar::rule>(calendar::parse_rule(rule));
  of.dtstart = *calendar::parse_local(start);
  return of;
}

constexpr const char* rules[] = {"FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=DAILY", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                                 "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16"};

void bare_loop(benchmark::State& state) {
  std::int64_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(at += 604'800);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(bare_loop);

void bare_resolve(benchmark::State& state) {
  const auto start = *calendar::parse_local("2000-01-03T09:30");
  std::int64_t week = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(calendar::resolve(start + std::chrono::weeks{week}, "Europe/Paris"));
    week = (week + 1) % 1800;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(bare_resolve);

void recurrence_civil(benchmark::State& state) {
  const auto of = make(rules[state.range(0)]);
  calendar::occurrences walk(of);
  for (auto _ : state) {
    auto at = walk.next();
    if (!at) {
      state.PauseTiming();
      walk = calendar::occurrences(of);
      state.ResumeTiming();
      at = walk.next();
    }
    benchmark::DoNotOptimize(at);
  }
  state.SetItemsProcessed(state.iterations());
  state.SetLabel(rules[state.range(0)]);
}
BENCHMARK(recurrence_civil)->DenseRange(0, std::size(rules) - 1);

// Up to 2035: the years people have.
void recurrence_zoned(benchmark::State& state) {
  const auto of = make((std::string(rules[state.range(0)]) + ";UNTIL=20351231").c_str());
  calendar::zoned_occurrences walk(of, "Europe/Paris");
  for (auto _ : state) {
    auto at = walk.next();
    if (!at) {
      walk = calendar::zoned_occurrences(of, "Europe/Paris");
      at = walk.next();
    }
    benchmark::DoNotOptimize(at);
  }
  state.SetItemsProcessed(state.iterations());
  state.SetLabel(rules[state.range(0)]);
}
BENCHMARK(recurrence_zoned)->DenseRange(0, std::size(rules) - 1);

// The product's question: the next one after a time, thirty years behind the start.
void recurrence_next_after(benchmark::State& state) {
  const auto of = make(rules[state.range(0)]);
  const auto after = *calendar::parse_local("2030-06-15T12:00");
  for (auto _ : state) benchmark::DoNotOptimize(calendar::next_after(of, after));
  state.SetLabel(rules[state.range(0)]);
}
BENCHMARK(recurrence_next_after)->DenseRange(0, std::size(rules) - 1);

// What a hostile rule can cost: nothing matches, the whole time line is searched.
void recurrence_never(benchmark::State& state) {
  static constexpr const char* never[] = {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
                                          "FREQ=SECONDLY;INTERVAL=7;BYDAY=MO;BYHOUR=0,7,14,21;BYMINUTE=0,7,14,21,28,35,42,49,56;BYSECOND=0,7,14,21,28,35,42,49,56;BYMONTH=2;BYMONTHDAY=30",
                                          "FREQ=SECONDLY;INTERVAL=604801;BYHOUR=0;BYMINUTE=0;BYSECOND=0;BYYEARDAY=366;BYDAY=MO"};
  const auto of = make(never[state.range(0)]);
  for (auto _ : state) benchmark::DoNotOptimize(calendar::list(of, 1));
  state.SetLabel(never[state.range(0)]);
}
BENCHMARK(recurrence_never)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

void recurrence_parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(calendar::parse_rule("FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU;WKST=SU"));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(recurrence_parse);

}  // namespace
