// Lanes on the real store and log: exactly once and in order while processes die at any moment, and a plugin that
// takes the process down is found out.
#include "tests/integration/lanes/lane_process.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <map>
#include <random>
#include <set>
#include <thread>

namespace evhost::runtime::tests {
namespace {

constexpr int writers = 3;

// What must outlive the child: how far each writer's records were acknowledged.
struct shared_state {
  std::atomic<std::int64_t> acked[writers];
  std::atomic<std::int64_t> attempted[writers];
};

class LanesIntegration : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("lanes_" + std::to_string(::getpid()) + "_" + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    shared_ = static_cast<shared_state*>(
        ::mmap(nullptr, sizeof(shared_state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(shared_, MAP_FAILED);
  }
  void TearDown() override {
    ::munmap(shared_, sizeof(shared_state));
    std::filesystem::remove_all(folder_);
  }

  // Runs life in a child; waits for its end. kill_after: sends SIGKILL so long after the child called alive().
  int child(const std::function<void()>& life, std::chrono::microseconds kill_after = {}) {
    EXPECT_EQ(::pipe2(alive_, O_CLOEXEC), 0);
    const auto pid = ::fork();
    if (pid == 0) {
      ::close(alive_[0]);
      ::close(STDERR_FILENO);  // an abort's words belong to nobody
      try {
        life();
      } catch (...) {
        ::_exit(3);
      }
      ::_exit(0);
    }
    ::close(alive_[1]);
    char byte = 0;
    if (kill_after.count() > 0) {
      EXPECT_EQ(::read(alive_[0], &byte, 1), 1) << "the child died before it served";
      std::this_thread::sleep_for(kill_after);  // the moment of death is the test's input, not a wait for something
      ::kill(pid, SIGKILL);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    ::close(alive_[0]);
    return status;
  }
  void alive() const { EXPECT_EQ(::write(alive_[1], "!", 1), 1); }

  // Three writers go on from where they were; every put is acknowledged after its commit.
  void write_on(lane_process& host, std::int64_t most) {
    std::vector<std::thread> threads;
    for (int w = 0; w < writers; ++w)
      threads.emplace_back([&, w] {
        for (auto seq = shared_->attempted[w].load() + 1; seq <= most; ++seq) {
          shared_->attempted[w] = seq;
          if (host.put("key" + std::to_string(w), seq)) shared_->acked[w] = seq;
        }
      });
    for (auto& t : threads) t.join();
  }

  // Nothing acknowledged lost, nothing doubled or invented, order per key.
  void judge(const std::vector<effect>& effects, const std::set<std::pair<std::string, std::int64_t>>& set_aside = {}) {
    std::map<std::string, std::vector<std::int64_t>> by_key;
    for (const auto& e : effects) by_key[e.key].push_back(e.seq);
    for (int w = 0; w < writers; ++w) {
      const auto key = "key" + std::to_string(w);
      const auto& seqs = by_key[key];
      for (std::size_t i = 1; i < seqs.size(); ++i) ASSERT_LT(seqs[i - 1], seqs[i]) << key << ": doubled or out of order";
      const std::set<std::int64_t> have(seqs.begin(), seqs.end());
      ASSERT_LE(seqs.empty() ? 0 : seqs.back(), shared_->attempted[w].load()) << key << ": invented";
      for (std::int64_t s = 1; s <= shared_->acked[w]; ++s) {
        // What died before its acknowledgement may or may not exist; everything else must.
        const bool excused = unacked_[w].contains(s) || set_aside.contains({key, s});
        ASSERT_TRUE(excused || have.contains(s)) << key << "/" << s << ": acknowledged and lost";
      }
    }
  }

  std::filesystem::path folder_;
  shared_state* shared_ = nullptr;
  int alive_[2] = {-1, -1};
  std::set<std::int64_t> unacked_[writers];  // attempts that died before their acknowledgement
};

TEST_F(LanesIntegration, EverythingTakesEffectOnceAcrossTwoGroups) {
  lane_process host(folder_, nullptr);
  host.start();
  write_on(host, 300);
  ASSERT_TRUE(host.catch_up());
  EXPECT_EQ(host.effects().size(), 900U);
  EXPECT_EQ(host.effects("echoes").size(), 900U);
  judge(host.effects());
  judge(host.effects("echoes"));
}

TEST_F(LanesIntegration, KillsAtAnyMomentLoseAndDoubleNothing) {
  constexpr int kills = 12;
  std::mt19937 random(20260102);
  for (int i = 0; i < kills; ++i) {
    const auto after = std::chrono::microseconds(1'000 + random() % 200'000);
    const int status = child(
        [&] {
          lane_process host(folder_, nullptr);
          host.start();
          alive();
          write_on(host, 1'000'000);
        },
        after);
    ASSERT_TRUE(WIFSIGNALED(status));
    for (int w = 0; w < writers; ++w)
      if (shared_->attempted[w] != shared_->acked[w]) unacked_[w].insert(shared_->attempted[w]);
  }
  lane_process host(folder_, nullptr);
  host.start();
  ASSERT_TRUE(host.catch_up());
  judge(host.effects());
  judge(host.effects("echoes"));
  EXPECT_EQ(host.effects().size(), host.effects("echoes").size());
  EXPECT_TRUE(host.letters().empty());
  EXPECT_EQ(host.number("SELECT count(*) FROM evh_suspects"), 0);
  std::int64_t acked = 0;
  for (int w = 0; w < writers; ++w) acked += shared_->attempted[w] - static_cast<std::int64_t>(unacked_[w].size());
  std::printf("kills %d, acknowledged %lld, effects %zu\n", kills, static_cast<long long>(acked), host.effects().size());
  EXPECT_GT(acked, 0);
}

TEST_F(LanesIntegration, APluginThatAbortsOnOneEventIsSetAsideAtTheThirdCrash) {
  const auto poison = [](std::string_view payload) -> int {
    if (payload == "key1/7") std::abort();
    return EVH_ACK;
  };
  {
    lane_process host(folder_, nullptr);  // not started: records only
    write_on(host, 20);
  }
  int crashes = 0, status = 0;
  do {
    status = child([&] {
      lane_process host(folder_, poison);
      host.start();
      if (!host.catch_up()) ::_exit(4);
    });
    if (WIFSIGNALED(status)) ++crashes;
  } while (WIFSIGNALED(status) && crashes < 10);
  EXPECT_EQ(crashes, 3);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  lane_process host(folder_, nullptr);
  EXPECT_EQ(host.effects().size(), 59U);
  judge(host.effects(), {{"key1", 7}});
  const auto letters = host.letters();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].payload, "key1/7");
  EXPECT_EQ(letters[0].error, "crashed the host 3 times");
  EXPECT_EQ(host.number("SELECT count(*) FROM evh_suspects"), 0);
  // Mended, the operator replays it.
  host.start();
  ASSERT_EQ(replay(*host.store, *host.log, "g", {}).value(), 1U);
  ASSERT_TRUE(host.catch_up());
  EXPECT_EQ(host.effects().size(), 60U);
}

TEST_F(LanesIntegration, AnEventThatCannotBeCommittedIsFoundAndSetAside) {
  lane_options options;
  options.attempts_max = 2;
  options.backoff_min = options.backoff_max = std::chrono::milliseconds(1);
  lane_process host(folder_, [](std::string_view payload) { return payload == "key1/7" ? 50 : EVH_ACK; }, options);
  write_on(host, 20);
  host.start();
  ASSERT_TRUE(host.catch_up());
  EXPECT_EQ(host.effects().size(), 59U);
  ASSERT_EQ(host.letters().size(), 1U);
  EXPECT_EQ(host.letters()[0].payload, "key1/7");
  EXPECT_EQ(host.letters()[0].status, EVH_CONFLICT);
}

TEST_F(LanesIntegration, ADeadLetterTooLargeForTheLogKeepsItsStory) {
  lane_process host(folder_, [](std::string_view payload) { return payload.size() > 1000 ? EVH_DEAD_LETTER : EVH_ACK; });
  ASSERT_TRUE(host.put("big", 1, std::string((1U << 20U) - 16, 'x')));
  ASSERT_TRUE(host.put("big", 2));
  host.start();
  ASSERT_TRUE(host.catch_up());
  EXPECT_EQ(host.effects().size(), 1U);
  ASSERT_EQ(host.letters().size(), 1U);
  EXPECT_EQ(host.letters()[0].key, "big");
  EXPECT_FALSE(host.letters()[0].payload.has_value());
}

TEST_F(LanesIntegration, RandomVerdictsUnderLoadEndWhereTheModelSays) {
  lane_options options;
  options.backoff_min = std::chrono::milliseconds(1);
  options.backoff_max = std::chrono::milliseconds(4);
  std::map<std::string, int> seen;
  lane_process host(
      folder_,
      [&](std::string_view payload) -> int {
        const int times = ++seen[std::string(payload)];  // the store's thread only
        const auto h = std::hash<std::string_view>{}(payload) % 40;
        if (h == 0) return EVH_DEAD_LETTER;
        if (h == 1) return 100 + EVH_INVALID;
        if (h == 2 && times < 4) return EVH_RETRY;
        if (h == 3 && times < 4) return 100 + EVH_IO;
        return EVH_ACK;
      },
      options);
  host.start();
  write_on(host, 200);
  ASSERT_TRUE(host.catch_up());
  std::set<std::pair<std::string, std::int64_t>> aside;
  for (const auto& letter : host.letters()) {
    const auto slash = letter.payload->find('/');
    ASSERT_TRUE(aside.emplace(letter.payload->substr(0, slash), std::stoll(letter.payload->substr(slash + 1))).second);
    ASSERT_LE(std::hash<std::string_view>{}(*letter.payload) % 40, 1U);
  }
  EXPECT_EQ(host.effects().size() + aside.size(), 600U);
  judge(host.effects(), aside);
}

}  // namespace
}  // namespace evhost::runtime::tests
