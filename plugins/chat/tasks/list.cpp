// Filters as SQL, pages by key.
#include "plugins/chat/tasks/list.hpp"

#include <algorithm>
#include <deque>
#include <iterator>

#include "plugins/calendar/zone.hpp"

namespace chat {

namespace {

namespace filter = language::filter;

// What SQLite and PostgreSQL write differently. Titles and searches compare without ASCII case on both: SQLite's LIKE and
// NOCASE do so, PostgreSQL compares lower() of columns that are COLLATE "C" with folded values.
class sql_dialect {
 public:
  explicit sql_dialect(const evh::unit& unit) : postgres_(unit.host().store_api().dialect == EVH_DIALECT_POSTGRESQL) {}
  std::string like(const std::string& text, const std::string& folded_pattern) const { return folded(text) + " LIKE " + folded_pattern + " ESCAPE '\\'"; }
  std::string holds(const std::string& text, const std::string& part) const { return (postgres_ ? "strpos(" : "instr(") + text + ", " + part + ") > 0"; }
  const char* title() const { return postgres_ ? "lower(title)" : "title COLLATE NOCASE"; }

 private:
  std::string folded(const std::string& text) const { return postgres_ ? "lower(" + text + ")" : text; }
  bool postgres_;
};

// A WHERE clause under construction: text, and parameters that stay put.
class sql_text {
 public:
  explicit sql_text(const evh::unit& unit) : dialect(unit) {}

  sql_dialect dialect;
  std::string text;

  std::string bind(std::int64_t value) {
    values_.emplace_back(value);
    return "$" + std::to_string(values_.size());
  }
  std::string bind(std::string value) {
    kept_.push_back(std::move(value));
    values_.emplace_back(std::string_view(kept_.back()));
    return "$" + std::to_string(values_.size());
  }
  std::string bind(const uuid& id) {
    kept_.emplace_back(reinterpret_cast<const char*>(id.data), sizeof id.data);
    values_.push_back(evh::value::blob(kept_.back()));
    return "$" + std::to_string(values_.size());
  }
  std::span<const evh::value> values() const { return values_; }

 private:
  std::vector<evh::value> values_;
  std::deque<std::string> kept_;
};

// Bounds of a local day in both orders: what floats sorts as if it were UTC, what has a zone by its instant.
struct day_bounds {
  std::int64_t floating, instant;
};
day_bounds start_of(calendar::civil_date day, const std::string& tz) {
  using namespace std::chrono;
  const auto local = calendar::at_time(day, seconds{0});
  const auto resolved = calendar::resolve(local, tz);
  const auto floating = duration_cast<milliseconds>(local.time_since_epoch()).count();
  return {floating, resolved ? duration_cast<milliseconds>(resolved->at.time_since_epoch()).count() : floating};
}

class where_clause {
 public:
  where_clause(sql_text& sql, const task_list& what) : sql_(sql), what_(what) {
    const calendar::instant now{std::chrono::seconds{what.now_ms / 1000}};
    const auto local = calendar::to_local(now, what.tz);
    now_floating_ = local ? std::chrono::duration_cast<std::chrono::milliseconds>(local->time_since_epoch()).count() : what.now_ms;
    today_ = local ? calendar::date_of(*local) : calendar::date_of(calendar::civil_time{now.time_since_epoch()});
  }

  std::string due_between(std::optional<calendar::civil_date> from, std::optional<calendar::civil_date> before) {
    std::string floating = "due_kind IN (1, 2)", instant = "due_kind IN (3, 4)", both;
    if (from) {
      const auto at = start_of(*from, what_.tz);
      floating += " AND due_sort >= " + sql_.bind(at.floating);
      instant += " AND due_sort >= " + sql_.bind(at.instant);
      both += " AND due_sort >= " + sql_.bind(std::min(at.floating, at.instant));
    }
    if (before) {
      const auto at = start_of(*before, what_.tz);
      floating += " AND due_sort < " + sql_.bind(at.floating);
      instant += " AND due_sort < " + sql_.bind(at.instant);
      both += " AND due_sort < " + sql_.bind(std::max(at.floating, at.instant));
    }
    return "((" + floating + " OR " + instant + ")" + both + ")";   // `both` is what an index can use
  }

