// Listing and replaying, on the log's readers and one small table.
#include "host/runtime/dead_letters.hpp"

#include "host/core/views.hpp"
#include "host/io/sync_unit.hpp"
#include "host/runtime/dead_letter_record.hpp"
#include "host/runtime/lane_sql.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <set>

namespace evhost::runtime {

const char* const replays_schema =
    "CREATE TABLE evh_replays ("
    " consumer TEXT NOT NULL, letter BIGINT NOT NULL, replayed_ns BIGINT NOT NULL, times INTEGER NOT NULL,"
    " PRIMARY KEY (consumer, letter))";

namespace {

constexpr std::string_view replayed_sql = "SELECT letter FROM evh_replays WHERE consumer = $1 AND letter >= $2";
constexpr std::string_view count_sql = "SELECT count(*) FROM evh_replays WHERE consumer = $1 AND letter >= $2";
constexpr std::string_view mark_sql =
    "INSERT INTO evh_replays (consumer, letter, replayed_ns, times) VALUES ($1, $2, $3, 1) ON CONFLICT DO NOTHING";
constexpr std::string_view mark_again_sql =
    "UPDATE evh_replays SET replayed_ns = $3, times = times + 1 WHERE consumer = $1 AND letter = $2";

constexpr std::size_t page_events = 256;
constexpr auto letter_retention = std::chrono::hours(24 * 90);

core::result<io::topic_info> open_single(io::event_log& log, const std::string& name) {
  auto found = log.find_topic(name);
  if (found.has_value() && found.value().partitions != 1)
    return core::fail(core::errc::invalid, "topic " + name + " has " + std::to_string(found.value().partitions) + " partitions and must have one, since its order counts");
  if (found.has_value() || found.error().code != core::errc::not_found) return found;
  return log.open_topic(name, {.partitions = 1, .retention = letter_retention});
}

core::result<std::set<std::int64_t>> replayed_from(io::store& store, std::string_view group, std::int64_t from) {
  std::set<std::int64_t> letters;
  EVH_TRY(store.read([&](io::transaction& tx) {
    const std::array params{sql_text(group), sql_integer(from)};
    return tx.query(replayed_sql, params, [&](std::span<const evh_value> cells) {
      letters.insert(cells[0].as.integer);
      return true;
    });
  }));
  return letters;
}

bool selected(const dead_letter_selection& selection, std::int64_t id, std::string_view topic, bool replayed) {
  if (!selection.ids.empty() && std::ranges::find(selection.ids, id) == selection.ids.end()) return false;
  if (id < selection.from || (selection.until && id >= *selection.until)) return false;
  if (!selection.topic.empty() && topic != selection.topic) return false;
  return !replayed || selection.replayed_too;
}

// Calls fn for the selected letters in order, with what their headers say.
using letter_fn = std::function<void(const evh_event&, const dead_letter_headers&, bool replayed)>;
core::result<std::size_t> each_letter(io::store& store, io::event_log& log, std::string_view group,
                                      const dead_letter_selection& selection, const letter_fn& fn,
                                      std::vector<io::event_batch>* keep = nullptr) {
  EVH_TRY(const auto topic, log.find_topic(std::string(group).append(dead_letter_suffix)));
  const auto reader = log.open_reader(topic.id, 0, 0, true, {});
  auto first = std::max(selection.from, reader->begin_offset());
  if (!selection.ids.empty()) first = std::max(first, std::ranges::min(selection.ids));
  reader->seek(first);
  EVH_TRY(const auto replayed, replayed_from(store, group, first));
  std::size_t found = 0;
  for (bool more = true; more && found < selection.limit;) {
    io::event_batch batch;
    EVH_TRY(const auto taken, reader->take(batch, page_events));
    more = taken > 0;
    for (const auto& event : batch.events) {
      const auto letter = parse_dead_letter({event.headers, event.headers_count});
      const bool before = replayed.contains(event.offset);
      if (!letter || !selected(selection, event.offset, letter->cause.topic, before)) continue;
      fn(event, *letter, before);
      if (++found == selection.limit) break;
    }
    if (keep) keep->push_back(std::move(batch));
  }
  return found;
}

std::optional<std::string> owned(evh_sv view) {
  if (!view.ptr) return std::nullopt;
  return std::string(core::text(view));
}

dead_letter describe(io::event_log& log, const evh_event& event, const dead_letter_headers& headers, bool replayed) {
  const auto& cause = headers.cause;
  dead_letter letter;
  letter.id = event.offset;
  letter.reason = cause.reason;
  letter.status = cause.status;
  letter.error = cause.error;
  letter.plugin = cause.plugin;
  letter.group = cause.group;
  letter.topic = cause.topic;
  letter.partition = cause.partition;
  letter.offset = cause.offset;
  letter.attempts = cause.attempts;
  letter.first_failure_ns = cause.first_failure_ns;
  letter.set_aside_ns = cause.set_aside_ns;
  letter.event_time_ns = headers.event_time_ns;
  letter.host_version = cause.host_version;
  letter.event_type = log.type_name(event.type);
  letter.event_id = core::text(event.id);
  letter.key = owned(event.key);
  letter.payload = owned(event.payload);
  for (std::size_t i = 0; i < headers.original_count; ++i)
    letter.headers.emplace_back(core::text(event.headers[i].name), core::text(event.headers[i].value));
  letter.replayed = replayed;
  return letter;
}

io::outgoing copy_of(io::event_log& log, std::uint32_t topic, const evh_event& event) {
  io::outgoing record;
  record.topic = topic;
  record.type = log.type_name(event.type);
  record.id = core::text(event.id);
  record.key = event.key;
  record.payload = event.payload;
  record.headers = {event.headers, event.headers_count};
  record.trace_id = event.trace_id;
  record.span_id = event.span_id;
  return record;
}

}  // namespace

core::result<io::topic_info> open_dead_letter_topic(io::event_log& log, std::string_view group) {
  return open_single(log, std::string(group).append(dead_letter_suffix));
}

core::result<io::topic_info> open_replay_topic(io::event_log& log, std::string_view group) {
  return open_single(log, std::string(group).append(replay_suffix));
}

core::result<std::vector<dead_letter>> list_dead_letters(io::store& store, io::event_log& log, std::string_view group,
                                                         const dead_letter_selection& selection) {
  std::vector<dead_letter> letters;
  EVH_TRY(each_letter(store, log, group, selection, [&](const evh_event& event, const dead_letter_headers& headers,
                                                        bool replayed) {
    letters.push_back(describe(log, event, headers, replayed));
  }));
  return letters;
}

namespace {

// Marks the selected letters in one unit with what `hand` does for each; null: nothing.
using hand_fn = std::function<core::result<void>(io::transaction&, const evh_event&)>;
core::result<std::uint64_t> mark(io::store& store, io::event_log& log, std::string_view group, const dead_letter_selection& selection, const hand_fn& hand) {
  std::vector<io::event_batch> batches;  // keep the views alive
  std::vector<evh_event> events;
  EVH_TRY(each_letter(
      store, log, group, selection,
      [&](const evh_event& event, const dead_letter_headers&, bool) { events.push_back(event); }, &batches));
  for (const auto id : selection.ids)
    if (std::ranges::find(events, id, &evh_event::offset) == events.end())
      return core::fail(core::errc::invalid, "dead letter " + std::to_string(id) + " of group " + std::string(group) +
                                                 " does not exist or was replayed before; see `evhost dlq`");
  if (events.empty()) return std::uint64_t{0};
  std::uint64_t count = 0;
  EVH_TRY(io::run_in_unit(store, [&](io::transaction& tx) -> core::result<void> {
    count = 0;
    const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                         std::chrono::system_clock::now().time_since_epoch()).count();
    for (const auto& event : events) {
      const std::array params{sql_text(group), sql_integer(event.offset), sql_integer(now)};
      EVH_TRY(auto marked, tx.exec(mark_sql, params));
      if (marked == 0 && selection.replayed_too) {
        EVH_TRY(marked, tx.exec(mark_again_sql, params));
      }
      if (marked == 0) continue;  // another operator was quicker
      if (hand) {
        EVH_TRY(hand(tx, event));
      }
      ++count;
    }
    return core::success();
  }));
  return count;
}

}  // namespace

