// Values both ways, bulk rows, reads, migrations and the URL.
#include "host/storage/postgres/connection.hpp"
#include "postgres_fixture.hpp"

#include <thread>

namespace store_tests {
namespace {

evh_value blob(std::string_view bytes) {
  auto v = text(bytes);
  v.type = EVH_BLOB;
  return v;
}
evh_value real(double d) {
  evh_value v{};
  v.type = EVH_REAL;
  v.as.real = d;
  return v;
}
std::string bytes(const evh_value& v) {
  return {v.as.bytes.ptr, v.as.bytes.len};
}

constexpr const char* wide =
    "CREATE TABLE t(id BIGINT PRIMARY KEY, small SMALLINT, medium INTEGER, yes BOOLEAN, exact NUMERIC, raw BYTEA,"
    " uid UUID, js JSONB, at TIMESTAMPTZ, v TEXT, f REAL)";

TEST_F(PostgresStore, EveryTypeGoesThereAndBack) {
  start(wide);
  const std::string raw("a\0b\xff'\\", 6), uid("0123456789abcdef", 16);
  for (const bool by_copy : {false, true}) {
    ASSERT_TRUE(run([&](io::transaction& tx) -> core::result<void> {
      const std::array<std::string_view, 9> columns{"id", "small", "medium", "yes", "raw", "uid", "js", "v", "f"};
      std::vector<evh_value> cells;
      for (int i = 0; i < (by_copy ? 40 : 1); ++i)
        for (const auto& v : {integer(by_copy ? 100 + i : 1), integer(-7), integer(70'000), integer(1), blob(raw),
                              blob(uid), text("{\"a\": 1}"), text("Grüße"), real(0.5)})
          cells.push_back(v);
      return tx.copy_rows("t", columns, cells);
    }));
    int rows = 0;
    ASSERT_TRUE(store_->read([&](io::transaction& tx) {
      const std::array values{integer(by_copy ? 120 : 1)};
      return tx.query("SELECT small, medium, yes, raw, uid, js, v, f, exact FROM t WHERE id = $1", values,
                      [&](std::span<const evh_value> c) {
                        ++rows;
                        EXPECT_EQ(c[0].as.integer, -7);
                        EXPECT_EQ(c[1].as.integer, 70'000);
                        EXPECT_EQ(c[2].as.integer, 1);
                        EXPECT_EQ(bytes(c[3]), raw);
                        EXPECT_EQ(c[3].type, EVH_BLOB);
                        EXPECT_EQ(bytes(c[4]), uid);
                        EXPECT_EQ(bytes(c[5]), "{\"a\": 1}");
                        EXPECT_EQ(bytes(c[6]), "Grüße");
                        EXPECT_EQ(c[7].as.real, 0.5);
                        EXPECT_EQ(c[8].type, EVH_NULL);
                        return true;
                      });
    }));
    EXPECT_EQ(rows, 1);
  }
}

TEST_F(PostgresStore, TypesWithoutABinaryFormAreConverted) {
  start(wide);
  ASSERT_TRUE(run([&](io::transaction& tx) -> core::result<void> {
    std::vector<evh_value> cells;
    for (int i = 0; i < 40; ++i)
      for (const auto& v : {integer(i), real(1.25), text("2026-01-02T03:04:05Z")}) cells.push_back(v);
    const std::array<std::string_view, 3> columns{"id", "exact", "at"};
    return tx.copy_rows("t", columns, cells);  // not by COPY BINARY
  }));
  ASSERT_TRUE(store_->read([&](io::transaction& tx) {
    return tx.query("SELECT sum(id), sum(exact), min(at) FROM t", {}, [&](std::span<const evh_value> c) {
      EXPECT_EQ(c[0].type, EVH_INTEGER);  // numeric for PostgreSQL
      EXPECT_EQ(c[0].as.integer, 780);
      EXPECT_EQ(c[1].as.real, 50.0);
      EXPECT_EQ(bytes(c[2]).substr(0, 10), "2026-01-02");
      return true;
    });
  }));
}

TEST_F(PostgresStore, AValueThatDoesNotFitIsInvalidAndCostsNothing) {
  start(wide);
  ASSERT_TRUE(run([&](io::transaction& tx) -> core::result<void> {
    const std::array values{integer(1), integer(1LL << 40)};
    auto refused = tx.exec("INSERT INTO t(id, medium) VALUES($1, $2)", values);
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code, core::errc::invalid);
    EXPECT_NE(refused.error().message.find("$2"), std::string::npos);
    EVH_TRY(tx.exec("INSERT INTO t(id) VALUES(2)", {}));  // the transaction is as it was
    return core::success();
  }));
  auto nul = run([&](io::transaction& tx) -> core::result<void> {
    const std::array values{integer(3), text(std::string_view("a\0b", 3))};
    EVH_TRY(tx.exec("INSERT INTO t(id, v) VALUES($1, $2)", values));
    return core::success();
  });
  EXPECT_FALSE(nul) << "text with a NUL must be refused, not cut";
  EXPECT_EQ(count(), 1);
}

TEST_F(PostgresStore, ACopyThatBreaksAKeyIsAConflictOfItsUnit) {
  start();
  hold_committer();
  submit([](io::transaction& tx, auto) { return insert(tx, 1000); });
  submit([](io::transaction& tx, auto) {
    std::vector<evh_value> cells;
    for (int i = 0; i < 100; ++i) cells.push_back(integer(i % 99));
    const std::array<std::string_view, 1> columns{"id"};
    auto copied = tx.copy_rows("t", columns, cells);
    EXPECT_EQ(copied.error().code, core::errc::conflict);
    return copied.has_value();
  });
  gate_.open();
  ASSERT_TRUE(endings_.wait(3));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 2u);
  EXPECT_EQ(count(), 1);
}

TEST_F(PostgresStore, AReadIsOneSnapshotAndWritesNothing) {
  start();
  ASSERT_TRUE(store_->read([&](io::transaction& tx) -> core::result<void> {
    const auto rows = [&] {
      std::int64_t n = -1;
      EXPECT_TRUE(tx.query("SELECT count(*) FROM t", {}, [&](auto c) { return n = c[0].as.integer, true; }));
      return n;
    };
    EXPECT_EQ(rows(), 0);
    server().ask(database_, "INSERT INTO t VALUES(1, '')");
    EXPECT_EQ(rows(), 0);
    auto refused = tx.exec("INSERT INTO t(id) VALUES(2)", {});
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code, core::errc::state);
    return core::success();
  }));
  EXPECT_EQ(one_number(*store_, "SELECT count(*) FROM t").value(), 1);
}

TEST_F(PostgresStore, AReadEndsByItsDeadline) {
  options_.read_timeout = 200ms;
  options_.readers = 1;
  start();
  const auto begun = std::chrono::steady_clock::now();
  auto slow =
      store_->read([](io::transaction& tx) { return tx.query("SELECT pg_sleep(20)", {}, [](auto) { return true; }); });
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code, core::errc::timeout) << slow.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  EXPECT_TRUE(one_number(*store_, "SELECT count(*) FROM t"));
}

