// The database's side of the ceiling: COPY BINARY of ready bytes, nothing decoded, nothing fenced.
#include "bench/kafka/host_drain.hpp"
#include "bench/kafka/topic_load.hpp"
#include "bench/process.hpp"
#include "tests/support/postgres_under_test.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

namespace evhost::bench {
namespace {

using clock = std::chrono::steady_clock;
using connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

constexpr const char* table_sql =
    "CREATE TABLE bare_event(part BIGINT NOT NULL, off BIGINT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL,"
    " account TEXT NOT NULL, kind TEXT NOT NULL, amount DOUBLE PRECISION NOT NULL, note TEXT NOT NULL)";

void put_number(std::string& out, std::uint64_t n, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(n >> shift & 0xff);
}
void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size(), 4);
  out += text;
}
void put_bigint(std::string& out, std::uint64_t n) {
  put_number(out, 8, 4);
  put_number(out, n, 8);
}

// The bytes the plugin's rows would have, of `rows` events from `first` on.
std::string encoded(std::uint64_t first, std::uint32_t rows) {
  const topic_load like;
  std::string out("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
  for (std::uint64_t i = first; i < first + rows; ++i) {
    const auto json = event_json(like, i);
    const auto note = json.substr(json.find("\"note\":\"") + 8);
    put_number(out, 8, 2);
    put_bigint(out, i % 12);
    put_bigint(out, i / 12);
    put_bigint(out, i / like.accounts);
    put_bigint(out, 1'732'400'000'000 + i);
    put_text(out, json.substr(json.find("acc-"), 10));
    put_text(out, "payment");
    put_number(out, 8, 4);
    put_number(out, std::bit_cast<std::uint64_t>(static_cast<double>(i % 9973) + static_cast<double>(i % 100) / 100), 8);
    put_text(out, std::string_view(note).substr(0, note.size() - 2));
  }
  put_number(out, 0xffff, 2);
  return out;
}

void must(PGconn* pg, const char* sql, ExecStatusType expected) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> got(PQexec(pg, sql), &PQclear);
  if (PQresultStatus(got.get()) != expected) throw std::runtime_error(std::string(sql) + ": " + PQerrorMessage(pg));
}

void copy_one(PGconn* pg, const std::string& bytes) {
  must(pg, "COPY bare_event FROM STDIN (FORMAT binary)", PGRES_COPY_IN);
  if (PQputCopyData(pg, bytes.data(), static_cast<int>(bytes.size())) != 1 || PQputCopyEnd(pg, nullptr) != 1) throw std::runtime_error(PQerrorMessage(pg));
  while (PGresult* got = PQgetResult(pg)) {
    const auto status = PQresultStatus(got);
    PQclear(got);
    if (status != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(pg));
  }
}

}  // namespace

drain_result copy_rows_bare(std::uint64_t rows, int connections, std::uint32_t rows_per_commit) {
  auto& server = test::postgres_under_test::instance();
  const std::string url = server.url(server.make_database());
  std::vector<std::string> ready;
  for (std::uint64_t i = 0; i < 16; ++i) ready.push_back(encoded(i * rows_per_commit, rows_per_commit));
  std::vector<connection> open;
  for (int i = 0; i < connections; ++i) {
    open.emplace_back(PQconnectdb(url.c_str()), &PQfinish);
    if (PQstatus(open.back().get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(open.back().get()));
  }
  must(open[0].get(), table_sql, PGRES_COMMAND_OK);
  const auto each = rows / rows_per_commit / static_cast<std::uint64_t>(connections);
  const auto cpu_before = cpu_seconds(::getpid());
  const auto begun = clock::now();
  {
    std::vector<std::jthread> threads;
    for (auto& c : open)
      threads.emplace_back([&, pg = c.get()] {
        for (std::uint64_t n = 0; n < each; ++n) copy_one(pg, ready[n % ready.size()]);
      });
  }
  drain_result result;
  result.seconds = std::chrono::duration<double>(clock::now() - begun).count();
  result.cpu_seconds = cpu_seconds(::getpid()) - cpu_before;
  const std::unique_ptr<PGresult, decltype(&PQclear)> got(PQexec(open[0].get(), "SELECT count(*) FROM bare_event"), &PQclear);
  result.events = std::strtoull(PQgetvalue(got.get(), 0, 0), nullptr, 10);
  if (result.events != each * rows_per_commit * static_cast<std::uint64_t>(connections)) throw std::runtime_error("bare COPY lost rows");
  must(open[0].get(), "TRUNCATE bare_event", PGRES_COMMAND_OK);
  return result;
}

}  // namespace evhost::bench
