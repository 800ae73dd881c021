// What every io::store promises, in portable SQL. Each adapter's tests include this once and add a factory by
// INSTANTIATE_TEST_SUITE_P: SQLite in store_contract_test.cpp, PostgreSQL in tests/integration/postgres.
#pragma once
#include "tests/unit/host/storage/store_fixture.hpp"

#include <map>

namespace store_tests {
namespace {

struct factory {
  const char* name;
  std::function<core::result<std::unique_ptr<io::store>>(const std::filesystem::path&, io::clock&, io::log_sink&,
                                                         io::metric_registry&)> make;
  std::function<std::string()> absent = {};  // why there is nothing to test here; the adapter's suite decides what that means
};

class StoreContract : public ::testing::TestWithParam<factory> {
 protected:
  void SetUp() override {
    if (GetParam().absent)
      if (const auto why = GetParam().absent(); !why.empty()) GTEST_SKIP() << why;
    auto made = GetParam().make(folder_.path(), clock_, log_, metrics_);
    ASSERT_TRUE(made) << made.error().message;
    store_ = std::move(made).value();
    const std::array steps{io::migration{
        1, "contract", "CREATE TABLE c_rows(id BIGINT PRIMARY KEY, name TEXT, body TEXT, score DOUBLE PRECISION)"}};
    auto migrated = store_->migrate("contract", steps);
    ASSERT_TRUE(migrated) << migrated.error().message;
    ASSERT_TRUE(store_->start());
  }
  void TearDown() override {
    if (store_) store_->stop(std::chrono::steady_clock::now() + patience);
  }
  core::result<void> run(std::function<core::result<void>(io::transaction&)> fn) { return io::run_in_unit(*store_, std::move(fn)); }
  std::int64_t count(std::string_view where = "") {
    auto n = one_number(*store_, "SELECT count(*) FROM c_rows " + std::string(where));
    EXPECT_TRUE(n) << n.error().message;
    return n ? n.value() : -1;
  }

  temporary_folder folder_;
  io::system_clock clock_;
  io::null_log_sink log_;
  io::null_metric_registry metrics_;
  endings endings_;
  std::unique_ptr<io::store> store_;
};

TEST_P(StoreContract, NumbersOfParametersMeanWhatTheySay) {
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> {
    const std::array values{text("second"), integer(1)};
    EVH_TRY(tx.exec("INSERT INTO c_rows(id, name, body) VALUES($2, $1, $1)", values));
    return core::success();
  }));
  EXPECT_EQ(count("WHERE id = 1 AND name = 'second' AND body = 'second'"), 1);
}

TEST_P(StoreContract, AWrongNumberOfValuesIsInvalid) {
  auto refused = run([](io::transaction& tx) -> core::result<void> {
    const std::array values{integer(1)};
    EVH_TRY(tx.exec("INSERT INTO c_rows(id, name) VALUES($1, $2)", values));
    return core::success();
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::errc::invalid);
}

TEST_P(StoreContract, ValuesComeBackAsTheyWere) {
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> {
    evh_value real{}, null{};
    real.type = EVH_REAL;
    real.as.real = 2.5;
    const std::array values{integer(-9'000'000'000), text(""), null, real};
    EVH_TRY(tx.exec("INSERT INTO c_rows(id, name, body, score) VALUES($1, $2, $3, $4)", values));
    return core::success();
  }));
  int rows = 0;
  ASSERT_TRUE(store_->read([&](io::transaction& tx) {
    return tx.query("SELECT id, name, body, score FROM c_rows", {}, [&](std::span<const evh_value> c) {
      ++rows;
      EXPECT_EQ(c[0].as.integer, -9'000'000'000);
      EXPECT_EQ(c[1].type, EVH_TEXT);
      EXPECT_EQ(c[1].as.bytes.len, 0u);
      EXPECT_NE(c[1].as.bytes.ptr, nullptr);
      EXPECT_EQ(c[2].type, EVH_NULL);
      EXPECT_EQ(c[3].as.real, 2.5);
      return true;
    });
  }));
  EXPECT_EQ(rows, 1);
}

TEST_P(StoreContract, ExecTellsTheRowsItChanged) {
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> {
    for (int i = 0; i < 3; ++i) {
      const std::array values{integer(i)};
      EVH_TRY(const auto one, tx.exec("INSERT INTO c_rows(id) VALUES($1)", values));
      EXPECT_EQ(one, 1);
    }
    EVH_TRY(const auto all, tx.exec("UPDATE c_rows SET name = 'x'", {}));
    EXPECT_EQ(all, 3);
    EVH_TRY(const auto none, tx.exec("UPDATE c_rows SET name = 'y' WHERE id = 99", {}));
    EXPECT_EQ(none, 0);
    EVH_TRY(const auto ddl, tx.exec("CREATE TABLE c_more(id INTEGER)", {}));
    EXPECT_EQ(ddl, 0);
    return core::success();
  }));
}

