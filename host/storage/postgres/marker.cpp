// The marker's two statements.
#include "host/storage/postgres/marker.hpp"

#include "host/storage/parameters.hpp"

#include <array>

namespace evhost::storage::postgres {
namespace {

constexpr std::string_view write_sql =
    "INSERT INTO evh_commit_marker(slot, number, at_ms) VALUES($1, $2, $3)"
    " ON CONFLICT (slot) DO UPDATE SET number = excluded.number, at_ms = excluded.at_ms";
// Touches the row so that it waits for whoever holds it, and keeps the number that is there.
constexpr std::string_view read_sql =
    "INSERT INTO evh_commit_marker AS m (slot, number, at_ms) VALUES($1, 0, $2)"
    " ON CONFLICT (slot) DO UPDATE SET at_ms = excluded.at_ms RETURNING m.number";

}  // namespace

either<void, queue_fault> commit_marker::queue(connection& c, int tag, std::int64_t now_ms,
                                               std::chrono::steady_clock::time_point deadline) {
  auto found = c.statement(write_sql, tag, deadline);
  if (!found) return std::move(found).error();
  const std::array values{text_value(slot_), integer_value(++number_), integer_value(now_ms)};
  c.queue(*found.value(), values, tag, 1).has_value();
  return core::success();
}

core::result<bool> commit_marker::committed(connection& fresh, std::int64_t now_ms,
                                            std::chrono::steady_clock::time_point deadline) {
  const auto ask = [&](std::string_view sql, std::span<const evh_value> values) -> core::result<result_handle> {
    auto s = fresh.statement(sql, -1, deadline);
    if (!s) return std::move(s).error().what.error;
    EVH_TRY(fresh.queue(*s.value(), values, -1));
    auto got = fresh.sync(deadline);
    if (!got) return std::move(got).error().what.error;
    return std::move(got).value();
  };
  const std::array slot{text_value(slot_), integer_value(now_ms)};
  EVH_TRY(const auto row, ask(read_sql, slot));
  if (PQntuples(row.get()) != 1) return core::fail(core::errc::io, "the commit marker gave no row");
  row_reader reader(row.get());
  return reader.row(0)[0].as.integer >= number_;
}

}  // namespace evhost::storage::postgres
