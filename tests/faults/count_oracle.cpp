// Plain SQL, plain sets.
#include "tests/faults/count_oracle.hpp"

#include <algorithm>

namespace evhost::faults {
namespace {

struct effect {
  std::string key, id;
  std::int64_t seq = 0, offset = 0;
  std::int32_t partition = 0;
};

struct stage {
  int number;
  std::string topic, group;
  std::vector<effect> effects;             // in the order they took effect
  std::map<std::string, int> times;        // by id
  std::vector<raw_record> records;
};

std::string id_of(const std::string& key, std::int64_t seq) { return key + "-" + std::to_string(seq); }

void load(sql& db, stage& s) {
  for (const auto& r : db.query("SELECT key, seq, part, off, id FROM fault_effect WHERE stage = " + std::to_string(s.number) + " ORDER BY row"))
    s.effects.push_back({r[0], r[4], std::stoll(r[1]), std::stoll(r[3]), static_cast<std::int32_t>(std::stol(r[2]))});
  for (const auto& e : s.effects) ++s.times[e.id];
}

// What was promised is stored, and nothing else.
std::map<std::string, int> check_stored(sql& db, const expectation& expected, account& a) {
  std::map<std::string, int> stored;
  for (const auto& r : db.query("SELECT id, key, seq FROM fault_put ORDER BY row")) {
    ++stored[r[0]];
    const auto it = expected.ledger.find(r[1]);
    if (it == expected.ledger.end() || std::stoll(r[2]) > it->second.attempted) a.note(a.invented, "event " + r[0] + " was never attempted");
  }
  a.stored = stored.size();
  for (const auto& [id, times] : stored)
    if (times > 1) a.note(a.doubled, "event " + id + " was stored " + std::to_string(times) + " times");
  for (const auto& [key, n] : expected.ledger)
    for (std::int64_t seq = 1; seq <= n.acknowledged; ++seq)
      if (!stored.contains(id_of(key, seq))) a.note(a.lost, "event " + id_of(key, seq) + " was acknowledged and is gone");
  return stored;
}

void check_effects(sql& db, const stage& s, const std::set<std::string>& due, account& a) {
  a.effects += s.effects.size();
  const auto where = " at stage " + std::to_string(s.number);
  for (const auto& id : due)
    if (!s.times.contains(id)) a.note(a.lost, "event " + id + " has no effect" + where);
  std::map<std::string, std::int64_t> distinct;
  for (const auto& [id, times] : s.times) {
    if (times > 1) a.note(a.doubled, "event " + id + " took effect " + std::to_string(times) + " times" + where);
    if (!due.contains(id)) a.note(a.invented, "event " + id + " took effect and was never stored" + where);
  }
  std::set<std::string> seen;
  for (const auto& e : s.effects)
    if (seen.insert(e.id).second) ++distinct[e.key];
  for (const auto& r : db.query("SELECT key, n FROM fault_total WHERE stage = " + std::to_string(s.number)))
    if (std::stoll(r[1]) != distinct[r[0]]) a.note(a.doubled, "total of " + r[0] + " is " + r[1] + " for " + std::to_string(distinct[r[0]]) + " events" + where);
}

// A key's numbers go up by one, but for those that were set aside.
void check_order(const std::vector<std::pair<std::string, std::int64_t>>& sequence, const expectation& expected, const std::string& where, account& a) {
  std::map<std::string, std::int64_t> last;
  for (const auto& [key, seq] : sequence) {
    auto& before = last[key];
    auto wanted = before + 1;
    while (expected.poisoned.contains(id_of(key, wanted)) && wanted < seq) ++wanted;
    if (seq != wanted) a.note(a.disorder, "event " + id_of(key, seq) + " follows " + id_of(key, before) + " " + where);
    before = std::max(before, seq);
  }
}

void check_effect_order(const stage& s, const expectation& expected, account& a) {
  std::vector<std::pair<std::string, std::int64_t>> sequence;
  std::set<std::string> seen;
  for (const auto& e : s.effects)
    if (!expected.foreign.contains(e.id) && seen.insert(e.id).second) sequence.emplace_back(e.key, e.seq);
  check_order(sequence, expected, "in the effects of stage " + std::to_string(s.number), a);
}

// The topic holds what was committed; each effect stands where its event lies; positions pass nothing by.
void check_topic(sql& db, const stage& s, const std::set<std::string>& committed, const expectation& expected, account& a) {
  std::map<std::pair<std::int32_t, std::int64_t>, const raw_record*> at;
  std::set<std::string> published;
  std::vector<std::pair<std::string, std::int64_t>> sequence;
  expectation all = expected;
  if (s.number == 1) all.poisoned.clear();  // the first topic has them all
  for (const auto& r : s.records) {
    at[{r.partition, r.offset}] = &r;
    if (expected.foreign.contains(r.id)) continue;
    if (!published.insert(r.id).second) {
      ++a.repeats;
      continue;
    }
    const auto dash = r.id.rfind('-');
    sequence.emplace_back(r.id.substr(0, dash), std::stoll(r.id.substr(dash + 1)));
  }
  a.published += published.size();
  check_order(sequence, all, "in topic " + s.topic, a);
  for (const auto& id : committed)
    if (!published.contains(id)) a.note(a.unmatched, "event " + id + " was committed and is not in topic " + s.topic);
  for (const auto& id : published)
    if (!committed.contains(id)) a.note(a.unmatched, "event " + id + " is in topic " + s.topic + " and was never committed");
  for (const auto& e : s.effects) {
    const auto it = at.find({e.partition, e.offset});
    if (it == at.end() || it->second->id != e.id) a.note(a.strayed, "the effect of " + e.id + " names " + s.topic + " " + std::to_string(e.partition) + "@" + std::to_string(e.offset) + ", which is another event");
  }
  const auto positions = expected.on_kafka ? "SELECT part, next_off FROM evh_kafka_positions WHERE grp = '" + s.group + "' AND topic = '" + s.topic + "'"
                                           : "SELECT p.part, p.next_off FROM evh_log_positions p JOIN evh_log_topics t ON t.id = p.topic WHERE p.grp = '" + s.group + "' AND t.name = '" + s.topic + "'";
  std::map<std::int32_t, std::int64_t> next;
  for (const auto& r : db.query(positions)) next[static_cast<std::int32_t>(std::stol(r[0]))] = std::stoll(r[1]);
  for (const auto& r : s.records)
    if (r.offset < next[r.partition] && !s.times.contains(r.id) && !(s.number == 1 && expected.poisoned.contains(r.id)))
      a.note(a.strayed, "the position of " + s.group + " passed " + r.id + ", which has no effect");
  for (const auto& e : s.effects)
    if (e.offset >= next[e.partition]) a.note(a.strayed, "the position of " + s.group + " stands before the effect of " + e.id);
}

void check_dead_letters(const expectation& expected, account& a) {
  std::map<std::string, int> dead;
  for (const auto& r : expected.read_topic(expected.prefix + "first.dlq")) ++dead[r.id];
  a.dead = dead.size();
  for (const auto& id : expected.poisoned)
    if (!dead.contains(id)) a.note(a.lost, "event " + id + " is no dead letter and should be one");
  for (const auto& [id, times] : dead) {
    if (times > 1) {
      a.repeats += static_cast<std::uint64_t>(times - 1);
      if (!expected.on_kafka) a.note(a.doubled, "event " + id + " is " + std::to_string(times) + " dead letters");
    }
    if (!expected.poisoned.contains(id)) a.note(a.invented, "event " + id + " was set aside and nothing was wrong with it");
  }
}

}  // namespace

std::vector<raw_record> read_embedded(sql& db, const std::string& topic) {
  std::vector<raw_record> all;
  for (const auto& t : db.query("SELECT id, partitions FROM evh_log_topics WHERE name = '" + topic + "'"))
    for (int p = 0; p < std::stoi(t[1]); ++p)
      for (const auto& r : db.query("SELECT off, id, key, payload FROM log_" + t[0] + "_" + std::to_string(p) + " ORDER BY off"))
        all.push_back({p, std::stoll(r[0]), r[2], r[1], r[3]});
  return all;
}

account examine(sql& db, const expectation& expected) {
  account a;
  const auto stored = check_stored(db, expected, a);
  std::set<std::string> first_due, second_due, put;
  for (const auto& [id, times] : stored) put.insert(id);
  first_due = put;
  first_due.insert(expected.foreign.begin(), expected.foreign.end());
  for (const auto& id : expected.poisoned) first_due.erase(id);
  second_due = first_due;
  stage one{1, expected.prefix + "in", expected.prefix + "first", {}, {}, {}}, two{2, expected.prefix + "out", expected.prefix + "second", {}, {}, {}};
  std::set<std::string> passed;
  for (auto* s : {&one, &two}) {
    load(db, *s);
    s->records = expected.read_topic(s->topic);
    check_effects(db, *s, s->number == 1 ? first_due : second_due, a);
    check_effect_order(*s, expected, a);
  }
  for (const auto& [id, times] : one.times)
    if (!expected.foreign.contains(id)) passed.insert(id);
  check_topic(db, one, put, expected, a);
  check_topic(db, two, passed, expected, a);
  check_dead_letters(expected, a);
  if (expected.on_kafka)
    for (const auto& r : db.query("SELECT event_id, topic, shard, coalesce(stamp, 0) FROM evh_outbox WHERE topic LIKE '" + expected.prefix + "%' LIMIT 5"))
      a.note(a.unmatched, "event " + r[0] + " for topic " + r[1] + " waits in the outbox: shard " + r[2] + ", stamp " + r[3]);
  return a;
}

}  // namespace evhost::faults