TEST_F(PostgresStore, AQueryWhoseTableChangedIsPreparedAgain) {
  options_.readers = 1;
  start();
  const auto columns = [](io::transaction& tx) -> core::result<std::size_t> {
    std::size_t n = 0;
    EVH_TRY(tx.query("SELECT * FROM t", {}, [&](auto cells) { return n = cells.size(), true; }));
    return n;
  };
  const auto in_unit = [&] {
    std::size_t n = 0;
    auto done = run([&](io::transaction& tx) -> core::result<void> {
      EVH_TRY(n, columns(tx));
      return core::success();
    });
    EXPECT_TRUE(done) << done.error().message;
    return n;
  };
  server().ask(database_, "INSERT INTO t VALUES(1, '')");
  EXPECT_EQ(in_unit(), 2u);
  ASSERT_TRUE(store_->read([&](io::transaction& tx) -> core::result<void> {
    EVH_TRY(columns(tx));
    return core::success();
  }));
  server().ask(database_, "ALTER TABLE t ADD COLUMN w BIGINT");
  EXPECT_EQ(in_unit(), 3u);
  const auto read = [&] {
    return store_->read([&](io::transaction& tx) -> core::result<void> {
      EVH_TRY(columns(tx));
      return core::success();
    });
  };
  read().has_value();  // a read is not ours to repeat: the first may fail
  auto second = read();
  EXPECT_TRUE(second) << second.error().message;
}

