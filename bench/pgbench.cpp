// pgbench as a child process, prepared statements, at most two of its threads.
#include "bench/pgbench.hpp"

#include "tests/support/postgres_under_test.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string_view>

#include <unistd.h>

namespace evhost::bench {

double pgbench_rate(const std::string& database, const std::string& script, int clients, double seconds) {
  const auto file = "/tmp/evh-pgbench-" + std::to_string(::getpid()) + ".sql";
  std::ofstream(file) << script;
  const auto& server = test::postgres_under_test::instance();
  const std::string command =
      server.program("pgbench") + " -n -h 127.0.0.1 -p " + std::to_string(server.port()) + " -U evh -M prepared -c " +
      std::to_string(clients) + " -j " + std::to_string(std::min(clients, 2)) + " -T " +
      std::to_string(std::max(1, static_cast<int>(seconds))) + " -f " + file + " " + database + " 2>&1";
  FILE* out = ::popen(command.c_str(), "r");
  std::array<char, 512> line;
  double rate = 0;
  while (std::fgets(line.data(), line.size(), out))
    if (std::sscanf(line.data(), "tps = %lf", &rate) == 0 &&
        std::string_view(line.data()).find("error") != std::string_view::npos)
      std::cerr << line.data();
  ::pclose(out);
  std::remove(file.c_str());
  return rate;
}

std::map<std::string, std::string> pgbench_scripts(const std::string& head, const std::vector<std::string>& statements) {
  std::string all = "BEGIN;\n", joined;
  for (const auto& one : statements) {
    all += one + ";\n";
    if (&one == &statements.back()) continue;
    joined += (joined.empty() ? "WITH s" : ", s") + std::to_string(&one - statements.data()) + " AS (" + one + ")";
  }
  all += "COMMIT;\n";
  return {{"pgbench statements", head + all},
          {"pgbench pipeline", head + "\\startpipeline\n" + all + "\\endpipeline\n"},
          {"pgbench CTE", head + joined + " " + statements.back() + ";\n"}};
}

}  // namespace evhost::bench
