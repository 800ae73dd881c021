// The store's sessions: ODB on the unit's lent handle, every query prepared once per connection.
#include "plugins/chat/store/store.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <evh/odb.hpp>
#include <evh/odb_mapped.hpp>

#include "plugins/chat/store/people.hpp"
#include "plugins/chat/store/rows.hpp"

#include "conversation_row-odb.hxx"
#include "history_row-odb.hxx"
#include "project_row-odb.hxx"
#include "task_row-odb.hxx"
#if defined(EVH_ODB_PGSQL)
#include "conversation_row-odb-pgsql.hxx"
#include "history_row-odb-pgsql.hxx"
#include "project_row-odb-pgsql.hxx"
#include "task_row-odb-pgsql.hxx"
#endif

namespace chat {

std::string fold(std::string_view name) {
  std::string out(name);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

constexpr std::size_t rows_max = 1000;   // changes of one group: more than any request may make

struct store::impl {
  evh::odb_pool pool;
};

store::store() : impl_(std::make_unique<impl>()) {}
store::~store() = default;
void store::forget(void* handle) { impl_->pool.forget(handle); }

namespace {

// The generated mapping by hand, where the database is PostgreSQL and the build made it.
template <class Row> struct by_unit {
#if defined(EVH_ODB_PGSQL)
  typedef evh::odb_mapped<Row> mapped;
  template <class Key> static bool find(evh::unit& unit, const Key& key, Row& row) { return mapped::find(unit, key, row); }
  // One query for all. Few lengths of the list, so that few statements are prepared: the last id fills it up.
  static auto find_all(evh::unit& unit, const std::vector<uuid>& ids) {
    std::vector<decltype(rows::value_of(std::declval<Row>()))> out;
    if (ids.empty()) return out;
    std::size_t length = 1;
    while (length < ids.size()) length *= 4;
    std::string where = "WHERE id IN (";
    std::vector<evh::value> values;
    for (std::size_t i = 0; i < length; ++i) {
      where += (i == 0 ? "$" : ", $") + std::to_string(i + 1);
      values.push_back(evh::value::blob(bytes_of(ids[std::min(i, ids.size() - 1)])));
    }
    std::map<uuid, decltype(rows::value_of(std::declval<Row>()))> found;
    mapped::select(unit, where + ")", values, [&](const Row& row) { found.emplace(row.id, rows::value_of(row)); });
    for (const auto& id : ids)
      if (const auto at = found.find(id); at != found.end()) out.push_back(at->second);
    return out;
  }
  static void insert(evh::unit& unit, const Row& row, bool new_key) {
    if (new_key) mapped::insert(unit, row);
    else if (!mapped::insert_if_new(unit, row)) throw duplicate("a row with this key exists");
  }
  static void update(evh::unit& unit, const Row& row) {
    if (mapped::update(unit, row) != 1) throw evh::failure(EVH_CONFLICT, "a row to be changed is gone");
  }
#else
  static auto find_all(evh::unit&, const std::vector<uuid>&) { return std::vector<decltype(rows::value_of(std::declval<Row>()))>(); }
  template <class Key> static bool find(evh::unit&, const Key&, Row&) { return false; }
  static void insert(evh::unit&, const Row&, bool) {}
  static void update(evh::unit&, const Row&) {}
#endif
};

}  // namespace

struct store::session::impl {
  impl(evh::odb_pool& wrappers, evh::unit& in) : pool(wrappers), unit(in), postgres(in.host().store_api().dialect == EVH_DIALECT_POSTGRESQL) {}

  evh::odb_scope& scope() {
    if (!opened) opened.emplace(pool, unit.native());
    return *opened;
  }

  template <class Row, class Key> bool find(const Key& key, Row& row) {
    return postgres ? by_unit<Row>::find(unit, key, row) : scope().db().find<Row>(key, row);
  }
  template <class Row, class Value> void persist(const Value& value, bool new_key) {
    Row row;
    rows::fill(row, value);
    if (postgres) return by_unit<Row>::insert(unit, row, new_key);
    try {
      scope().db().persist(row);
    } catch (const odb::exception&) {   // which one depends on the host's result codes
      switch (scope().broken_constraint()) {
        case evh::constraint::primary_key:
        case evh::constraint::unique: throw duplicate("a row with this key exists");
        default: throw;
      }
    }
  }
  template <class Row, class Value> void write(const Value& value) {
    Row row;
    rows::fill(row, value);
    if (postgres) by_unit<Row>::update(unit, row);
    else scope().db().update(row);
  }
  // Named prepared query; values in the parameter struct are bound by reference. The limit is where reading stops: the
  // database walks an index in the order asked for, so what is not read costs nothing.
  template <class Row, class Params, class Make>
  auto list(const char* name, std::size_t limit, const Params& params, Make make) {
    std::vector<decltype(rows::value_of(std::declval<Row>()))> out;
    auto found = scope().query<Row>(name, params, make);
    for (auto row = found.begin(); row != found.end() && out.size() < limit; ++row) out.push_back(rows::value_of(*row));
    return out;
  }

  evh::odb_pool& pool;
  evh::unit& unit;
  const bool postgres;
  std::optional<evh::odb_scope> opened;   // the handle is borrowed when first needed
};

store::session::session(store& owner, evh::unit& unit) : impl_(std::make_unique<impl>(owner.impl_->pool, unit)) {}
store::session::~session() = default;

std::optional<stored_task> store::session::find_task(const uuid& id) {
  rows::task_row row;
  if (!impl_->find(id, row)) return std::nullopt;
  return rows::value_of(row);
}
std::vector<stored_task> store::session::find_tasks(const std::vector<uuid>& ids) {
  std::vector<stored_task> out;
  if (impl_->postgres) return by_unit<rows::task_row>::find_all(impl_->unit, ids);
  for (const auto& id : ids)
    if (auto found = find_task(id)) out.push_back(std::move(*found));
  return out;
}
void store::session::insert(const stored_task& task, bool new_id) { impl_->persist<rows::task_row>(task, new_id); }
void store::session::update(const stored_task& task) { impl_->write<rows::task_row>(task); }

void store::session::insert(const change& change) { impl_->persist<rows::history_row>(change, true); }
void store::session::update(const change& change) { impl_->write<rows::history_row>(change); }

std::optional<change> store::session::find_change(const uuid& task_id, std::int64_t version) {
  rows::history_row row;
  rows::history_key key;
  key.task_id = task_id;
  key.version = version;
  if (!impl_->find(key, row)) return std::nullopt;
  return rows::value_of(row);
}

std::vector<change> store::session::changes_of(const std::string& owner, const uuid& group) {
  using query = odb::query<rows::history_row>;
  struct params {
    std::string owner;
    uuid group;
  };
  return impl_->list<rows::history_row>("changes_of", rows_max, params{owner, group}, [](params& p) {
    return (query::owner == query::_ref(p.owner) && query::group_id == query::_ref(p.group)) + "ORDER BY" + query::place;
  });
}

std::optional<uuid> store::session::last_group(const std::string& owner, bool redo) {
  using query = odb::query<rows::history_row>;
  struct params {
    std::string owner;
    std::string redone = "redo";
  };
  const auto newest_first = [](const query& where) { return where + "ORDER BY" + query::group_id + "DESC"; };
  const auto found = redo ? impl_->list<rows::history_row>("last_redo", 1, params{owner}, [&](params& p) {
    return newest_first(query::owner == query::_ref(p.owner) && query::undone == false && query::source != query::_ref(p.redone));
  }) : impl_->list<rows::history_row>("last_undo", 1, params{owner}, [&](params& p) {
    return newest_first(query::owner == query::_ref(p.owner) && query::undone == false && query::undoes.is_null());
  });
  if (found.empty() || (redo && !found.front().undoes)) return std::nullopt;
  return found.front().group;
}

std::vector<change> store::session::history(const uuid& task_id, std::int64_t below_version, std::size_t limit) {
  using query = odb::query<rows::history_row>;
  struct params {
    uuid task_id;
    std::int64_t below;
  };
  return impl_->list<rows::history_row>("history", limit, params{task_id, below_version}, [](params& p) {
    return (query::key.task_id == query::_ref(p.task_id) && query::key.version < query::_ref(p.below)) + "ORDER BY" +
           query::key.version + "DESC";
  });
}

std::optional<project> store::session::find_project(const uuid& id) {
  rows::project_row row;
  if (!impl_->find(id, row)) return std::nullopt;
  return rows::value_of(row);
}

std::optional<project> store::session::find_project(const std::string& owner, const std::string& name) {
  using query = odb::query<rows::project_row>;
  struct params {
    std::string owner, name;
  };
  auto found = impl_->list<rows::project_row>("project_named", 1, params{owner, fold(name)}, [](params& p) {
    return query::owner == query::_ref(p.owner) && query::name_folded == query::_ref(p.name);
  });
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

void store::session::insert(const project& project) { impl_->persist<rows::project_row>(project, false); }

// Looked for, not tried: on PostgreSQL a broken key ends the unit.
void store::session::update(const project& project) {
  bool taken = false;
  impl_->unit.query("SELECT 1 FROM chat_project WHERE owner = $1 AND name_folded = $2 AND id <> $3",
                    {project.owner, fold(project.name), evh::value::blob(bytes_of(parse_uuid(project.id).value()))}, [&](const evh::row&) { taken = true; });
  if (taken) throw duplicate("a row with this key exists");
  impl_->write<rows::project_row>(project);
}
void store::session::erase_project(const uuid& id) {
  impl_->unit.exec("DELETE FROM chat_project WHERE id = $1", {evh::value::blob(bytes_of(id))});
}

std::optional<conversation> store::session::find_conversation(const uuid& id) {
  rows::conversation_row row;
  if (!impl_->find(id, row)) return std::nullopt;
  return rows::value_of(row);
}

std::vector<conversation> store::session::conversations(const std::string& owner, std::int64_t before_updated, const uuid& before_id,
                                                        std::size_t limit) {
  using query = odb::query<rows::conversation_row>;
  struct params {
    std::string owner;
    std::int64_t before;
    uuid id;
  };
  return impl_->list<rows::conversation_row>("conversations", limit, params{owner, before_updated, before_id}, [](params& p) {
    return (query::owner == query::_ref(p.owner) &&
            (query::updated_at < query::_ref(p.before) ||
             (query::updated_at == query::_ref(p.before) && query::id < query::_ref(p.id)))) +
           "ORDER BY" + query::updated_at + "DESC," + query::id + "DESC";
  });
}

void store::session::insert(const conversation& conversation) { impl_->persist<rows::conversation_row>(conversation, true); }
void store::session::update(const conversation& conversation) { impl_->write<rows::conversation_row>(conversation); }
void store::session::insert(const message& message) { impl_->persist<rows::message_row>(message, true); }

std::vector<message> store::session::messages(const uuid& conversation_id, std::int64_t after_place, std::size_t limit) {
  using query = odb::query<rows::message_row>;
  struct params {
    uuid id;
    std::int64_t after;
  };
  return impl_->list<rows::message_row>("messages", limit, params{conversation_id, after_place}, [](params& p) {
    return (query::key.conversation_id == query::_ref(p.id) && query::key.place > query::_ref(p.after)) + "ORDER BY" + query::key.place;
  });
}

}  // namespace chat
