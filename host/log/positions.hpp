// Where each group stands in each partition: a row moved by compare-and-set in the transaction of the effects.
#pragma once
#include "host/io/log.hpp"
#include "host/io/store.hpp"

#include <cstdint>
#include <string_view>

namespace evhost::log {

core::result<io::position> acquire_position(io::store& store, std::string_view group, std::uint32_t topic,
                                            std::int32_t partition, std::int64_t initial);
core::result<void> advance_position(io::transaction& tx, std::string_view group, std::uint32_t topic,
                                    std::int32_t partition, const io::position& expected, std::int64_t next);
core::result<void> store_position(io::store& store, std::string_view group, std::uint32_t topic, std::int32_t partition,
                                  std::int64_t offset);

}  // namespace evhost::log