  std::string done_between(std::optional<calendar::civil_date> from, std::optional<calendar::civil_date> before) {
    std::string out = "(completed_at IS NOT NULL";
    if (from) out += " AND completed_at >= " + sql_.bind(start_of(*from, what_.tz).instant);
    if (before) out += " AND completed_at < " + sql_.bind(start_of(*before, what_.tz).instant);
    return out + ")";
  }

  std::string contains(std::string_view text) {
    const std::string pattern = sql_.bind("%" + escape_like(fold(text)) + "%");
    return "(" + sql_.dialect.like("title", pattern) + " OR " + sql_.dialect.like("description", pattern) + ")";
  }
  // Tags are stored as JSON of words without quotes or backslashes, so the quoted word is found as text.
  std::string tagged(std::string_view tag) { return sql_.dialect.holds("tags", sql_.bind("\"" + fold(tag) + "\"")); }

  std::string of(const filter::expression& node) {
    switch (node.what) {
      case filter::expression::kind::leaf: return std::visit([this](const auto& leaf) { return of(leaf); }, *node.leaf);
      case filter::expression::kind::all_of: return joined(node.children, " AND ", "TRUE");
      case filter::expression::kind::any_of: return joined(node.children, " OR ", "FALSE");
      case filter::expression::kind::none_of: return "NOT " + joined(node.children, " OR ", "FALSE");
    }
    return "TRUE";
  }

 private:
  std::string joined(const std::vector<filter::expression>& parts, const char* with, const char* none) {
    if (parts.empty()) return none;
    std::string out = "(";
    for (std::size_t i = 0; i < parts.size(); ++i) out += (i == 0 ? "" : with) + of(parts[i]);
    return out + ")";
  }
  template <class Between> std::string compared(filter::compare op, calendar::civil_date day, Between between) {
    const auto next = calendar::add_days(day, 1);
    switch (op) {
      case filter::compare::less: return between(std::nullopt, day);
      case filter::compare::less_equal: return between(std::nullopt, next);
      case filter::compare::equal: return between(day, next);
      case filter::compare::greater_equal: return between(day, std::nullopt);
      case filter::compare::greater: return between(next, std::nullopt);
    }
    return "TRUE";
  }

  std::string of(const filter::status_is& p) {
    return p.value == filter::status::open ? "status = 0" : p.value == filter::status::done ? "status = 1" : "TRUE";
  }
  std::string of(const filter::overdue&) {
    const auto today = start_of(today_, what_.tz);
    return "(status = 0 AND due_sort < " + sql_.bind(std::max(now_floating_, what_.now_ms)) + " AND (due_kind = 1 AND due_sort < " +
           sql_.bind(today.floating) + " OR due_kind = 2 AND due_sort < " + sql_.bind(now_floating_) +
           " OR due_kind IN (3, 4) AND due_sort < " + sql_.bind(what_.now_ms) + "))";
  }
  std::string of(const filter::no_due&) { return "due_kind = 0"; }
  std::string of(const filter::due_day& p) {
    return compared(p.op, p.day, [this](auto from, auto before) { return due_between(from, before); });
  }
  std::string of(const filter::done_day& p) {
    return compared(p.op, p.day, [this](auto from, auto before) { return done_between(from, before); });
  }
  std::string of(const filter::priority_is& p) { return "priority = " + sql_.bind(std::int64_t{4 - p.level}); }
  std::string of(const filter::in_project& p) {
    return "(project_id IS NOT NULL AND project_id IN (SELECT p.id FROM chat_member m JOIN chat_project p ON p.id = m.project_id WHERE m.who = " + sql_.bind(what_.owner) +
           " AND m.invited = 0 AND p.name_folded = " + sql_.bind(fold(p.name)) + "))";
  }
  std::string of(const filter::has_tag& p) { return tagged(p.name); }
  std::string of(const filter::contains& p) { return contains(p.text); }

