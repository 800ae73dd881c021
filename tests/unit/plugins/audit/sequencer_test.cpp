// What the sequencer refuses to sign, and that of two processes one integrates.
#include "tests/unit/plugins/audit/audit_host.hpp"

#include "plugins/audit/log/merkle.hpp"
#include "plugins/audit/log/note.hpp"

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
  tamper("UPDATE audit_state SET epoch = 2");
  event("ana", task);
  fire_for(std::chrono::milliseconds(1200));
  EXPECT_EQ(host.scalar("SELECT size FROM audit_state"), "1");
  // It leaves what waits alone: the log is taken back.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(15);
  while (host.scalar("SELECT size FROM audit_state") == "1" && std::chrono::steady_clock::now() < deadline) fire_for(std::chrono::milliseconds(100));
  EXPECT_EQ(host.scalar("SELECT size FROM audit_state"), "2");
  EXPECT_EQ(host.scalar("SELECT epoch FROM audit_state"), "3");
}

std::string checkpoint_by_another_key(std::uint64_t size, const audit::hash& root) {
  audit::note_signer::seed seed;
  seed.fill(9);
  return audit::note_signer("test/audit", seed).sign({"", size, root});
}

TEST_F(AuditSequencer, RefusesAnotherKeyUnlessToldSo) {
  event("ana", task);
  integrate();
  const auto leaf = parsed(ask("ana", "/api/v1/audit/events/e0")).at("leaf").as_string();
  tamper(("UPDATE audit_checkpoint SET note = '" + checkpoint_by_another_key(1, audit::leaf_hash(leaf)) + "'").c_str());
  event("ana", task);
  fire_for(std::chrono::milliseconds(600));
  EXPECT_EQ(host.scalar("SELECT max(size) FROM audit_checkpoint"), "1");
  EXPECT_TRUE(logged("accept_new_key"));
}

struct AuditNewKey : AuditSequencer {
  std::string config() override { return R"({"origin":"test/audit","topics":"","signing_key_secret":"","accept_new_key":true})"; }
};
TEST_F(AuditNewKey, GoesOnAndNotesBothKeys) {
  event("ana", task);
  integrate();
  const auto leaf = parsed(ask("ana", "/api/v1/audit/events/e0")).at("leaf").as_string();
  tamper(("UPDATE audit_checkpoint SET note = '" + checkpoint_by_another_key(1, audit::leaf_hash(leaf)) + "'").c_str());
  event("ana", task);
  integrate();
  EXPECT_EQ(host.scalar("SELECT max(size) FROM audit_checkpoint"), "2");
}

TEST(AuditKey, ComesFromANamedSecretWhenToldSo) {
  const auto vkey_of = [](const std::string& secret) {
    evh::testing::host host;
    host.set_secret("audit-key", secret);
    host.load_file(EVH_AUDIT_PLUGIN, R"({"origin":"test/audit","topics":"","signing_key_secret":"audit-key","accept_new_key":false})");
    return host.get("/api/v1/audit/key").body;
  };
  EXPECT_NE(vkey_of(audit::base64(std::string(32, 'a'))), vkey_of(audit::base64(std::string(32, 'b'))));
  EXPECT_EQ(vkey_of(audit::base64(std::string(32, 'a')) + "\n"), vkey_of(audit::base64(std::string(32, 'a'))));
  EXPECT_THROW(vkey_of("too short"), std::runtime_error);
}

TEST(AuditKey, NeverStandsInTheDatabaseOrTheLog) {
  const std::string seed(32, 'S');
  evh::testing::host host;
  host.set_secret("audit-key", audit::base64(seed));
  host.load_file(EVH_AUDIT_PLUGIN, R"({"origin":"test/audit","topics":"","signing_key_secret":"audit-key","accept_new_key":false})");
  host.deliver("task-events", {{.topic = "task-events", .type = "t", .id = "1", .key = "ana", .payload = "{}", .offset = 0}});
  host.fire(0);
  std::string everything;
  for (const auto& line : host.log_lines()) everything += line;
  unsigned char* image = nullptr;
  sqlite3_int64 bytes = 0;
  image = sqlite3_serialize(static_cast<sqlite3*>(host.sqlite()), "main", &bytes, 0);
  ASSERT_NE(image, nullptr);
  everything.append(reinterpret_cast<const char*>(image), static_cast<std::size_t>(bytes));
  sqlite3_free(image);
  EXPECT_EQ(everything.find(seed), std::string::npos);
  EXPECT_EQ(everything.find(audit::base64(seed)), std::string::npos);
}

TEST(AuditTopics, FurtherOnesAreRecordedToo) {
  evh::testing::host host;
  host.load_file(EVH_AUDIT_PLUGIN, R"({"origin":"test/audit","topics":"mine, other.dlq","signing_key_secret":"","accept_new_key":false})");
  host.deliver("mine", {{.topic = "mine", .type = "t", .id = "1", .key = "ana", .payload = "{}", .offset = 0}});
  EXPECT_EQ(host.scalar("SELECT count(*) FROM audit_staged"), "1");
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
