// The contract of evh/odb.hpp: every trap of ODB on a borrowed SQLite connection, one fact each.
#include <map>
#include <memory>
#include <thread>

#include "tests/conformance/odb/lent_host.hpp"

namespace {

using OdbScope = lent::odb_contract;

TEST_F(OdbScope, TwoPluginsMayUseOneClassName) {
  writer_->exec("BEGIN IMMEDIATE");
  for (std::int64_t n = 1; n <= 3; ++n) {
    EXPECT_EQ(numbered_("persist", writer_->handle(), n).outcome, 0);
    EXPECT_EQ(named_("persist", writer_->handle(), n).outcome, 0);
  }
  EXPECT_EQ(numbered_("load", writer_->handle(), 2).text, "numbered 2");
  EXPECT_EQ(named_("load", writer_->handle(), 2).text, "named 2");
  writer_->exec("COMMIT");
}

TEST_F(OdbScope, AReloadedPluginWorksBesideItsOldFile) {
  writer_->exec("BEGIN IMMEDIATE");
  EXPECT_EQ(numbered_("persist", writer_->handle(), 1).outcome, 0);
  EXPECT_EQ(reloaded_("persist", writer_->handle(), 2).outcome, 0);
  EXPECT_EQ(numbered_("count", writer_->handle(), 2).text, "1");
  EXPECT_EQ(reloaded_("count", writer_->handle(), 1).text, "1");
  writer_->exec("COMMIT");
}

TEST_F(OdbScope, NamedQueriesOfTwoPluginsDoNotMeet) {
  writer_->exec("BEGIN IMMEDIATE");
  numbered_("persist", writer_->handle(), 7);
  named_("persist", writer_->handle(), 7);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(numbered_("count", writer_->handle(), 7).text, "1");
    EXPECT_EQ(named_("count", writer_->handle(), 7).text, "1");
    EXPECT_EQ(named_("count", writer_->handle(), 8).text, "0");
  }
  writer_->exec("COMMIT");
}

TEST_F(OdbScope, ForgettingLetsTheHostClose) {
  auto second = std::make_unique<lent::connection>(folder_ / "host.db");
  second->exec("BEGIN");
  numbered_("count", second->handle(), 1);
  second->exec("COMMIT");
  EXPECT_EQ(second->close(), SQLITE_BUSY) << "the wrapper's prepared statements keep the handle open";
  forget(*second);
  EXPECT_EQ(second->close(), SQLITE_OK);
}

TEST_F(OdbScope, ForgettingAHandleItNeverSawIsHarmless) {
  EXPECT_EQ(named_("forget", reinterpret_cast<sqlite3*>(this)).text, "0");
}

TEST_F(OdbScope, APoolThatEndsLeavesTheHandleOpen) {
  writer_->exec("BEGIN IMMEDIATE");
  numbered_("persist", writer_->handle(), 1);
  EXPECT_EQ(numbered_("pool_ends", writer_->handle(), 1).text, "numbered 1");
  EXPECT_EQ(numbered_("load", writer_->handle(), 1).text, "numbered 1");
  writer_->exec("COMMIT");
}

TEST_F(OdbScope, NeverEndsTheHostsTransaction) {
  writer_->exec("BEGIN IMMEDIATE");
  writer_->exec("SAVEPOINT unit");
  for (const char* op : {"persist", "persist_and_commit"}) {
    EXPECT_EQ(numbered_(op, writer_->handle(), 1).outcome, 0);
    EXPECT_TRUE(writer_->in_transaction()) << op;
    writer_->exec("ROLLBACK TO unit");
    EXPECT_EQ(writer_->number("SELECT count(*) FROM numbered_record"), 0) << op;
  }
  writer_->exec("COMMIT");
}

TEST_F(OdbScope, RefusesATransactionOfThePluginsOwn) {
  writer_->exec("BEGIN IMMEDIATE");
  const lent::answer said = numbered_("begin", writer_->handle());
  EXPECT_EQ(said.outcome, 1);
  EXPECT_NE(said.text.find("belong to the host"), std::string::npos) << said.text;
  EXPECT_TRUE(writer_->in_transaction());
  writer_->exec("COMMIT");
}

