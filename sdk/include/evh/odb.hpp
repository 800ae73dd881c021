// Runs ODB on the database connection of the host's current unit of work, which stays the host's: nothing here
// opens, commits, rolls back or closes anything.
//
//   static evh::odb_pool pool;                                  // one per plugin
//   {
//     evh::odb_scope scope(pool, unit.native());               // what evh.sql-handle/1 lends, per unit of work
//     scope.db().persist(task);
//   }
//
// Threading   A pool may be used by any thread; a scope lives on one thread and ends before its callback returns.
// Ownership   The native handle is borrowed. Before the host closes it, it tells the plugin, which calls
//             `pool.forget(handle)`; a pool that dies with wrappers left releases them without touching the handles.
// Errors      ODB's own exceptions (`odb::exception`), and `evh::odb_refusal` for what a plugin may not do here. After
//             an exception the unit of work fails: let it out, the host rolls back and may run the unit again. Objects
//             keep what ODB wrote into them (a version counted up), so a unit that runs again loads them again.
// Bounds      One wrapper per lent handle; it keeps its prepared statements, one per entity operation and named query.
// PostgreSQL  With EVH_ODB_PGSQL, as evh_odb() defines it. A failed statement leaves the transaction aborted there: look
//             before inserting, or let the exception out. Nothing runs while the host's pipeline is open.
// Language    C++14 to C++20 (with the patched headers that evh_odb() provides).
//
// ODB is GPL 2; only a plugin that includes this header takes that on.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <odb/connection.hxx>
#include <odb/database.hxx>
#include <odb/details/shared-ptr.hxx>
#include <odb/prepared-query.hxx>
#include <odb/query.hxx>
#include <odb/result.hxx>
#include <odb/sqlite/connection-factory.hxx>
#include <odb/sqlite/connection.hxx>
#include <odb/sqlite/database.hxx>
#include <odb/sqlite/transaction-impl.hxx>
#include <odb/transaction.hxx>
#include <sqlite3.h>
#if defined(EVH_ODB_PGSQL)
#include <cstdio>

#include <evh/odb_statement_name.hpp>
#include <libpq-fe.h>
#include <odb/pgsql/connection-factory.hxx>
#include <odb/pgsql/connection.hxx>
#include <odb/pgsql/database.hxx>
#include <odb/pgsql/exceptions.hxx>
#include <odb/pgsql/statement-cache.hxx>
#include <odb/pgsql/transaction-impl.hxx>
#endif

namespace evh {

// The kinds of handle evh.sql-handle/1 lends.
enum class sql_kind : std::int32_t { sqlite = 1, postgresql = 2 };

// What a plugin may not do on a lent connection; the text says what to do instead.
class odb_refusal : public std::exception {
 public:
  explicit odb_refusal(std::string what) : what_(std::move(what)) {}
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

// Which rule of the schema the last failed statement broke. ODB reports a duplicate on PostgreSQL, and every broken rule
// on SQLite, as object_already_persistent (with the host's extended result codes: as database_exception), so a unit that
// must tell "exists" from "is invalid" catches odb::exception and asks the scope.
enum class constraint { none, primary_key, unique, foreign_key, not_null, check, other };

namespace odb_detail {

constexpr const char* begin_refused =
    "connections and transactions belong to the host: use the odb_scope of the unit of work instead of begin()";

// A connection of the host's, as ODB sees it.
class lent_connection {
 public:
  virtual ~lent_connection() = default;
  virtual odb::connection& connection() = 0;
  virtual odb::transaction_impl* transaction() = 0;  // the caller owns it
  virtual void check() const = 0;                    // throws odb_refusal while the handle cannot be used
  virtual constraint broken() const = 0;
  // The database's name for a prepared query of this plugin.
  virtual const char* query_name(const char* name) { return name; }
};
typedef std::shared_ptr<lent_connection> lent_ptr;

// Explicit instantiation may name a private member: the one legal way to keep ODB from closing a handle it was given.
template <class Tag, typename Tag::type Member>
struct reach {
  friend typename Tag::type member_of(Tag) { return Member; }
};
struct sqlite_handle_tag {
  typedef odb::sqlite::auto_handle<sqlite3> odb::sqlite::connection::*type;
  friend type member_of(sqlite_handle_tag);
};
template struct reach<sqlite_handle_tag, &odb::sqlite::connection::handle_>;

// ODB's constructor runs a PRAGMA and prepares BEGIN, COMMIT and ROLLBACK, which the host's authorizer denies to
// plugins. They go to an empty in-memory database instead, so ODB could not end the host's transaction if it tried.
inline sqlite3* open_decoy() {
  sqlite3* handle = nullptr;
  if (sqlite3_open_v2(":memory:", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, nullptr) != SQLITE_OK) {
    sqlite3_close(handle);
    throw odb_refusal("no memory for a connection wrapper");
  }
  return handle;
}

class sqlite_connection : public odb::sqlite::connection {
 public:
  sqlite_connection(odb::sqlite::database& database, sqlite3* lent)
      : odb::sqlite::connection(database, open_decoy()), decoy_((this->*member_of(sqlite_handle_tag())).release()) {
    (this->*member_of(sqlite_handle_tag())).reset(lent);
  }
  // The lent handle is let go, not closed. The base class finalizes the statements of both handles afterwards, and
  // with the last of them the decoy goes.
  ~sqlite_connection() override {
    (this->*member_of(sqlite_handle_tag())).release();
    sqlite3_close_v2(decoy_);
  }
  // No cursor of this plugin may be open when the host releases the unit's savepoint or commits.
  void settle() {
    invalidate_results();
    clear();
  }

