// A server that wants TLS and a password: verify-full works, and each thing that is wrong is said with its remedy.
#include "tests/integration/postgres/postgres_fixture.hpp"

#include <filesystem>
#include <vector>

namespace {

using namespace store_tests;

struct attempt {
  const char* name;
  std::string url;
  std::vector<std::string> words;
};

TEST_F(PostgresStore, SpeaksTlsAndSaysWhatIsWrongWithIt) {
  const auto folder = std::filesystem::temp_directory_path() / ("evhost-tls-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const evhost::test::authority ours(folder, "ours"), others(folder, "others");
  const auto port = ":" + std::to_string(server().port()) + "/";
  const auto full = [&](const std::string& who, const std::string& host, const std::string& database, const evhost::test::authority& ca) {
    return "postgresql://" + who + "@" + host + port + database + "?sslmode=verify-full&sslrootcert=" + ca.certificate().string();
  };
  options_.start_patience = 3s;
  const auto refused = [&](const std::string& url) {
    options_.url = url;
    auto made = make();
    if (!made) return made.error();
    auto migrated = made.value()->migrate("test", {});
    return migrated ? core::fail(core::errc::invalid, "it worked") : migrated.error();
  };
  const auto plain = refused(full("secure:word", "localhost", database_, ours));  // before the server has TLS
  EXPECT_EQ(plain.code, core::errc::denied);
  EXPECT_NE(plain.message.find("turn ssl on at the server"), plain.message.npos) << plain.message;

  server().speak_tls(ours.issue("server", "DNS:localhost"), "word");
  const std::vector<attempt> table{
      {"an authority that did not sign", full("secure:word", "localhost", database_, others), {"certificate verify failed", "sslrootcert"}},
      {"no file of an authority", full("secure:word", "localhost", database_, ours) + ".gone", {"root certificate file", "sslrootcert"}},
      {"a name that is not in the certificate", full("secure:word", "127.0.0.1", database_, ours), {"127.0.0.1", "a name that stands in the server's certificate"}},
      {"a wrong password", full("secure:wrong", "localhost", database_, ours), {"user \"secure\"", "check user and password"}},
      {"no password", full("secure", "localhost", database_, ours), {"no password supplied", "check user and password"}},
      {"no TLS where it is wanted", "postgresql://secure:word@127.0.0.1" + port + database_ + "?sslmode=disable", {"pg_hba.conf", "with encryption"}},
      {"a database that is not there", full("secure:word", "localhost", "nowhere", ours), {"\"nowhere\" does not exist", "createdb"}},
      {"a role that is not there", "postgresql://nobody@127.0.0.1" + port + database_, {"\"nobody\" does not exist", "createuser"}}};
  for (const auto& one : table) {
    SCOPED_TRACE(one.name);
    const auto why = refused(one.url);
    EXPECT_EQ(why.code, core::errc::denied);
    for (const auto& words : one.words) EXPECT_NE(why.message.find(words), why.message.npos) << words << " not in: " << why.message;
    EXPECT_EQ(why.message.find("word@"), why.message.npos) << "a password in the sentence: " << why.message;
  }

  options_.url = full("secure:word", "localhost", database_, ours);
  start();
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> {
    EVH_TRY(tx.exec("INSERT INTO t(id, v) VALUES(1, 'over TLS')", {}));
    return core::success();
  }));
  EXPECT_EQ(server().ask(database_, "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'secure' AND NOT ssl"), "0");
  EXPECT_NE(server().ask(database_, "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'secure' AND ssl"), "0");
  std::filesystem::remove_all(folder);
}

}  // namespace
