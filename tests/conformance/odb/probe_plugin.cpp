// A test plugin: runs operations with ODB on a lent handle. Built twice, for two entities of one class name.
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include <evh/odb.hpp>

#include <odb/session.hxx>

#include "tests/conformance/odb/probe.h"
#if defined(PROBE_NUMBERED)
#include "numbered_record-odb.hxx"
#include "numbered_record.hxx"
#else
#include "named_record-odb.hxx"
#include "named_record.hxx"
#endif

namespace {

using ledger::record;
using query = odb::query<record>;

#if defined(PROBE_NUMBERED)
std::int64_t key_of(std::int64_t n) { return n; }
record make(std::int64_t n) {
  record made;
  made.key = n;
  made.name = "numbered " + std::to_string(n);
  return made;
}
#else
std::string key_of(std::int64_t n) { return "key " + std::to_string(n); }
record make(std::int64_t n) {
  record made;
  made.key = key_of(n);
  made.cents = n * 100;
  made.name = "named " + std::to_string(n);
  return made;
}
#endif

evh::odb_pool& pool() {
  static evh::odb_pool one;
  return one;
}

struct by_name {
  std::string name;
};

odb::result<record> find(evh::odb_scope& scope, const std::string& name) {
  return scope.query<record>("record by name", by_name{name},
                             [](const by_name& bound) { return query(query::name == query::_ref(bound.name)); });
}

const char* rule(evh::constraint broken) {
  switch (broken) {
    case evh::constraint::none: return "none";
    case evh::constraint::primary_key: return "primary_key";
    case evh::constraint::unique: return "unique";
    case evh::constraint::foreign_key: return "foreign_key";
    case evh::constraint::not_null: return "not_null";
    case evh::constraint::check: return "check";
    case evh::constraint::other: break;
  }
  return "other";
}

// The object in memory after a unit that was rolled back: its version has been counted up.
std::unique_ptr<record>& kept() {
  static std::unique_ptr<record> one;
  return one;
}

template <class Insert>
std::string broken_by(evh::odb_scope& scope, Insert insert) {
  try {
    insert();
  } catch (const odb::exception&) {
    return rule(scope.broken_constraint());
  }
  return "accepted";
}

std::string insert_badly(const std::string& op, evh::odb_scope& scope, std::int64_t n) {
  record again = make(n);
  if (op == "same_name") again.key = key_of(n + 1000);
#if defined(PROBE_NUMBERED)
  if (op == "check") {
    again = make(n + 1000);
    again.note = "forbidden";
  }
  if (op == "orphan") {
    ledger::line line;
    line.of = std::make_shared<record>(make(n + 2000));
    return broken_by(scope, [&] { scope.db().persist(line); });
  }
#endif
  return broken_by(scope, [&] { scope.db().persist(again); });
}

std::string write(const std::string& op, evh::odb_scope& scope, std::int64_t n) {
  record made = make(n);
  if (op == "persist_many")
    for (std::int64_t i = 0; i < n; ++i) {
      made = make(n + i);
      made.name += std::string(2000, 'x');
      scope.db().persist(made);
    }
  else
    scope.db().persist(made);
  if (op == "persist_and_commit") odb::transaction::current().commit();
  if (op == "persist_and_read_half") {
    static odb::result<record> rows;  // outlives the scope with its cursor open
    rows = find(scope, made.name);
    return rows.begin()->name;
  }
  return made.name;
}

std::string update(const std::string& op, evh::odb_scope& scope, std::int64_t n) {
  if (op == "load_and_update" || !kept()) kept() = scope.db().load<record>(key_of(n));
  if (op == "reload_and_update") scope.db().reload(*kept());
  kept()->name += "'";
  scope.db().update(*kept());
  return std::to_string(kept()->version);
}

std::string run(const std::string& op, evh::odb_scope& scope, std::int64_t n) {
  if (op.rfind("persist", 0) == 0) return write(op, scope, n);
  if (op.find("update") != std::string::npos) return update(op, scope, n);
  if (op == "load") return scope.db().load<record>(key_of(n))->name;
  if (op == "load_in_session") {
    odb::session session;
    return scope.db().load<record>(key_of(n))->name;
  }
  if (op == "count") {
    int rows = 0;
    for (const record& each : find(scope, make(n).name)) rows += each.name == make(n).name ? 1 : 0;
    return std::to_string(rows);
  }
  if (op == "begin") {
    odb::transaction mine(scope.db().begin(), false);
    return "began";
  }
  if (op.rfind("sql ", 0) == 0) return std::to_string(scope.db().execute(op.substr(4)));
  return insert_badly(op, scope, n);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) std::int32_t probe(const char* op, std::int32_t kind, void* handle,
                                                                     std::int64_t n, char* text,
                                                                     void (*nested)(void*), void* context) {
  std::string said;
  std::int32_t outcome = 0;
  try {
    if (std::strcmp(op, "forget") == 0) {
      pool().forget(handle);
      said = std::to_string(pool().size());
    } else if (std::strcmp(op, "current") == 0) {
      said = odb::transaction::has_current() ? "yes" : "no";
    } else if (std::strcmp(op, "pool_ends") == 0) {
      evh::odb_pool shortlived;
      evh::odb_scope scope(shortlived, kind, handle);
      said = scope.db().load<record>(key_of(n))->name;
    } else {
      const struct {
        std::int32_t kind;
        void* handle;
      } lent{kind, handle};
      evh::odb_scope scope(pool(), lent);
      if (nested != nullptr) {
        record before = make(n);
        scope.db().persist(before);
        nested(context);
        said = find(scope, before.name).begin()->name;
      } else {
        said = run(op, scope, n);
      }
    }
  } catch (const odb::exception& error) {
    outcome = 1;
    said = error.what();
  } catch (const evh::odb_refusal& error) {
    outcome = 1;
    said = std::string("refused: ") + error.what();
  } catch (const std::exception& error) {
    outcome = 1;
    said = std::string("unexpected: ") + error.what();
  }
  std::snprintf(text, 256, "%s", said.c_str());
  return outcome;
}