 private:
  sqlite3* decoy_;
};
typedef odb::details::shared_ptr<sqlite_connection> sqlite_connection_ptr;

// The host begins and ends the unit of work; ODB's transaction only marks which connection is current.
class sqlite_transaction : public odb::sqlite::transaction_impl {
 public:
  explicit sqlite_transaction(const sqlite_connection_ptr& connection)
      : odb::sqlite::transaction_impl(odb::sqlite::connection_ptr(connection), deferred), lent_(connection) {}
  void start() override {}
  void commit() override { lent_->settle(); }
  void rollback() override { lent_->settle(); }

 private:
  sqlite_connection_ptr lent_;
};

class no_sqlite_connections : public odb::sqlite::connection_factory {
 public:
  odb::sqlite::connection_ptr connect() override {
    throw odb_refusal(begin_refused);
  }
  void database(database_type&) override {}
};

class lent_sqlite final : public lent_connection {
 public:
  lent_sqlite(odb::sqlite::database& database, sqlite3* handle)
      : connection_(new (odb::details::shared) sqlite_connection(database, handle)) {}
  odb::connection& connection() override { return *connection_; }
  odb::transaction_impl* transaction() override { return new sqlite_transaction(connection_); }
  void check() const override {}
  constraint broken() const override {
    switch (sqlite3_extended_errcode(connection_->handle())) {
      case SQLITE_CONSTRAINT_PRIMARYKEY:
      case SQLITE_CONSTRAINT_ROWID: return constraint::primary_key;
      case SQLITE_CONSTRAINT_UNIQUE: return constraint::unique;
      case SQLITE_CONSTRAINT_FOREIGNKEY: return constraint::foreign_key;
      case SQLITE_CONSTRAINT_NOTNULL: return constraint::not_null;
      case SQLITE_CONSTRAINT_CHECK: return constraint::check;
      default:
        return (sqlite3_errcode(connection_->handle()) & 0xff) == SQLITE_CONSTRAINT ? constraint::other
                                                                                   : constraint::none;
    }
  }

 private:
  sqlite_connection_ptr connection_;
};

#if defined(EVH_ODB_PGSQL)
struct pgsql_handle_tag {
  typedef odb::pgsql::auto_handle<PGconn> odb::pgsql::connection::*type;
  friend type member_of(pgsql_handle_tag);
};
template struct reach<pgsql_handle_tag, &odb::pgsql::connection::handle_>;

// Names unique on the server's connection, which other plugins, and other versions of this one, use too. What makes them
// so stands in front, because the server cuts names at 63 characters.
class pgsql_names : public odb_statement_names {
 public:
  const char* unique_name(const char* name) override {
    static const char this_library = 0;
    std::string& made = made_[name];
    if (made.empty()) {
      char front[40];
      std::snprintf(front, sizeof front, "%zx_%llx_", reinterpret_cast<std::size_t>(&this_library), number_);
      made = std::string(front) + name;
    }
    return made.c_str();
  }