TEST_F(OdbScope, WorksUnderTheHostsAuthorizer) {
  writer_->exec("BEGIN IMMEDIATE");
  writer_->guard(true);
  EXPECT_EQ(numbered_("persist", writer_->handle(), 1).outcome, 0);
  EXPECT_EQ(numbered_("load_and_update", writer_->handle(), 1).text, "2");
  for (const char* sql : {"sql COMMIT", "sql ROLLBACK", "sql SAVEPOINT mine", "sql PRAGMA synchronous=OFF",
                          "sql ATTACH ':memory:' AS other"}) {
    const lent::answer said = numbered_(sql, writer_->handle());
    EXPECT_EQ(said.outcome, 1) << sql;
    EXPECT_NE(said.text.find("not authorized"), std::string::npos) << sql << ": " << said.text;
  }
  EXPECT_TRUE(writer_->in_transaction());
  writer_->guard(false);
  writer_->exec("COMMIT");
  EXPECT_EQ(writer_->number("SELECT count(*) FROM numbered_record"), 1);
}

TEST_F(OdbScope, NoSessionBringsBackWhatWasRolledBack) {
  writer_->exec("BEGIN IMMEDIATE");
  writer_->exec("SAVEPOINT unit");
  numbered_("persist", writer_->handle(), 1);
  EXPECT_EQ(numbered_("load_in_session", writer_->handle(), 1).outcome, 0);
  writer_->exec("ROLLBACK TO unit");
  EXPECT_EQ(numbered_("load_in_session", writer_->handle(), 1).outcome, 1);
  writer_->exec("COMMIT");
}

TEST_F(OdbScope, AUnitThatRunsAgainLoadsItsObjectsAgain) {
  writer_->exec("BEGIN IMMEDIATE");
  numbered_("persist", writer_->handle(), 1);
  writer_->exec("SAVEPOINT unit");
  EXPECT_EQ(numbered_("load_and_update", writer_->handle(), 1).text, "2");
  writer_->exec("ROLLBACK TO unit");
  EXPECT_EQ(numbered_("update_kept", writer_->handle(), 1).outcome, 1) << "the object in memory is one version ahead";
  EXPECT_EQ(numbered_("reload_and_update", writer_->handle(), 1).text, "2");
  writer_->exec("COMMIT");
}

TEST_F(OdbScope, AnOpenCursorEndsWithTheScope) {
  writer_->exec("BEGIN IMMEDIATE");
  writer_->exec("SAVEPOINT unit");
  EXPECT_EQ(named_("persist_and_read_half", writer_->handle(), 1).text, "named 1");
  writer_->exec("RELEASE unit");
  writer_->exec("DROP TABLE numbered_line");  // refused by SQLite while any statement of the connection runs
  writer_->exec("COMMIT");
}

void persist_named(void* context);

struct nested_call {
  const lent::plugin* inner;
  sqlite3* handle;
  lent::answer said;
};
void persist_named(void* context) {
  auto* call = static_cast<nested_call*>(context);
  call->said = (*call->inner)("persist", call->handle, 5);
}

TEST_F(OdbScope, RestoresTheTransactionThatWasCurrent) {
  nested_call call{&named_, writer_->handle(), {}};
  writer_->exec("BEGIN IMMEDIATE");
  EXPECT_EQ(numbered_("nest", writer_->handle(), 4, &persist_named, &call).text, "numbered 4");
  EXPECT_EQ(call.said.text, "named 5");
  EXPECT_EQ(numbered_("current", writer_->handle()).text, "no");
  writer_->exec("COMMIT");
}

TEST_F(OdbScope, TellsWhichConstraintBroke) {
  writer_->exec("BEGIN IMMEDIATE");
  numbered_("persist", writer_->handle(), 1);
  EXPECT_EQ(numbered_("same_key", writer_->handle(), 1).text, "primary_key");
  EXPECT_EQ(numbered_("same_name", writer_->handle(), 1).text, "unique");
  EXPECT_EQ(numbered_("check", writer_->handle(), 1).text, "check");
  EXPECT_TRUE(writer_->in_transaction()) << "a broken constraint undoes its statement only";
  writer_->exec("COMMIT");
}

