// kill -9 under load: what was acknowledged is there, whole, and the log, the effects and the position agree.
#include "log_fixture.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <random>
#include <set>
#include <thread>

namespace log_tests {
namespace {

constexpr int writers = 8;

class Crash : public EmbeddedLog {
 protected:
  // In the child: eight threads write a row and an event per unit and report each acknowledged number to the pipe.
  [[noreturn]] void write_until_killed(int pipe, int first) {
    start();
    const std::array steps{io::migration{1, "effects", "CREATE TABLE effects(id INTEGER PRIMARY KEY, off INTEGER NOT NULL)"}};
    if (!store_->migrate("test", steps)) ::_exit(2);
    const auto topic = open_topic();
    std::atomic<int> next{first};
    std::vector<std::thread> threads;
    for (int w = 0; w < writers; ++w) {
      threads.emplace_back([&] {
        for (;;) {
          const std::int32_t id = next++;
          const auto payload = std::to_string(id);
          auto done = run([&](io::transaction& tx) -> core::result<void> {
            const std::array values{integer(id), integer(id)};
            EVH_TRY(tx.exec("INSERT INTO effects(id, off) VALUES($1, $2)", values));
            const std::array records{io::outgoing{.topic = topic.id, .type = "t", .id = {}, .key = sv("k"), .payload = sv(payload), .headers = {}}};
            return log_->append(tx, records);
          });
          if (!done || ::write(pipe, &id, sizeof id) != sizeof id) ::_exit(3);
        }
      });
    }
    for (auto& t : threads) t.join();
    ::_exit(4);
  }
};

TEST_F(Crash, LosesNothingAcknowledgedAndDoublesNothing) {
  std::mt19937 random(20'240'901);
  std::set<std::int32_t> acknowledged;
  for (int round = 0; round < 5; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      write_until_killed(ends[1], (round + 1) * 1'000'000);
    }
    ::close(ends[1]);
    const std::size_t kill_after = acknowledged.size() + 200 + random() % 300;
    std::int32_t id = 0;
    while (::read(ends[0], &id, sizeof id) == sizeof id) {
      acknowledged.insert(id);
      if (acknowledged.size() == kill_after) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
    ASSERT_GE(acknowledged.size(), kill_after);

    start();
    const auto topic = log_->find_topic("todo.tasks").value();
    std::multiset<std::int32_t> in_log;
    {
      auto r = reader(topic.id);
      io::event_batch batch;
      ASSERT_TRUE(r->take(batch, 1'000'000));
      for (std::size_t i = 0; i < batch.events.size(); ++i) {
        EXPECT_EQ(batch.events[i].offset, static_cast<std::int64_t>(i)) << "a gap or a repeated offset";
        in_log.insert(std::stoi(str(batch.events[i].payload)));
      }
    }
    std::multiset<std::int32_t> in_effects;
    ASSERT_TRUE(store_->read([&](io::transaction& tx) {
      return tx.query("SELECT id FROM effects", {}, [&](auto cells) {
        in_effects.insert(static_cast<std::int32_t>(cells[0].as.integer));
        return true;
      });
    }));
    EXPECT_EQ(in_log, in_effects) << "an event without its effect, or an effect without its event";
    for (const auto a : acknowledged) ASSERT_EQ(in_effects.count(a), 1u) << "acknowledged and lost or doubled: " << a;
    close();
  }
}

}  // namespace
}  // namespace log_tests
