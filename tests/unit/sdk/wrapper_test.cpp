// The C++ wrapper: nothing leaves as an exception, views and strides are right, registrations reach the host.
#include <evh/evh.hpp>
#include <evh/testing/host.hpp>

#include <gtest/gtest.h>

#include <cstring>

extern "C" int evh_abi_layout_is_checked_in_c(void);

namespace {

class probe : public evh::plugin {
 public:
  static constexpr evh::config_key keys[] = {{.name = "size", .type = EVH_CONFIG_INTEGER, .default_json = "3"}};
  static constexpr evh::about about{.id = "probe", .version = "1.2.3", .config = keys};

  void activate() override {
    topic_ = host().topic("out");
    on_group("in", [this](evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts) {
      for (std::size_t i = 0; i < batch.size(); ++i) {
        if (batch[i].payload() == "throw int") throw 5;
        if (batch[i].payload() == "throw") throw std::runtime_error("as asked");
        if (batch[i].payload() == "later") verdicts.set(i, evh::verdict::retry);
      }
      unit.publish({.topic = topic_, .type = "t", .key = "k", .payload = "p"});
      unit.after([this](bool committed) { (committed ? committed_ : rolled_back_)++; });
    });
    route("GET", "/p/probe/fates", [this](evh::request r) {
      r.respond({.body = std::to_string(committed_) + " " + std::to_string(rolled_back_)});
    });
    route("POST", "/p/probe/refuse", [](evh::request r) {
      r.apply([](evh::unit& unit) {
        unit.exec("CREATE TABLE leftover(x)");
        return evh::problem(409, "conflict", "Conflict", "no");
      });
    });
    route("GET", "/p/probe/throw", [](evh::request) { throw std::runtime_error("oops"); });
    route("GET", "/p/probe/open/:token", [this](evh::request r) {
      try {
        r.respond({.body = host().open("purpose", r.param("token"))});
      } catch (const evh::failure& f) {
        r.respond({.status = 400, .body = std::to_string(f.status())});
      }
    });
    route("GET", "/p/probe/seal", [this](evh::request r) { r.respond({.body = host().seal("purpose", "secret things")}); });
  }

 private:
  std::uint32_t topic_ = 0;
  int committed_ = 0, rolled_back_ = 0;
};

struct Wrapper : testing::Test {
  evh::testing::host host;
  void SetUp() override { host.load(evh::binding<probe>::entry(EVH_ABI_MAJOR, EVH_ABI_MINOR)); }
  evh::testing::delivery deliver(const char* payload) { return host.deliver("in", {{.topic = "in", .type = "t", .id = "1", .key = "k", .payload = payload}}); }
};

}  // namespace

TEST_F(Wrapper, ExceptionsBecomeStatusAndText) {
  auto d = deliver("throw");
  EXPECT_EQ(d.status, EVH_EXCEPTION);
  EXPECT_EQ(d.error, "as asked");
  EXPECT_EQ(deliver("throw int").status, EVH_EXCEPTION);
  EXPECT_TRUE(host.published().empty());
  EXPECT_EQ(host.get("/p/probe/throw").status, 500);
}

TEST_F(Wrapper, AfterTellsEachRunItsFate) {
  host.fail_next_commits(2);
  deliver("fine");
  EXPECT_EQ(host.get("/p/probe/fates").body, "1 2");
  EXPECT_EQ(host.published().size(), 1u);
}

TEST_F(Wrapper, VerdictsReachTheResults) {
  const auto d = deliver("later");
  ASSERT_EQ(d.results.size(), 1u);
  EXPECT_EQ(d.results[0], EVH_RETRY);
}

TEST_F(Wrapper, RefusalRollsTheUnitBackAndStillAnswers) {
  const auto a = host.post("/p/probe/refuse", "");
  EXPECT_EQ(a.status, 409);
  EXPECT_EQ(a.content_type, "application/problem+json");
  EXPECT_EQ(host.scalar("SELECT count(*) FROM sqlite_master WHERE name = 'leftover'"), "0");
}

TEST_F(Wrapper, SealedTokensComeBackAndForgedOnesDoNot) {
  const auto token = host.get("/p/probe/seal").body;
  EXPECT_EQ(host.get("/p/probe/open/" + token).body, "secret things");
  EXPECT_EQ(host.get("/p/probe/open/x" + token).body, std::to_string(EVH_DENIED));
}

TEST(WrapperEntry, OtherMajorIsRefused) {
  EXPECT_EQ(evh::binding<probe>::entry(EVH_ABI_MAJOR + 1, 0), nullptr);
}

TEST(WrapperEntry, DescriptorCarriesKeysAndExtensions) {
  const auto* d = evh::binding<probe>::entry(EVH_ABI_MAJOR, 0)->get_factory()->descriptor(0);
  EXPECT_EQ(evh::text(d->version), "1.2.3");
  ASSERT_EQ(d->config_count, 1u);
  EXPECT_EQ(evh::text(d->config[0].default_json), "3");
  EXPECT_GT(d->optional_count, 0u) << "a plugin that lists nothing would use everything";
}

TEST(WrapperEntry, UngrantedExtensionIsNamed) {
  evh::testing::host host;
  host.deny(EVH_EXT_PUBLISH);
  try {
    host.load(evh::binding<probe>::entry(EVH_ABI_MAJOR, EVH_ABI_MINOR));
    FAIL() << "loaded without evh.publish/1";
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::strstr(e.what(), EVH_EXT_PUBLISH), nullptr) << e.what();
  }
}

TEST(WrapperBatch, WalksByTheHostsStride) {
  struct longer {
    evh_event event;
    char tail[64];
  } events[3]{};
  for (int i = 0; i < 3; ++i) events[i].event.offset = i * 10;
  const evh_batch raw{sizeof(evh_batch), 3, sizeof(longer), 0, &events[0].event, 1, 0};
  const evh::batch batch(raw);
  std::int64_t sum = 0;
  for (const auto e : batch) sum += e.offset();
  EXPECT_EQ(sum, 30);
  EXPECT_EQ(batch[2].offset(), 20);
}

TEST(AbiLayout, HoldsInC) { EXPECT_EQ(evh_abi_layout_is_checked_in_c(), 128); }
