// Statements of a unit: found, queued, waited for where the caller needs the answer.
#include "host/storage/postgres/transaction.hpp"

#include <array>

namespace evhost::storage::postgres {
namespace {

using core::errc;
using core::fail;

constexpr std::size_t columns_max = 64;
constexpr std::size_t rows_by_insert = 16;  // fewer rows than this cost less as queued INSERTs than a COPY's two waits

constexpr auto read_grace = std::chrono::milliseconds(250);
constexpr std::string_view read_too_long =
    "the read took longer than the store's read timeout: ask for less at once, or narrow it";

void append_quoted(std::string& out, std::string_view name) {
  out += '"';
  for (const char c : name) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

std::string column_list(std::span<const std::string_view> columns) {
  std::string list;
  for (const auto column : columns) {
    if (!list.empty()) list += ',';
    append_quoted(list, column);
  }
  return list;
}

}  // namespace

void transaction::begin_transaction() {
  opened_ = wrote_ = lent_ = false;
  tag_ = no_unit;
  exact_ = savepoint_ = savepoint_due_ = false;
  clear_failure();
}

void transaction::begin_unit(int tag, bool exact, bool savepoint) {
  tag_ = tag;
  exact_ = exact;
  savepoint_ = savepoint_due_ = savepoint;
  lent_ = false;
}

std::chrono::steady_clock::time_point transaction::deadline() const {
  // A statement of a read begins before the deadline; the server's timeout gets the chance to end it first.
  return deadline_ ? *deadline_ + read_grace : clock::now() + patience_;
}

// The unit's first statement opens the transaction and its savepoint.
core::result<void> transaction::ready() {
  if (fault_) return fault_->what.error;
  if (deadline_ && clock::now() >= *deadline_) return fail(errc::timeout, std::string(read_too_long));
  if (connection_.lost()) return failed({tag_, false, lost("it was gone before the statement")});
  if (!opened_) {
    opened_ = true;
    connection_.queue_control(
        read_only_ ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN ISOLATION LEVEL REPEATABLE READ",
        no_unit);
  }
  if (savepoint_due_) {
    savepoint_due_ = false;
    connection_.queue_control("SAVEPOINT evh_unit", tag_);
  }
  return core::success();
}

core::error transaction::failed(queue_fault fault) {
  // The statement at hand failed: its caller hears of it. Anything queued before it: its caller was told otherwise.
  fault_deferred_ = !fault.last || fault.tag != tag_;
  if (read_only_ && (fault.what.kind == fault_class::timeout || connection_.timed_out()))
    fault.what.error = fail(errc::timeout, std::string(read_too_long));
  fault_ = std::move(fault);
  return fault_->what.error;
}

core::result<prepared*> transaction::statement(std::string_view sql) {
  EVH_TRY(ready());
  auto found = connection_.statement(sql, tag_, deadline());
  if (lent_ && !connection_.queued()) connection_.leave_pipeline();
  if (!found) {
    auto why = std::move(found).error();
    // Refused before the server saw it: the transaction is as it was.
    if (why.what.sqlstate.empty() && why.what.kind == fault_class::statement && why.last) return why.what.error;
    return failed(std::move(why));
  }
  return found.value();
}

core::result<result_handle> transaction::run(prepared& s, std::span<const evh_value> params) {
  EVH_TRY(connection_.queue(s, params, tag_));
  auto got = connection_.sync(deadline());
  if (!got) return failed(std::move(got).error());
  if (lent_) connection_.leave_pipeline();
  return std::move(got).value();
}

core::result<void> transaction::make_room() {
  if (!connection_.queue_full()) return core::success();
  if (auto done = connection_.sync(deadline()); !done) {
    auto why = std::move(done).error();
    why.last = false;
    return failed(std::move(why));
  }
  return core::success();
}

core::result<std::int64_t> transaction::exec(std::string_view sql, std::span<const evh_value> params) {
  EVH_TRY(prepared* const s, statement(sql));
  wrote_ = true;
  if (s->plain_insert && s->rows >= 0 && !exact_ && !lent_) {
    EVH_TRY(make_room());
    EVH_TRY(connection_.queue(*s, params, tag_, s->rows));
    return s->rows;
  }
  EVH_TRY(const auto got, run(*s, params));
  if (!s->counts_rows) return 0;
  const std::int64_t rows = std::strtoll(PQcmdTuples(got.get()), nullptr, 10);
  if (s->plain_insert) s->rows = rows;
  return rows;
}

core::result<void> transaction::query(std::string_view sql, std::span<const evh_value> params,
                                      const io::row_sink& row) {
  EVH_TRY(prepared* const s, statement(sql));
  if (s->columns.size() > columns_max) return fail(errc::invalid, "a query gives at most 64 columns");
  if (s->counts_rows) wrote_ = true;  // RETURNING
  EVH_TRY(const auto got, run(*s, params));
  const int rows = PQntuples(got.get());
  row_reader reader(got.get());
  for (int i = 0; i < rows; ++i)
    if (!row(reader.row(i))) break;
  return core::success();
}

core::result<void> transaction::insert_rows(std::string_view sql, std::size_t columns,
                                            std::span<const evh_value> cells) {
  for (; !cells.empty(); cells = cells.subspan(columns)) {
    EVH_TRY(exec(sql, cells.first(columns)));
  }
  return core::success();
}

core::result<void> transaction::copy_rows(std::string_view table, std::span<const std::string_view> columns,
                                          std::span<const evh_value> cells) {
  if (columns.empty() || columns.size() > columns_max || cells.size() % columns.size() != 0)
    return fail(errc::invalid, "copy_rows into " + std::string(table) + ": " + std::to_string(cells.size()) +
                                   " cells do not fill rows of " + std::to_string(columns.size()) + " columns");
  if (cells.empty()) return core::success();
  wrote_ = true;
  std::string quoted;
  append_quoted(quoted, table);
  const std::string list = column_list(columns);
  std::string insert = "INSERT INTO " + quoted + '(' + list + ") VALUES(";
  for (std::size_t i = 1; i <= columns.size(); ++i) insert += (i > 1 ? ",$" : "$") + std::to_string(i);
  insert += ')';
  const std::size_t rows = cells.size() / columns.size();
  if (rows < rows_by_insert) return insert_rows(insert, columns.size(), cells);
  // The INSERT is only prepared: its parameters have the columns' types, which COPY BINARY must be given exactly.
  EVH_TRY(prepared* const typed, statement(insert));
  std::string bytes("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
  const char count[2] = {static_cast<char>(columns.size() >> 8), static_cast<char>(columns.size())};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t column = i % columns.size();
    if (column == 0) bytes.append(count, 2);
    if (!append_binary(bytes, cells[i], typed->params[column])) return insert_rows(insert, columns.size(), cells);
  }
  bytes.append("\xff\xff", 2);
  if (auto before = connection_.sync(deadline()); !before) {
    auto why = std::move(before).error();
    why.last = false;
    return failed(std::move(why));
  }
  auto copied = connection_.copy_in("COPY " + quoted + '(' + list + ") FROM STDIN (FORMAT binary)", bytes, deadline());
  if (!copied) return failed({tag_, true, std::move(copied).error()});
  return core::success();
}

io::native_handle transaction::native() {
  if (ready()) {
    settle_queue();
    connection_.lend();
  }
  lent_ = true;
  wrote_ = wrote_ || !read_only_;
  return {EVH_DIALECT_POSTGRESQL, connection_.handle()};
}

void transaction::take_back() {
  if (lent_) connection_.take_back(deadline());
}

const std::optional<queue_fault>& transaction::settle_queue() {
  if (!fault_ && (connection_.queued() || connection_.lost())) {
    if (auto done = connection_.sync(deadline()); !done) {
      auto why = std::move(done).error();
      why.last = false;
      failed(std::move(why));
    }
  }
  return fault_;
}

void transaction::release() {
  if (savepoint_ && !savepoint_due_) connection_.queue_control("RELEASE SAVEPOINT evh_unit", tag_);
}

void transaction::undo_unit() {
  if (!opened_ || (savepoint_ && savepoint_due_)) return;  // it did nothing
  rewind(tag_, savepoint_);
}

void transaction::rewind(int tag, bool savepoint) {
  clear_failure();
  if (savepoint) {
    connection_.queue_control("ROLLBACK TO SAVEPOINT evh_unit", tag);
    connection_.queue_control("RELEASE SAVEPOINT evh_unit", tag);
  } else {
    connection_.queue_control("ROLLBACK", tag);
    opened_ = false;
  }
}

}  // namespace evhost::storage::postgres
