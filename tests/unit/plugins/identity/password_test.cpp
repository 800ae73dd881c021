// Which passwords are taken, their hashes, and the pool that makes them.
#include "plugins/identity/accounts/password.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <semaphore>

#include "plugins/identity/accounts/password_pool.hpp"

namespace identity {
namespace {

using namespace std::string_literals;

TEST(Password, LengthIsCountedInCharacters) {
  EXPECT_EQ(fault_of("seven77"), password_fault::too_short);
  EXPECT_EQ(fault_of("eightch8"), std::nullopt);
  EXPECT_EQ(fault_of("\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"), password_fault::too_short) << "14 bytes, 7 characters";
  std::string longest;
  for (int i = 0; i < 128; ++i) longest += "\u00e9";
  EXPECT_EQ(fault_of(longest), std::nullopt);
  EXPECT_EQ(fault_of(longest + "x"), password_fault::too_long);
}

TEST(Password, MustBeTextWithoutNul) {
  EXPECT_EQ(fault_of("eight\0chars"s), password_fault::not_text);
  EXPECT_EQ(fault_of("eight\xff" "chars"), password_fault::not_text);
  EXPECT_EQ(fault_of("eight\xed\xa0\x80" "chars"), password_fault::not_text) << "a surrogate";
}

TEST(Password, TheMostCommonAreRefusedInAnyCase) {
  EXPECT_EQ(fault_of("password"), password_fault::too_common);
  EXPECT_EQ(fault_of("PassWord123"), password_fault::too_common);
  EXPECT_EQ(fault_of("correct horse"), std::nullopt);
}

TEST(Password, HashIsArgon2idWithOwaspsParametersAndVerifies) {
  const auto hash = hash_password("correct horse");
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
  EXPECT_TRUE(verify_password(hash, "correct horse"));
  EXPECT_FALSE(verify_password(hash, "correct horsf"));
  EXPECT_FALSE(verify_password("", "correct horse"));
  EXPECT_FALSE(hash_outdated(hash));
  EXPECT_TRUE(hash_outdated("$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyMTI"));
  EXPECT_NE(hash, hash_password("correct horse"));
}

TEST(PasswordPool, RunsBoundedAndRefusesWhatDoesNotFit) {
  password_pool pool;
  EXPECT_FALSE(pool.post([] {})) << "not started";
  pool.start(1);
  std::binary_semaphore begun{0}, go{0};
  ASSERT_TRUE(pool.post([&] {
    begun.release();
    go.acquire();
  }));
  begun.acquire();
  std::atomic<int> ran{0};
  std::promise<void> last;
  for (std::size_t i = 0; i < password_pool::waiting_max; ++i)
    ASSERT_TRUE(pool.post([&] {
      if (++ran == static_cast<int>(password_pool::waiting_max)) last.set_value();
    }));
  EXPECT_FALSE(pool.post([] {}));
  go.release();
  EXPECT_EQ(last.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  pool.stop();
  EXPECT_FALSE(pool.post([] {}));
}

TEST(PasswordPool, StopDropsWhatWaits) {
  password_pool pool;
  pool.start(1);
  std::binary_semaphore begun{0}, go{0};
  pool.post([&] {
    begun.release();
    go.acquire();
  });
  begun.acquire();
  std::atomic<bool> ran{false};
  auto held = std::make_shared<int>(1);
  pool.post([&ran, held] { ran = true; });
  auto stopping = std::async(std::launch::async, [&] { pool.stop(); });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (held.use_count() > 1 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(held.use_count(), 1);
  go.release();
  stopping.get();
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace identity
