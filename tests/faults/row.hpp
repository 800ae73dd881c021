// A row of the fault table: one fault, what is done for it, what must hold afterwards.
#pragma once

#include "tests/faults/trial.hpp"

#include <functional>
#include <string>
#include <vector>

namespace evhost::faults {

struct row {
  int number = 0;               // of the catalogue in docs/reliability.md
  std::string name;             // with the variant
  std::string what;             // one line: the harm, and what must hold
  bool slow = false;            // seconds of outage by design: fewer seeds
  bool alone = false;           // touches what all runs share
  trial_options setup;
  std::function<void(trial&)> harm;  // start() to recover()
  std::string control;          // the protection that is off: this row must turn red
  // Instead of a trial: a run of its own kind.
  std::function<result(bed&, std::uint64_t seed)> own;
};

std::vector<row> crash_rows();
std::vector<row> outage_rows();
std::vector<row> poison_rows();
std::vector<row> replica_rows();
std::vector<row> disk_rows();
std::vector<row> product_rows();
std::vector<row> control_rows();

}  // namespace evhost::faults
