// The audit trail of a real host: what people did is provable offline, through erasure, restarts and kill -9.
#include "tests/e2e/audit_oracle.hpp"
#include "tests/e2e/client.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

namespace evhost::e2e {
namespace {

using namespace std::chrono_literals;

struct Audit : testing::Test {
  test::host_under_test host;
  void SetUp() override { host.start(); }

  static void eventually(const char* what, const std::function<bool()>& holds) {
    for (const auto end = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(20ms))
      if (holds()) return;
    FAIL() << what << " did not happen within 10 s";
  }
  // Somebody with a role.
  person with_role(const std::string& name, const std::string& role) {
    person p(host, name);
    p.http().bearer(host.token(name, role));
    return p;
  }
  static std::string create(person& who, const std::string& title) {
    const auto r = who.post("/api/v1/tasks", R"({"title":")" + title + R"("})");
    EXPECT_EQ(r.status, 201u) << r.raw.body;
    return r.id();
  }
  // The newest leaf about the task of that type, once it is in the tree.
  static json::object leaf_of(person& who, const std::string& task, const std::string& type) {
    json::object found;
    eventually(type.c_str(), [&] {
      const auto page = who.get("/api/v1/audit?topic=task-events&task=" + task + "&type=" + type);
      if (page.status != 200 || page.items() == 0) return false;
      found = page.body.at("items").as_array()[0].as_object();
      return true;
    });
    return found;
  }
  test::host_under_test::output verify(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"audit", "verify"});
    return host.command(arguments);
  }
  [[nodiscard]] std::filesystem::path folder(const std::string& name) const { return host.data() / name; }
  void exported(const std::string& name) const {
    const auto out = host.command({"audit", "export", "--out", folder(name).string()});
    ASSERT_EQ(out.exit, 0) << out.err;
  }
};

