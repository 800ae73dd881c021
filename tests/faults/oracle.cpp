// SQL over the database file, with nothing of the host's code.
#include "tests/faults/oracle.hpp"

#include <boost/json.hpp>
#include <sqlite3.h>

#include <map>
#include <set>
#include <stdexcept>

namespace evhost::faults {
namespace {

namespace json = boost::json;

class database {
 public:
  explicit database(const std::filesystem::path& path) {
    if (sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK) throw std::runtime_error("cannot open " + path.string());
    sqlite3_busy_timeout(handle_, 10'000);
  }
  ~database() { sqlite3_close(handle_); }
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  template <class Row>
  void each(const std::string& sql, Row row) {
    sqlite3_stmt* st = nullptr;
    if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &st, nullptr) != SQLITE_OK) throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle_));
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) row(st);
    sqlite3_finalize(st);
    if (rc != SQLITE_DONE) throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle_));
  }
  std::int64_t number(const std::string& sql) {
    std::int64_t n = 0;
    each(sql, [&](sqlite3_stmt* st) { n = sqlite3_column_int64(st, 0); });
    return n;
  }

 private:
  sqlite3* handle_ = nullptr;
};

std::string text(sqlite3_stmt* st, int i) {
  const auto* p = reinterpret_cast<const char*>(sqlite3_column_blob(st, i));
  return p ? std::string(p, static_cast<std::size_t>(sqlite3_column_bytes(st, i))) : std::string();
}

struct partition_ref {
  std::int64_t topic;
  std::int64_t number;
  [[nodiscard]] std::string table() const { return "log_" + std::to_string(topic) + "_" + std::to_string(number); }
};

std::vector<partition_ref> partitions_of(database& db, const std::string& topic) {
  std::vector<partition_ref> list;
  db.each("SELECT id, partitions FROM evh_log_topics WHERE name = '" + topic + "'", [&](sqlite3_stmt* st) {
    for (std::int64_t p = 0; p < sqlite3_column_int64(st, 1); ++p) list.push_back({sqlite3_column_int64(st, 0), p});
  });
  return list;
}

std::string uuid_text(const std::string& bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    const auto u = static_cast<unsigned char>(bytes[i]);
    out += digits[u >> 4];
    out += digits[u & 15];
  }
  return out;
}

using versions = std::map<std::string, std::int64_t>;  // task id -> version

versions stored_tasks(database& db) {
  versions v;
  db.each("SELECT id, version FROM chat_task", [&](sqlite3_stmt* st) { v[uuid_text(text(st, 0))] = sqlite3_column_int64(st, 1); });
  return v;
}

void check_promises(const versions& stored, const promises& promised, const std::set<std::string>& successors, findings& f) {
  for (const auto& [id, p] : promised.tasks) {
    if (p.version == 0) continue;
    const auto it = stored.find(id);
    if (it == stored.end()) f.note(f.lost, "task " + id + " was acknowledged and is gone");
    else if (it->second < p.version) f.note(f.lost, "task " + id + " was acknowledged at version " + std::to_string(p.version) + " and stands at " + std::to_string(it->second));
  }
  for (const auto& [id, version] : stored)
    if (!promised.tasks.contains(id) && !successors.contains(id)) f.note(f.invented, "task " + id + " was never asked for");
}

struct occurrence {
  std::string task;
  std::int64_t number = 0;
  bool completed = false;
};
// Every series by its id, as the stored tasks tell it.
using series_map = std::map<std::string, std::vector<occurrence>>;

series_map stored_series(database& db, findings& f) {
  series_map all;
  std::set<std::string> places;
  db.each("SELECT id, status, recurrence FROM chat_task WHERE recurrence <> '' AND deleted_at IS NULL", [&](sqlite3_stmt* st) {
    const auto id = uuid_text(text(st, 0));
    const auto rule = json::parse(text(st, 2)).as_object();
    const std::string series(rule.at("series_id").as_string()), place(rule.at("occurrence").as_string());
    if (!places.insert(series + " " + place).second) f.note(f.doubled, "series " + series + " has its occurrence " + place + " twice");
    all[series].push_back({id, rule.at("number").as_int64(), sqlite3_column_int64(st, 1) != 0});
  });
  return all;
}

// A completed occurrence has exactly one successor; a series has one open task.
void check_series(const series_map& all, const promises& promised, findings& f) {
  for (const auto& [series, tasks] : all) {
    std::map<std::int64_t, const occurrence*> by_number;
    for (const auto& one : tasks)
      if (!by_number.emplace(one.number, &one).second) f.note(f.doubled, "series " + series + " has two tasks with number " + std::to_string(one.number));
    for (const auto& one : tasks)
      if (one.completed != by_number.contains(one.number + 1))
        f.note(one.completed ? f.missing : f.invented, "task " + one.task + (one.completed ? " was completed and has no successor" : " is open and has a successor"));
  }
  for (const auto& [id, p] : promised.tasks) {
    if (!p.repeats || p.version == 0) continue;
    const auto it = all.find(id);
    if (it == all.end()) f.note(f.missing, "task " + id + " was created with a rule and heads no series");
    else if (p.completed && it->second.size() != 2) f.note(f.missing, "task " + id + " was completed; its series has " + std::to_string(it->second.size()) + " tasks");
  }
}

