// A writing unit of work that runs plugin code outside the lanes: the common part of requests, timers and evh.uow
// write.
//
// Derived classes say what to do inside (perform) and what to do with the outcome (done). On the store's thread.
#pragma once
#include "host/io/store.hpp"
#include "host/runtime/call_gate.hpp"
#include "host/runtime/plugin_instance.hpp"
#include "host/runtime/uow.hpp"

#include <optional>

namespace evhost::runtime {

struct unit_end {
  bool committed;
  bool lost;          // the host's fault: the transaction broke or the store gave up; worth another try
  evh_status status;  // of the last run, or why it was lost
  const evh_error& error;
};

class plugin_unit : public io::unit {
 public:
  plugin_unit(plugin_instance& plugin, call_gate::pass pass) : plugin_(plugin), pass_(std::move(pass)) {}

  bool run(io::transaction& tx, std::chrono::microseconds budget) final;
  void undone() noexcept final;
  void settled(io::unit_outcome outcome, const core::error* why) noexcept final;

 protected:
  // Inside the unit; anything but EVH_OK rolls back. Called again for every run.
  virtual evh_status perform(unit_of_work& uow, evh_error& error) = 0;
  // Once, after the fate is known and after() callbacks were told.
  virtual void done(const unit_end& end) noexcept = 0;

  plugin_instance& plugin_;
  call_gate::pass pass_;

 private:
  std::optional<unit_of_work> uow_;
  bool broken_ = false;
  evh_status status_ = EVH_OK;
  evh_error error_ = make_error();
};

}  // namespace evhost::runtime
