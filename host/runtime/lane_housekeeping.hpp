// Housekeeping of the lanes: retention of the log and the count of waiting dead letters, from time to time on the pool.
#pragma once
#include "host/runtime/lane_actor.hpp"

#include <chrono>
#include <map>
#include <string>

namespace evhost::runtime {

class lane_housekeeping final : public lane_actor {
 public:
  explicit lane_housekeeping(std::shared_ptr<lane_context> context) : lane_actor(std::move(context)) {}

 private:
  void pump() override;
  void keep();

  std::chrono::steady_clock::time_point due_{};
  std::map<std::string, io::gauge> depths_;  // by group
};

}  // namespace evhost::runtime
