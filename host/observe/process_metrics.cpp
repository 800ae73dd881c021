// /proc/self/stat, /proc/self/fd and the limits, and the whole /metrics page.
#include "host/observe/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace evhost::observe {
namespace {

double boot_time_seconds() {
  std::ifstream stat("/proc/stat");
  for (std::string word; stat >> word;) {
    double value = 0;
    if (word == "btime" && stat >> value) return value;
  }
  return 0;
}

}  // namespace

process_numbers read_process() {
  process_numbers out;
  std::ifstream stat("/proc/self/stat");
  const std::string line(std::istreambuf_iterator<char>(stat), {});
  // The second field is the program's name in parentheses and may hold anything; the rest starts behind the last one.
  if (const auto end = line.rfind(')'); end != std::string::npos) {
    std::istringstream fields(line.substr(end + 2));
    std::array<double, 22> at{};  // at[0] is field 3 of proc(5)
    std::string state;
    fields >> state;
    for (std::size_t i = 1; i < at.size(); ++i) fields >> at[i];
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    out.cpu_seconds = (at[11] + at[12]) / ticks;
    out.threads = at[17];
    static const double booted = boot_time_seconds();
    out.start_time_seconds = booted + at[19] / ticks;
    out.virtual_bytes = at[20];
    out.resident_bytes = at[21] * static_cast<double>(::sysconf(_SC_PAGESIZE));
  }
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator("/proc/self/fd", error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    out.open_fds += 1;
  }
  if (out.open_fds > 0) out.open_fds -= 1;  // the one this listing holds open
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) out.max_fds = static_cast<double>(limit.rlim_cur);
  return out;
}

std::string metrics_page(const registry& from, exposition format) {
  std::string out = from.render(format);
  const process_numbers now = read_process();
  const bool open = format == exposition::open_metrics;
  const auto add = [&](const char* name, const char* help, const char* kind, double value) {
    std::array<char, 32> number{};
    std::snprintf(number.data(), number.size(), "%.15g", value);
    std::string head = name;
    if (open && head.ends_with("_total")) head.resize(head.size() - 6);
    out += "# HELP " + head + " " + help + "\n# TYPE " + head + " " + kind + "\n" + name + " " + number.data() + "\n";
  };
  add("process_cpu_seconds_total", "User and system CPU time", "counter", now.cpu_seconds);
  add("process_resident_memory_bytes", "Resident memory", "gauge", now.resident_bytes);
  add("process_virtual_memory_bytes", "Virtual memory", "gauge", now.virtual_bytes);
  add("process_start_time_seconds", "Start of the process (Unix time)", "gauge", now.start_time_seconds);
  add("process_open_fds", "Open file descriptors", "gauge", now.open_fds);
  add("process_max_fds", "Limit of open file descriptors", "gauge", now.max_fds);
  add("process_threads", "Threads", "gauge", now.threads);
  if (open) out += "# EOF\n";
  return out;
}

}  // namespace evhost::observe
