// Rows of evh_outbox with their numbers, then evh_outbox_shards and evh_kafka_positions.
#include "host/kafka/take_over.hpp"

#include "host/core/ids.hpp"
#include "host/core/views.hpp"
#include "host/kafka/record.hpp"
#include "host/kafka/sql.hpp"

#include <array>

namespace evhost::kafka {

core::result<void> take_over::add(const evh_event& event, std::string_view type, const io::topic_info& topic,
                                  const std::map<std::string, bool, std::less<>>& applied) {
  const auto hash = event.key.ptr ? core::key_hash(core::text(event.key)) : round_robin_++ * 0x9e3779b97f4a7c15u;
  const auto shard = static_cast<std::int64_t>((hash >> 32) % shards_);  // as kafka_log::append has it
  const auto partition = static_cast<std::int32_t>(hash % topic.partitions);
  const auto number = ++numbers_[shard];
  const std::string headers = pack_headers(event.headers, event.headers_count);
  std::string trace;
  for (const auto byte : event.trace_id) trace += static_cast<char>(byte);
  for (const auto byte : event.span_id) trace += static_cast<char>(byte);
  if (trace.find_first_not_of('\0') == std::string::npos) trace.clear();
  const std::array values{sql_integer(shard),        sql_integer(number),     sql_text(topic.name),            sql_integer(partition),
                          sql_text(type),            sql_text(core::text(event.id)), sql_bytes(event.key),     sql_bytes(event.payload),
                          sql_bytes(core::view(headers)), sql_integer(event.time_ns), sql_bytes(core::view(trace))};
  EVH_TRY(tx_->exec("INSERT INTO evh_outbox(shard, stamp, topic, part, type, event_id, record_key, payload, headers, time_ns, trace)"
                    " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", values));
  ++records_;
  for (const auto& [group, behind] : applied) {
    EVH_TRY(note(group, topic.name, partition, shard, number, behind));
  }
  return core::success();
}

core::result<void> take_over::note(const std::string& group, const std::string& topic, std::int32_t partition, std::int64_t shard, std::int64_t number,
                                   bool applied) {
  auto& known = positions_[{group, topic, partition}][shard];
  if (!applied) {
    known.waits = true;
    return core::success();
  }
  if (known.waits)
    return core::fail(core::errc::invalid, "group " + group + " is ahead of another group in one part of topic " + topic +
                                               " and behind it in another: start the old host once more and stop it when its consumers have caught up "
                                               "(evhost_consumer_lag_records is 0)");
  known.applied = number;
  return core::success();
}

core::result<void> take_over::finish() {
  for (const auto& [shard, last] : numbers_) {
    const std::array values{sql_integer(shard), sql_integer(last + 1)};
    EVH_TRY(tx_->exec("INSERT INTO evh_outbox_shards(shard, next_stamp, owner, lease_until) VALUES($1, $2, '', 0)"
                    " ON CONFLICT(shard) DO UPDATE SET next_stamp = excluded.next_stamp", values));  // this process's own relay may hold it
  }
  for (const auto& [where, shards] : positions_) {
    stamp_book book;
    for (const auto& [shard, known] : shards)
      if (known.applied > 0) book.admit({outbox_ + "/" + std::to_string(shard), known.applied});
    const auto& [group, topic, partition] = where;
    const auto text = book.text();
    const std::array values{sql_text(group), sql_text(topic), sql_integer(partition), sql_text(text)};
    EVH_TRY(tx_->exec("INSERT INTO evh_kafka_positions(grp, topic, part, next_off, epoch, stamps) VALUES($1, $2, $3, 0, 1, $4)", values));
  }
  return core::success();
}

}  // namespace evhost::kafka
