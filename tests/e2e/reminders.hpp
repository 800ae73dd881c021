// What tests of reminders share: moments, tasks with a reminder at their due time, waiting for another process.
#pragma once
#include "tests/e2e/client.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <thread>

namespace evhost::e2e {

using namespace std::chrono_literals;
using clock = std::chrono::system_clock;

inline std::string instant_text(clock::time_point at) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  const std::time_t s = ms / 1000;
  std::tm t{};
  gmtime_r(&s, &t);
  char out[40];
  std::snprintf(out, sizeof out, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
  return out;
}
// The first whole second that is at least that far away.
inline clock::time_point in(std::chrono::milliseconds delay) { return std::chrono::ceil<std::chrono::seconds>(clock::now() + delay); }

inline std::string task_due(clock::time_point at, const std::string& title = "call the dentist") {
  return R"({"title":")" + title + R"(","due":{"instant":")" + instant_text(at) + R"("},"reminders":[{"offset":"PT0S"}]})";
}

inline std::int64_t ms_of(std::string_view text) {
  std::tm t{};
  int ms = 0;
  std::sscanf(std::string(text).c_str(), "%d-%d-%dT%d:%d:%d.%dZ", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec, &ms);
  t.tm_year -= 1900;
  t.tm_mon -= 1;
  return std::int64_t{timegm(&t)} * 1000 + ms;
}

template <class Condition> bool eventually(Condition condition, std::chrono::milliseconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(20ms);  // polling another process
  }
  return true;
}

}  // namespace evhost::e2e
