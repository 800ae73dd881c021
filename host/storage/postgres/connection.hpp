// One PostgreSQL connection of ours: opened with the house's settings, its prepared statements, and a pipeline of
// statements whose results nobody has asked for yet.
//
// One thread at a time. queue() sends without waiting; sync() waits for everything queued and names
// the first that failed by the tag it was queued with. Plugins may get the native handle: then the pipeline is left
// until take_back(). Every wait has a deadline, later than the server's own timeouts; past it the connection
// counts as lost.
#pragma once
#include "host/storage/postgres/error.hpp"
#include "host/storage/postgres/values.hpp"

#include <libpq-events.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace evhost::storage::postgres {

struct connect_options {
  std::string url;
  std::string application_name = "evhost";
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds statement_timeout{10'000};
  std::chrono::milliseconds lock_timeout{5'000};
  std::chrono::milliseconds idle_in_transaction_timeout{60'000};
};

// The URL names a server on another machine without asking for TLS: a sentence; empty when it may be used.
std::string refused_url(const std::string& url, bool allow_plaintext);

struct free_result {
  void operator()(PGresult* r) const { PQclear(r); }
};
using result_handle = std::unique_ptr<PGresult, free_result>;

struct prepared {
  std::string sql, name;
  std::vector<Oid> params;
  std::vector<Oid> columns;
  bool binary_results = false;
  bool counts_rows = false;   // INSERT, UPDATE, DELETE, MERGE
  bool plain_insert = false;  // INSERT ... VALUES without ON CONFLICT and RETURNING: always the same number of rows
  std::int64_t rows = -1;     // how many, once known
  std::uint64_t used = 0;
};

// A statement that failed, and whose it was.
struct queue_fault {
  int tag = 0;
  bool last = false;  // it was the statement queued last
  fault what;
};

class connection {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::size_t statements_max = 256;
  static constexpr std::size_t queue_max = 256;  // results outstanding: they must fit the socket's buffers
  static constexpr std::size_t queue_bytes_max = 1 << 20;

  // How a failure to connect should be taken: a wrong password does not mend itself.
  struct open_failure {
    core::error error;
    bool hopeless = false;
  };
  static either<std::unique_ptr<connection>, open_failure> open(const connect_options& options);

  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  [[nodiscard]] PGconn* handle() const { return pg_; }
  [[nodiscard]] bool lost() const { return lost_; }
  [[nodiscard]] bool timed_out() const { return timed_out_; }  // lost because a deadline passed
  [[nodiscard]] int backend_pid() const { return PQbackendPID(pg_); }
  // Looks at the socket without waiting: false when the server has hung up meanwhile.
  bool healthy();
  [[nodiscard]] PGTransactionStatusType status() const { return PQtransactionStatus(pg_); }

  // Finds or prepares; preparing waits for what is queued.
  either<prepared*, queue_fault> statement(std::string_view sql, int tag, clock::time_point deadline);

  // Queues an execution. expected: rows it must change, -1: any. invalid values are refused before anything is sent.
  core::result<void> queue(prepared& s, std::span<const evh_value> params, int tag, std::int64_t expected = -1);
  // BEGIN, SAVEPOINT and the like, known to take no parameters.
  void queue_control(const char* sql, int tag);
  // Waits for all; the last one's result, or the first failure. An empty queue gives no result.
  either<result_handle, queue_fault> sync(clock::time_point deadline);
  [[nodiscard]] bool queued() const { return !queue_.empty(); }
  [[nodiscard]] bool ending() const { return ending_; }
  [[nodiscard]] bool queue_full() const { return queue_.size() >= queue_max || queue_bytes_ >= queue_bytes_max; }
  // Sends what is queued and lets the next call find out how it went (the end of a read).
  void sync_later();

  // Outside the pipeline, for COPY, migrations and whoever borrows the handle. The queue must be empty.
  void leave_pipeline();
  // From here on somebody else uses the handle. The first failure they meet is kept: they may keep it to themselves.
  void lend();
  [[nodiscard]] const std::optional<fault>& borrowers_fault() const { return borrowers_fault_; }
  // After the handle was lent: no statement of the borrower may still run.
  void take_back(clock::time_point deadline);
  // Any text, several statements; outside the pipeline. The last result.
  either<result_handle, fault> run(const char* sql, clock::time_point deadline);
  // COPY ... FROM STDIN (FORMAT binary) with the bytes given.
  either<void, fault> copy_in(const std::string& command, std::string_view bytes, clock::time_point deadline);

  // Forgets every prepared statement, here and there: a borrower that failed may have left names behind.
  void forget_statements(clock::time_point deadline);
  void mark_lost() { lost_ = true; }

 private:
  enum class entry_kind { execute, prepare, describe, control };
  struct entry {
    entry_kind kind = entry_kind::execute;
    int tag = 0;
    std::int64_t expected = -1;
    const prepared* statement = nullptr;
  };

  explicit connection(PGconn* pg) : pg_(pg) {}
  static void heard(void* self, const PGresult* notice);
  static int watch(PGEventId what, void* about, void* self);
  void enter_pipeline();
  void note(entry e, std::size_t bytes);
  result_handle next(clock::time_point deadline);
  result_handle collect(clock::time_point deadline);  // one command's results outside the pipeline
  std::optional<queue_fault> read_entry(const entry& e, bool last, clock::time_point deadline, result_handle& out);
  bool wait_readable(clock::time_point deadline);
  void evict_oldest(clock::time_point deadline);

  PGconn* pg_;
  bool lost_ = false;
  bool pipelined_ = false;
  bool ending_ = false;  // sync_later() left results to be read
  bool timed_out_ = false;
  bool watched_ = false;
  std::optional<fault> borrowers_fault_;
  std::vector<entry> queue_;
  std::size_t queue_bytes_ = 0;
  bound_params bound_;
  std::uint64_t names_ = 0, tick_ = 0;
  std::unordered_map<std::string_view, std::unique_ptr<prepared>> statements_;  // keys point into the statements
};

}  // namespace evhost::storage::postgres
