// The notification plugin's face to the host: subscriptions, routes, timers, and when to look at the due index.
//
// Threading: handlers on lanes and pool threads; waking_ has a mutex of its own, the dispatcher guards itself. The clock and
// the way out can be replaced by a subclass (tests).
#pragma once

#include <evh/evh.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "plugins/notification/dispatcher.hpp"
#include "plugins/notification/due_index.hpp"
#include "plugins/notification/firing.hpp"
#include "plugins/notification/routes.hpp"
#include "plugins/notification/settings.hpp"

namespace notification {

class plugin : public evh::plugin {
 public:
  ~plugin() override;                      // what was sent is waited for by nobody any more
  static const evh::about about;

  void configure(std::string_view json, bool validate_only) override;
  std::span<const evh::migration> migrations(std::int32_t dialect) override;
  void activate() override;
  void start() override;
  void drain(std::chrono::steady_clock::time_point deadline) override;
  std::int32_t health(std::string& reason) override;

 protected:
  virtual std::int64_t now_ms() const;
  virtual std::unique_ptr<transport> make_transport();
  const settings& config() const { return settings_; }

 private:
  void on_reminders(evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts);
  void on_people(evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts);
  void add(const endpoint& each);
  void wake_at(std::int64_t at_ms);        // fires then, or earlier
  void woken();
  void every_second();
  void fire();
  void fired_one(evh_status status, const fired& what);
  void narrow_down(evh_status status);
  void look_for_jobs();
  std::string secret(const std::string& name) const;

  settings settings_;
  firing_rules rules_;
  due_index index_{"UTC"};
  topics topics_;
  context routes_;
  std::unique_ptr<transport> transport_;
  std::unique_ptr<dispatcher> dispatcher_;
  struct {
    std::uint32_t fired = 0, late = 0, missed = 0, delay = 0, pending = 0;
  } metrics_;
  dispatcher::counters tries_;
  std::atomic<std::int64_t> batch_ = 256;  // due rows of the next unit; fewer while a bad one is looked for
  std::atomic<bool> firing_ = false, fire_again_ = false, draining_ = false, failing_ = false;
  std::mutex waking_;                      // the two below
  std::int64_t armed_ms_ = never;
  evh_handle alarm_ = 0;
};

}  // namespace notification
