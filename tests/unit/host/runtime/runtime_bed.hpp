// The bed the runtime tests lie in: fake store, log, fronts, secrets; a pool that runs when the test turns it.
#pragma once
#include "host/runtime/runtime.hpp"
#include "tests/support/fakes/manual_clock.hpp"
#include "tests/support/fakes/memory_log.hpp"
#include "tests/support/fakes/memory_store.hpp"
#include "tests/unit/host/runtime/fake_front.hpp"
#include "tests/unit/host/runtime/scripted_plugin.hpp"

#include <boost/asio/io_context.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace evhost::runtime::tests {

// Counters by "name{value,value}", so that a case can read what was counted.
class counting_registry final : public io::metric_registry {
 public:
  io::counter find_counter(const io::metric_desc& desc, std::span<const std::string_view> values) override;
  io::gauge find_gauge(const io::metric_desc& desc, std::span<const std::string_view> values) override;
  io::histogram find_histogram(const io::metric_desc&, std::span<const std::string_view>) override { return {}; }
  std::uint64_t count(const std::string& key) const;
  double level(const std::string& key) const;

 private:
  std::shared_ptr<void> add_watch(io::metric_kind, const io::metric_desc&, std::span<const std::string_view>,
                                  std::function<double()>) override {
    return {};
  }
  mutable std::mutex mutex_;
  std::map<std::string, io::detail::counter_state> counters_;
  std::map<std::string, io::detail::gauge_state> gauges_;
};

class fake_secrets final : public io::secret_provider {
 public:
  core::result<io::secret> get(std::string_view name) override {
    if (name == "smtp") return io::secret(std::string_view("hunter2"));
    return core::fail(core::errc::not_found, "no secret of that name");
  }
};

// A transparent "seal", so that cases can see what is bound into it.
class fake_sealer final : public io::token_sealer {
 public:
  core::result<std::string> seal(std::string_view plugin, std::string_view purpose, std::string_view bytes) override {
    return std::string(plugin) + "|" + std::string(purpose) + "|" + std::string(bytes);
  }
  core::result<std::string> open(std::string_view plugin, std::string_view purpose, std::string_view token) override {
    const std::string head = std::string(plugin) + "|" + std::string(purpose) + "|";
    if (!token.starts_with(head)) return core::fail(core::errc::denied, "not sealed here");
    return std::string(token.substr(head.size()));
  }
};

class fake_authenticator final : public io::authenticator {
 public:
  io::auth_verdict verify(std::string_view authorization) noexcept override;
};

// Says what it was asked for.
class fake_issuer final : public io::access_tokens {
 public:
  core::result<std::string> issue(const io::token_request& r) const override {
    if (r.subject.empty()) return core::fail(core::errc::invalid, "no subject");
    std::string roles;
    for (const auto& role : r.roles) roles += "+" + role;
    return r.subject + "|" + r.name + "|" + roles + "|" + r.session_id + "|" + r.claims + "|" + std::to_string(r.issued_from) + "|" +
           std::to_string(r.lifetime.count());
  }
  std::string jwks() const override { return R"({"keys":[]})"; }
  const std::string& issuer() const noexcept override { return name_; }
  std::chrono::seconds default_lifetime() const noexcept override { return std::chrono::seconds(77); }

 private:
  std::string name_ = "https://todo.example";
};

class runtime_bed {
 public:
  explicit runtime_bed(std::function<void(runtime_options&)> adjust = {});
  ~runtime_bed();

  void add(scripted_plugin& plugin, plugin_settings settings = {});
  // load, migrate, activate, start. False when a plugin failed anywhere.
  bool run();
  bool load() { return host->load(candidates, settings); }
  // Turns pool and store until nothing moves.
  void turn();
  // Turns until the condition holds, waiting for real timers; false after 10 s.
  bool turn_until(const std::function<bool()>& condition);
  void turn_pool();
  plugin_status status(const std::string& id) const;
  std::uint64_t misbehaved(const std::string& id, const std::string& rule) const;

  fakes::memory_store store;
  fakes::memory_log log{store};
  fakes::manual_clock clock;
  io::null_log_sink sink;
  counting_registry metrics;
  fake_front front;
  fake_secrets secrets;
  fake_sealer sealer;
  fake_authenticator authenticator;
  fake_issuer issuer;
  boost::asio::io_context pool{1};
  std::vector<io::plugin_candidate> candidates;
  runtime::settings_map settings;
  std::unique_ptr<runtime> host;
};

}  // namespace evhost::runtime::tests
