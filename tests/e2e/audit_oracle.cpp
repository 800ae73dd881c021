// Reads the tables directly and builds the tree a second time.
#include "tests/e2e/audit_oracle.hpp"

#include "plugins/audit/leaves/bundle.hpp"
#include "plugins/audit/leaves/leaf.hpp"
#include "plugins/audit/log/merkle.hpp"
#include "plugins/audit/log/note.hpp"

#include <sqlite3.h>

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>

namespace evhost::e2e {
namespace {

class database {
 public:
  explicit database(const std::filesystem::path& file) {
    sqlite3* raw = nullptr;
    if (sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) throw std::runtime_error("cannot open " + file.string());
    handle_.reset(raw);
  }
  void rows(const std::string& sql, const std::function<void(sqlite3_stmt*)>& each) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle_.get()));
    while (sqlite3_step(statement) == SQLITE_ROW) each(statement);
    sqlite3_finalize(statement);
  }
  static std::string bytes(sqlite3_stmt* s, int column) {
    return {static_cast<const char*>(sqlite3_column_blob(s, column)), static_cast<std::size_t>(sqlite3_column_bytes(s, column))};
  }

 private:
  struct closer {
    void operator()(sqlite3* db) const { sqlite3_close(db); }
  };
  std::unique_ptr<sqlite3, closer> handle_;
};

struct no_tiles final : audit::tile_source {
  std::string tile(audit::tile_id) override { return {}; }
};

// What the lanes' positions say was taken must be what has leaves: both moved in one transaction.
void check_positions(const std::map<std::string, std::int64_t>& next, database& db, audit_state& out) {
  std::map<std::string, std::int64_t> taken;
  db.rows("SELECT t.name || '/' || p.part, p.next_off FROM evh_log_positions p JOIN evh_log_topics t ON t.id = p.topic WHERE p.grp = 'audit' AND p.next_off > 0",
          [&](sqlite3_stmt* s) { taken[database::bytes(s, 0)] = sqlite3_column_int64(s, 1); });
  if (taken.empty()) out.wrong.push_back("no lane of the group audit has a position");
  for (const auto& [source, offset] : taken) {
    const auto found = next.find(source);
    const auto leaves = found == next.end() ? 0 : found->second;
    if (leaves != offset) out.wrong.push_back(source + ": " + std::to_string(offset) + " records were taken, " + std::to_string(leaves) + " have leaves");
  }
}

}  // namespace

audit_state inspect_audit(const std::filesystem::path& file) {
  database db(file);
  audit_state out;
  no_tiles none;
  audit::tree_growth tree(none, 0);
  std::map<std::string, std::int64_t> next;  // topic/partition -> next offset
  std::uint64_t expected = 0;
  const auto take = [&](const std::string& row, bool integrated) {
    for (const auto text : audit::split_leaves(row)) {
      const auto leaf = audit::parse_leaf(text);
      if (!leaf) throw std::runtime_error("a leaf is damaged");
      const auto at = leaf->source.rfind('@');
      auto& want = next[leaf->source.substr(0, at)];
      if (std::stoll(leaf->source.substr(at + 1)) != want) out.wrong.push_back(leaf->source + " follows offset " + std::to_string(want - 1));
      want = std::stoll(leaf->source.substr(at + 1)) + 1;
      if (integrated) tree.append(audit::leaf_hash(text));
      else ++out.staged;
    }
  };
  db.rows("SELECT s.first, s.count, l.data FROM audit_span s JOIN audit_leaves l ON l.batch = s.batch ORDER BY s.first", [&](sqlite3_stmt* s) {
    if (static_cast<std::uint64_t>(sqlite3_column_int64(s, 0)) != expected) out.wrong.push_back("a span does not begin at " + std::to_string(expected));
    expected += static_cast<std::uint64_t>(sqlite3_column_int64(s, 1));
    take(database::bytes(s, 2), true);
  });
  db.rows("SELECT l.data FROM audit_staged s JOIN audit_leaves l ON l.batch = s.batch ORDER BY s.seq", [&](sqlite3_stmt* s) { take(database::bytes(s, 0), false); });
  out.leaves = tree.size();
  db.rows("SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1", [&](sqlite3_stmt* s) {
    const auto note = database::bytes(s, 1);
    if (static_cast<std::uint64_t>(sqlite3_column_int64(s, 0)) != tree.size()) out.wrong.push_back("the newest checkpoint is not of the whole tree");
    if (note.find(audit::base64(audit::bytes_of(audit::tree_view(tree).root(tree.size())))) == note.npos) out.wrong.push_back("the newest checkpoint has another root");
  });
  check_positions(next, db, out);
  return out;
}

}  // namespace evhost::e2e