TEST_F(PostgresStore, TwoHostsMigrateOnce) {
  std::vector<std::unique_ptr<io::store>> hosts;
  for (int i = 0; i < 4; ++i) hosts.push_back(std::move(make()).value());
  const std::array steps{io::migration{1, "a", "CREATE TABLE t(id BIGINT PRIMARY KEY)"},
                         io::migration{2, "b", "INSERT INTO t VALUES(1); ALTER TABLE t ADD COLUMN v TEXT"}};
  std::vector<std::thread> threads;
  for (auto& host : hosts)
    threads.emplace_back([&] {
      auto done = host->migrate("test", steps);
      EXPECT_TRUE(done) << done.error().message;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count(), 1);
}

TEST_F(PostgresStore, AMigrationIsAppliedWholeOrNotAtAll) {
  auto made = make();
  ASSERT_TRUE(made);
  store_ = std::move(made).value();
  const std::array first{io::migration{1, "a", "CREATE TABLE t(id BIGINT PRIMARY KEY)"}};
  ASSERT_TRUE(store_->migrate("test", first));
  const std::array broken{first[0], io::migration{2, "b", "INSERT INTO t VALUES(1); INSERT INTO nowhere VALUES(1)"}};
  auto refused = store_->migrate("test", broken);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("migration 2 'b' of test"), std::string::npos) << refused.error().message;
  EXPECT_EQ(count(), 0);
  const std::array commits{first[0], io::migration{2, "b", "INSERT INTO t VALUES(1); COMMIT; BEGIN"}};
  EXPECT_FALSE(store_->migrate("test", commits));
  const std::array changed{io::migration{1, "a", "CREATE TABLE t(id BIGINT)"}};
  EXPECT_FALSE(store_->migrate("test", changed));
  EXPECT_FALSE(store_->migrate("test", {}));  // the database is newer than the binary
  EXPECT_TRUE(store_->migrate("test", first));
}

TEST(PostgresUrl, PlainTextLeavesThisMachineOnlyWhenAskedTo) {
  using storage::postgres::refused_url;
  for (const char* fine :
       {"postgresql://u@127.0.0.1/d", "postgresql:///d?host=/run/postgresql", "postgresql://u@localhost:1/d",
        "postgresql://u@db.example/d?sslmode=verify-full", "postgresql://u@[::1]/d", "postgresql:///d"})
    EXPECT_EQ(refused_url(fine, false), "") << fine;
  for (const char* open : {"postgresql://u@db.example/d", "postgresql://u@db.example/d?sslmode=prefer",
                           "postgresql://u@localhost,db.example/d", "postgresql://u@localhost/d?hostaddr=10.0.0.1"})
    EXPECT_NE(refused_url(open, false).find("sslmode"), std::string::npos) << open;
  EXPECT_EQ(refused_url("postgresql://u@db.example/d", true), "");
  EXPECT_NE(refused_url("postgresql://u@db.example/d?sslmod=require", false), "");
}

TEST_F(PostgresStore, AWrongDatabaseIsNotWaitedFor) {
  options_.url = server().url("nowhere");
  auto made = make();
  ASSERT_TRUE(made);
  const std::array steps{io::migration{1, "t", "CREATE TABLE t(id BIGINT)"}};
  const auto begun = std::chrono::steady_clock::now();
  auto refused = made.value()->migrate("test", steps);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("nowhere"), std::string::npos);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
}

}  // namespace
}  // namespace store_tests
