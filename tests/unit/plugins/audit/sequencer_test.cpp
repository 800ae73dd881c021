// What the sequencer refuses to sign, and that of two processes one integrates.
#include "tests/unit/plugins/audit/audit_host.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace audit_test {
namespace {

struct AuditSequencer : audit_host {
  const std::string task = "01901111-1111-7111-8111-111111111111";
  void tamper(const char* sql) { ASSERT_EQ(sqlite3_exec(static_cast<sqlite3*>(host.sqlite()), sql, nullptr, nullptr, nullptr), SQLITE_OK) << sql; }
  void fire_for(std::chrono::milliseconds time) {
    for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;) host.fire(0);
  }
  [[nodiscard]] bool logged(std::string_view text) const {
    return std::any_of(host.log_lines().begin(), host.log_lines().end(), [&](const std::string& l) { return l.find(text) != std::string::npos; });
  }
};

TEST_F(AuditSequencer, SignsOnlyWhatExtendsTheLastCheckpoint) {
  event("ana", task);
  event("ana", task);
  integrate();
  tamper("UPDATE audit_tile SET hashes = zeroblob(64)");
  event("ana", task);
  fire_for(std::chrono::milliseconds(500));
  EXPECT_EQ(host.scalar("SELECT max(size) FROM audit_checkpoint"), "2");
  EXPECT_EQ(host.scalar("SELECT count(*) FROM audit_staged"), "1");  // kept for after the repair
  EXPECT_TRUE(logged("cannot be signed"));
}

TEST_F(AuditSequencer, RefusesATreeThatWasCutBack) {
  event("ana", task);
  event("ana", task);
  integrate();
  tamper("UPDATE audit_state SET size = 1");
  event("ana", task);
  fire_for(std::chrono::milliseconds(500));
  EXPECT_EQ(host.scalar("SELECT max(size) FROM audit_checkpoint"), "2");
  EXPECT_TRUE(logged("cannot be signed"));
}

TEST_F(AuditSequencer, RefusesToGoOnAfterAForgedCheckpoint) {
  event("ana", task);
  integrate();
  tamper("UPDATE audit_checkpoint SET note = replace(note, 'test/audit', 'best/audit')");
  event("ana", task);
  fire_for(std::chrono::milliseconds(500));
  EXPECT_EQ(host.scalar("SELECT max(size) FROM audit_checkpoint"), "1");
}

TEST_F(AuditSequencer, WhoWasFencedOutStandsBy) {
  event("ana", task);
  integrate();
  EXPECT_EQ(host.scalar("SELECT epoch FROM audit_state"), "1");
  // Another process took over just now.
  tamper("UPDATE audit_state SET epoch = 2, integrated = CAST(strftime('%s','now') AS INTEGER) * 1000 + 1000");
  event("ana", task);
  fire_for(std::chrono::milliseconds(600));
  EXPECT_EQ(host.scalar("SELECT size FROM audit_state"), "1");
  // It has been silent for long: the log is taken back.
  tamper("UPDATE audit_state SET integrated = 1");
  event("ana", task);
  fire_for(std::chrono::milliseconds(600));
  EXPECT_EQ(host.scalar("SELECT size FROM audit_state"), "3");
  EXPECT_EQ(host.scalar("SELECT epoch FROM audit_state"), "3");
}

TEST_F(AuditSequencer, ManyLeavesGrowLevelsAndStayProvable) {
  std::vector<evh::testing::published_event> batch;
  for (int i = 0; i < 1500; ++i)
    batch.push_back({.topic = "task-events", .type = "t", .id = "m" + std::to_string(i), .key = "ana", .payload = task_payload("ana", task), .offset = i});
  ASSERT_EQ(host.deliver("task-events", batch).status, EVH_OK);
  integrate();
  EXPECT_EQ(host.scalar("SELECT size FROM audit_state"), "1500");
  EXPECT_EQ(host.scalar("SELECT count(*) FROM audit_tile WHERE level = 0"), "6");
  EXPECT_EQ(host.scalar("SELECT length(hashes) FROM audit_tile WHERE level = 1"), std::to_string(5 * 32));
  EXPECT_EQ(ask("ana", "/api/v1/audit/events/m777/proof").status, 200);
}

}  // namespace
}  // namespace audit_test