  sql_text& sql_;
  const task_list& what_;
  std::int64_t now_floating_ = 0;
  calendar::civil_date today_{};
};

// What one walk over an index can give: a list is one of these or several merged. Nothing stands in two of them.
enum class part { project, made, given, shared };

std::vector<part> parts_of(const task_list& what) {
  if (what.project) return {part::project};
  if (what.scope == list_scope::visible) return {part::made, part::given, part::shared};
  return {part::made, part::given};
}

std::string whose(sql_text& sql, const task_list& what, part which) {
  if (which == part::project) return "project_id = " + sql.bind(*what.project);
  const std::string me = sql.bind(what.owner);
  if (which == part::made) return "owner = " + me;
  if (which == part::given) return "assignee_id = " + me + " AND owner <> " + me;
  return "project_id IN (SELECT project_id FROM chat_member WHERE who = " + me + " AND invited = 0) AND owner <> " + me +
         " AND (assignee_id IS NULL OR assignee_id <> " + me + ")";
}

void add_where(sql_text& sql, const task_list& what, part which) {
  where_clause clause(sql, what);
  std::string& text = sql.text;
  text += " WHERE " + whose(sql, what, which) + " AND deleted_at IS NULL";
  if (what.status) text += " AND status = " + std::to_string(static_cast<int>(*what.status));
  else if (what.where && !filter::names_status(*what.where)) text += " AND status = 0";
  if (what.priority) text += " AND priority = " + std::to_string(static_cast<int>(*what.priority));
  if (what.parent) text += " AND parent_id = " + sql.bind(*what.parent);
  for (const auto& tag : what.tags) text += " AND " + clause.tagged(tag);
  if (what.title) text += std::string(" AND ") + sql.dialect.title() + " = " + sql.bind(fold(*what.title));
  for (const auto& word : what.title_words)
    text += " AND " + sql.dialect.like("(' ' || replace(replace(replace(title, '-', ' '), '(', ' '), '\"', ' '))", sql.bind("% " + escape_like(fold(word)) + "%"));
  if (what.search) text += " AND " + clause.contains(*what.search);
  if (what.due_from || what.due_before) text += " AND " + clause.due_between(what.due_from, what.due_before);
  if (what.where && !filter::empty(*what.where)) text += " AND " + clause.of(*what.where);
}

// The columns of an order, each with its direction; the id breaks every tie.
struct order_column {
  const char* expression;
  bool descending;
  bool is_text = false;
};
std::vector<order_column> columns_of(const task_list& what, const sql_dialect& dialect) {
  const bool down = what.descending;
  switch (what.sort) {
    case sort_by::created: return {{"created_at", down}, {"id", down}};
    case sort_by::updated: return {{"updated_at", down}, {"id", down}};
    case sort_by::due: return {{"due_sort", down}, {"id", down}};
    case sort_by::priority: return {{"priority", !down}, {"due_sort", down}, {"id", down}};   // most urgent first
    case sort_by::title: return {{dialect.title(), down, true}, {"id", down}};
  }
  return {};
}

// (a, b, id) beyond the given position, columns of mixed direction: a beyond, or a equal and (b beyond, or ...).
void add_position(sql_text& sql, const std::vector<order_column>& columns, const list_position& after) {
  std::vector<std::string> values;
  std::size_t number = 0;
  for (std::size_t i = 0; i + 1 < columns.size(); ++i)
    values.push_back(columns[i].is_text ? sql.bind(fold(after.text)) : sql.bind(after.numbers.at(number++)));
  values.push_back(sql.bind(after.id));
  // The first column bounds the walk over the index; the rest decides among its equals.
  sql.text += std::string(" AND ") + columns[0].expression + (columns[0].descending ? " <= " : " >= ") + values[0] + " AND (";
  std::string closing = ")";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    sql.text += std::string(columns[i].expression) + (columns[i].descending ? " < " : " > ") + values[i];
    if (i + 1 == columns.size()) break;
    sql.text += std::string(" OR (") + columns[i].expression + " = " + values[i] + " AND (";
    closing += "))";
  }
  sql.text += closing;
}

std::int64_t count(evh::unit& unit, sql_text& sql) {
  std::int64_t found = 0;
  unit.query(sql.text, sql.values(), [&](const evh::row& row) { found = row.integer(0); });
  return found;
}

}  // namespace

