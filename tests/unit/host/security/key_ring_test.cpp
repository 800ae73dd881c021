// Rotation: who signs, who still verifies, and when a key is gone.
#include "host/security/key_ring.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <fstream>
#include <thread>

#include "tests/support/fakes/manual_clock.hpp"

namespace evhost::security {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::system_clock;

struct key_ring_fixture : ::testing::Test {
  fs::path root = [] {
    std::string pattern = (fs::temp_directory_path() / "evh-ring-XXXXXX").string();
    return fs::path(::mkdtemp(pattern.data()));
  }();
  fs::path directory = root / "keys";
  key_ring ring{key_store(directory), {.rotation = hours(24 * 90), .grace = hours(24 * 30)}};
  system_clock::time_point now = system_clock::now();

  ~key_ring_fixture() override { fs::remove_all(root); }
  std::vector<std::string> kids(bool rotate = true) {
    std::vector<std::string> out;
    const auto keys = ring.refresh(now, rotate).value();
    for (const auto& key : *keys) out.push_back(key.kid());
    return out;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
  }
};

using KeyRing = key_ring_fixture;

TEST_F(KeyRing, FirstStartMakesOneKeyAndKeepsIt) {
  const auto first = kids();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(fs::exists(directory / "signing.pem"));
  now += hours(24 * 89);
  EXPECT_EQ(kids(), first);
}

TEST_F(KeyRing, OldKeyIsFollowedAndVerifiesUntilItsGraceIsOver) {
  const auto old = kids().front();
  now += hours(24 * 91);
  const auto announced = kids();
  ASSERT_EQ(announced.size(), 2U);
  EXPECT_EQ(announced[0], old) << "the new one signs when every process that shares the directory knows it";
  now += std::chrono::minutes(5);
  const auto both = kids();
  EXPECT_NE(both[0], old) << "the new one signs";
  EXPECT_EQ(both[1], old);
  now += hours(24 * 29);
  EXPECT_EQ(kids(), both);
  now += hours(24 * 2);
  EXPECT_EQ(kids(), std::vector{both[0]});
  EXPECT_EQ(files(), 1U) << "its file is deleted";
  EXPECT_FALSE(fs::exists(directory / "signing.pem"));
  EXPECT_EQ(kids(), std::vector{both[0]}) << "and no other signing.pem is made in its place";
}

TEST_F(KeyRing, OnlyTheServingHostRotates) {
  const auto old = kids();
  now += hours(24 * 1000);
  EXPECT_EQ(kids(false), old);
  EXPECT_EQ(files(), 1U);
}

TEST_F(KeyRing, ProcessesThatShareTheDirectorySignOnlyWithWhatAllKnow) {
  key_ring other{key_store(directory), {.rotation = hours(24 * 90), .grace = hours(24 * 30)}};
  kids();
  now += hours(24 * 91);
  ASSERT_TRUE(other.refresh(now, true).has_value());
  now += std::chrono::seconds(1);
  EXPECT_EQ(kids().size(), 2U) << "who comes second makes no second key";
  EXPECT_EQ(kids().front(), other.refresh(now, true).value()->front().kid());
  now += std::chrono::minutes(5);
  EXPECT_EQ(kids().front(), other.refresh(now, true).value()->front().kid());
}

TEST_F(KeyRing, RotatingAtOnceMakesOneKey) {
  kids();
  now += hours(24 * 91);
  std::vector<std::jthread> processes;
  for (int i = 0; i < 8; ++i)
    processes.emplace_back([this, at = now + std::chrono::seconds(i)] {
      key_ring mine{key_store(directory), {.rotation = hours(24 * 90), .grace = hours(24 * 30)}};
      EXPECT_TRUE(mine.refresh(at, true).has_value());
    });
  processes.clear();
  EXPECT_EQ(files(), 2U);
}

TEST_F(KeyRing, MountedDirectoryIsRotatedByWhoeverFillsIt) {
  kids();
  ASSERT_TRUE(key_store(directory).load_mac_key().has_value());
  ring = key_ring(key_store(directory, true), {.rotation = hours(24 * 90), .grace = hours(24 * 30)});
  now += hours(24 * 1000);
  EXPECT_EQ(kids().size(), 1U) << "no key is made there";
  ASSERT_TRUE(key_store(directory).follow_signing_key(directory / "signing.pem", std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count()).has_value());
  EXPECT_EQ(kids().size(), 2U);
  now += hours(24 * 31);
  EXPECT_EQ(kids().size(), 1U);
  EXPECT_EQ(files(), 3U) << "and none is deleted there";
}

TEST_F(KeyRing, RotationZeroMeansNever) {
  ring = key_ring(key_store(directory), {.rotation = hours(0), .grace = hours(24)});
  const auto old = kids();
  now += hours(24 * 10'000);
  EXPECT_EQ(kids(), old);
}

TEST_F(KeyRing, ClockSetBackMakesNothingOlder) {
  kids();
  now += hours(24 * 91);
  ASSERT_EQ(kids().size(), 2U);
  now -= hours(24 * 400);
  EXPECT_EQ(kids().size(), 2U);
  EXPECT_EQ(files(), 2U);
}

TEST_F(KeyRing, ForeignFilesAreNoKeys) {
  kids();
  for (const auto* name : {"signing-.pem", "signing-x.pem", "signing-0.pem", "signing--5.pem", "signing-12.pem.bak", "other.pem"})
    std::ofstream(directory / name) << "x";
  EXPECT_EQ(kids().size(), 1U);
}

TEST_F(KeyRing, DamagedKeyIsAnErrorAndStays) {
  kids();
  std::ofstream(directory / "signing-1700000000.pem") << "x";
  ::chmod((directory / "signing-1700000000.pem").c_str(), 0600);
  EXPECT_FALSE(ring.refresh(now, true).has_value());
  EXPECT_TRUE(fs::exists(directory / "signing-1700000000.pem"));
}

TEST_F(KeyRing, TokensOfBeforeAndAfterVerify) {
  evhost::fakes::manual_clock clock;
  token_issuer issuer(ring.refresh(now, true).value(), "evhost", "evhost", clock);
  revocation_list revoked;
  token_verifier verifier({.audience = "evhost"}, revoked);
  verifier.set_keys("evhost", issuer.verifying_keys());
  const auto before = issuer.issue({.subject = "u"}).value();
  now += hours(24 * 91);
  EXPECT_TRUE(issuer.replace_keys(ring.refresh(now, true).value()));
  EXPECT_FALSE(issuer.replace_keys(ring.refresh(now, true).value())) << "nothing changed";
  now += std::chrono::minutes(5);
  EXPECT_TRUE(issuer.replace_keys(ring.refresh(now, true).value()));
  verifier.set_keys("evhost", issuer.verifying_keys());
  const auto after = issuer.issue({.subject = "u"}).value();
  EXPECT_TRUE(verifier.verify(before, clock.wall()).who);
  EXPECT_TRUE(verifier.verify(after, clock.wall()).who);
  EXPECT_EQ(parse_jwks(issuer.jwks()).size(), 2U);
  now += hours(24 * 31);
  issuer.replace_keys(ring.refresh(now, true).value());
  verifier.set_keys("evhost", issuer.verifying_keys());
  EXPECT_FALSE(verifier.verify(before, clock.wall()).who);
  EXPECT_TRUE(verifier.verify(after, clock.wall()).who);
}

}  // namespace
}  // namespace evhost::security
