// The contract of evh/odb.hpp on a borrowed PGconn of a real server: what the SQLite tests say, and PostgreSQL's own traps.
#include <libpq-fe.h>

#include <cstdlib>
#include <memory>
#include <thread>

#include "tests/conformance/odb/lent_host.hpp"
#include "tests/support/postgres_under_test.hpp"

namespace {

using evhost::test::postgres_under_test;

// One connection as the host makes it.
class connection {
 public:
  explicit connection(const std::string& url) : handle_(PQconnectdb(url.c_str())) {
    EXPECT_EQ(PQstatus(handle_), CONNECTION_OK) << PQerrorMessage(handle_);
  }
  connection(const connection&) = delete;
  ~connection() { PQfinish(handle_); }

  PGconn* handle() const { return handle_; }
  PGTransactionStatusType status() const { return PQtransactionStatus(handle_); }
  std::string ask(const std::string& sql) {
    const std::unique_ptr<PGresult, void (*)(PGresult*)> got(PQexec(handle_, sql.c_str()), &PQclear);
    const auto code = PQresultStatus(got.get());
    EXPECT_TRUE(code == PGRES_COMMAND_OK || code == PGRES_TUPLES_OK) << sql << ": " << PQerrorMessage(handle_);
    return PQntuples(got.get()) > 0 ? PQgetvalue(got.get(), 0, 0) : PQcmdStatus(got.get());
  }

 private:
  PGconn* handle_;
};

class OdbOnPostgres : public testing::Test {
 protected:
  void SetUp() override {
    auto& server = postgres_under_test::instance();
    if (!server.available()) {
      const char* all = std::getenv("EVH_REQUIRE_ALL");
      if (all != nullptr && std::string(all) == "1") FAIL() << server.why();
      GTEST_SKIP() << server.why();
    }
    url_ = server.url(server.make_database());
    host_ = std::make_unique<connection>(url_);
    host_->ask(
        "CREATE TABLE numbered_record(key BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, note TEXT NOT NULL "
        "CHECK(note <> 'forbidden'), version BIGINT NOT NULL);"
        "CREATE UNIQUE INDEX numbered_record_name_i ON numbered_record(name);"
        "CREATE TABLE numbered_line(id BIGSERIAL NOT NULL PRIMARY KEY, \"of\" BIGINT NOT NULL "
        "REFERENCES numbered_record(key));"
        "CREATE TABLE named_record(key TEXT NOT NULL PRIMARY KEY, cents BIGINT NOT NULL, name TEXT NOT NULL, "
        "version BIGINT NOT NULL);"
        "CREATE UNIQUE INDEX named_record_name_i ON named_record(name)");
  }
  void TearDown() override {
    if (host_) forget(host_->handle());
  }
  lent::answer call(const lent::plugin& probe, const std::string& op, std::int64_t n = 0) {
    return probe(op, host_->handle(), n, nullptr, nullptr, 2);
  }
  void forget(PGconn* closing) const {
    for (const auto* each : {&numbered_, &named_, &reloaded_}) (*each)("forget", closing);
  }
  // One operation in a savepoint that is taken back, as the host ends a unit that failed.
  lent::answer undone(const lent::plugin& probe, const std::string& op, std::int64_t n) {
    host_->ask("SAVEPOINT unit");
    const auto said = call(probe, op, n);
    host_->ask("ROLLBACK TO SAVEPOINT unit");
    host_->ask("RELEASE SAVEPOINT unit");
    return said;
  }
  std::string names() { return host_->ask("SELECT count(*) FROM pg_prepared_statements"); }

  const lent::plugin& numbered_ = lent::plugin::at(EVH_PROBE_NUMBERED);
  const lent::plugin& named_ = lent::plugin::at(EVH_PROBE_NAMED);
  const lent::plugin& reloaded_ = lent::plugin::at(EVH_PROBE_RELOADED);
  std::string url_;
  std::unique_ptr<connection> host_;
};

TEST_F(OdbOnPostgres, TwoPluginsMayUseOneClassName) {
  host_->ask("BEGIN");
  for (std::int64_t n = 1; n <= 3; ++n) {
    EXPECT_EQ(call(numbered_, "persist", n).outcome, 0);
    EXPECT_EQ(call(named_, "persist", n).outcome, 0);
  }
  EXPECT_EQ(call(numbered_, "load", 2).text, "numbered 2");
  EXPECT_EQ(call(named_, "load", 2).text, "named 2");
  EXPECT_EQ(host_->ask("COMMIT"), "COMMIT");
}

TEST_F(OdbOnPostgres, AReloadedPluginWorksBesideItsOldFileOnOneConnection) {
  host_->ask("BEGIN");
  EXPECT_EQ(call(numbered_, "persist", 1).text, "numbered 1");
  EXPECT_EQ(call(reloaded_, "persist", 2).text, "numbered 2");
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(call(numbered_, "count", 2).text, "1");
    EXPECT_EQ(call(reloaded_, "count", 1).text, "1");
  }
  EXPECT_EQ(host_->ask("COMMIT"), "COMMIT");
}