std::string escape_like(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

namespace {

std::vector<list_position> rows_of(evh::unit& unit, const task_list& what, part which, const std::vector<order_column>& columns,
                                   const std::optional<list_position>& after) {
  sql_text sql(unit);
  sql.text = "SELECT id";
  for (std::size_t i = 0; i + 1 < columns.size(); ++i) sql.text += std::string(", ") + (columns[i].is_text ? "title" : columns[i].expression);
  sql.text += " FROM chat_task";
  add_where(sql, what, which);
  if (after) add_position(sql, columns, *after);
  sql.text += " ORDER BY ";
  for (std::size_t i = 0; i < columns.size(); ++i)
    sql.text += std::string(i == 0 ? "" : ", ") + columns[i].expression + (columns[i].descending ? " DESC" : "");
  sql.text += " LIMIT " + sql.bind(static_cast<std::int64_t>(what.limit + 1));
  std::vector<list_position> out;
  unit.query(sql.text, sql.values(), [&](const evh::row& row) {
    list_position& at = out.emplace_back();
    at.id = uuid_of(row.text(0));
    for (std::uint32_t i = 1; i < row.size(); ++i) {
      if (columns[i - 1].is_text) at.text = std::string(row.text(i));
      else at.numbers.push_back(row.integer(i));
    }
  });
  return out;
}

// The order of the database: numbers, then text as NOCASE compares it, then the id.
bool comes_before(const std::vector<order_column>& columns, const list_position& a, const list_position& b) {
  if (columns[0].is_text)
    if (const int order = fold(a.text).compare(fold(b.text)); order != 0) return (order < 0) != columns[0].descending;
  for (std::size_t i = 0; i < a.numbers.size(); ++i)
    if (a.numbers[i] != b.numbers[i]) return (a.numbers[i] < b.numbers[i]) != columns[i].descending;
  return (a.id < b.id) != columns.back().descending;
}

bool fixes_status(const task_list& what) { return what.status || (what.where && !filter::names_status(*what.where)); }

}  // namespace

id_page list_ids(evh::unit& unit, const task_list& what, const std::optional<list_position>& after) {
  const auto columns = columns_of(what, sql_dialect(unit));
  std::vector<list_position> rows;
  const auto add = [&](const task_list& walk, part which) {
    auto found = rows_of(unit, walk, which, columns, after);
    if (rows.empty()) return rows.swap(found);
    std::vector<list_position> merged;
    std::merge(std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()), std::make_move_iterator(found.begin()),
               std::make_move_iterator(found.end()), std::back_inserter(merged),
               [&](const list_position& a, const list_position& b) { return comes_before(columns, a, b); });
    rows = std::move(merged);
  };
  for (const part which : parts_of(what)) {
    if ((what.sort == sort_by::due || what.sort == sort_by::priority) && !fixes_status(what)) {
      // The indexes of these orders begin with the status: two walks and a merge instead of sorting everything.
      task_list half = what;
      for (const auto status : {task_status::pending, task_status::completed}) {
        half.status = status;
        add(half, which);
      }
    } else {
      add(what, which);
    }
  }
  id_page page;
  for (const auto& row : rows) {
    if (page.ids.size() == what.limit) {
      page.next = rows[what.limit - 1];
      break;
    }
    page.ids.push_back(row.id);
  }
  return page;
}

std::int64_t count_tasks(evh::unit& unit, const task_list& what) {
  std::int64_t found = 0;
  for (const part which : parts_of(what)) {
    sql_text sql(unit);
    sql.text = "SELECT count(*) FROM chat_task";
    add_where(sql, what, which);
    found += count(unit, sql);
  }
  return found;
}

std::int64_t count_completed(evh::unit& unit, const task_list& what, calendar::civil_date from, calendar::civil_date to) {
  task_list done = what;
  done.status = task_status::completed;
  std::int64_t found = 0;
  for (const part which : parts_of(done)) {
    sql_text sql(unit);
    sql.text = "SELECT count(*) FROM chat_task";
    add_where(sql, done, which);
    sql.text += " AND " + where_clause(sql, done).done_between(from, to);
    found += count(unit, sql);
  }
  return found;
}

void settle_project(evh::unit& unit, task_list& what) {
  if (what.project || !what.where) return;
  const auto named = [](const filter::expression& node) {
    return node.what == filter::expression::kind::leaf ? std::get_if<filter::in_project>(&*node.leaf) : nullptr;
  };
  const auto* found = named(*what.where);
  if (what.where->what == filter::expression::kind::all_of)
    for (const auto& each : what.where->children)
      if (found == nullptr) found = named(each);
  if (found != nullptr) what.project = project_named(unit, what.owner, found->name);
}

std::vector<task> load_tasks(store::session& session, const std::vector<uuid>& ids) {
  std::vector<task> out;
  out.reserve(ids.size());
  for (auto& each : session.find_tasks(ids)) out.push_back(std::move(each.value));
  return out;
}

}  // namespace chat
