// What one leaf costs: staged in a batch, then integrated and signed, beside bare SHA-256 and a bare SQLite insert of the
// same bytes in the same run.
//
// The plugin runs in the SDK's in-memory host: real SQLite in memory, no fsync on either side, and every statement parsed anew, which the
// real host does not do. Argument: events in a batch.
#include <evh/testing/host.hpp>

#include "plugins/audit/log/merkle.hpp"

#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <string>
#include <vector>

namespace {

constexpr const char* config = R"({"origin":"bench/audit","topics":"","signing_key_secret":"","accept_new_key":false})";

// A task event as chat publishes it, about 650 bytes.
std::string payload_of(std::int64_t n) {
  const auto id = "0190163d-8694-739b-aea5-" + std::to_string(100'000'000'000 + n);
  return R"({"task":{"id":")" + id + R"(","owner":"81154ca3-cd74-885b-b565-45d6eec7b114","title":"prepare the report of the third quarter","description":"",)"
         R"("status":"pending","priority":"medium","tags":["work","report"],"project_id":null,"parent_id":null,"due":{"date":"2026-08-19"},"reminders":[],)"
         R"("recurrence":null,"version":1,"created_at":"2026-11-23T20:30:48.018Z","updated_at":"2026-11-23T20:30:48.018Z","completed_at":null,"assignee_id":null},)"
         R"("actor":{"id":"81154ca3-cd74-885b-b565-45d6eec7b114","kind":"user","source":"rest"},"correlation_id":"01a20a1a-a4d1-775c-8fd7-73d979b0a61b"})";
}

std::vector<evh::testing::published_event> batch_of(std::int64_t first, std::int64_t count) {
  std::vector<evh::testing::published_event> out;
  for (auto i = first; i < first + count; ++i)
    out.push_back({.topic = "task-events", .type = "todo.task.created.v1", .id = "0000016d-8694-739b-aea5-" + std::to_string(100'000'000'000 + i),
                   .key = "81154ca3-cd74-885b-b565-45d6eec7b114", .payload = payload_of(i), .offset = i});
  return out;
}

void stage_leaf(benchmark::State& state) {
  evh::testing::host host;
  host.load_file(EVH_AUDIT_PLUGIN, config);
  std::int64_t next = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto batch = batch_of(next, state.range(0));
    next += state.range(0);
    state.ResumeTiming();
    host.deliver("task-events", batch);
  }
  state.SetItemsProcessed(next);
}
BENCHMARK(stage_leaf)->Arg(1)->Arg(8)->Arg(64)->Arg(512);

// Integration: index, tiles, proofs against the last checkpoint, signature, all rows. 2048 leaves a round.
void integrate_leaf(benchmark::State& state) {
  evh::testing::host host;
  host.load_file(EVH_AUDIT_PLUGIN, config);
  std::int64_t next = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (int i = 0; i < 2048 / state.range(0); ++i, next += state.range(0)) host.deliver("task-events", batch_of(next, state.range(0)));
    state.ResumeTiming();
    host.fire(0);
  }
  if (host.scalar("SELECT size FROM audit_state") != std::to_string(next)) state.SkipWithError("not everything was integrated");
  state.SetItemsProcessed(next);
}
BENCHMARK(integrate_leaf)->Arg(8)->Arg(512);

// The least anybody must hash for a leaf: payload, leaf, one node.
void bare_sha256(benchmark::State& state) {
  const auto payload = payload_of(1);
  const std::string leaf(330, 'x');
  audit::hash h{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(audit::sha256({payload}));
    h = audit::node_hash(h, audit::leaf_hash(leaf));
    benchmark::DoNotOptimize(h);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(bare_sha256);

// One prepared insert per event of the same bytes, 512 in a transaction: what a table with a row per event costs at least.
void bare_sqlite_insert(benchmark::State& state) {
  sqlite3* db = nullptr;
  sqlite3_open(":memory:", &db);
  sqlite3_exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, leaf BLOB, payload BLOB)", nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO t(leaf, payload) VALUES(?1, ?2)", -1, &insert, nullptr);
  const auto payload = payload_of(1);
  const std::string leaf(330, 'x');
  for (auto _ : state) {
    sqlite3_exec(db, "BEGIN", nullptr, nullptr, nullptr);
    for (int i = 0; i < 512; ++i) {
      sqlite3_bind_blob(insert, 1, leaf.data(), static_cast<int>(leaf.size()), SQLITE_STATIC);
      sqlite3_bind_blob(insert, 2, payload.data(), static_cast<int>(payload.size()), SQLITE_STATIC);
      sqlite3_step(insert);
      sqlite3_reset(insert);
    }
    sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr);
  }
  state.SetItemsProcessed(state.iterations() * 512);
  sqlite3_finalize(insert);
  sqlite3_close(db);
}
BENCHMARK(bare_sqlite_insert);

}  // namespace

BENCHMARK_MAIN();
