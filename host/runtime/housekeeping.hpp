// The runtime's own periodic work: old idempotency rows, the log level plugins read (the lane engine keeps the log's
// retention).
//
// Runs on the pool, one round at a time. start and stop [control]; stop waits for a round under way.
#pragma once
#include <memory>

namespace evhost::runtime {

struct services;

class housekeeping {
 public:
  explicit housekeeping(services& shared);
  ~housekeeping();
  void start();
  void stop();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace evhost::runtime
