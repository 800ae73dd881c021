// What one request makes the host send to PostgreSQL, as statements that pgbench can run again and again.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace evhost::bench {

// Runs the request twice and reads the second from the server's log: the statements of the transaction that writes
// chat_task, parameters put in, every id of the day a new one each time. The host's commit marker is left out.
std::vector<std::string> statements_of(const std::string& database, const std::function<void()>& request);

// A new database with the same tables and no rows.
std::string copy_of_tables(const std::string& database);

}  // namespace evhost::bench
