// What the tests of the whole host on a broker share besides the broker: polling, /readyz, the database's own words.
#pragma once
#include "tests/support/host_under_test.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/kafka_under_test.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <charconv>
#include <chrono>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace evhost::test {

using namespace std::chrono_literals;

inline void wait_until(const std::function<bool()>& done, std::chrono::milliseconds within, const std::string& what) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error(what + " took too long");
    std::this_thread::sleep_for(20ms);  // polling another process
  }
}

// One number out of the host's SQLite file.
inline std::int64_t number_in(const std::filesystem::path& database, const std::string& sql) {
  sqlite3* handle = nullptr;
  if (sqlite3_open_v2(database.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK) throw std::runtime_error("cannot open " + database.string());
  sqlite3_busy_timeout(handle, 10'000);
  sqlite3_stmt* st = nullptr;
  const bool good = sqlite3_prepare_v2(handle, sql.c_str(), -1, &st, nullptr) == SQLITE_OK;
  const std::string why = good ? "" : sqlite3_errmsg(handle);
  const auto n = good && sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
  sqlite3_finalize(st);
  sqlite3_close(handle);
  if (!good) throw std::runtime_error(sql + ": " + why);
  return n;
}

// The port in <data>/host.json; 0 as long as there is none.
inline std::uint16_t port_of(const host_under_test& host) {
  std::ifstream in(host.data() / "host.json");
  std::stringstream text;
  text << in.rdbuf();
  const auto json = text.str();
  std::uint16_t port = 0;
  if (const auto at = json.find("\"port\":"); at != json.npos && json.find('}') != json.npos) std::from_chars(json.data() + at + 7, json.data() + json.size(), port);
  return port;
}

struct readiness_seen {
  unsigned status = 0;  // 0: nobody answers
  std::string body;
};
inline readiness_seen readyz(const host_under_test& host) {
  const auto port = port_of(host);
  if (port == 0) return {};
  try {
    const auto answer = http_client(port, 2s).get("/readyz");
    return {static_cast<unsigned>(answer.status), answer.body};
  } catch (const std::runtime_error&) {
    return {};
  }
}

inline void wait_for_reason(const host_under_test& host, const std::string& words, std::chrono::milliseconds within = 20s) {
  readiness_seen seen;
  try {
    wait_until([&] { return (seen = readyz(host)).status == 503 && seen.body.find(words) != seen.body.npos; }, within, "the reason");
  } catch (const std::runtime_error&) {
    throw std::runtime_error("/readyz never said \"" + words + "\" but " + std::to_string(seen.status) + " " + seen.body + "\n" + host.log());
  }
}

// The value of a series in /metrics, e.g. evhost_consumer_lag_records{group="ledger",...}; -1: not there.
inline double metric(const host_under_test& host, const std::string& series) {
  const auto page = http_client(port_of(host), 5s).get("/metrics").body;
  for (std::size_t at = page.find(series); at != page.npos; at = page.find(series, at + 1)) {
    if (at != 0 && page[at - 1] != '\n') continue;
    const auto rest = page.find(' ', at + series.size());
    if (rest != page.npos) return std::strtod(page.c_str() + rest, nullptr);
  }
  return -1;
}

}  // namespace evhost::test