core::result<std::uint64_t> replay(io::store& store, io::event_log& log, std::string_view group,
                                   const dead_letter_selection& selection) {
  EVH_TRY(const auto topic, open_replay_topic(log, group));
  return mark(store, log, group, selection, [&](io::transaction& tx, const evh_event& event) {
    const auto record = copy_of(log, topic.id, event);
    return log.append(tx, std::span(&record, 1));
  });
}

core::result<std::uint64_t> discard(io::store& store, io::event_log& log, std::string_view group,
                                    const dead_letter_selection& selection) {
  return mark(store, log, group, selection, {});
}

core::result<std::uint64_t> count_dead_letters(io::store& store, io::event_log& log, std::string_view group) {
  EVH_TRY(const auto topic, log.find_topic(std::string(group).append(dead_letter_suffix)));
  const auto reader = log.open_reader(topic.id, 0, 0, false, {});
  const auto begin = reader->begin_offset();
  std::int64_t replayed = 0;
  EVH_TRY(store.read([&](io::transaction& tx) {
    const std::array params{sql_text(group), sql_integer(begin)};
    return tx.query(count_sql, params, [&](std::span<const evh_value> cells) {
      replayed = cells[0].as.integer;
      return true;
    });
  }));
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, reader->end_offset() - begin - replayed));
}

}  // namespace evhost::runtime
