// Topics, positions, the lent database handle: what a plugin learns from the host about its data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/host/runtime/runtime_bed.hpp"

namespace evhost::runtime::tests {
namespace {

using testing::ElementsAre;

const evh_subscribe& topics_of(const scripted_plugin& plugin) {
  return plugin.ext<evh_subscribe>(EVH_EXT_SUBSCRIBE);
}

TEST(Topics, AreDescribedByNumber) {
  scripted_plugin plugin("p");
  std::uint32_t topic = 0, type = 0, unknown = 0;
  plugin.on_activate = [&](evh_error* error) {
    return plugin.publish().topic(plugin.host, core::view("things"), &topic, error) |
           topics_of(plugin).type_id(plugin.host, core::view("test.thing.v1"), &type);
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  const auto& table = topics_of(plugin);
  std::uint32_t same = 0;
  EXPECT_EQ(table.topic_id(plugin.host, core::view("things"), &same), EVH_OK);
  EXPECT_EQ(same, topic);
  EXPECT_EQ(table.topic_id(plugin.host, core::view("nothing"), &unknown), EVH_NOT_FOUND);
  EXPECT_EQ(core::text(table.type_name(plugin.host, type)), "test.thing.v1");
  EXPECT_EQ(table.type_name(plugin.host, 4711).ptr, nullptr);
  evh_topic_info info{};
  info.struct_size = sizeof info;
  ASSERT_EQ(table.topic_info(plugin.host, topic, &info), EVH_OK);
  EXPECT_EQ(core::text(info.name), "things");
  EXPECT_EQ(info.partitions, 4u);
  EXPECT_GT(info.retention_ms, 0);
  std::int32_t partition = -1;
  EXPECT_EQ(table.partition_of(plugin.host, topic, core::view("ann"), &partition), EVH_OK);
  EXPECT_EQ(partition, bed.log.partition_of(topic, "ann"));
}

TEST(Topics, TellWhereABroadcastStands) {
  scripted_plugin plugin("p");
  evh_status before = EVH_OK;
  std::int64_t next = -1;
  std::uint32_t topic = 0;
  plugin.on_activate = [&](evh_error*) {
    return plugin.group("numbers", EVH_SUBSCRIBE_BROADCAST) |
           topics_of(plugin).topic_id(plugin.host, core::view("numbers"), &topic);
  };
  plugin.on_start = [&](evh_error*) {
    before = topics_of(plugin).broadcast_position(plugin.host, topic, 1, &next);
    return EVH_OK;
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  EXPECT_EQ(before, EVH_AGAIN);
  for (int i = 0; i < 3; ++i) bed.log.put("numbers", 1, "k", "v");
  bed.turn();
  EXPECT_EQ(topics_of(plugin).broadcast_position(plugin.host, topic, 1, &next), EVH_OK);
  EXPECT_EQ(next, 3);
  EXPECT_EQ(topics_of(plugin).broadcast_position(plugin.host, topic, 4, &next), EVH_NOT_FOUND);
  EXPECT_EQ(topics_of(plugin).broadcast_position(plugin.host, 4711, 0, &next), EVH_NOT_FOUND);
}

TEST(Subscriptions, AreCheckedWhenMade) {
  scripted_plugin plugin("p");
  std::vector<evh_status> tried;
  plugin.on_activate = [&](evh_error*) {
    tried = {plugin.group("numbers"), plugin.group("numbers"), plugin.group("numbers", EVH_SUBSCRIBE_BROADCAST),
             plugin.group(""), plugin.group("numbers", 3)};
    return EVH_OK;
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  EXPECT_THAT(tried, ElementsAre(EVH_OK, EVH_INVALID, EVH_OK, EVH_INVALID, EVH_INVALID));
}

TEST(Broadcast, ComesWithoutAUnit) {
  scripted_plugin plugin("p");
  std::uint32_t out = 0;
  evh_status published = EVH_OK;
  plugin.on_activate = [&](evh_error* error) {
    return plugin.group("numbers", EVH_SUBSCRIBE_BROADCAST) |
           plugin.publish().topic(plugin.host, core::view("out"), &out, error);
  };
  int batches = 0;
  plugin.on_batch = [&](evh_uow* uow, const evh_batch*, std::uint8_t*, evh_error* error) {
    EXPECT_EQ(uow, nullptr);
    EXPECT_EQ(plugin.thread(), EVH_THREAD_LANE);
    evh_record record{};
    record.struct_size = sizeof record;
    record.topic = out;
    record.type = core::view("test.v1");
    published = plugin.publish().publish(uow, &record, 1, sizeof record, error);
    ++batches;
    return EVH_OK;
  };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  bed.log.put("numbers", 0, "k", "v");
  bed.turn();
  EXPECT_EQ(batches, 1);
  EXPECT_EQ(published, EVH_INVALID);
}

// The order at the end of a host: plugins stop, the store closes its handles, plugins are destroyed.
class ClosingStore : public testing::Test {
 protected:
  void SetUp() override {
    plugin_.on_activate = [this](evh_error*) {
      return plugin_.route("POST", "/p/p/x") | table().on_close(plugin_.host, &remember, this);
    };
    plugin_.on_request = [this](evh_request* request, const evh_request_view*, evh_error*) {
      return plugin_.apply(request, [this](evh_uow* uow, evh_error*) { return table().get(uow, &kind_, &lent_); });
    };
    const std::vector<io::plugin_candidate> candidates{plugin_.candidate()};
    ASSERT_TRUE(host_.load(candidates, {}) && host_.migrate() && host_.activate() && host_.start());
    front_.request("POST /p/p/x");
    pool_.poll();
    while (store_->run_group()) {
    }
    host_.stop();
  }
  const evh_sql_handle& table() const { return plugin_.ext<evh_sql_handle>(EVH_EXT_SQL_HANDLE); }
  static void remember(void* user, void* handle) { static_cast<ClosingStore*>(user)->closed_.push_back(handle); }

  scripted_plugin plugin_{"p"};
  std::vector<void*> closed_;
  void* lent_ = nullptr;
  std::int32_t kind_ = 0;
  fakes::manual_clock clock_;
  io::null_log_sink sink_;
  counting_registry metrics_;
  fake_front front_;
  boost::asio::io_context pool_{1};
  std::unique_ptr<fakes::memory_store> store_ = std::make_unique<fakes::memory_store>();
  fakes::memory_log log_{*store_};
  runtime host_{{*store_, log_, clock_, sink_, metrics_, pool_.get_executor(), &front_}, {}};
};

TEST_F(ClosingStore, TellsThePluginThatWasLentTheHandle) {
  EXPECT_EQ(kind_, EVH_DIALECT_SQLITE);
  ASSERT_NE(lent_, nullptr);
  EXPECT_TRUE(closed_.empty());
  store_.reset();
  EXPECT_THAT(closed_, ElementsAre(lent_));
  host_.unload();
  EXPECT_EQ(plugin_.calls.back(), "destroy");
}

TEST_F(ClosingStore, TellsNobodyOnceThePluginIsGone) {
  host_.unload();
  store_.reset();
  EXPECT_TRUE(closed_.empty());
}

}  // namespace
}  // namespace evhost::runtime::tests
