// One run after the other until the store settles it; a broken transaction overrides the plugin's verdict.
#include "host/runtime/plugin_unit.hpp"

namespace evhost::runtime {

bool plugin_unit::run(io::transaction& tx, std::chrono::microseconds) {
  uow_.reset();  // tells the after() callbacks of an earlier run that it was rolled back
  uow_.emplace(tx, plugin_.shared().ports.log);
  error_ = make_error();
  status_ = perform(*uow_, error_);
  broken_ = uow_->broken();
  if (!broken_) return status_ == EVH_OK;
  status_ = say(&error_, uow_->broken_why());
  return false;
}

void plugin_unit::undone() noexcept {
  uow_.reset();
}

void plugin_unit::settled(io::unit_outcome outcome, const core::error* why) noexcept {
  if (outcome == io::unit_outcome::committed && uow_) uow_->finish(true);
  uow_.reset();
  const bool committed = outcome == io::unit_outcome::committed;
  if (outcome == io::unit_outcome::failed)
    status_ = why ? say(&error_, *why) : say(&error_, EVH_IO, "the store gave up", true);
  else if (!committed && status_ == EVH_OK)
    status_ = say(&error_, EVH_IO, "the store rolled the unit back", true), broken_ = true;
  done({committed, outcome == io::unit_outcome::failed || (!committed && broken_), status_, error_});
}

}  // namespace evhost::runtime