void write(const std::filesystem::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

TEST_F(Audit, CreateCompleteDeleteAreLeavesForTheirOwnerOnly) {
  person ana(host, "ana"), eve(host, "eve");
  const auto task = create(ana, "buy milk");
  ASSERT_EQ(ana.post("/api/v1/tasks/" + task + "/complete").status, 200u);
  ASSERT_LT(ana.del("/api/v1/tasks/" + task, {{"If-Match", "*"}}).status, 300u);
  const auto created = leaf_of(ana, task, "todo.task.created.v1");
  leaf_of(ana, task, "todo.task.completed.v1");
  leaf_of(ana, task, "todo.task.deleted.v1");
  EXPECT_EQ(created.at("payload").at("task").at("title"), json::value("buy milk"));
  const std::string id(created.at("id").as_string());
  EXPECT_EQ(eve.get("/api/v1/audit?task=" + task).items(), 0u);
  EXPECT_EQ(eve.get("/api/v1/audit/events/" + id).status, 404u);
  EXPECT_EQ(eve.get("/api/v1/audit/events/" + id + "/proof").status, 404u);
  auto auditor = with_role("aud", "auditor"), admin = with_role("root", "admin");
  EXPECT_TRUE(auditor.get("/api/v1/audit?task=" + task).body.at("items").as_array()[0].as_object().contains("payload"));
  EXPECT_FALSE(admin.get("/api/v1/audit?task=" + task).body.at("items").as_array()[0].as_object().contains("payload"));
  // That they looked is in the trail too.
  eventually("reading others' trail", [&] { return auditor.get("/api/v1/audit?type=todo.audit.admin.v1").items() >= 2; });
}

TEST_F(Audit, DenialsAndAdminActionsAreLeavesToo) {
  person ana(host, "ana"), nobody(host, "nobody");
  nobody.http().bearer("forged");
  EXPECT_EQ(nobody.get("/api/v1/tasks").status, 401u);
  EXPECT_EQ(ana.post("/api/v1/audit/export", "{}").status, 403u);
  auto auditor = with_role("aud", "auditor");
  eventually("denials", [&] {
    const auto seen = auditor.get("/api/v1/audit?topic=audit-events&type=todo.audit.denied.v1");
    return seen.items() >= 2 && seen.raw.body.find("\"outcome\":\"denied\"") != std::string::npos;
  });
}

TEST_F(Audit, AProofIsVerifiedOfflineAndAnyOtherLeafIsNot) {
  person ana(host, "ana");
  const auto task = create(ana, "buy milk");
  for (int i = 0; i < 5; ++i) create(ana, "more");
  const auto created = leaf_of(ana, task, "todo.task.created.v1");
  const auto at = "/api/v1/audit/events/" + std::string(created.at("id").as_string());
  const auto leaf = ana.get(at).text("/leaf");
  const auto proof = ana.get(at + "/proof", {{"Accept", "text/plain"}});
  ASSERT_EQ(proof.status, 200u) << proof.raw.body;
  const auto key = ana.get("/api/v1/audit/key").text("/vkey");
  write(folder("proof"), proof.raw.body);
  write(folder("leaf"), leaf);
  const auto good = verify({"--key", key, "--proof", folder("proof").string(), "--leaf", folder("leaf").string()});
  EXPECT_EQ(good.exit, 0) << good.out << good.err;
  write(folder("leaf"), leaf + " ");
  write(folder("leaf"), "x" + leaf);
  EXPECT_EQ(verify({"--key", key, "--proof", folder("proof").string(), "--leaf", folder("leaf").string()}).exit, 80);
}

TEST_F(Audit, TheExportVerifiesAgainstKeyAndPinAndAnEditIsNamed) {
  person ana(host, "ana");
  const auto task = create(ana, "buy milk");
  leaf_of(ana, task, "todo.task.created.v1");
  const auto pin = ana.get("/api/v1/audit/checkpoint").raw.body;
  write(folder("pin"), pin);
  for (int i = 0; i < 20; ++i) create(ana, "task " + std::to_string(i));
  leaf_of(ana, create(ana, "last"), "todo.task.created.v1");
  exported("export");
  const auto key = (folder("export") / "vkey").string(), bundle = (folder("export") / "000000000000000000.ndjson").string();
  const auto good = verify({"--key", key, "--bundle", folder("export").string(), "--pin", folder("pin").string()});
  EXPECT_EQ(good.exit, 0) << good.out << good.err;
  EXPECT_TRUE(good.out.starts_with("GOOD 0 ")) << good.out;
  std::ifstream in(bundle, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  // A letter of the payload of the first task event behind leaf 5.
  const auto at = text.find("priority", text.find("{\"index\":5,"));
  const auto line = text.rfind("{\"index\":", at) + 9;
  const auto index = text.substr(line, text.find(',', line) - line);
  text[at] ^= 1;
  write(bundle, text);
  const auto bad = verify({"--key", key, "--bundle", bundle});
  EXPECT_EQ(bad.exit, 80);
  EXPECT_EQ(bad.out, "TAMPERED " + index + " payload\n") << bad.err;
}

TEST_F(Audit, ErasureKeepsProofsAndNeedsTwoPeople) {
  person ana(host, "ana");
  auto admin = with_role("root", "admin"), auditor = with_role("aud", "auditor");
  const auto task = create(ana, "a secret");
  const auto at = "/api/v1/audit/events/" + std::string(leaf_of(ana, task, "todo.task.created.v1").at("id").as_string());
  const auto asked = admin.post(at + "/erasure", R"({"reason":"letter of 3 May","legal_basis":"GDPR 17"})");
  ASSERT_EQ(asked.status, 202u) << asked.raw.body;
  const auto approval = "/api/v1/audit/erasures/" + asked.id() + "/approval";
  EXPECT_EQ(admin.post(approval).status, 403u);
  EXPECT_EQ(auditor.post(approval).status, 200u);
  EXPECT_EQ(ana.get(at).text("/redacted"), "true");
  EXPECT_EQ(ana.get(at).raw.body.find("a secret"), std::string::npos);
  leaf_of(ana, create(ana, "later"), "todo.task.created.v1");
  exported("export");
  EXPECT_EQ(verify({"--key", (folder("export") / "vkey").string(), "--bundle", folder("export").string()}).exit, 0);
}

TEST_F(Audit, AnErasedPersonIsUnreadableForEverybody) {
  person ana(host, "ana");
  auto admin = with_role("root", "admin"), auditor = with_role("aud", "auditor");
  const auto task = create(ana, "a secret");
  const auto created = leaf_of(ana, task, "todo.task.created.v1");
  const std::string id(created.at("id").as_string());
  const auto owner = created.at("payload").at("task").at("owner").as_string();
  const auto asked = admin.post("/api/v1/audit/users/" + std::string(owner) + "/erasure", R"({"reason":"account closed","legal_basis":"GDPR 17"})");
  ASSERT_EQ(asked.status, 202u) << asked.raw.body;
  ASSERT_EQ(auditor.post("/api/v1/audit/erasures/" + asked.id() + "/approval").status, 200u);
  EXPECT_EQ(auditor.get("/api/v1/audit/erasures").text("/items/0/status"), "erased");
  const auto seen = auditor.get("/api/v1/audit/events/" + id);
  EXPECT_EQ(seen.text("/redacted"), "true");
  EXPECT_EQ(seen.raw.body.find("a secret"), std::string::npos);
  EXPECT_EQ(auditor.get("/api/v1/audit/events/" + id + "/proof").status, 200u);
  EXPECT_EQ(ana.get("/api/v1/audit/events/" + id).status, 404u) << "the pseudonym leads back to nobody";
}

TEST_F(Audit, SizesAreConsistentAndAPartExportsByHttp) {
  person ana(host, "ana");
  leaf_of(ana, create(ana, "one"), "todo.task.created.v1");
  leaf_of(ana, create(ana, "two"), "todo.task.created.v1");
  test::http_client open(host.port());  // no token
  const auto proof = json::parse(open.get("/api/v1/audit/consistency?from=1").body);
  EXPECT_GT(proof.at("hashes").as_array().size(), 0u);
  auto auditor = with_role("aud", "auditor");
  const auto part = auditor.post("/api/v1/audit/export", R"({"from":1,"to":3})");
  ASSERT_EQ(part.status, 200u) << part.raw.body;
  write(folder("part"), part.raw.body);
  EXPECT_EQ(verify({"--key", ana.get("/api/v1/audit/key").text("/vkey"), "--bundle", folder("part").string()}).out, "GOOD 1 3\n");
}

TEST_F(Audit, RestartAndKillLeaveNoGapAndNoTwin) {
  std::string key;
  for (int round = 0; round < 4; ++round) {
    person ana(host, "ana");
    const auto now = ana.get("/api/v1/audit/key").text("/vkey");
    EXPECT_TRUE(key.empty() || now == key) << "the signing key must survive";
    key = now;
    for (int i = 0; i < 40; ++i) create(ana, "task " + std::to_string(i));
    if (round == 1) {
      EXPECT_EQ(host.stop(), 0);
    } else {
      host.kill(SIGKILL);
      host.wait_exit();
    }
    host.start();
  }
  person ana(host, "ana");
  leaf_of(ana, create(ana, "last"), "todo.task.created.v1");
  exported("export");
  EXPECT_EQ(verify({"--key", (folder("export") / "vkey").string(), "--bundle", folder("export").string()}).exit, 0);
  eventually("the lanes", [&] { return ana.get("/api/v1/audit?limit=1").status == 200; });
  EXPECT_EQ(host.stop(), 0);
  const auto state = inspect_audit(host.database());
  EXPECT_TRUE(state.wrong.empty()) << state.wrong.front();
  EXPECT_GE(state.leaves + state.staged, 161u * 2);
}

}  // namespace
}  // namespace evhost::e2e