TEST_F(OdbOnPostgres, NamedQueriesOfTwoPluginsDoNotMeet) {
  host_->ask("BEGIN");
  call(numbered_, "persist", 7);
  call(named_, "persist", 7);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(call(numbered_, "count", 7).text, "1");
    EXPECT_EQ(call(named_, "count", 7).text, "1");
    EXPECT_EQ(call(named_, "count", 8).text, "0");
  }
  host_->ask("COMMIT");
}

TEST_F(OdbOnPostgres, StatementsAreMadeOncePerConnection) {
  host_->ask("BEGIN");
  for (std::int64_t n = 1; n <= 3; ++n) call(numbered_, "persist", n);
  EXPECT_EQ(names(), "1");
  host_->ask("COMMIT");
}

TEST_F(OdbOnPostgres, ForgettingSaysNothingToTheServer) {
  host_->ask("BEGIN");
  call(numbered_, "persist", 1);
  PQenterPipelineMode(host_->handle());  // whatever state the connection is in
  forget(host_->handle());
  EXPECT_EQ(PQexitPipelineMode(host_->handle()), 1);
  EXPECT_EQ(names(), "1") << "the host drops the names, or the connection";
  EXPECT_EQ(call(numbered_, "persist", 2).outcome, 0) << "a new wrapper does not stumble over them";
  host_->ask("COMMIT");
}

TEST_F(OdbOnPostgres, TheHostMayDropEveryNameAfterForgetting) {
  host_->ask("BEGIN");
  call(numbered_, "count", 1);
  forget(host_->handle());
  host_->ask("DEALLOCATE ALL");
  EXPECT_EQ(call(numbered_, "count", 1).text, "0");
  host_->ask("COMMIT");
}

TEST_F(OdbOnPostgres, APoolThatEndsLeavesTheHandleOpen) {
  host_->ask("BEGIN");
  call(numbered_, "persist", 1);
  for (int round = 0; round < 2; ++round) EXPECT_EQ(call(numbered_, "pool_ends", 1).text, "numbered 1");
  EXPECT_EQ(call(numbered_, "load", 1).text, "numbered 1");
  host_->ask("COMMIT");
}

TEST_F(OdbOnPostgres, NeverEndsTheHostsTransaction) {
  host_->ask("BEGIN");
  for (const char* op : {"persist", "persist_and_commit"}) {
    EXPECT_EQ(undone(numbered_, op, 1).outcome, 0);
    EXPECT_EQ(host_->status(), PQTRANS_INTRANS) << op;
    EXPECT_EQ(host_->ask("SELECT count(*) FROM numbered_record"), "0") << op;
  }
  host_->ask("COMMIT");
}

TEST_F(OdbOnPostgres, RefusesATransactionOfThePluginsOwn) {
  host_->ask("BEGIN");
  const auto said = call(numbered_, "begin");
  EXPECT_EQ(said.outcome, 1);
  EXPECT_NE(said.text.find("belong to the host"), std::string::npos) << said.text;
  EXPECT_EQ(host_->status(), PQTRANS_INTRANS);
}

TEST_F(OdbOnPostgres, RefusesAHandleInTheMiddleOfAPipeline) {
  PQenterPipelineMode(host_->handle());
  const auto said = call(numbered_, "load", 1);
  EXPECT_EQ(said.outcome, 1);
  EXPECT_NE(said.text.find("in the middle of the host's pipeline"), std::string::npos) << said.text;
  PQexitPipelineMode(host_->handle());
}

TEST_F(OdbOnPostgres, NoSessionBringsBackWhatWasRolledBack) {
  host_->ask("BEGIN");
  host_->ask("SAVEPOINT unit");
  call(numbered_, "persist", 1);
  EXPECT_EQ(call(numbered_, "load_in_session", 1).outcome, 0);
  host_->ask("ROLLBACK TO SAVEPOINT unit");
  EXPECT_EQ(call(numbered_, "load_in_session", 1).outcome, 1);
  host_->ask("COMMIT");
}

