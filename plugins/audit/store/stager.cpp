// Events to rows.
#include "plugins/audit/store/stager.hpp"

#include "plugins/audit/leaves/facts.hpp"
#include "plugins/audit/leaves/leaf.hpp"
#include "plugins/audit/store/postings.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace audit {
namespace {

// A number no batch was made under, also when the log was exchanged and its sources were forgotten. See people.cpp for the rest.
constexpr std::string_view insert_source =
    "INSERT INTO audit_source(topic, partition, number, next) "
    "VALUES($1, $2, (SELECT COALESCE(MAX(n), 0) + 1 FROM (SELECT MAX(number) AS n FROM audit_source UNION ALL"
    " SELECT MAX(batch) / 17592186044416 FROM audit_leaves) AS known), $3) ON CONFLICT DO NOTHING";

// What a leaf says it is about, in words that name nobody.
std::string resource_of(const facts& f, people::session& people) {
  const auto person = [&](std::string_view id) { return "user:" + hex(bytes_of(people.of(id).alias)); };
  if (!f.task.empty()) return "task:" + presentable(f.task);
  if (!f.project.empty()) return "project:" + presentable(f.project);
  if (!f.user.empty()) return person(f.user);
  if (f.object.starts_with("user:")) return person(f.object.substr(5));
  if (f.object.starts_with("task:") || f.object.starts_with("project:") || f.object.starts_with("event:")) return presentable(f.object);
  return presentable(f.object.substr(0, f.object.find(':')));  // routes and the rest may carry anything: their kind only
}

bool has_leaf(evh::unit& unit, std::int64_t batch, const std::string& source) {
  bool found = false;
  unit.query("SELECT data FROM audit_leaves WHERE batch <= $1 ORDER BY batch DESC LIMIT 2", {batch}, [&](evh::row r) {
    for (const auto text : split_leaves(r.text(0)))
      if (const auto l = parse_leaf(text); l && l->source == source) found = true;
  });
  return found;
}

// The rows of a batch as they grow.
struct rows {
  struct bundle {
    std::int64_t batch = 0;
    std::int64_t count = 0, time_from = std::numeric_limits<std::int64_t>::max(), time_to = 0;
    std::string leaves, payloads, keys;
  };
  std::vector<bundle> done;
  bundle open;
  payload_writer payloads;

  void close() {
    if (open.count == 0) return;
    open.payloads = payloads.row();
    done.push_back(std::move(open));
    open = {};
    payloads.clear();
  }

  void insert(evh::unit& unit) {
    std::vector<evh::value> leaves, sealed, staged;
    for (const auto& b : done) {
      leaves.insert(leaves.end(), {b.batch, evh::value::blob(b.leaves)});
      sealed.insert(sealed.end(), {b.batch, evh::value::blob(b.payloads)});
      staged.insert(staged.end(), {b.batch, b.count, b.time_from, b.time_to, evh::value::blob(b.keys)});
    }
    static constexpr std::array<std::string_view, 2> data{"batch", "data"};
    static constexpr std::array<std::string_view, 5> waiting{"batch", "count", "time_from", "time_to", "keys"};
    unit.copy_rows("audit_leaves", data, leaves);
    unit.copy_rows("audit_payloads", data, sealed);
    unit.copy_rows("audit_staged", waiting, staged);
  }
};

// A count and the keys of one leaf.
class key_list {
 public:
  explicit key_list(std::string& out) : out_(&out), at_(out.size()) { out += '\0'; }
  void add(const index_key& k) {
    *out_ += bytes_of(k);
    ++(*out_)[at_];
  }

