// Counts passes of the one armed failpoint and dies at the chosen one.
#include "host/core/failpoint.hpp"

#ifdef EVH_FAILPOINTS
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

namespace evhost::core {
namespace {

struct armed {
  std::string name;
  long at = 0;
  std::string log, arm;

  armed() {
    const char* spec = std::getenv("EVH_FAILPOINT");
    const char* file = std::getenv("EVH_FAILPOINT_LOG");
    if (file) log = file;
    if (const char* when = std::getenv("EVH_FAILPOINT_ARM")) arm = when;
    if (!spec) return;
    const char* colon = std::strrchr(spec, ':');
    name.assign(spec, colon ? colon : spec + std::strlen(spec));
    at = colon ? std::atol(colon + 1) : 1;
  }
};

const armed& armed_one() {
  static const armed which;
  return which;
}

// The number of this pass of the armed name; 0: another name, or not armed yet.
long count_pass(const char* name) {
  const armed& which = armed_one();
  if (which.at <= 0 || which.name != name) return 0;
  static std::atomic<bool> counting{false};
  if (!counting.load(std::memory_order_acquire)) {
    if (!which.arm.empty() && ::access(which.arm.c_str(), F_OK) != 0) return 0;
    counting.store(true, std::memory_order_release);
  }
  static std::atomic<long> passes{0};
  return passes.fetch_add(1) + 1;
}

}  // namespace

bool unprotected(std::string_view protection) {
  static const char* const off = std::getenv("EVH_FAULT_UNPROTECTED");
  return off != nullptr && protection == off;
}

bool struck(const char* name) {
  const long pass = count_pass(name);
  return pass > 0 && pass % armed_one().at == 0;
}

void failpoint(const char* name) {
  const armed& which = armed_one();
  if (const long pass = count_pass(name); pass == 0 || pass != which.at) return;
  if (!which.log.empty()) {
    const int fd = ::open(which.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const std::string line = which.name + "\n";
    if (fd >= 0 && ::write(fd, line.data(), line.size()) < 0) ::_exit(99);
  }
  ::kill(::getpid(), SIGKILL);
}

}  // namespace evhost::core
#endif
