// Partition by partition; first what all groups have behind them, last what none has.
#include "host/app/move/event_copy.hpp"

#include "host/core/views.hpp"
#include "host/kafka/take_over.hpp"
#include "host/runtime/dead_letter_record.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace evhost::app {
namespace {

constexpr std::size_t page_events = 512;

// Next offset per group, for one partition.
using offsets = std::map<std::string, std::int64_t, std::less<>>;

core::result<std::vector<offsets>> offsets_of(io::store& store, const io::topic_info& topic) {
  std::vector<offsets> out(topic.partitions);
  std::set<std::string> groups;
  evh_value id{};
  id.type = EVH_INTEGER;
  id.as.integer = topic.id;
  const std::array values{id};
  EVH_TRY(store.read([&](io::transaction& tx) {
    return tx.query("SELECT p.grp, p.part, p.next_off FROM evh_log_positions p WHERE p.topic = $1", values, [&](std::span<const evh_value> row) {
      const std::string group(core::text(row[0].as.bytes));
      groups.insert(group);
      if (const auto part = static_cast<std::size_t>(row[1].as.integer); part < out.size()) out[part][group] = row[2].as.integer;
      return true;
    });
  }));
  for (auto& one : out)
    for (const auto& group : groups) one.try_emplace(group, 0);
  return out;
}

// Letters that were replayed are done with; which ones the embedded engine knows by their offset.
core::result<std::set<std::int64_t>> replayed_letters(io::store& store, const std::string& topic) {
  std::set<std::int64_t> out;
  if (!topic.ends_with(runtime::dead_letter_suffix)) return out;
  evh_value group{};
  group.type = EVH_TEXT;
  const auto name = std::string_view(topic).substr(0, topic.size() - std::string_view(runtime::dead_letter_suffix).size());
  group.as.bytes = core::view(name);
  const std::array values{group};
  EVH_TRY(store.read([&](io::transaction& tx) {
    return tx.query("SELECT letter FROM evh_replays WHERE consumer = $1", values, [&](std::span<const evh_value> row) {
      out.insert(row[0].as.integer);
      return true;
    });
  }));
  return out;
}

// One topic's way into the outbox.
struct topic_copy {
  io::event_log& from;
  kafka::take_over& into;
  const io::topic_info &here, &there;
  const std::vector<offsets>& behind;
  const std::set<std::int64_t>& skipped;
  moved_topic counted;

  // Where a partition's records change hands: sorted offsets of its groups, from which on one group fewer has them.
  [[nodiscard]] std::vector<std::int64_t> borders(std::int32_t partition) const {
    std::vector<std::int64_t> out;
    for (const auto& [group, next] : behind[static_cast<std::size_t>(partition)]) out.push_back(next);
    std::ranges::sort(out);
    return out;
  }

  // Records that exactly (groups - step) groups have behind them.
  core::result<void> copy(std::int32_t partition, std::size_t step) {
    const auto reader = from.open_reader(here.id, partition, 0, true, {});
    if (!reader) return core::fail(core::errc::io, "partition " + std::to_string(partition) + " of topic " + here.name + " cannot be read");
    const auto at = borders(partition);
    const auto begin = std::max(step == 0 ? 0 : at[step - 1], reader->begin_offset());
    const auto end = std::min(step < at.size() ? at[step] : reader->end_offset(), reader->end_offset());
    reader->seek(begin);
    while (reader->offset() < end) {
      io::event_batch batch;
      EVH_TRY(const auto taken, reader->take(batch, page_events));
      if (taken == 0) return core::success();
      for (const auto& event : batch.events) {
        if (event.offset >= end) return core::success();
        EVH_TRY(add(event, partition));
      }
    }
    return core::success();
  }

  core::result<void> add(const evh_event& event, std::int32_t partition) {
    if (skipped.contains(event.offset)) return core::success();
    std::map<std::string, bool, std::less<>> applied;
    bool waits = false;
    for (const auto& [group, next] : behind[static_cast<std::size_t>(partition)]) {
      applied[group] = event.offset < next;
      waits = waits || event.offset >= next;
    }
    ++counted.records;
    if (waits) ++counted.waiting;
    return into.add(event, from.type_name(event.type), there, applied);
  }
};

}  // namespace

core::result<std::vector<io::topic_info>> open_topics(io::event_log& from, io::event_log& to) {
  std::vector<io::topic_info> out;
  for (const auto& topic : from.topics()) {
    io::topic_options wanted;
    // One partition is a matter of order (dead letters, replays); other numbers are the target's to choose.
    wanted.partitions = topic.partitions == 1 && (topic.name.ends_with(runtime::dead_letter_suffix) || topic.name.ends_with(runtime::replay_suffix)) ? 1 : 0;
    wanted.retention = topic.retention;
    EVH_TRY(const auto made, to.open_topic(topic.name, wanted));
    for (std::uint32_t p = 0; p < made.partitions; ++p) {
      const auto reader = to.open_reader(made.id, static_cast<std::int32_t>(p), 0, false, {});
      if (!reader) return core::fail(core::errc::io, "partition " + std::to_string(p) + " of topic " + made.name + " cannot be read on the brokers");
      if (reader->end_offset() > 0)
        return core::fail(core::errc::invalid, "topic " + made.name + " on the brokers holds records already: move to brokers no host has used, or delete its topics");
    }
    out.push_back(made);
  }
  return out;
}

core::result<std::vector<moved_topic>> copy_events(io::store& store, io::event_log& from, io::transaction& to, const std::string& outbox, std::uint32_t shards,
                                                   const std::vector<io::topic_info>& topics) {
  kafka::take_over into(to, outbox, shards);
  std::vector<moved_topic> out;
  const auto here = from.topics();
  for (std::size_t i = 0; i < here.size(); ++i) {
    EVH_TRY(const auto behind, offsets_of(store, here[i]));
    EVH_TRY(const auto skipped, replayed_letters(store, here[i].name));
    topic_copy one{from, into, here[i], topics[i], behind, skipped, {here[i].name}};
    const auto groups = behind.empty() ? 0 : behind.front().size();
    for (std::size_t step = 0; step <= groups; ++step)
      for (std::int32_t p = 0; p < static_cast<std::int32_t>(here[i].partitions); ++p) {
        EVH_TRY(one.copy(p, step));
      }
    out.push_back(one.counted);
  }
  EVH_TRY(into.finish());
  return out;
}

}  // namespace evhost::app
