// What understanding one chat message costs, from the shortest command to a full sentence and a 4 KB paste.
#include <benchmark/benchmark.h>

#include <string>

#include "plugins/calendar/zone.hpp"
#include "plugins/chat/language/filter.hpp"
#include "plugins/chat/language/tokens.hpp"
#include "plugins/chat/language/understand.hpp"

namespace {

using namespace chat::language;

context usual_context() {
  static const std::vector<std::string> projects{"groceries", "work", "finance"};
  context ctx;
  ctx.now = *calendar::parse_instant("2026-08-18T14:30:00Z");
  ctx.tz = "America/New_York";
  ctx.last_list_count = 5;
  ctx.has_last_entity = true;
  ctx.projects = projects;
  return ctx;
}

void chat_understand(benchmark::State& state, std::string message) {
  const context ctx = usual_context();
  benchmark::DoNotOptimize(understand(message, ctx));   // reads the zone files once
  for (auto _ : state) benchmark::DoNotOptimize(understand(message, ctx));
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * message.size()));
}

void chat_filter_parse(benchmark::State& state) {
  const auto today = calendar::make_date(2026, 8, 18);
  for (auto _ : state) benchmark::DoNotOptimize(filter::parse("overdue & p1 & #work & due<+7d", today));
  state.SetItemsProcessed(state.iterations());
}

std::string paste() {
  std::string text = "add ";
  while (text.size() + 64 < message_bytes_max) text += "read the long report about friday and the numbers of chapter 5, ";
  return text;
}

BENCHMARK_CAPTURE(chat_understand, add, std::string{"add buy milk"});
BENCHMARK_CAPTURE(chat_understand, complete, std::string{"mark 2, 3 and 5 done"});
BENCHMARK_CAPTURE(chat_understand, list, std::string{"show overdue p1 in #work sorted by due"});
BENCHMARK_CAPTURE(chat_understand, sentence, std::string{"pay rent on the 1st p1 #finance @bills"});
BENCHMARK_CAPTURE(chat_understand, reminders, std::string{"pay tax by april 15, remind me a week before and the day before at 9"});
BENCHMARK_CAPTURE(chat_understand, repetition, std::string{"gym every mon, wed and fri at 7am"});
BENCHMARK_CAPTURE(chat_understand, short_months, std::string{"rent on the 31st of every month"});
BENCHMARK_CAPTURE(chat_understand, count_of_hours, std::string{"pills every 8 hours starting 7am for 5 days"});
BENCHMARK_CAPTURE(chat_understand, preferences, std::string{"email me a digest every weekday at 8"});
BENCHMARK_CAPTURE(chat_understand, snooze, std::string{"snooze that for 20 minutes"});
BENCHMARK_CAPTURE(chat_understand, batch, std::string{"add call Bob tomorrow; mark milk done and show today"});
BENCHMARK_CAPTURE(chat_understand, fallback, std::string{"move old monitor to attic"});
BENCHMARK_CAPTURE(chat_understand, paste_4k, paste());
BENCHMARK(chat_filter_parse);

}  // namespace

BENCHMARK_MAIN();
