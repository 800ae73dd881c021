// The compact codec beside JSON on one task event: time to write, time to read, bytes.
#include "schemas/events/task_events.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace evh_schemas;

task_event sample() {
  task_event e;
  e.task.id = "01a20958-e7d1-7031-8666-b7f71d067279";
  e.task.owner = "81154ca3-cd74-885b-b565-45d6eec7b114";
  e.task.title = "call the dentist about Tuesday";
  e.task.description = "ask for a morning slot";
  e.task.tags = {"health", "phone"};
  e.task.due = due{"", "2026-12-01T09:30", "Europe/Paris", ""};
  e.task.reminders = {{"r1", "-PT30M", "", std::nullopt, ""}};
  e.task.version = 3;
  e.before = e.task;
  e.before->version = 2;
  e.actor = {};
  e.correlation_id = "01a20958-e7d0-74bf-80d8-f6c02cd32cd6";
  e.changed = {"due"};
  return e;
}

void json_write(benchmark::State& state) {
  const auto e = sample();
  for (auto _ : state) benchmark::DoNotOptimize(to_json(e));
  state.counters["bytes"] = static_cast<double>(to_json(e).size());
}
void compact_write(benchmark::State& state) {
  const auto e = sample();
  for (auto _ : state) benchmark::DoNotOptimize(to_compact(e));
  state.counters["bytes"] = static_cast<double>(to_compact(e).size());
}
void json_read(benchmark::State& state) {
  const auto text = to_json(sample());
  for (auto _ : state) benchmark::DoNotOptimize(from_json<task_event>(std::string_view(text)));
}
void compact_read(benchmark::State& state) {
  const auto bytes = to_compact(sample());
  for (auto _ : state) benchmark::DoNotOptimize(from_compact<task_event>(bytes));
}

}  // namespace

BENCHMARK(json_write);
BENCHMARK(compact_write);
BENCHMARK(json_read);
BENCHMARK(compact_read);
