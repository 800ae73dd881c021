// Threads, states and units: what the host refuses, and that it says so.
#include "tests/unit/host/runtime/runtime_bed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace evhost::runtime::tests {
namespace {

using testing::ElementsAre;

evh_status read_nothing(const scripted_plugin& plugin) {
  return plugin.uow().read(
      plugin.host, [](void*, evh_uow*, evh_error*) { return EVH_OK; }, nullptr, nullptr);
}

TEST(ThreadTags, SayWhereAPluginIs) {
  scripted_plugin plugin("p");
  std::map<std::string, std::int32_t> seen;
  plugin.on_activate = [&](evh_error*) {
    seen["activate"] = plugin.thread();
    return plugin.route("POST", "/p/p/x") | plugin.group("numbers");
  };
  plugin.on_batch = [&](evh_uow*, const evh_batch*, std::uint8_t*, evh_error*) {
    seen["batch"] = plugin.thread();
    return EVH_OK;
  };
  plugin.on_request = [&](evh_request* request, const evh_request_view*, evh_error*) {
    seen["request"] = plugin.thread();
    return plugin.apply(request, [&](evh_uow* uow, evh_error*) {
      seen["apply"] = plugin.thread();
      static scripted_plugin* self;
      static std::map<std::string, std::int32_t>* all;
      self = &plugin, all = &seen;
      return plugin.uow().after(
          uow, [](void*, std::int32_t) { (*all)["after"] = self->thread(); }, nullptr);
    });
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  bed.log.put("numbers", 0, "k", "1");
  bed.front.request("POST /p/p/x");
  bed.turn();
  std::thread([&] { seen["own thread"] = plugin.thread(); }).join();
  EXPECT_EQ(seen["activate"], EVH_THREAD_CONTROL);
  EXPECT_EQ(seen["batch"], EVH_THREAD_LANE);
  EXPECT_EQ(seen["request"], EVH_THREAD_TASK);
  EXPECT_EQ(seen["apply"], EVH_THREAD_UNIT);
  EXPECT_EQ(seen["after"], EVH_THREAD_OTHER);
  EXPECT_EQ(seen["own thread"], EVH_THREAD_OTHER);
}

TEST(ThreadTags, WrongThreadIsRefusedAndCounted) {
  scripted_plugin plugin("p");
  evh_status in_activate = EVH_OK, elsewhere = EVH_OK;
  plugin.on_activate = [&](evh_error*) {
    in_activate = read_nothing(plugin);
    return EVH_OK;
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  std::thread([&] { elsewhere = read_nothing(plugin); }).join();
  EXPECT_EQ(in_activate, EVH_THREAD);
  EXPECT_EQ(elsewhere, EVH_THREAD);
  EXPECT_EQ(bed.misbehaved("p", "thread"), 2u);
}

TEST(Registration, BelongsIntoActivate) {
  scripted_plugin plugin("p");
  std::vector<evh_status> late;
  plugin.on_start = [&](evh_error* error) {
    std::uint32_t id = 0;
    late = {plugin.route("GET", "/p/p/late"), plugin.group("numbers"),
            plugin.publish().topic(plugin.host, core::view("t"), &id, error),
            plugin.ext<evh_metric>(EVH_EXT_METRIC)
                .series(plugin.host, EVH_METRIC_COUNTER, core::view("x_total"), core::view("x"), nullptr, 0, &id)};
    return EVH_OK;
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  EXPECT_THAT(late, testing::Each(EVH_STATE));
  EXPECT_EQ(bed.misbehaved("p", "registration"), 4u);
}

TEST(Registration, RoutesOutsideTheOwnPrefixNeedAGrant) {
  scripted_plugin plugin("p");
  std::vector<evh_status> tried;
  plugin.on_activate = [&](evh_error*) {
    for (const char* pattern :
         {"/p/p/a", "/p/p", "/p/px/a", "/p/q/a", "/", "/api/v1/tasks/:id", "/api/v1tasks", "relative"})
      tried.push_back(plugin.route("GET", pattern));
    tried.push_back(plugin.route("BREW", "/p/p/coffee"));
    return EVH_OK;
  };
  runtime_bed bed;
  plugin_settings settings;
  settings.route_prefixes = {"/api/v1/"};
  bed.add(plugin, settings);
  ASSERT_TRUE(bed.run());
  EXPECT_THAT(tried, ElementsAre(EVH_OK, EVH_OK, EVH_DENIED, EVH_DENIED, EVH_DENIED, EVH_OK, EVH_DENIED, EVH_INVALID,
                                 EVH_INVALID));
}

TEST(Units, AreNotKept) {
  scripted_plugin plugin("p");
  evh_uow* kept = nullptr;
  std::uint32_t topic = 0;
  evh_record record{};
  record.struct_size = sizeof record;
  record.type = core::view("test.kept.v1");
  std::vector<evh_status> tried;
  plugin.on_activate = [&](evh_error* error) {
    return plugin.group("numbers") | plugin.publish().topic(plugin.host, core::view("out"), &topic, error) |
           plugin.route("GET", "/p/p/x");
  };
  plugin.on_batch = [&](evh_uow* uow, const evh_batch*, std::uint8_t*, evh_error*) {
    kept = uow;
    return EVH_OK;
  };
  plugin.on_request = [&](evh_request* request, const evh_request_view*, evh_error*) {
    record.topic = topic;
    tried = {plugin.publish().publish(kept, &record, 1, sizeof record, nullptr),
             plugin.publish().publish(nullptr, &record, 1, sizeof record, nullptr), plugin.exec(kept, "SELECT 1")};
    return plugin.respond(request, 200);
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  bed.log.put("numbers", 0, "k", "1");
  bed.turn();
  ASSERT_NE(kept, nullptr);
  bed.front.request("GET /p/p/x");
  bed.turn();
  evh_status own_thread = EVH_OK;
  std::thread([&] { own_thread = plugin.exec(kept, "SELECT 1"); }).join();
  EXPECT_THAT(tried, ElementsAre(EVH_THREAD, EVH_INVALID, EVH_THREAD));
  EXPECT_EQ(own_thread, EVH_THREAD);
  EXPECT_EQ(bed.misbehaved("p", "unit"), 2u);
}

TEST(Units, ReadingOnesDoNotWrite) {
  scripted_plugin plugin("p");
  plugin.migrations = {{"first", "CREATE TABLE p_things (id INTEGER); INSERT INTO p_things VALUES (41)"}};
  std::vector<evh_status> tried;
  std::int64_t read = 0;
  plugin.on_activate = [&](evh_error*) { return plugin.route("GET", "/p/p/x"); };
  plugin.on_request = [&](evh_request* request, const evh_request_view*, evh_error* error) {
    struct context {
      scripted_plugin& plugin;
      std::vector<evh_status>& tried;
      std::int64_t& read;
    } both{plugin, tried, read};
    const auto fn = [](void* user, evh_uow* uow, evh_error* why) {
      auto& all = *static_cast<context*>(user);
      all.tried.push_back(all.plugin.exec(uow, "DELETE FROM p_things"));
      all.tried.push_back(all.plugin.uow().after(
          uow, [](void*, std::int32_t) {}, nullptr));
      all.tried.push_back(read_nothing(all.plugin));  // no unit inside a unit
      return all.plugin.store().query(
          uow, core::view("SELECT id FROM p_things"), nullptr, 0,
          [](void* out, const evh_value* cells, std::uint32_t) {
            *static_cast<std::int64_t*>(out) = cells[0].as.integer;
            return EVH_OK;
          },
          &all.read, why);
    };
    const evh_status status = plugin.uow().read(plugin.host, fn, &both, error);
    return plugin.respond(request, status == EVH_OK ? 200 : 500);
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  const auto answer = bed.front.request("GET /p/p/x");
  bed.turn();
  EXPECT_EQ(answer->status, 200u);
  EXPECT_EQ(read, 41);
  EXPECT_THAT(tried, ElementsAre(EVH_STATE, EVH_STATE, EVH_STATE));
}

TEST(Units, AnExceptionOutOfARowCallbackStaysInsideTheHost) {
  scripted_plugin plugin("p");
  plugin.on_activate = [&](evh_error*) { return plugin.route("GET", "/p/p/x"); };
  evh_error told{};
  told.struct_size = sizeof told;
  evh_status status = EVH_OK;
  plugin.on_request = [&](evh_request* request, const evh_request_view*, evh_error*) {
    struct context {
      scripted_plugin& plugin;
      evh_error& told;
    } both{plugin, told};
    status = plugin.uow().read(
        plugin.host,
        [](void* user, evh_uow* uow, evh_error*) {
          auto& all = *static_cast<context*>(user);
          return all.plugin.store().query(
              uow, core::view("SELECT 1"), nullptr, 0,
              [](void*, const evh_value*, std::uint32_t) -> evh_status { throw std::runtime_error("in a row"); },
              nullptr, &all.told);
        },
        &both, nullptr);
    return plugin.respond(request, 200);
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  bed.front.request("GET /p/p/x");
  bed.turn();
  EXPECT_EQ(status, EVH_EXCEPTION);
  EXPECT_EQ(error_text(told), "in a row");
}

TEST(Units, ARowCallbackMayStopItsQuery) {
  scripted_plugin plugin("p");
  plugin.on_activate = [&](evh_error*) { return plugin.route("POST", "/p/p/x"); };
  int rows = 0;
  evh_status status = EVH_OK;
  plugin.on_request = [&](evh_request* request, const evh_request_view*, evh_error*) {
    return plugin.apply(request, [&](evh_uow* uow, evh_error* error) {
      status = plugin.store().query(
          uow, core::view("SELECT 1 UNION SELECT 2"), nullptr, 0,
          [](void* count, const evh_value*, std::uint32_t) {
            ++*static_cast<int*>(count);
            return EVH_CANCELLED;
          },
          &rows, error);
      return EVH_OK;
    });
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  bed.front.request("POST /p/p/x");
  bed.turn();
  EXPECT_EQ(rows, 1);
  EXPECT_EQ(status, EVH_CANCELLED);
}

TEST(Events, EffectsAndPublishedEventsCommitTogether) {
  scripted_plugin plugin("p");
  plugin.migrations = {{"first", "CREATE TABLE p_things (id TEXT)"}};
  std::uint32_t out = 0;
  bool fail = true;
  plugin.on_activate = [&](evh_error* error) {
    return plugin.group("numbers") | plugin.publish().topic(plugin.host, core::view("out"), &out, error);
  };
  plugin.on_batch = [&](evh_uow* uow, const evh_batch* batch, std::uint8_t*, evh_error* error) -> evh_status {
    for (std::uint32_t i = 0; i < batch->count; ++i) {
      evh_record record{};
      record.struct_size = sizeof record;
      record.topic = out;
      record.type = core::view("test.seen.v1");
      record.key = EVH_EVENT_AT(batch, i)->key;
      record.payload = EVH_EVENT_AT(batch, i)->payload;
      if (const evh_status status = plugin.publish().publish(uow, &record, 1, sizeof record, error); status != EVH_OK)
        return status;
      if (const evh_status status = plugin.exec(uow, "INSERT INTO p_things VALUES ('x')", error); status != EVH_OK)
        return status;
    }
    return std::exchange(fail, false) ? EVH_AGAIN : EVH_OK;
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  for (int i = 0; i < 3; ++i) bed.log.put("numbers", 0, "k", std::to_string(i));
  bed.turn();
  for (int i = 0; i < 50 && bed.store.number("SELECT count(*) FROM p_things") < 3; ++i) {
    bed.clock.advance(std::chrono::seconds(10));
    ASSERT_TRUE(bed.turn_until([&, turns = 0]() mutable { return ++turns > 2; }));
  }
  EXPECT_EQ(bed.store.number("SELECT count(*) FROM p_things"), 3);
  std::size_t published = 0;
  for (int partition = 0; partition < 4; ++partition) published += bed.log.size("out", partition);
  EXPECT_EQ(published, 3u);
  EXPECT_EQ(bed.metrics.count("evhost_events_produced_total{p,out}"), 3u);
}

TEST(Publish, ChecksEveryRecordBeforeAny) {
  scripted_plugin plugin("p");
  std::uint32_t out = 0;
  std::vector<evh_status> tried;
  std::vector<std::string> texts;
  plugin.on_activate = [&](evh_error* error) {
    return plugin.route("POST", "/p/p/x") | plugin.publish().topic(plugin.host, core::view("out"), &out, error);
  };
  plugin.on_request = [&](evh_request* request, const evh_request_view*, evh_error*) {
    return plugin.apply(request, [&, request](evh_uow* uow, evh_error*) {
      evh_record good{};
      good.struct_size = sizeof good;
      good.topic = out;
      good.type = core::view("test.v1");
      const auto attempt = [&](auto change) {
        evh_record pair[2] = {good, good};
        change(pair[1]);
        evh_error error{};
        error.struct_size = sizeof error;
        tried.push_back(plugin.publish().publish(uow, pair, 2, sizeof *pair, &error));
        texts.push_back(error_text(error));
      };
      attempt([](evh_record& r) { r.struct_size = 8; });
      attempt([](evh_record& r) { r.topic = 4711; });
      attempt([](evh_record& r) { r.type = core::absent; });
      attempt([](evh_record& r) { r.payload.len = EVH_PAYLOAD_BYTES_MAX + 1; });
      attempt([](evh_record& r) { r.headers_count = 3; });
      return plugin.stage(request, 200);
    });
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  bed.front.request("POST /p/p/x");
  bed.turn();
  ASSERT_EQ(tried.size(), 5u);
  EXPECT_THAT(tried, testing::Each(EVH_INVALID));
  EXPECT_THAT(texts, testing::Each(testing::HasSubstr("record 1")));
  std::size_t published = 0;
  for (int partition = 0; partition < 4; ++partition) published += bed.log.size("out", partition);
  EXPECT_EQ(published, 0u);
}

TEST(Events, AnExceptionInOnBatchIsAFailedBatchNotAFailedPlugin) {
  scripted_plugin plugin("p");
  plugin.on_activate = [&](evh_error*) { return plugin.group("numbers"); };
  int calls = 0;
  plugin.on_batch = [&](evh_uow*, const evh_batch*, std::uint8_t*, evh_error*) -> evh_status {
    ++calls;
    throw std::logic_error("cannot");
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  bed.log.put("numbers", 0, "k", "1");
  bed.turn();
  EXPECT_GE(calls, 1);
  EXPECT_EQ(bed.status("p").state, "running");
  EXPECT_GE(bed.misbehaved("p", "exception"), 1u);
}

TEST(Metrics, NamesAreCheckedAndPrefixed) {
  scripted_plugin plugin("com.example.p-x");
  std::vector<evh_status> tried;
  std::uint32_t counter = 99, gauge = 99, other = 0;
  plugin.on_activate = [&](evh_error*) {
    const auto& metric = plugin.ext<evh_metric>(EVH_EXT_METRIC);
    const auto series = [&](std::int32_t kind, const char* name, std::uint32_t* id, std::uint32_t labels = 0) {
      const evh_pair pairs[5] = {{core::view("kind"), core::view("a")},
                                 {core::view("b"), core::view("b")},
                                 {core::view("c"), core::view("c")},
                                 {core::view("d"), core::view("d")},
                                 {core::view("e"), core::view("e")}};
      return metric.series(plugin.host, kind, core::view(name), core::view("help"), pairs, labels, id);
    };
    tried = {series(EVH_METRIC_COUNTER, "things_total", &counter, 1),
             series(EVH_METRIC_GAUGE, "depth", &gauge),
             series(EVH_METRIC_COUNTER, "things", &other),
             series(EVH_METRIC_HISTOGRAM, "took", &other),
             series(EVH_METRIC_GAUGE, "Depth", &other),
             series(EVH_METRIC_GAUGE, "a{b", &other),
             series(EVH_METRIC_GAUGE, "x", &other, 5)};
    return EVH_OK;
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  EXPECT_THAT(tried, ElementsAre(EVH_OK, EVH_OK, EVH_INVALID, EVH_INVALID, EVH_INVALID, EVH_INVALID, EVH_INVALID));
  const auto& metric = plugin.ext<evh_metric>(EVH_EXT_METRIC);
  metric.add(plugin.host, counter, 3);
  metric.add(plugin.host, counter, -1);
  metric.set(plugin.host, gauge, 2.5);
  metric.add(plugin.host, 4711, 1);
  EXPECT_EQ(bed.metrics.count("evhost_com_example_p_x_things_total{a}"), 3u);
  EXPECT_EQ(bed.metrics.level("evhost_com_example_p_x_depth{}"), 2.5);
}

TEST(Secrets, AreLentAndSealedPerPluginAndPurpose) {
  scripted_plugin plugin("p");
  std::string secret;
  evh_status missing = EVH_OK;
  plugin.on_activate = [&](evh_error* error) {
    const auto& table = plugin.ext<evh_secret>(EVH_EXT_SECRET);
    const auto keep = [](void* user, evh_sv bytes) { *static_cast<std::string*>(user) = core::text(bytes); };
    missing = table.get(plugin.host, core::view("nothing"), keep, &secret, error);
    return table.get(plugin.host, core::view("smtp"), keep, &secret, error);
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  EXPECT_EQ(secret, "hunter2");
  EXPECT_EQ(missing, EVH_NOT_FOUND);
  const auto& table = plugin.ext<evh_secret>(EVH_EXT_SECRET);
  char room[64];
  std::uint64_t needed = 0;
  EXPECT_EQ(table.seal(plugin.host, core::view("undo"), core::view("bytes"), room, 3, &needed), EVH_INVALID);
  EXPECT_EQ(needed, 12u);
  ASSERT_EQ(table.seal(plugin.host, core::view("undo"), core::view("bytes"), room, sizeof room, &needed), EVH_OK);
  const std::string token(room, needed);
  EXPECT_EQ(table.open(plugin.host, core::view("cursor"), core::view(token), room, sizeof room, &needed), EVH_DENIED);
  ASSERT_EQ(table.open(plugin.host, core::view("undo"), core::view(token), room, sizeof room, &needed), EVH_OK);
  EXPECT_EQ(std::string(room, needed), "bytes");
}

}  // namespace
}  // namespace evhost::runtime::tests