TEST_F(OdbOnPostgres, AUnitThatRunsAgainLoadsItsObjectsAgain) {
  host_->ask("BEGIN");
  call(numbered_, "persist", 1);
  EXPECT_EQ(undone(numbered_, "load_and_update", 1).text, "2");
  EXPECT_EQ(undone(numbered_, "update_kept", 1).outcome, 1) << "the object in memory is one version ahead";
  EXPECT_EQ(call(numbered_, "reload_and_update", 1).text, "2");
  host_->ask("COMMIT");
}

struct nested_call {
  const lent::plugin* inner;
  PGconn* handle;
  lent::answer said;
};
void persist_named(void* context) {
  auto* call = static_cast<nested_call*>(context);
  call->said = (*call->inner)("persist", call->handle, 5, nullptr, nullptr, 2);
}

TEST_F(OdbOnPostgres, RestoresTheTransactionThatWasCurrent) {
  nested_call inner{&named_, host_->handle(), {}};
  host_->ask("BEGIN");
  EXPECT_EQ(numbered_("nest", host_->handle(), 4, &persist_named, &inner, 2).text, "numbered 4");
  EXPECT_EQ(inner.said.text, "named 5");
  EXPECT_EQ(call(numbered_, "current").text, "no");
  host_->ask("COMMIT");
}

TEST_F(OdbOnPostgres, TellsWhichConstraintBroke) {
  host_->ask("BEGIN");
  call(numbered_, "persist", 1);
  EXPECT_EQ(undone(numbered_, "same_key", 1).text, "primary_key");
  EXPECT_EQ(undone(numbered_, "same_name", 1).text, "unique");
  EXPECT_EQ(undone(numbered_, "check", 1).text, "check");
  EXPECT_EQ(undone(numbered_, "orphan", 1).text, "foreign_key");
  EXPECT_EQ(host_->ask("COMMIT"), "COMMIT");
}

TEST_F(OdbOnPostgres, AFailedStatementLeavesNoNameBehindThatWouldMeetTheNext) {
  host_->ask("BEGIN");
  for (int round = 0; round < 3; ++round) EXPECT_EQ(undone(numbered_, "orphan", 1).text, "foreign_key");
  host_->ask("SAVEPOINT unit");
  call(numbered_, "orphan", 1);                            // aborts
  EXPECT_EQ(call(numbered_, "count", 1).outcome, 1);       // cannot even be prepared now
  EXPECT_EQ(call(numbered_, "load", 1).outcome, 1);
  host_->ask("ROLLBACK TO SAVEPOINT unit");
  EXPECT_EQ(call(numbered_, "count", 1).text, "0");
  EXPECT_EQ(host_->ask("COMMIT"), "COMMIT");
}

TEST_F(OdbOnPostgres, PreparedInAUnitThatWasRolledBackStillWorks) {
  host_->ask("BEGIN");
  undone(numbered_, "persist", 1);
  host_->ask("ROLLBACK");
  host_->ask("BEGIN");
  EXPECT_EQ(call(numbered_, "persist", 1).outcome, 0);
  EXPECT_EQ(host_->ask("COMMIT"), "COMMIT");
}

TEST_F(OdbOnPostgres, ALostConnectionIsForgottenWithoutWaiting) {
  connection other(url_);
  host_->ask("BEGIN");
  call(numbered_, "persist", 1);
  other.ask("SELECT pg_terminate_backend(" + std::to_string(PQbackendPID(host_->handle())) + ")");
  EXPECT_EQ(call(numbered_, "persist", 2).outcome, 1);
  forget(host_->handle());
  host_ = std::make_unique<connection>(url_);
  host_->ask("BEGIN");
  EXPECT_EQ(call(numbered_, "persist", 2).outcome, 0);
  host_->ask("COMMIT");
}

TEST_F(OdbOnPostgres, OnePoolServesManyThreads) {
  constexpr int threads = 3;
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i)
    running.emplace_back([this] {
      connection mine(url_);
      for (int round = 0; round < 20; ++round) {
        mine.ask("BEGIN");
        EXPECT_EQ(numbered_("count", mine.handle(), 1, nullptr, nullptr, 2).text, "0");
        EXPECT_EQ(named_("count", mine.handle(), 1, nullptr, nullptr, 2).text, "0");
        mine.ask("COMMIT");
        if (round % 10 == 9) forget(mine.handle());
      }
    });
  for (auto& each : running) each.join();
}

}  // namespace
