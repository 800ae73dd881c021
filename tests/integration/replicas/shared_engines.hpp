// A broker and a database that hosts share, with one keys directory. Started once per test program.
#pragma once
#include "tests/support/host_under_test.hpp"
#include "tests/support/kafka_under_test.hpp"
#include "tests/support/postgres_under_test.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace evhost::test {

class shared_engines {
 public:
  // Empty when both can be started here.
  static std::string missing() {
    if (const auto why = kafka_under_test::missing(); !why.empty()) return why;
    return postgres_under_test::instance().available() ? "" : postgres_under_test::instance().why();
  }

  shared_engines() : database_(postgres_under_test::instance().make_database()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "evh-keys-XXXXXX").string();
    keys_ = ::mkdtemp(pattern.data());
    broker_.start();
  }
  ~shared_engines() {
    std::error_code ignored;
    std::filesystem::remove_all(keys_, ignored);
  }

  [[nodiscard]] std::map<std::string, std::string> environment() const {
    return {{"KAFKA_BOOTSTRAP_SERVERS", broker_.servers()}, {"DATABASE_URL", url()},   {"EVH_KEYS", keys_.string()},
            {"EVH_KAFKA__PARTITIONS", "4"},                 {"EVH_KAFKA__SESSION_TIMEOUT", "6s"}};
  }
  [[nodiscard]] std::string url() const { return postgres_under_test::instance().url(database_); }
  [[nodiscard]] const std::filesystem::path& keys() const { return keys_; }
  std::string ask(const std::string& sql) const { return postgres_under_test::instance().ask(database_, sql); }

 private:
  kafka_under_test broker_;
  std::string database_;
  std::filesystem::path keys_;
};

}  // namespace evhost::test
