// pgbench as the yardstick of a store: transactions per second of a script at so many clients, on the test server.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace evhost::bench {

double pgbench_rate(const std::string& database, const std::string& script, int clients, double seconds);

// The same statements one by one, as a pipeline and, each writing one as a CTE, in one statement. head: \set lines.
std::map<std::string, std::string> pgbench_scripts(const std::string& head, const std::vector<std::string>& statements);

}  // namespace evhost::bench
