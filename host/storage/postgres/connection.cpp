// Sends, waits, reads: libpq's pipeline mode with deadlines.
#include "host/storage/postgres/connection.hpp"

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace evhost::storage::postgres {
namespace {

using core::errc;
using core::fail;

constexpr auto ending_grace = std::chrono::seconds(2);

std::string_view trimmed(std::string_view sql) {
  const auto first = sql.find_first_not_of(" \t\r\n(");
  return first == sql.npos ? std::string_view() : sql.substr(first);
}

bool starts_with_word(std::string_view sql, std::string_view word) {
  if (sql.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if ((sql[i] | 0x20) != word[i]) return false;
  if (sql.size() == word.size()) return true;
  const char next = sql[word.size()];
  return !((next | 0x20) >= 'a' && (next | 0x20) <= 'z') && next != '_' && !(next >= '0' && next <= '9');
}

bool has_word(std::string_view sql, std::string_view word) {
  for (std::size_t at = 0; at + word.size() <= sql.size(); ++at) {
    const bool begins = at == 0 || std::strchr(" \t\r\n()", sql[at - 1]) != nullptr;
    if (begins && starts_with_word(sql.substr(at), word)) return true;
  }
  return false;
}

void classify(prepared& s) {
  const auto sql = trimmed(s.sql);
  const bool insert = starts_with_word(sql, "insert");
  s.counts_rows = insert || starts_with_word(sql, "update") || starts_with_word(sql, "delete") ||
                  starts_with_word(sql, "merge") || starts_with_word(sql, "with");
  s.plain_insert = insert && has_word(sql, "values") && !has_word(sql, "conflict") && !has_word(sql, "returning") &&
                   !has_word(sql, "select");
}

// What a plugin's statement may not do on a transaction that is the host's.
bool belongs_to_host(std::string_view sql) {
  sql = trimmed(sql);
  for (const char* word : {"begin", "start", "commit", "end", "abort", "rollback", "savepoint", "release", "set",
                           "reset", "discard", "prepare", "deallocate", "listen", "unlisten", "copy", "do"})
    if (starts_with_word(sql, word)) return true;
  return false;
}

using fields = std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)>;

std::string field(const PQconninfoOption* options, const char* name, const char* variable) {
  for (const auto* o = options; o && o->keyword; ++o)
    if (std::strcmp(o->keyword, name) == 0 && o->val) return o->val;
  const char* from = std::getenv(variable);
  return from ? from : "";
}

bool loopback(std::string_view host) {
  return host.empty() || host.front() == '/' || host.front() == '@' || host == "localhost" || host == "::1" ||
         host.substr(0, 4) == "127.";
}

// What only a change of the configuration or of the server helps against; empty: it may come by itself.
std::string_view remedy_for(std::string_view said) {
  const auto says = [&](std::string_view words) { return said.find(words) != said.npos; };
  if (says("does not support SSL")) return "turn ssl on at the server; sslmode in storage.database_url demands it";
  if (says("certificate verify failed")) return "name the authority that signed the server's certificate as sslrootcert in storage.database_url";
  if (says("root certificate file")) return "put the authority's certificate there, or name its file as sslrootcert in storage.database_url";
  if (says("does not match host name")) return "write a name that stands in the server's certificate into storage.database_url, or issue it anew";
  if (says("password authentication failed") || says("no password supplied")) return "check user and password in storage.database_url (DATABASE_URL)";
  if (says("no pg_hba.conf entry") || says("pg_hba.conf rejects")) return "admit this user from this address in the server's pg_hba.conf, with encryption if it demands that";
  if (says("database \"") && says("does not exist")) return "make it (createdb), or correct storage.database_url (DATABASE_URL)";
  if (says("role \"") && says("does not exist")) return "make the role (createuser), or correct storage.database_url (DATABASE_URL)";
  return {};
}

}  // namespace

std::string refused_url(const std::string& url, bool allow_plaintext) {
  char* why = nullptr;
  const fields parsed(PQconninfoParse(url.c_str(), &why), &PQconninfoFree);
  if (!parsed) {
    std::string said = why ? why : "it cannot be read";
    PQfreemem(why);
    while (!said.empty() && said.back() == '\n') said.pop_back();
    return "storage.database_url: " + said + "; write postgresql://user@host:port/database?sslmode=verify-full";
  }
  const auto mode = field(parsed.get(), "sslmode", "PGSSLMODE");
  if (allow_plaintext || mode == "require" || mode == "verify-ca" || mode == "verify-full") return {};
  const auto address = field(parsed.get(), "hostaddr", "PGHOSTADDR");
  const auto hosts = address.empty() ? field(parsed.get(), "host", "PGHOST") : address;
  for (std::size_t at = 0; at <= hosts.size();) {
    const auto comma = std::min(hosts.find(',', at), hosts.size());
    const auto host = hosts.substr(at, comma - at);
    if (!loopback(host))
      return "storage.database_url: the connection to " + host + " would not be encrypted (sslmode is " +
             (mode.empty() ? std::string("not set") : mode) +
             "): add ?sslmode=verify-full&sslrootcert=/path/ca.pem, or set storage.allow_plaintext if that network is "
             "private";
    at = comma + 1;
  }
  return {};
}

either<std::unique_ptr<connection>, connection::open_failure> connection::open(const connect_options& o) {
  const std::string timeout = std::to_string(std::max<std::int64_t>(2, o.connect_timeout.count() / 1000));
  // Before dbname the URL may override them; after it ours win.
  const char* keywords[] = {"connect_timeout",     "tcp_user_timeout", "keepalives_idle",
                            "keepalives_interval", "keepalives_count", "dbname",
                            "application_name",    "client_encoding",  nullptr};
  const char* values[] = {timeout.c_str(), "15000", "5", "3", "3", o.url.c_str(), o.application_name.c_str(),
                          "UTF8",          nullptr};
  std::unique_ptr<connection> made(new connection(PQconnectdbParams(keywords, values, 1)));
  if (!made->pg_) return open_failure{fail(errc::no_memory, "no memory for a database connection"), false};
  if (PQstatus(made->pg_) != CONNECTION_OK) {
    auto why = connection_fault(made->pg_, "cannot connect to the database").error;
    const auto remedy = remedy_for(why.message);
    if (remedy.empty()) return open_failure{std::move(why), false};
    return open_failure{fail(errc::denied, why.message + ": " + std::string(remedy)), true};
  }
  PQsetNoticeReceiver(made->pg_, &connection::heard, made.get());
  if (PQserverVersion(made->pg_) < 120000)
    return open_failure{fail(errc::unsupported, "the database server is older than PostgreSQL 12: upgrade it"), true};
  const std::string settings =
      "SET client_min_messages = warning; SET statement_timeout = " + std::to_string(o.statement_timeout.count()) +
      "; SET lock_timeout = " + std::to_string(o.lock_timeout.count()) +
      "; SET idle_in_transaction_session_timeout = " + std::to_string(o.idle_in_transaction_timeout.count()) +
      "; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET bytea_output = 'hex'; SET extra_float_digits = 1;"
      " SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
  if (auto set = made->run(settings.c_str(), clock::now() + o.connect_timeout); !set)
    return open_failure{set.error().error, false};
  return made;
}

connection::~connection() {
  PQfinish(pg_);
}

bool connection::wait_readable(clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now()).count();
  if (left <= 0) return false;
  pollfd one{PQsocket(pg_), POLLIN, 0};
  ::poll(&one, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
  return true;
}

bool connection::healthy() {
  if (ending_) return !lost_;  // its results will tell
  for (pollfd one{PQsocket(pg_), POLLIN, 0}; !lost_ && ::poll(&one, 1, 0) > 0;)
    if (PQconsumeInput(pg_) == 0) lost_ = true;
  if (!lost_) PQisBusy(pg_);  // reads what came: a server says farewell to an idle session by a notice of class 57P
  if (PQstatus(pg_) != CONNECTION_OK) lost_ = true;
  return !lost_;
}

void connection::heard(void* self, const PGresult* notice) {
  const char* state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
  if (state && std::strncmp(state, "57P", 3) == 0) static_cast<connection*>(self)->lost_ = true;
}

// The next result; null: the end of this command's results, or the connection is lost.
result_handle connection::next(clock::time_point deadline) {
  while (!lost_ && PQisBusy(pg_)) {
    PQflush(pg_);
    if (!wait_readable(deadline)) {
      // The server's own timeouts are shorter: it does not answer at all, or this read has had its time. A cancel would
      // have to connect to that same server first, and could hang there.
      lost_ = timed_out_ = true;
      break;
    }
    if (PQconsumeInput(pg_) == 0) lost_ = true;
  }
  if (lost_) return nullptr;
  result_handle got(PQgetResult(pg_));
  if (PQstatus(pg_) == CONNECTION_BAD) lost_ = true;
  return got;
}

void connection::enter_pipeline() {
  if (std::exchange(pipelined_, true)) return;
  if (PQenterPipelineMode(pg_) == 0) lost_ = true;
}

void connection::leave_pipeline() {
  if (queued() || ending_) sync(clock::now() + ending_grace).has_value();
  if (!std::exchange(pipelined_, false)) return;
  if (PQexitPipelineMode(pg_) == 0) lost_ = true;
}

void connection::note(entry e, std::size_t bytes) {
  queue_.push_back(e);
  queue_bytes_ += bytes;
}

void connection::queue_control(const char* sql, int tag) {
  enter_pipeline();
  if (!lost_ && PQsendQueryParams(pg_, sql, 0, nullptr, nullptr, nullptr, nullptr, 0) == 0) lost_ = true;
  note({.kind = entry_kind::control, .tag = tag}, std::strlen(sql));
}

core::result<void> connection::queue(prepared& s, std::span<const evh_value> params, int tag, std::int64_t expected) {
  if (params.size() != s.params.size())
    return fail(errc::invalid, "the statement takes " + std::to_string(s.params.size()) + " values, " +
                                   std::to_string(params.size()) + " were given: " + s.sql.substr(0, 120));
  EVH_TRY(bound_.bind(params, s.params));
  enter_pipeline();
  if (!lost_ && PQsendQueryPrepared(pg_, s.name.c_str(), static_cast<int>(params.size()), bound_.values(),
                                    bound_.lengths(), bound_.formats(), s.binary_results ? 1 : 0) == 0)
    lost_ = true;
  std::size_t bytes = 64;
  for (const auto& v : params)
    if (v.type == EVH_TEXT || v.type == EVH_BLOB) bytes += v.as.bytes.len;
  note({.kind = entry_kind::execute, .tag = tag, .expected = expected, .statement = &s}, bytes);
  return core::success();
}

// One entry's results; the failure if it failed (or was not reached because an earlier one did: no failure of its own).
std::optional<queue_fault> connection::read_entry(const entry& e, bool last, clock::time_point deadline,
                                                  result_handle& out) {
  std::optional<queue_fault> failed;
  while (auto got = next(deadline)) {
    switch (PQresultStatus(got.get())) {
      case PGRES_FATAL_ERROR:
        failed = queue_fault{
            e.tag, last, fault_of(got.get(), e.statement ? std::string_view(e.statement->sql) : std::string_view())};
        break;
      case PGRES_PIPELINE_ABORTED: break;
      default:
        if (e.expected >= 0 && std::strtoll(PQcmdTuples(got.get()), nullptr, 10) != e.expected)
          failed = queue_fault{e.tag,
                               false,
                               {fault_class::statement,
                                fail(errc::state,
                                     "the statement changed another number of rows than it "
                                     "used to (a trigger?): " +
                                         e.statement->sql.substr(0, 120)),
                                {}}};
        out = std::move(got);
    }
  }
  if (failed && failed->what.kind == fault_class::lost) lost_ = true;
  return failed;
}

either<result_handle, queue_fault> connection::sync(clock::time_point deadline) {
  result_handle out;
  std::optional<queue_fault> first;
  if (queue_.empty() && !ending_) return out;
  if (!lost_ && !std::exchange(ending_, false) && PQpipelineSync(pg_) == 0) lost_ = true;
  const std::string why = lost_ ? connection_fault(pg_, "").error.message : std::string();
  for (std::size_t i = 0; i < queue_.size() && !lost_; ++i) {
    result_handle got;
    auto failed = read_entry(queue_[i], i + 1 == queue_.size(), deadline, got);
    if (failed && !first) first = std::move(failed);
    if (i + 1 == queue_.size()) out = std::move(got);
  }
  if (!lost_) {
    const auto mark = next(deadline);
    if (!mark || PQresultStatus(mark.get()) != PGRES_PIPELINE_SYNC) lost_ = true;
  }
  const int last_tag = queue_.empty() ? 0 : queue_.back().tag;
  queue_.clear();
  queue_bytes_ = 0;
  if (lost_ && !(first && first->what.kind == fault_class::lost))
    first = queue_fault{last_tag, true, postgres::lost(connection_fault(pg_, "server").error.message)};
  if (first) return *std::move(first);
  return out;
}

void connection::sync_later() {
  if (queue_.empty() || lost_) return;
  if (PQpipelineSync(pg_) == 0) lost_ = true;
  PQflush(pg_);
  ending_ = true;
}

either<prepared*, queue_fault> connection::statement(std::string_view sql, int tag, clock::time_point deadline) {
  const auto refused = [tag](errc code, std::string text) {
    return queue_fault{tag, true, {fault_class::statement, fail(code, std::move(text)), {}}};
  };
  if (const auto found = statements_.find(sql); found != statements_.end()) {
    found->second->used = ++tick_;
    return found->second.get();
  }
  if (trimmed(sql).empty()) return refused(errc::invalid, "empty statement");
  if (belongs_to_host(sql))
    return refused(errc::denied, "transactions, savepoints, settings and COPY belong to the host: " +
                                     std::string(sql.substr(0, 120)));
  if (queued() || ending_) {
    if (auto before = sync(deadline); !before) {
      auto failed = std::move(before).error();
      failed.last = false;  // not the statement at hand
      return failed;
    }
  }
  if (statements_.size() >= statements_max) evict_oldest(deadline);
  auto made = std::make_unique<prepared>();
  made->sql.assign(sql);
  made->name = "h" + std::to_string(++names_);
  enter_pipeline();
  if (!lost_ && PQsendPrepare(pg_, made->name.c_str(), made->sql.c_str(), 0, nullptr) == 0) lost_ = true;
  note({.kind = entry_kind::prepare, .tag = tag, .statement = made.get()}, sql.size());
  if (!lost_ && PQsendDescribePrepared(pg_, made->name.c_str()) == 0) lost_ = true;
  note({.kind = entry_kind::describe, .tag = tag, .statement = made.get()}, 0);
  auto described = sync(deadline);
  if (!described) {
    auto failed = std::move(described).error();
    failed.last = true;
    return failed;
  }
  const PGresult* d = described.value().get();
  for (int i = 0; i < PQnparams(d); ++i) made->params.push_back(PQparamtype(d, i));
  for (int i = 0; i < PQnfields(d); ++i) made->columns.push_back(PQftype(d, i));
  made->binary_results = std::all_of(made->columns.begin(), made->columns.end(), known_in_binary);
  classify(*made);
  made->used = ++tick_;
  prepared* const kept = made.get();
  statements_.emplace(std::string_view(kept->sql), std::move(made));
  return kept;
}

void connection::evict_oldest(clock::time_point deadline) {
  const auto oldest = std::min_element(statements_.begin(), statements_.end(),
                                       [](const auto& a, const auto& b) { return a.second->used < b.second->used; });
  queue_control(("DEALLOCATE " + oldest->second->name).c_str(), 0);
  sync(deadline).has_value();  // refused in an aborted transaction: then the name just stays over there
  statements_.erase(oldest);
}

void connection::forget_statements(clock::time_point deadline) {
  leave_pipeline();
  statements_.clear();
  run("DEALLOCATE ALL", deadline).has_value();
}

result_handle connection::collect(clock::time_point deadline) {
  result_handle kept;
  while (auto got = next(deadline)) {
    const auto status = PQresultStatus(got.get());
    const bool failed_before = kept && PQresultStatus(kept.get()) == PGRES_FATAL_ERROR;
    if (!failed_before) kept = std::move(got);
    if (status == PGRES_COPY_IN) break;
  }
  return kept;
}

either<result_handle, fault> connection::run(const char* sql, clock::time_point deadline) {
  leave_pipeline();
  if (lost_ || PQsendQuery(pg_, sql) == 0) {
    lost_ = true;
    return connection_fault(pg_, "the database connection was lost");
  }
  auto got = collect(deadline);
  if (got && PQresultStatus(got.get()) == PGRES_FATAL_ERROR) {
    auto failed = fault_of(got.get(), std::string_view(sql).substr(0, 120));
    lost_ = lost_ || failed.kind == fault_class::lost;
    return failed;
  }
  if (lost_ || !got) {
    lost_ = true;
    return connection_fault(pg_, "the database connection was lost");
  }
  return got;
}

either<void, fault> connection::copy_in(const std::string& command, std::string_view bytes,
                                        clock::time_point deadline) {
  auto begun = run(command.c_str(), deadline);
  if (!begun) return std::move(begun).error();
  constexpr std::size_t piece = 1 << 16;
  for (std::size_t at = 0; at < bytes.size() && !lost_; at += piece) {
    const auto length = std::min(piece, bytes.size() - at);
    if (PQputCopyData(pg_, bytes.data() + at, static_cast<int>(length)) != 1) lost_ = true;
  }
  if (!lost_ && PQputCopyEnd(pg_, nullptr) != 1) lost_ = true;
  auto ended = collect(deadline);
  if (ended && PQresultStatus(ended.get()) == PGRES_FATAL_ERROR) {
    auto failed = fault_of(ended.get(), command);
    lost_ = lost_ || failed.kind == fault_class::lost;
    return failed;
  }
  if (lost_ || !ended) return connection_fault(pg_, "the database connection was lost in a COPY");
  return core::success();
}

void connection::lend() {
  leave_pipeline();
  borrowers_fault_.reset();
  if (!std::exchange(watched_, true) && PQregisterEventProc(pg_, &connection::watch, "evhost", this) == 0) lost_ = true;
}

int connection::watch(PGEventId what, void* about, void* self) {
  auto& fault = static_cast<connection*>(self)->borrowers_fault_;
  if (what == PGEVT_RESULTCREATE && !fault) {
    const PGresult* const made = static_cast<PGEventResultCreate*>(about)->result;
    if (PQresultStatus(made) == PGRES_FATAL_ERROR) fault = fault_of(made, {});
  }
  return 1;
}

void connection::take_back(clock::time_point deadline) {
  if (PQpipelineStatus(pg_) != PQ_PIPELINE_OFF) {
    lost_ = true;  // the borrower left it in a state nobody can know
    return;
  }
  if (PQstatus(pg_) == CONNECTION_BAD) lost_ = true;
  if (!lost_ && status() == PQTRANS_ACTIVE) collect(deadline);
}

}  // namespace evhost::storage::postgres
