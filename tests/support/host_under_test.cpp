// fork, exec, wait, read host.json.
#include "tests/support/host_under_test.hpp"

#include "tests/support/http_client.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace evhost::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

pid_t spawn(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment, int in, int out, int err) {
  std::vector<std::string> pairs;
  for (const auto& [name, content] : environment) pairs.push_back(name + "=" + content);
  std::vector<char*> argv, envp;
  for (const auto& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  for (const auto& p : pairs) envp.push_back(const_cast<char*>(p.c_str()));
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::execve(argv[0], argv.data(), envp.data());
  ::_exit(127);
}

int exit_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

std::map<std::string, std::string> clean_environment() {
  std::map<std::string, std::string> env;
  for (const char* name : {"PATH", "HOME", "TSAN_OPTIONS", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"})
    if (const char* content = std::getenv(name)) env[name] = content;
  return env;
}

}  // namespace

host_under_test::host_under_test(host_setup setup) : setup_(std::move(setup)) {
  std::string pattern = (std::filesystem::temp_directory_path() / "evhost-test-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot make a data directory");
  data_ = pattern;
  if (setup_.plugin_directories.empty()) setup_.plugin_directories = {EVH_TEST_PLUGINS};
}

host_under_test::~host_under_test() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ec;
  std::filesystem::remove_all(data_, ec);
}

std::map<std::string, std::string> host_under_test::base_environment() const {
  auto env = clean_environment();
  env["EVH_DATA_DIR"] = data_.string();
  env["EVH_HTTP_PORT"] = "0";
  env["EVH_SECURITY__USER_REQUESTS_PER_MINUTE"] = "0";  // tests are no crowd; those about limits set them
  env["EVH_SECURITY__ADDRESS_REQUESTS_PER_MINUTE"] = "0";
  std::string plugins;
  for (const auto& d : setup_.plugin_directories) plugins += (plugins.empty() ? "" : ":") + d.string();
  env["EVH_PLUGINS"] = plugins;
  for (const auto& [name, content] : setup_.environment) env[name] = content;
  return env;
}

void host_under_test::launch(const std::map<std::string, std::string>& environment) {
  auto env = base_environment();
  for (const auto& [name, content] : environment) env[name] = content;
  std::error_code ec;
  std::filesystem::remove(data_ / "host.json", ec);
  std::vector<std::string> arguments{EVH_TEST_HOST, "run"};
  arguments.insert(arguments.end(), setup_.arguments.begin(), setup_.arguments.end());
  const int log = ::open((data_ / "test.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  pid_ = spawn(arguments, env, null, log, log);
  ::close(log);
  ::close(null);
  port_ = 0;
}

void host_under_test::wait_ready(std::chrono::milliseconds within) {
  const auto deadline = steady_clock::now() + within;
  while (steady_clock::now() < deadline) {
    if (!running()) throw std::runtime_error("the host ended at its start:\n" + log());
    const auto text = read_file(data_ / "host.json");
    if (const auto at = text.find("\"port\":"); at != text.npos && text.find('}') != text.npos) {
      std::from_chars(text.data() + at + 7, text.data() + text.size(), port_);
      try {
        if (http_client(port_, 1s).get("/readyz").status == 200) return;
      } catch (const std::runtime_error&) {
        // written by the run before, or not listening yet
      }
    }
    std::this_thread::sleep_for(2ms);  // polling another process
  }
  throw std::runtime_error("the host was not ready in time:\n" + log());
}

void host_under_test::start(const std::map<std::string, std::string>& environment) {
  launch(environment);
  wait_ready();
}

bool host_under_test::running() {
  if (pid_ <= 0) return false;
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

void host_under_test::kill(int signal) {
  if (pid_ > 0) ::kill(pid_, signal);
}

int host_under_test::wait_exit(std::chrono::milliseconds within) {
  const auto deadline = steady_clock::now() + within;
  int status = 0;
  while (::waitpid(pid_, &status, WNOHANG) == 0) {
    if (steady_clock::now() > deadline) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &status, 0);
      pid_ = 0;
      throw std::runtime_error("the host did not end in time:\n" + log());
    }
    std::this_thread::sleep_for(1ms);  // polling another process
  }
  pid_ = 0;
  return exit_of(status);
}

int host_under_test::stop() {
  kill(SIGTERM);
  return wait_exit();
}

std::string host_under_test::log() const { return read_file(data_ / "test.log"); }

host_under_test::output run_program(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
                                    const std::string& input) {
  int in[2], out[2], err[2];
  if (::pipe2(in, O_CLOEXEC) || ::pipe2(out, O_CLOEXEC) || ::pipe2(err, O_CLOEXEC)) throw std::runtime_error("pipe");
  const pid_t child = spawn(arguments, environment, in[0], out[1], err[1]);
  ::close(in[0]);
  ::close(out[1]);
  ::close(err[1]);
  if (!input.empty() && ::write(in[1], input.data(), input.size()) < 0) throw std::runtime_error("write");
  ::close(in[1]);
  host_under_test::output result;
  pollfd fds[2]{{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
  for (int open = 2; open > 0;) {
    if (::poll(fds, 2, 60'000) <= 0) {
      ::kill(child, SIGKILL);
      break;
    }
    for (int i = 0; i < 2; ++i) {
      if (!(fds[i].revents & (POLLIN | POLLHUP))) continue;
      char buffer[4096];
      const auto n = ::read(fds[i].fd, buffer, sizeof buffer);
      if (n > 0) (i == 0 ? result.out : result.err).append(buffer, static_cast<std::size_t>(n));
      else fds[i].fd = -1, --open;
    }
  }
  ::close(out[0]);
  ::close(err[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  result.exit = exit_of(status);
  return result;
}

host_under_test::output host_under_test::command(const std::vector<std::string>& arguments, const std::string& input) const {
  std::vector<std::string> all{EVH_TEST_HOST};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run_program(all, base_environment(), input);
}

std::string host_under_test::token(const std::string& user, const std::string& role) const {
  std::vector<std::string> arguments{"token", "--user", user};
  if (!role.empty()) arguments.insert(arguments.end(), {"--role", role});
  const auto result = command(arguments);
  if (result.exit != 0) throw std::runtime_error("evhost token: " + result.err);
  return result.out.substr(0, result.out.find('\n'));
}

}  // namespace evhost::test