 protected:
  ~pgsql_names() = default;

 private:
  static unsigned long long next_number() {
    static std::atomic<unsigned long long> last{0};
    return ++last;
  }
  const unsigned long long number_ = next_number();
  std::map<const char*, std::string> made_;  // by address: every name is a literal
};

// The names come first among the bases, since the statements, in the other one, read theirs until they are gone.
class pgsql_connection : public pgsql_names, public odb::pgsql::connection {
 public:
  pgsql_connection(odb::pgsql::database& database, PGconn* lent) : odb::pgsql::connection(database, lent) {}
  // Lets the handle go before the base class drops its statements: their DEALLOCATEs then reach nobody. The handle is
  // about to be closed, or the host has dropped all prepared names, or they stay behind unused: no name comes twice.
  ~pgsql_connection() override { (this->*member_of(pgsql_handle_tag())).release(); }
  void settle() { invalidate_results(); }
};
typedef odb::details::shared_ptr<pgsql_connection> pgsql_connection_ptr;

class pgsql_transaction : public odb::pgsql::transaction_impl {
 public:
  explicit pgsql_transaction(const pgsql_connection_ptr& connection)
      : odb::pgsql::transaction_impl(odb::pgsql::connection_ptr(connection)), lent_(connection) {}
  void start() override {}
  void commit() override { lent_->settle(); }
  void rollback() override { lent_->settle(); }

 private:
  pgsql_connection_ptr lent_;
};

class no_pgsql_connections : public odb::pgsql::connection_factory {
 public:
  odb::pgsql::connection_ptr connect() override { throw odb_refusal(begin_refused); }
  void database(database_type&) override {}
};

// The exception being handled knows the class of the error, except for the one ODB makes of a duplicate; which key was
// duplicated stands in the first line of the server's message: PostgreSQL names primary keys <table>_pkey.
inline constraint broken_on_pgsql(PGconn* handle) {
  std::string state;
  try {
    if (std::current_exception() == nullptr) return constraint::none;
    throw;
  } catch (const odb::pgsql::database_exception& error) {
    state = error.sqlstate();
  } catch (const odb::object_already_persistent&) {
    state = "23505";
  } catch (...) {
    return constraint::none;
  }
  if (state == "23505") {
    const std::string said = PQerrorMessage(handle);
    return said.substr(0, said.find('\n')).find("_pkey") != std::string::npos ? constraint::primary_key
                                                                              : constraint::unique;
  }
  if (state == "23503") return constraint::foreign_key;
  if (state == "23502") return constraint::not_null;
  if (state == "23514") return constraint::check;
  return state.compare(0, 2, "23") == 0 ? constraint::other : constraint::none;
}

class lent_pgsql final : public lent_connection {
 public:
  lent_pgsql(odb::pgsql::database& database, PGconn* handle)
      : connection_(new (odb::details::shared) pgsql_connection(database, handle)) {}
  odb::connection& connection() override { return *connection_; }
  odb::transaction_impl* transaction() override { return new pgsql_transaction(connection_); }
  void check() const override {
    if (PQpipelineStatus(connection_->handle()) != PQ_PIPELINE_OFF)
      throw odb_refusal("the connection is in the middle of the host's pipeline: this unit of work has failed already");
  }
  constraint broken() const override { return broken_on_pgsql(connection_->handle()); }
  const char* query_name(const char* name) override { return connection_->unique_name(name); }

 private:
  pgsql_connection_ptr connection_;
};
#endif

}  // namespace odb_detail

// One plugin's wrappers, one per connection the host has lent it so far.
class odb_pool {
 public:
  odb_pool()
      : sqlite_("host", SQLITE_OPEN_READWRITE, true, "",
                std::unique_ptr<odb::sqlite::connection_factory>(new odb_detail::no_sqlite_connections))
#if defined(EVH_ODB_PGSQL)
        ,
        pgsql_(std::string("host"),
               std::unique_ptr<odb::pgsql::connection_factory>(new odb_detail::no_pgsql_connections))
#endif
  {
  }
  odb_pool(const odb_pool&) = delete;
  odb_pool& operator=(const odb_pool&) = delete;