TEST_F(OdbScope, ForeignKeysBreakAtTheStatementNotAtTheCommit) {
  writer_->exec("BEGIN IMMEDIATE");
  EXPECT_EQ(numbered_("orphan", writer_->handle(), 1).text, "foreign_key");
  writer_->exec("COMMIT");
}

TEST_F(OdbScope, AFullDiskEndsTheTransactionAndTheWrapperSurvives) {
  const std::int64_t pages = writer_->number("PRAGMA page_count");
  writer_->exec("PRAGMA max_page_count=" + std::to_string(pages + 2));
  writer_->exec("BEGIN IMMEDIATE");
  writer_->exec("SAVEPOINT unit");
  EXPECT_EQ(numbered_("persist_many", writer_->handle(), 100).outcome, 1);
  EXPECT_FALSE(writer_->in_transaction()) << "the host must look: the next unit would commit alone";
  writer_->exec("PRAGMA max_page_count=1000000");
  writer_->exec("BEGIN IMMEDIATE");
  EXPECT_EQ(numbered_("persist", writer_->handle(), 1).outcome, 0);
  writer_->exec("COMMIT");
  EXPECT_EQ(writer_->number("SELECT count(*) FROM numbered_record"), 1);
}

TEST_F(OdbScope, AnInterruptedWriteEndsTheTransactionAndTheWrapperSurvives) {
  writer_->exec("BEGIN IMMEDIATE");
  sqlite3_progress_handler(writer_->handle(), 1000, [](void*) { return 1; }, nullptr);
  const lent::answer said = numbered_(
      "sql INSERT INTO numbered_record WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
      "SELECT i, i, '', 1 FROM n",
      writer_->handle());
  EXPECT_NE(said.text.find("interrupted"), std::string::npos) << said.text;
  sqlite3_progress_handler(writer_->handle(), 0, nullptr, nullptr);
  EXPECT_FALSE(writer_->in_transaction());
  writer_->exec("BEGIN IMMEDIATE");
  EXPECT_EQ(numbered_("persist", writer_->handle(), 1).outcome, 0);
  writer_->exec("COMMIT");
}

TEST_F(OdbScope, AReaderOnItsOwnConnectionDoesNotBlockTheWriter) {
  auto reader = std::make_unique<lent::connection>(folder_ / "host.db");
  reader->exec("BEGIN");
  EXPECT_EQ(numbered_("count", reader->handle(), 1).text, "0");
  writer_->exec("BEGIN IMMEDIATE");
  EXPECT_EQ(numbered_("persist", writer_->handle(), 1).outcome, 0);
  writer_->exec("COMMIT");  // with busy_timeout 0 this would fail under a shared cache
  EXPECT_EQ(numbered_("count", reader->handle(), 1).text, "0") << "the reader keeps its snapshot";
  reader->exec("COMMIT");
  EXPECT_EQ(numbered_("count", reader->handle(), 1).text, "1");
  forget(*reader);
}

TEST_F(OdbScope, OnePoolServesManyThreads) {
  constexpr int threads = 4;
  std::vector<std::unique_ptr<lent::connection>> readers;
  for (int i = 0; i < threads; ++i) readers.push_back(std::make_unique<lent::connection>(folder_ / "host.db"));
  std::vector<std::thread> running;
  for (auto& reader : readers)
    running.emplace_back([this, &reader] {
      for (int round = 0; round < 50; ++round) {
        EXPECT_EQ(numbered_("count", reader->handle(), 1).text, "0");
        EXPECT_EQ(named_("count", reader->handle(), 1).text, "0");
        if (round % 10 == 9) numbered_("forget", reader->handle());
      }
    });
  for (auto& each : running) each.join();
  for (auto& reader : readers) forget(*reader);
}

TEST_F(OdbScope, RefusesAKindItWasNotBuiltFor) {
  const lent::answer said = numbered_("load", writer_->handle(), 1, nullptr, nullptr, 3);
  EXPECT_EQ(said.outcome, 1);
  EXPECT_NE(said.text.find("kind 3"), std::string::npos) << said.text;
}

TEST_F(OdbScope, RefusesAMissingHandle) {
  EXPECT_NE(numbered_("load", nullptr, 1).text.find("inside a unit of work only"), std::string::npos);
}

}  // namespace
