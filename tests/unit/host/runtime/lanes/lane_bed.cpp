// The bed's workings.
#include "tests/unit/host/runtime/lanes/lane_bed.hpp"

#include "host/core/views.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace evhost::runtime::tests {

evh_status scripted_handler::on_batch(evh_uow* uow, const evh_batch& batch, std::uint8_t* results,
                                      evh_error& error) noexcept {
  if (before) before(uow);
  auto& names = batches.emplace_back();
  for (std::uint32_t i = 0; i < batch.count; ++i) names.emplace_back(core::text(EVH_EVENT_AT(&batch, i)->payload));
  cookies.push_back(batch.cookie);
  lanes.push_back(batch.lane);
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    const evh_event& event = *EVH_EVENT_AT(&batch, i);
    seen s{std::string(core::text(event.payload)), std::string(core::text(event.key)), event.offset, event.flags,
           event.attempt, event.source, batch.count, {}};
    for (std::uint32_t h = 0; h < event.headers_count; ++h)
      s.headers.emplace_back(core::text(event.headers[h].name), core::text(event.headers[h].value));
    calls.push_back(s);
    const int what = verdict(s);
    if (what >= status) {
      error.code = what - status;
      error.len = static_cast<std::uint32_t>(std::min<std::size_t>(error_text.size(), EVH_ERROR_TEXT_BYTES - 1));
      std::memcpy(error.text, error_text.data(), error.len);
      return what - status;
    }
    results[i] = static_cast<std::uint8_t>(what);
    if (what == EVH_DEAD_LETTER || what == EVH_RETRY) {
      error.len = static_cast<std::uint32_t>(error_text.size());
      std::memcpy(error.text, error_text.data(), error.len);
    }
    // Effects of every event, also of those it asks to retry: the host must undo those.
    if (!uow || !writes || what == EVH_DEAD_LETTER || what == EVH_SKIP) continue;
    evh_value payload{};
    payload.type = EVH_TEXT;
    payload.as.bytes = event.payload;
    const auto done = unit_of_work::of(uow).tx().exec("INSERT INTO effects (payload) VALUES ($1)", {&payload, 1});
    if (done.has_error()) unit_of_work::of(uow).note_broken(done.error());
  }
  return EVH_OK;
}

lane_bed::lane_bed() {
  const auto steps = lane_engine::migrations();
  (void)store.migrate("host.runtime", steps);
  store.execute("CREATE TABLE effects (n INTEGER PRIMARY KEY AUTOINCREMENT, payload TEXT)");
  (void)log.open_topic("things", {.partitions = 2});
  options.seed = 7;
  options.host_version = "9.9";
  base.plugin = "p";
  base.handler = &handler;
  make_engine();
}

lane_bed::~lane_bed() { engine.reset(); }

void lane_bed::make_engine() {
  pool = std::make_unique<boost::asio::io_context>();
  engine = std::make_unique<lane_engine>(store, log, clock, log_sink, metrics, pool->get_executor(), options);
}

void lane_bed::crash() {
  store.forget_queue();
  engine.reset();
  pool.reset();
  make_engine();
}

void lane_bed::start() {
  store.run_inline(true);  // start() waits for its own units
  const auto started = engine->start();
  store.run_inline(false);
  ASSERT_TRUE(started.has_value()) << started.error().message;
  turn();
}

void lane_bed::turn() {
  for (bool moved = true; moved;) {
    moved = pool->poll() > 0;
    moved = store.run_group() || moved;
    pool->restart();
  }
}

void lane_bed::turn_time(int most) {
  turn();
  for (int i = 0; i < most; ++i) {
    bool behind = false;
    for (const auto& lane : engine->lanes()) behind = behind || lane.offset < lane.end;
    if (!behind) return;
    clock.advance(std::chrono::seconds(61));
    engine->tick();
    turn();
  }
}

void lane_bed::subscribe(const std::string& topic, const std::string& group, bool broadcast) {
  auto what = base;
  what.topic = topic;
  what.group = group;
  what.broadcast = broadcast;
  store.run_inline(true);
  const auto done = engine->subscribe(what);
  store.run_inline(false);
  ASSERT_TRUE(done.has_value()) << done.error().message;
}

void lane_bed::put_many(int count, std::int32_t partition) {
  for (int i = 0; i < count; ++i) put("e" + std::to_string(i), partition);
}

std::vector<std::string> lane_bed::effects() {
  std::vector<std::string> found;
  (void)store.read([&](io::transaction& tx) {
    return tx.query("SELECT payload FROM effects ORDER BY n", {}, [&](std::span<const evh_value> cells) {
      found.emplace_back(core::text(cells[0].as.bytes));
      return true;
    });
  });
  return found;
}

std::vector<dead_letter> lane_bed::letters(const std::string& group) {
  dead_letter_selection all;
  all.replayed_too = true;
  all.limit = 1000000;
  auto listed = list_dead_letters(store, log, group, all);
  EXPECT_TRUE(listed.has_value()) << listed.error().message;
  return std::move(listed.value());
}

lane_state lane_bed::lane(std::int32_t partition) const {
  for (auto& state : engine->lanes())
    if (state.topic == "things" && state.partition == partition) return state;
  ADD_FAILURE() << "no lane of partition " << partition;
  return {};
}

}  // namespace evhost::runtime::tests
