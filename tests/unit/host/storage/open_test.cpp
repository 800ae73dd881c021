// Opening a store: the lock, damaged files, modes, and the sentences the operator reads.
#include "store_fixture.hpp"

#include <sys/stat.h>

#include <fstream>

namespace store_tests {
namespace {

class OpenStore : public SqliteStore {
 protected:
  core::error refused() {
    auto made = make();
    EXPECT_FALSE(made);
    return made ? core::error{} : made.error();
  }
  void write_file(std::string_view bytes) {
    std::filesystem::create_directories(options_.path.parent_path());
    std::ofstream(options_.path, std::ios::binary) << bytes;
  }
};

TEST_F(OpenStore, ASecondHostIsRefusedAndToldThePid) {
  open();
  const auto why = refused();
  EXPECT_EQ(why.code, core::errc::conflict);
  EXPECT_NE(why.message.find("pid " + std::to_string(::getpid())), std::string::npos) << why.message;
  EXPECT_NE(why.message.find(options_.path.string()), std::string::npos) << why.message;
}

TEST_F(OpenStore, TheLockEndsWithTheStore) {
  open();
  close();
  open();
}

TEST_F(OpenStore, ALeftoverLockFileOfADeadHostDoesNotMatter) {
  std::filesystem::create_directories(options_.path.parent_path());
  std::ofstream(options_.path.string() + ".lock") << "1\n";
  open();
}

TEST_F(OpenStore, WhatIsNoDatabaseIsRefusedWithOneSentence) {
  write_file(std::string(8192, 'x'));
  const auto why = refused();
  EXPECT_EQ(why.code, core::errc::io);
  EXPECT_NE(why.message.find("not a database"), std::string::npos) << why.message;
  EXPECT_NE(why.message.find(options_.path.string()), std::string::npos) << why.message;
  EXPECT_EQ(why.message.find('\n'), std::string::npos);
}

TEST_F(OpenStore, ATruncatedDatabaseIsRefused) {
  start();
  for (int i = 0; i < 50; ++i)
    submit([i](io::transaction& tx, auto) {
      const std::array values{integer(i)};
      return tx.exec("INSERT INTO t(id, v) VALUES($1, zeroblob(4000))", values).has_value();
    });
  ASSERT_TRUE(endings_.wait(50));
  close();
  std::filesystem::resize_file(options_.path, 3 * 4096);
  const auto why = refused();
  EXPECT_NE(why.message.find("damaged database"), std::string::npos) << why.message;
}

TEST_F(OpenStore, AScrambledSchemaPageIsRefused) {
  open();
  close();
  {
    std::fstream file(options_.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file << std::string(400, '\xff');
  }
  const auto why = refused();
  EXPECT_NE(why.message.find("damaged database"), std::string::npos) << why.message;
}

TEST_F(OpenStore, AnImpossibleFolderIsNamed) {
  std::ofstream(folder_.path() / "file") << "x";
  options_.path = folder_.path() / "file" / "data" / "evhost.db";
  const auto why = refused();
  EXPECT_EQ(why.code, core::errc::io);
  EXPECT_NE(why.message.find("host.data_dir"), std::string::npos) << why.message;
}

TEST_F(OpenStore, NobodyElseMayReadTheFiles) {
  start();
  submit([](io::transaction& tx, auto) { return insert(tx, 1); });
  ASSERT_TRUE(endings_.wait(1));
  for (const char* ending : {"", "-wal", "-shm", ".lock"}) {
    struct stat info {};
    ASSERT_EQ(::stat((options_.path.string() + ending).c_str(), &info), 0) << ending;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << ending;
  }
}

TEST_F(OpenStore, TheWalIsGoneAfterAnOrderlyStop) {
  start();
  submit([](io::transaction& tx, auto) { return insert(tx, 1); });
  ASSERT_TRUE(endings_.wait(1));
  close();
  EXPECT_FALSE(std::filesystem::exists(options_.path.string() + "-wal"));
}

}  // namespace
}  // namespace store_tests