TEST_P(StoreContract, AUniqueKeyIsAConflict) {
  auto refused = run([](io::transaction& tx) -> core::result<void> {
    EVH_TRY(tx.exec("INSERT INTO c_rows(id) VALUES(1)", {}));
    EVH_TRY(tx.exec("INSERT INTO c_rows(id) VALUES(1)", {}));
    return core::success();
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::errc::conflict);
  EXPECT_EQ(count(), 0);
}

TEST_P(StoreContract, AMisspeltStatementIsInvalidAndNamesItself) {
  auto refused = run([](io::transaction& tx) -> core::result<void> {
    EVH_TRY(tx.exec("INSRT INTO c_rows(id) VALUES(1)", {}));
    return core::success();
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::errc::invalid);
  EXPECT_NE(refused.error().message.find("INSRT"), std::string::npos) << refused.error().message;
}

TEST_P(StoreContract, OneCallIsOneStatement) {
  auto refused = run([](io::transaction& tx) -> core::result<void> {
    EVH_TRY(tx.exec("INSERT INTO c_rows(id) VALUES(1); DELETE FROM c_rows", {}));
    return core::success();
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::errc::invalid);
}

TEST_P(StoreContract, ABufferUsedAgainForAnotherStatementIsAnotherStatement) {
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> {
    std::string sql = "INSERT INTO c_rows(id) VALUES(1)";
    for (const char digit : {'1', '2', '3'}) {
      sql[sql.size() - 2] = digit;
      EVH_TRY(tx.exec(sql, {}));
    }
    return core::success();
  }));
  EXPECT_EQ(count("WHERE id IN (1, 2, 3)"), 3);
}

TEST_P(StoreContract, ManyDifferentStatementsStayCorrect) {
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> {
    for (int round = 0; round < 2; ++round)
      for (int i = 0; i < 600; ++i) {
        EVH_TRY(tx.exec("INSERT INTO c_rows(id) VALUES(" + std::to_string(round * 1000 + i) + ")", {}));
      }
    return core::success();
  }));
  EXPECT_EQ(count(), 1200);
}

TEST_P(StoreContract, AQueryMayRunItselfInItsRowCallback) {
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> {
    EVH_TRY(tx.exec("INSERT INTO c_rows(id) VALUES(1)", {}));
    EVH_TRY(tx.exec("INSERT INTO c_rows(id) VALUES(2)", {}));
    const std::string_view sql = "SELECT id FROM c_rows ORDER BY id";
    int pairs = 0;
    EVH_TRY(tx.query(sql, {}, [&](auto) {
      return tx.query(sql, {}, [&](auto) { ++pairs; return true; }).has_value();
    }));
    EXPECT_EQ(pairs, 4);
    return core::success();
  }));
}

TEST_P(StoreContract, AQueryStopsWhenItsSinkSaysSo) {
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> {
    for (int i = 0; i < 5; ++i) {
      const std::array values{integer(i)};
      EVH_TRY(tx.exec("INSERT INTO c_rows(id) VALUES($1)", values));
    }
    int seen = 0;
    EVH_TRY(tx.query("SELECT id FROM c_rows", {}, [&](auto) { return ++seen < 2; }));
    EXPECT_EQ(seen, 2);
    return core::success();
  }));
}

TEST_P(StoreContract, CopiesRowsInBulk) {
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> {
    std::vector<evh_value> cells;
    for (int i = 0; i < 1000; ++i) {
      cells.push_back(integer(i));
      cells.push_back(text("row"));
    }
    const std::array<std::string_view, 2> columns{"id", "name"};
    EVH_TRY(tx.copy_rows("c_rows", columns, cells));
    cells.pop_back();
    auto ragged = tx.copy_rows("c_rows", columns, cells);
    EXPECT_FALSE(ragged);
    return core::success();
  }));
  EXPECT_EQ(count("WHERE name = 'row'"), 1000);
}

TEST_P(StoreContract, EveryUnitIsSettledExactlyOnceWithItsOwnOutcome) {
  constexpr int units = 300;
  for (int i = 0; i < units; ++i) {
    auto queued = store_->submit(std::make_unique<lambda_unit>(
        [i](io::transaction& tx, auto) {
          const std::array values{integer(i)};
          return tx.exec("INSERT INTO c_rows(id) VALUES($1)", values).has_value() && i % 10 != 0;
        },
        endings_, i % 3 ? io::unit_class::request : io::unit_class::lane));
    ASSERT_TRUE(queued);
  }
  ASSERT_TRUE(endings_.wait(units));
  store_->stop(std::chrono::steady_clock::now() + patience);
  EXPECT_EQ(endings_.all().size(), static_cast<std::size_t>(units));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 270u);
  EXPECT_EQ(endings_.count(io::unit_outcome::rolled_back), 30u);
}

TEST_P(StoreContract, ReadsSeeWhatWasSettled) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(run([i](io::transaction& tx) -> core::result<void> {
      const std::array values{integer(i)};
      EVH_TRY(tx.exec("INSERT INTO c_rows(id) VALUES($1)", values));
      return core::success();
    }));
    EXPECT_EQ(count(), i + 1);
  }
}

}  // namespace
}  // namespace store_tests