// A reminder of a stored task is in its owner's inbox once.
void check_reminders(database& db, const promises& promised, findings& f) {
  std::map<std::string, int> told;
  db.each("SELECT task_id FROM notification_inbox", [&](sqlite3_stmt* st) { ++told[text(st, 0)]; });
  for (const auto& [id, times] : told)
    if (times > 1) f.note(f.doubled, "task " + id + " was reminded of " + std::to_string(times) + " times");
  for (const auto& [id, p] : promised.tasks) {
    if (!p.reminds || p.version == 0) continue;
    ++f.reminders;
    if (!told.contains(id)) f.note(f.missing, "task " + id + " was acknowledged with a reminder and nobody was told");
  }
}

std::set<std::string> successors_in(const series_map& all) {
  std::set<std::string> ids;
  for (const auto& [series, tasks] : all)
    for (const auto& one : tasks)
      if (one.number > 1) ids.insert(one.task);
  return ids;
}

// Each version of each stored task has exactly one event, in order.
void check_events(database& db, const versions& stored, findings& f) {
  versions reached;
  for (const auto& p : partitions_of(db, "task-events")) {
    db.each("SELECT off, payload FROM " + p.table() + " ORDER BY off", [&](sqlite3_stmt* st) {
      ++f.events;
      const auto task = json::parse(text(st, 1)).at("task");
      const std::string id(task.at("id").as_string());
      const auto version = task.at("version").as_int64();
      auto& last = reached[id];
      if (version <= last) f.note(f.doubled, "task " + id + " version " + std::to_string(version) + " has a second event at " + p.table() + " " + std::to_string(sqlite3_column_int64(st, 0)));
      else if (version != last + 1) f.note(f.disorder, "task " + id + " goes from version " + std::to_string(last) + " to " + std::to_string(version));
      last = std::max(last, version);
    });
  }
  for (const auto& [id, version] : stored)
    if (reached[id] != version) f.note(f.missing, "task " + id + " stands at version " + std::to_string(version) + ", its events at " + std::to_string(reached[id]));
}

// The ledger plugin added exactly one per event, in order per partition.
void check_effects(database& db, findings& f) {
  f.effects = static_cast<std::uint64_t>(db.number("SELECT count(*) FROM ledger_journal"));
  const auto distinct = db.number("SELECT count(*) FROM (SELECT DISTINCT part, off FROM ledger_journal)");
  const auto sum = db.number("SELECT coalesce(sum(n), 0) FROM ledger_total");
  if (static_cast<std::int64_t>(f.effects) != distinct || sum != distinct)
    f.note(f.doubled, std::to_string(f.effects) + " effects and a total of " + std::to_string(sum) + " from " + std::to_string(distinct) + " events");
  if (static_cast<std::uint64_t>(distinct) != f.events) f.note(f.missing, std::to_string(f.events) + " events, effects of " + std::to_string(distinct));
  std::map<std::int64_t, std::int64_t> last;
  db.each("SELECT part, off FROM ledger_journal ORDER BY row", [&](sqlite3_stmt* st) {
    const auto part = sqlite3_column_int64(st, 0), off = sqlite3_column_int64(st, 1);
    if (const auto it = last.find(part); it != last.end() && off < it->second) f.note(f.disorder, "effect of offset " + std::to_string(off) + " after " + std::to_string(it->second));
    last[part] = off;
  });
}

// Every record of task-updates is in the feed once, and nothing else is.
void check_feed(database& db, findings& f) {
  std::int64_t records = 0;
  for (const auto& p : partitions_of(db, "task-updates")) {
    records += db.number("SELECT count(*) FROM " + p.table());
    const auto absent = db.number("SELECT count(*) FROM " + p.table() + " l WHERE NOT EXISTS (SELECT 1 FROM sync_feed s WHERE s.partition = " +
                                  std::to_string(p.number) + " AND s.seq = l.off)");
    if (absent) f.note(f.missing, std::to_string(absent) + " records of task-updates are not in the feed");
  }
  const auto rows = db.number("SELECT count(*) FROM sync_feed");
  if (rows > records) f.note(f.doubled, std::to_string(rows) + " feed rows for " + std::to_string(records) + " records");
}

}  // namespace

bool caught_up(const std::filesystem::path& path) {
  database db(path);
  // One statement per partition, but positions only grow: all of them at the end means that nothing was under way before.
  struct place { std::int64_t topic, part, next; };
  std::vector<place> places;
  db.each("SELECT topic, part, next_off FROM evh_log_positions", [&](sqlite3_stmt* st) {
    places.push_back({sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2)});
  });
  for (int pass = 0; pass < 2; ++pass)
    for (const auto& p : places)
      if (db.number("SELECT coalesce(max(off) + 1, 0) FROM " + partition_ref{p.topic, p.part}.table()) > p.next) return false;
  return !places.empty() && db.number("SELECT count(*) FROM notification_due") == 0;
}

findings examine(const std::filesystem::path& path, const promises& promised) {
  database db(path);
  findings f;
  const auto stored = stored_tasks(db);
  const auto series = stored_series(db, f);
  check_promises(stored, promised, successors_in(series), f);
  check_series(series, promised, f);
  for (const auto& [id, tasks] : series) f.successors += tasks.size() - 1;
  check_reminders(db, promised, f);
  check_events(db, stored, f);
  check_effects(db, f);
  check_feed(db, f);
  return f;
}

std::vector<std::int64_t> feed_of(const std::filesystem::path& path, const std::string& person) {
  database db(path);
  std::vector<std::int64_t> seqs;
  db.each("SELECT seq FROM sync_feed WHERE person = '" + person + "' ORDER BY seq", [&](sqlite3_stmt* st) { seqs.push_back(sqlite3_column_int64(st, 0)); });
  return seqs;
}

}  // namespace evhost::faults