  // Drops the wrapper of a handle and finalizes its statements. Call it when the host says that the handle closes,
  // from the thread that closes it and outside any scope on that handle; unknown handles are fine.
  void forget(const void* handle) {
    odb_detail::lent_ptr dropped;
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = wrappers_.find(handle);
    if (found == wrappers_.end()) return;
    dropped = found->second;
    wrappers_.erase(found);
  }

  // Number of handles known, for tests and metrics.
  std::size_t size() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return wrappers_.size();
  }

 private:
  friend class odb_scope;

  odb_detail::lent_ptr wrapper_of(std::int32_t kind, void* handle) {
    if (handle == nullptr) throw odb_refusal("no handle: evh.sql-handle/1 lends one inside a unit of work only");
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = wrappers_.find(handle);
    if (found != wrappers_.end()) return found->second;
    return wrappers_[handle] = wrap(kind, handle);
  }

  odb_detail::lent_ptr wrap(std::int32_t kind, void* handle) {
    if (kind == static_cast<std::int32_t>(sql_kind::sqlite))
      return std::make_shared<odb_detail::lent_sqlite>(sqlite_, static_cast<sqlite3*>(handle));
#if defined(EVH_ODB_PGSQL)
    if (kind == static_cast<std::int32_t>(sql_kind::postgresql))
      return std::make_shared<odb_detail::lent_pgsql>(pgsql_, static_cast<PGconn*>(handle));
#endif
    throw odb_refusal("the host lends a database of kind " + std::to_string(kind) +
                      ", for which this plugin's entities were not generated");
  }

  mutable std::mutex mutex_;
  odb::sqlite::database sqlite_;
#if defined(EVH_ODB_PGSQL)
  odb::pgsql::database pgsql_;
#endif
  std::map<const void*, odb_detail::lent_ptr> wrappers_;  // dies before the databases it refers to
};

// Makes the unit of work current for ODB on this thread, for as long as it lives. Scopes may nest (a plugin called
// from inside another plugin's unit): the outer one is current again afterwards.
class odb_scope {
 public:
  odb_scope(odb_pool& pool, std::int32_t kind, void* handle) : odb_scope(pool.wrapper_of(kind, handle)) {}
  // Anything with `kind` and `handle`, such as evh::unit::native_handle.
  template <class Lent>
  odb_scope(odb_pool& pool, const Lent& lent) : odb_scope(pool, lent.kind, lent.handle) {}
  odb_scope(const odb_scope&) = delete;
  odb_scope& operator=(const odb_scope&) = delete;

  ~odb_scope() {
    try {
      if (!transaction_.finalized()) transaction_.rollback();  // settles; the outcome is the host's
    } catch (...) {
    }
    if (previous_ != nullptr) odb::transaction::current(*previous_);
  }

  odb::connection& connection() { return lent_->connection(); }
  odb::database& db() { return connection().database(); }

  // Runs a named prepared query. The first call on a connection makes it: `make(bound)` returns an odb::query<T> that
  // refers to the members of `bound` through odb::query<T>::_ref(); every call copies `values` into `bound` and
  // executes. `name` is a string literal and stands for one T and Params in the plugin; a query whose shape varies
  // has one name per shape. The result streams from the database and ends with the scope.
  template <class T, class Params, class Make>
  odb::result<T> query(const char* name, const Params& values, Make make) {
    name = lent_->query_name(name);
    Params* bound = nullptr;
    odb::prepared_query<T> prepared(connection().template lookup_query<T>(name, bound));
    if (!prepared) {
      std::unique_ptr<Params> owned(new Params(values));
      bound = owned.get();
      const odb::query<T> made = make(*bound);
      prepared = connection().template prepare_query<T>(name, made);
      connection().cache_query(prepared, std::move(owned));
    }
    *bound = values;
    return prepared.execute();
  }

  // The rule the last statement broke; call it in the handler of the exception, before any other statement.
  constraint broken_constraint() const { return lent_->broken(); }

 private:
  explicit odb_scope(odb_detail::lent_ptr lent)
      : lent_(std::move(lent)),
        previous_(odb::transaction::has_current() ? &odb::transaction::current() : nullptr),
        transaction_((lent_->check(), lent_->transaction()), false) {
    odb::transaction::current(transaction_);
  }

  odb_detail::lent_ptr lent_;
  odb::transaction* previous_;
  odb::transaction transaction_;
};

}  // namespace evh