 private:
  std::string* out_;
  std::size_t at_;
};

void add_event(rows& into, const evh::event& e, std::int64_t batch, std::string_view topic, std::string_view type, std::string_view salt,
               people::session& people) {
  const auto found = facts_of(e.payload());
  const auto& owner = people.of(e.key());
  const auto* actor = found.actor.empty() ? nullptr : &people.of(found.actor);
  const auto resource = resource_of(found, people);
  const auto time_ms = e.time_ns() / 1'000'000;
  auto& b = into.open;
  if (b.count == 0) b.batch = batch;

  const auto at = b.leaves.size();
  b.leaves.append(2, '\0');
  const auto id = presentable(e.id());
  append_leaf(b.leaves, id, time_ms, source_name(topic, e.partition(), e.offset()), presentable(type),
              actor ? hex(bytes_of(actor->alias)) : std::string(), resource, commitment(salt, e.payload()));
  const auto length = b.leaves.size() - at - 2;
  b.leaves[at] = static_cast<char>(length >> 8);
  b.leaves[at + 1] = static_cast<char>(length);
  into.payloads.add(owner.alias, owner.key, salt, e.payload());

  key_list keys(b.keys);
  keys.add(person_key(owner.alias));
  keys.add(type_key(type));
  if (actor && actor->alias != owner.alias) keys.add(person_key(actor->alias));
  if (!resource.empty()) keys.add(resource_key(resource));
  if (const auto ms = time_in_id(id); ms < 0 || ms < time_ms - id_time_slack_ms || ms > time_ms + id_time_slack_ms) keys.add(event_key(id));

  b.time_from = std::min(b.time_from, time_ms);
  b.time_to = std::max(b.time_to, time_ms);
  if (++b.count == bundle_leaves_max || into.payloads.row().size() >= stager::payload_row_bytes) into.close();
}

}  // namespace

stager::source stager::advance(evh::unit& unit, std::string_view topic, std::int32_t partition, std::int64_t first, std::int64_t next) {
  const auto name = source_name(topic, partition, 0);
  source out;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = numbers_.find(name); known != numbers_.end()) out.number = known->second;
  }
  if (unit.exec("UPDATE audit_source SET next = $4 WHERE topic = $1 AND partition = $2 AND next <= $3", {topic, partition, first, next}) == 1) {
    if (out.number != 0) return out;
  } else {
    bool present = false;
    unit.query("SELECT next FROM audit_source WHERE topic = $1 AND partition = $2", {topic, partition}, [&](evh::row r) {
      present = true;
      out.next = r.integer(0);
    });
    out.goes_on = !present;
    if (!present) unit.exec(insert_source, {topic, partition, next});
    else unit.exec("UPDATE audit_source SET next = $3 WHERE topic = $1 AND partition = $2", {topic, partition, std::max(next, out.next)});
  }
  unit.query("SELECT number FROM audit_source WHERE topic = $1 AND partition = $2", {topic, partition},
             [&](evh::row r) { out.number = r.integer(0); });
  unit.after([this, name, number = out.number](bool committed) {
    const std::lock_guard lock(mutex_);
    if (committed) numbers_.insert_or_assign(name, number);
  });
  return out;
}

void stager::stage(evh::unit& unit, const evh::batch& batch, std::string_view topic, const evh::services& host) {
  if (batch.size() == 0) return;
  const auto from = advance(unit, topic, batch[0].partition(), batch[0].offset(), batch[batch.size() - 1].offset() + 1);
  people::session people(*people_, unit);
  std::string salts(batch.size() * salt_bytes, '\0');
  randombytes_buf(salts.data(), salts.size());
  rows made;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto e = batch[i];
    const auto number = from.number << batch_offset_bits | e.offset();
    if (!from.goes_on && e.offset() < from.next && has_leaf(unit, number, source_name(topic, e.partition(), e.offset()))) continue;
    add_event(made, e, number, topic, host.type_name(e.type()), std::string_view(salts).substr(i * salt_bytes, salt_bytes), people);
    ++count;
  }
  made.close();
  if (!made.done.empty()) made.insert(unit);
  people.finish();
  unit.after([counter = staged_, count](bool committed) {
    if (committed) counter->fetch_add(count, std::memory_order_relaxed);
  });
}

}  // namespace audit
