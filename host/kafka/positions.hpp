// Positions of groups in Kafka partitions, in the database beside the effects: next offset, epoch, and the highest stamp
// applied of every outbox shard. Portable SQL.
//
// The epoch is raised by whoever takes a partition over; a position moves only by compare-and-set on (offset, epoch), so a
// process that lost its partition cannot commit. Any thread; errors as io::transaction.
#pragma once
#include "host/io/log.hpp"
#include "host/io/store.hpp"
#include "host/kafka/record.hpp"

namespace evhost::kafka {

extern const char* const positions_schema;

struct taken_position {
  io::position at;
  stamp_book stamps;
};

core::result<taken_position> take_position(io::store& store, std::string_view group, std::string_view topic, std::int32_t partition, std::int64_t initial);
// stamps: null leaves them.
core::result<void> move_position(io::transaction& tx, std::string_view group, std::string_view topic, std::int32_t partition,
                                 const io::position& expected, std::int64_t next, const stamp_book* stamps);
core::result<void> put_position(io::store& store, std::string_view group, std::string_view topic, std::int32_t partition, std::int64_t offset);

}  // namespace evhost::kafka
