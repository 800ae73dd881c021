// initdb, postgres, and the pieces of libpq the tests need themselves.
#include "tests/support/postgres_under_test.hpp"

#include <libpq-fe.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace evhost::test {
namespace {

std::filesystem::path newest_programs() {
  std::filesystem::path found;
  std::error_code none;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none))
    if (std::filesystem::exists(version.path() / "bin/initdb") && version.path() > found) found = version.path();
  return found.empty() ? found : found / "bin";
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

}  // namespace

postgres_under_test& postgres_under_test::instance() {
  static postgres_under_test one;
  return one;
}

postgres_under_test::postgres_under_test() {
  programs_ = newest_programs();
  const passwd* const user = ::geteuid() == 0 ? ::getpwnam("postgres") : ::getpwuid(::geteuid());
  if (programs_.empty())
    why_ = "no PostgreSQL server on this machine: apt-get install postgresql";
  else if (!user)
    why_ = "this runs as root and there is no user postgres to run the server as: apt-get install postgresql";
  if (!available()) return;
  std::string pattern = "/tmp/evh-pg-XXXXXX";
  folder_ = ::mkdtemp(pattern.data());
  if (::geteuid() == 0 && ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0)
    why_ = "cannot chown " + folder_.string();
  if (why_.empty())
    why_ = run("initdb", {"-D", folder_ / "data", "-U", "evh", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"},
               "initdb.log");
  if (available()) start();
}

postgres_under_test::~postgres_under_test() {
  if (server_ > 0) stop();
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

pid_t postgres_under_test::spawn(const std::string& program, std::initializer_list<std::string> arguments,
                                 const std::string& log) {
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const passwd* const user = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGINT);
  if (user && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
    ::_exit(126);
  if (user) ::prctl(PR_SET_PDEATHSIG, SIGINT);  // setuid cleared it
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (::chdir("/") != 0) ::_exit(126);
  ::execv(program.c_str(), argv.data());
  ::_exit(127);
}

std::string postgres_under_test::run(const char* program, std::initializer_list<std::string> arguments,
                                     const char* log) {
  const pid_t child = spawn(programs_ / program, arguments, folder_ / log);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0
             ? ""
             : std::string(program) + " failed, see " + (folder_ / log).string();
}

void postgres_under_test::start() {
  if (port_ == 0) port_ = free_port();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  server_ = -1;
  while (PQping(url("postgres").c_str()) != PQPING_OK) {
    if (std::chrono::steady_clock::now() > until) {
      why_ = "the server does not start, see " + (folder_ / "server.log").string();
      return;
    }
    // After a kill the old backends may hold the shared memory for a moment: then this one ends, and another is tried.
    if (server_ < 0 || ::waitpid(server_, nullptr, WNOHANG) == server_) server_ = spawn_server();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // polls a process we do not control
  }
}

pid_t postgres_under_test::spawn_server() {
  // fsync off: the tests kill processes, not the machine. Everything else as delivered.
  return spawn(programs_ / "postgres",
               {"-D", folder_ / "data", "-c", "listen_addresses=127.0.0.1", "-c", "port=" + std::to_string(port_), "-c",
                "unix_socket_directories=" + folder_.string(), "-c",
                std::string("fsync=") + (std::getenv("EVH_PG_FSYNC") ? "on" : "off"), "-c", "deadlock_timeout=200ms",
                "-c", "max_connections=60"},
               folder_ / "server.log");
}

void postgres_under_test::stop(bool by_kill) {
  ::kill(server_, by_kill ? SIGKILL : SIGINT);
  ::waitpid(server_, nullptr, 0);
  server_ = -1;
}

std::string postgres_under_test::url(const std::string& database, std::uint16_t port) const {
  return "postgresql://evh@127.0.0.1:" + std::to_string(port ? port : port_) + "/" + database + "?sslmode=disable";
}

void postgres_under_test::speak_tls(const authority::pair& certificate, const std::string& password) {
  const passwd* const user = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
  const auto data = folder_ / "data";
  for (const auto& [from, name] : {std::pair{certificate.certificate, "tls.pem"}, std::pair{certificate.key, "tls.key"}}) {
    const auto to = data / name;
    std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::permissions(to, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    if (user && ::chown(to.c_str(), user->pw_uid, user->pw_gid) != 0) throw std::runtime_error("cannot chown " + to.string());
  }
  std::ifstream before(data / "pg_hba.conf");
  std::stringstream rest;
  rest << before.rdbuf();
  std::ofstream(data / "pg_hba.conf") << "hostssl all secure 127.0.0.1/32 scram-sha-256\nhostnossl all secure 127.0.0.1/32 reject\n" << rest.str();
  ask("postgres", "CREATE ROLE secure LOGIN SUPERUSER PASSWORD '" + password + "'");
  for (const char* setting : {"ssl = on", "ssl_cert_file = 'tls.pem'", "ssl_key_file = 'tls.key'"}) ask("postgres", std::string("ALTER SYSTEM SET ") + setting);
  ask("postgres", "SELECT pg_reload_conf()");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (ask("postgres", "SHOW ssl") != "on") {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("the server does not turn TLS on, see " + (folder_ / "server.log").string());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // polls a process we do not control
  }
}

std::string postgres_under_test::make_database() {
  const std::string name = "t" + std::to_string(++databases_);
  ask("postgres", "CREATE DATABASE " + name);
  return name;
}

std::string postgres_under_test::ask(const std::string& database, const std::string& sql) {
  PGconn* const c = PQconnectdb(url(database).c_str());
  PGresult* const r = PQexec(c, sql.c_str());
  const auto status = PQresultStatus(r);
  std::string cell = status == PGRES_TUPLES_OK && PQntuples(r) > 0 ? PQgetvalue(r, 0, 0) : "";
  const std::string failed = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ? "" : PQerrorMessage(c);
  PQclear(r);
  PQfinish(c);
  if (!failed.empty()) throw std::runtime_error(sql + ": " + failed);
  return cell;
}

}  // namespace evhost::test
