// log_min_duration_statement = 0 for the length of one request.
#include "bench/product/statements.hpp"

#include "tests/support/postgres_under_test.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace evhost::bench {
namespace {

using namespace std::chrono_literals;

std::string log_of(const std::function<void()>& request) {
  auto& server = test::postgres_under_test::instance();
  const auto file = server.ask("postgres", "SELECT regexp_replace(current_setting('data_directory'), '/data$', '/server.log')");
  const auto set = [&](const std::string& what) {
    server.ask("postgres", "ALTER SYSTEM " + what);
    server.ask("postgres", "SELECT pg_reload_conf()");
    std::this_thread::sleep_for(300ms);  // backends read it between statements
  };
  set("SET log_line_prefix = '%p|'");
  set("SET log_min_duration_statement = 0");
  std::ifstream in(file);
  in.seekg(0, std::ios::end);
  request();
  std::this_thread::sleep_for(200ms);
  set("RESET log_min_duration_statement");
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// "$1 = 'x', $2 = NULL" by number; quotes are doubled inside.
std::map<int, std::string> parameters_of(const std::string& text) {
  std::map<int, std::string> found;
  for (std::size_t at = 0; (at = text.find('$', at)) != text.npos;) {
    const int number = std::atoi(text.c_str() + at + 1);
    at = text.find(" = ", at) + 3;
    std::size_t end = at;
    if (text[at] == '\'') {
      for (++end; end < text.size() && (text[end] != '\'' || (end + 1 < text.size() && text[end + 1] == '\'')); ++end)
        if (text[end] == '\'') ++end;
      ++end;
    } else {
      end = std::min(text.find(',', at), text.size());
    }
    found[number] = text.substr(at, end - at);
    at = end;
  }
  return found;
}

std::string put_in(const std::string& sql, const std::map<int, std::string>& parameters) {
  static const std::regex id_of_today("'[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}'");
  std::string out;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] != '$') {
      out += sql[i];
      continue;
    }
    const int number = std::atoi(sql.c_str() + i + 1);
    while (i + 1 < sql.size() && sql[i + 1] >= '0' && sql[i + 1] <= '9') ++i;
    const auto& value = parameters.at(number);
    out += std::regex_match(value, id_of_today) ? "gen_random_uuid()" : value;
  }
  return out;
}

}  // namespace

std::vector<std::string> statements_of(const std::string&, const std::function<void()>& request) {
  request();
  std::istringstream log(log_of(request));
  std::map<std::string, std::vector<std::string>> open;  // by backend
  std::string pending_backend, pending_sql;
  const auto keep = [&](const std::map<int, std::string>& parameters) {
    if (!pending_sql.empty()) open[pending_backend].push_back(put_in(pending_sql, parameters));
    pending_sql.clear();
  };
  for (std::string line; std::getline(log, line);) {
    const auto bar = line.find('|');
    if (bar == line.npos) {  // a statement over several lines
      if (!pending_sql.empty()) pending_sql += ' ' + line;
      continue;
    }
    const auto backend = line.substr(0, bar);
    if (const auto at = line.find("DETAIL:  parameters: "); at != line.npos) {
      keep(parameters_of(line.substr(at + 21)));
      continue;
    }
    keep({});
    const auto at = line.find("  execute ");
    if (at == line.npos) continue;
    const auto sql = line.substr(line.find(": ", at) + 2);
    auto& mine = open[backend];
    if (sql.starts_with("BEGIN")) mine.clear();
    const bool ours = std::any_of(mine.begin(), mine.end(), [](const std::string& s) { return s.starts_with("INSERT INTO \"chat_task\""); });
    if (sql == "COMMIT" && ours) return mine;
    const bool control = sql.starts_with("BEGIN") || sql == "COMMIT" || sql == "ROLLBACK" || sql.find("evh_commit_marker") != sql.npos;
    if (control) continue;
    pending_backend = backend;
    pending_sql = sql;
  }
  throw std::runtime_error("the server's log shows no transaction that inserts into chat_task");
}

std::string copy_of_tables(const std::string& database) {
  auto& server = test::postgres_under_test::instance();
  const auto copy = server.make_database();
  const std::string at = " -h 127.0.0.1 -p " + std::to_string(server.port()) + " -U evh ";
  const auto command = server.program("pg_dump") + at + "-s " + database + " | " + server.program("psql") + at + "-q -v ON_ERROR_STOP=1 " + copy + " >/dev/null";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("the tables cannot be copied: " + command);
  return copy;
}

}  // namespace evhost::bench
