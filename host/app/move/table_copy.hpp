// Copies the plugins' tables from the embedded engine to PostgreSQL, inside one transaction of the latter, and compares what
// arrived: rows and a checksum of every cell.
//
// A table goes when plugins made it on both sides; its columns must be the same. Tables that repeat offsets of the log mean
// nothing on another one: a plugin marks them with COMMENT ON TABLE ... IS 'evh: follows the log' in its PostgreSQL migration,
// and they stay empty. One thread. Errors: invalid with a sentence that names the table and the remedy.
#pragma once
#include "host/io/store.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::app {

inline constexpr std::string_view follows_the_log = "evh: follows the log";

struct moved_table {
  std::string name;
  std::vector<std::string> columns;
  std::string identity;             // the column PostgreSQL counts by itself; empty: none
  bool follows_log = false;         // not copied
};

struct table_sum {
  std::uint64_t rows = 0, checksum = 0;  // of the rows in any order
  bool operator==(const table_sum&) const = default;
};

// In an order in which a table comes behind those it refers to.
core::result<std::vector<moved_table>> tables_to_move(io::store& from, io::transaction& to);

// What migrations left in the table goes; what `from` has comes. Returns what was read there.
core::result<table_sum> copy_table(io::store& from, io::transaction& to, const moved_table& table);
core::result<table_sum> sum_table(io::transaction& in, const moved_table& table);

}  // namespace evhost::app
