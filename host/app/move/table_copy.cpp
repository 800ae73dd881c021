// Lists, streams, sums.
#include "host/app/move/table_copy.hpp"

#include "host/core/ids.hpp"
#include "host/core/views.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <map>
#include <set>

namespace evhost::app {
namespace {

using cells = std::span<const evh_value>;

constexpr std::size_t rows_at_once = 2'000, bytes_at_once = 4u << 20;
constexpr int fetched_rows = 2'000;

evh_value text_value(std::string_view s) {
  evh_value v{};
  v.type = EVH_TEXT;
  v.as.bytes = core::view(s);
  return v;
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

std::string column_list(const moved_table& table) {
  std::string out;
  for (const auto& c : table.columns) out += (out.empty() ? "" : ", ") + quoted(c);
  return out;
}

// One spelling per value, whatever type either database keeps it in.
void spell(std::string& out, const evh_value& v) {
  const auto number = [&](char kind, std::uint64_t bits) {
    out += kind;
    for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(bits >> shift & 0xff);
  };
  if (v.type == EVH_NULL) {
    out += 'n';
  } else if (v.type == EVH_INTEGER) {
    number('i', static_cast<std::uint64_t>(v.as.integer));
  } else if (v.type == EVH_REAL) {
    const double d = v.as.real;
    if (std::trunc(d) == d && std::abs(d) < 9e15) number('i', static_cast<std::uint64_t>(static_cast<std::int64_t>(d)));
    else number('r', std::bit_cast<std::uint64_t>(d));
  } else {
    number('b', v.as.bytes.len);
    out.append(v.as.bytes.ptr ? v.as.bytes.ptr : "", v.as.bytes.len);
  }
}

void add(table_sum& to, cells row, std::string& scratch) {
  scratch.clear();
  for (const auto& v : row) spell(scratch, v);
  ++to.rows;
  auto hash = core::key_hash(scratch);
  hash ^= hash >> 31;  // rows that differ in few bits must not cancel out in the sum
  to.checksum += hash * 0x9e3779b97f4a7c15u;
}

// Rows on their way, with copies of what their cells point at.
class bundle {
 public:
  void add(cells row) {
    for (auto v : row) {
      if ((v.type == EVH_TEXT || v.type == EVH_BLOB) && v.as.bytes.ptr) {
        bytes_ += v.as.bytes.len;
        v.as.bytes = core::view(texts_.emplace_back(v.as.bytes.ptr, v.as.bytes.len));
      }
      cells_.push_back(v);
    }
    ++rows_;
  }
  [[nodiscard]] bool full() const { return rows_ >= rows_at_once || bytes_ >= bytes_at_once; }
  core::result<void> write(io::transaction& to, const moved_table& table) {
    if (rows_ == 0) return core::success();
    const std::vector<std::string_view> names(table.columns.begin(), table.columns.end());
    EVH_TRY(to.copy_rows(table.name, names, cells_));
    *this = {};
    return core::success();
  }

 private:
  std::vector<evh_value> cells_;
  std::deque<std::string> texts_;
  std::size_t rows_ = 0, bytes_ = 0;
};

core::result<std::map<std::string, moved_table>> tables_there(io::transaction& to) {
  std::map<std::string, moved_table> found;
  EVH_TRY(to.query("SELECT c.table_name::text, c.column_name::text, c.identity_generation IS NOT NULL, COALESCE(obj_description(t.oid, 'pg_class'), '')"
                   " FROM information_schema.columns c JOIN pg_class t ON t.relname = c.table_name AND t.relnamespace = current_schema()::regnamespace"
                   " WHERE c.table_schema = current_schema() AND t.relkind = 'r' ORDER BY c.table_name, c.ordinal_position", {}, [&](cells row) {
    auto& table = found[std::string(core::text(row[0].as.bytes))];
    table.name = core::text(row[0].as.bytes);
    table.columns.emplace_back(core::text(row[1].as.bytes));
    if (row[2].as.integer != 0) table.identity = core::text(row[1].as.bytes);
    table.follows_log = core::text(row[3].as.bytes) == follows_the_log;
    return true;
  }));
  return found;
}

core::result<std::multimap<std::string, std::string>> references(io::transaction& to) {
  std::multimap<std::string, std::string> found;
  EVH_TRY(to.query("SELECT c.relname::text, p.relname::text FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid"
                   " WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace AND k.conrelid <> k.confrelid", {}, [&](cells row) {
    found.emplace(core::text(row[0].as.bytes), core::text(row[1].as.bytes));
    return true;
  }));
  return found;
}

// The host's own tables are no plugin's; host_idempotency holds answers that clients may ask for again.
bool moves(std::string_view name) {
  if (name == "host_idempotency") return true;
  return !name.starts_with("evh_") && !name.starts_with("log_") && !name.starts_with("host_") && !name.starts_with("sqlite_");
}

core::result<std::map<std::string, std::vector<std::string>>> tables_here(io::store& from) {
  std::map<std::string, std::vector<std::string>> found;
  EVH_TRY(from.read([&](io::transaction& tx) -> core::result<void> {
    EVH_TRY(tx.query("SELECT m.name, c.name FROM sqlite_master m, pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND c.hidden = 0 ORDER BY m.name, c.cid", {},
                     [&](cells row) {
                       const auto name = core::text(row[0].as.bytes);
                       if (moves(name)) found[std::string(name)].emplace_back(core::text(row[1].as.bytes));
                       return true;
                     }));
    return core::success();
  }));
  return found;
}

core::error unlike(const std::string& name) {
  return core::fail(core::errc::invalid, "table " + name + " has other columns than this build makes on PostgreSQL: bring the embedded database to this build "
                                         "first (evhost migrate with its storage.database_url), and move it then");
}

}  // namespace

core::result<std::vector<moved_table>> tables_to_move(io::store& from, io::transaction& to) {
  EVH_TRY(const auto here, tables_here(from));
  EVH_TRY(auto there, tables_there(to));
  EVH_TRY(const auto refers, references(to));
  std::vector<moved_table> out;
  std::set<std::string> left;
  for (const auto& [name, columns] : here) {
    const auto match = there.find(name);
    if (match == there.end())
      return core::fail(core::errc::invalid, "table " + name + " is of a plugin that is not loaded here: add its folder to plugins.directories (EVH_PLUGINS)");
    if (std::set(columns.begin(), columns.end()) != std::set(match->second.columns.begin(), match->second.columns.end())) return unlike(name);
    left.insert(name);
  }
  while (!left.empty()) {
    const auto ready = std::ranges::find_if(left, [&](const std::string& name) {
      const auto [begin, end] = refers.equal_range(name);
      return std::none_of(begin, end, [&](const auto& one) { return left.contains(one.second); });
    });
    if (ready == left.end()) return core::fail(core::errc::invalid, "tables refer to one another in a circle: " + *left.begin() + " and others");
    out.push_back(there.at(*ready));
    left.erase(ready);
  }
  return out;
}

core::result<table_sum> copy_table(io::store& from, io::transaction& to, const moved_table& table) {
  const auto name = quoted(table.name);
  EVH_TRY(to.exec("DELETE FROM " + name, {}));
  if (!table.identity.empty()) {
    EVH_TRY(to.exec("ALTER TABLE " + name + " ALTER COLUMN " + quoted(table.identity) + " SET GENERATED BY DEFAULT", {}));
  }
  table_sum sum;
  bundle rows;
  std::string scratch;
  core::result<void> written = core::success();
  EVH_TRY(from.read([&](io::transaction& tx) -> core::result<void> {
    EVH_TRY(tx.query("SELECT " + column_list(table) + " FROM " + name, {}, [&](cells row) {
      add(sum, row, scratch);
      rows.add(row);
      if (rows.full()) written = rows.write(to, table);
      return written.has_value();
    }));
    return core::success();
  }));
  if (written) written = rows.write(to, table);
  if (!written) return core::fail(written.error().code, "table " + table.name + ": " + written.error().message);
  if (!table.identity.empty()) {
    const std::array at{text_value(name), text_value(table.identity)};
    EVH_TRY(to.query("SELECT setval(pg_get_serial_sequence($1, $2), (SELECT COALESCE(max(" + quoted(table.identity) + "), 0) + 1 FROM " + name + "), false)", at,
                     [](cells) { return true; }));
    EVH_TRY(to.exec("ALTER TABLE " + name + " ALTER COLUMN " + quoted(table.identity) + " SET GENERATED ALWAYS", {}));
  }
  return sum;
}

core::result<table_sum> sum_table(io::transaction& in, const moved_table& table) {
  table_sum sum;
  std::string scratch;
  const auto cursor = quoted("evh_sum_" + table.name);  // one name each: a prepared FETCH knows the columns
  EVH_TRY(in.exec("DECLARE " + cursor + " NO SCROLL CURSOR FOR SELECT " + column_list(table) + " FROM " + quoted(table.name), {}));
  for (bool more = true; more;) {
    more = false;
    EVH_TRY(in.query("FETCH FORWARD " + std::to_string(fetched_rows) + " FROM " + cursor, {}, [&](cells row) {
      add(sum, row, scratch);
      more = true;
      return true;
    }));
  }
  EVH_TRY(in.exec("CLOSE " + cursor, {}));
  return sum;
}

}  // namespace evhost::app
