// The engine: finds topics, makes lanes, starts and ends them.
#include "host/runtime/lane_engine.hpp"

#include "host/io/metrics/host.hpp"
#include "host/io/metrics/runtime.hpp"
#include "host/runtime/dead_letters.hpp"
#include "host/runtime/lane_broadcast.hpp"
#include "host/runtime/lane_group.hpp"
#include "host/runtime/lane_housekeeping.hpp"
#include "host/runtime/suspects.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace evhost::runtime {

struct lane_engine::impl final : io::group_listener {
  enum class phase { fresh, running, stopped };

  std::shared_ptr<lane_context> context;
  mutable std::mutex mutex;  // over everything below
  phase at = phase::fresh;
  std::vector<subscription> waiting;  // subscribed before start
  std::vector<std::shared_ptr<lane_actor>> lanes;
  std::shared_ptr<lane_housekeeping> housekeeping;
  std::vector<std::shared_ptr<void>> watches;
  std::set<std::string> replayed_groups;  // which have their replay lane
  // Only with a log that shares partitions: what a group reads, and its replays; lanes come and go with assignments.
  struct lag_view {  // what the metrics' reader sees, without the engine's mutex
    std::mutex mutex;
    std::vector<std::shared_ptr<lane_actor>> lanes;
  };
  struct shared_source {
    std::shared_ptr<const lane_subscription> entry;
    bool replay = false;
    std::shared_ptr<lag_view> view = std::make_shared<lag_view>();
  };
  std::map<const lane_actor*, std::shared_ptr<void>> lane_watches;  // of shared partitions
  std::map<std::string, std::vector<shared_source>> shared;
  std::set<std::string> joined;

  core::result<void> check(const subscription& what) const;
  core::result<void> own_up();  // crashes of the last process become suspects
  core::result<void> add_lanes(const subscription& what);
  core::result<void> add_replay_lane(const lane_subscription& of);
  core::result<std::shared_ptr<lane_subscription>> replay_source(const lane_subscription& of);
  core::result<void> join_groups();
  void assigned(std::string_view group, io::partition_ref which) override;
  void revoked(std::string_view group, std::span<const io::partition_ref> which) override;
  core::result<std::shared_ptr<lane_subscription>> resolve(const subscription& what);
  void watch(const lane_subscription& entry, std::vector<std::shared_ptr<lane_actor>> added);
  std::shared_ptr<void> watch_records(const lane_subscription& entry, std::size_t partition, std::shared_ptr<lane_actor> lane);
  void watch_seconds(const lane_subscription& entry, std::shared_ptr<lag_view> view);
  // A copy, so that nobody waits for a lane under the mutex.
  [[nodiscard]] std::vector<std::shared_ptr<lane_actor>> all() const {
    const std::lock_guard lock(mutex);
    auto found = lanes;
    if (housekeeping) found.push_back(housekeeping);
    return found;
  }
};

core::result<void> lane_engine::impl::check(const subscription& what) const {
  if (!what.handler || what.plugin.empty() || what.group.empty() || what.topic.empty())
    return core::fail(core::errc::invalid, "a subscription of plugin '" + what.plugin + "' lacks plugin, group, topic "
                                           "or handler; name all four");
  if (what.batch_max > batch_events_max)
    return core::fail(core::errc::invalid, "plugin " + what.plugin + " asks for batches of " +
                      std::to_string(what.batch_max) + " events of topic " + what.topic + "; the most is " +
                      std::to_string(batch_events_max));
  const auto same = [&](const subscription& other) {
    return !what.broadcast && !other.broadcast && other.group == what.group && other.topic == what.topic;
  };
  bool twice = std::ranges::any_of(waiting, same);
  for (const auto& entry : context->entries()) twice = twice || same(entry->what);
  if (twice)
    return core::fail(core::errc::conflict, "group " + what.group + " subscribes to topic " + what.topic +
                                            " twice; give one of the plugins another group");
  return core::success();
}

core::result<void> lane_engine::impl::own_up() {
  const auto reports = context->in_flight.left_over();
  std::set<std::string> plugins;
  for (const auto& r : reports) {
    plugins.insert(r.plugin);
    context->log_sink.log(io::log_level::error, "runtime", "the host died while this plugin had events in hand",
                          {{"plugin", r.plugin}, {"group", r.group}, {"topic", r.topic}, {"partition", r.partition},
                           {"offset", r.first}, {"last_offset", r.last}, {"events", r.count}});
  }
  for (const auto& plugin : plugins) context->metrics.get_counter(io::metrics::plugin_crashes_total, {plugin}).add();
  EVH_TRY(mark_suspects(context->store, context->log, reports));
  context->in_flight.reset();
  return core::success();
}

core::result<std::shared_ptr<lane_subscription>> lane_engine::impl::resolve(const subscription& what) {
  auto entry = std::make_shared<lane_subscription>();
  entry->what = what;
  auto topic = context->log.find_topic(what.topic);
  if (topic.has_error() && topic.error().code == core::errc::not_found) topic = context->log.open_topic(what.topic, {});
  if (topic.has_error()) return topic.error();
  entry->topic = std::move(topic.value());
  entry->metrics = lane_metrics(context->metrics, what.plugin, what.topic);
  if (!what.broadcast) {
    EVH_TRY(entry->dead_letters, open_dead_letter_topic(context->log, what.group));
  }
  return entry;
}

namespace {

// A lane that was not wanted in the end: closed, since a waker may hold its last reference.
template <class Lane>
core::result<std::shared_ptr<lane_actor>> opened(std::shared_ptr<Lane> lane) {
  if (auto done = lane->open(); done.has_error()) {
    lane->close();
    return done.error();
  }
  return std::shared_ptr<lane_actor>(std::move(lane));
}

}  // namespace

core::result<void> lane_engine::impl::add_lanes(const subscription& what) {
  EVH_TRY(const auto entry, resolve(what));
  if (!what.broadcast && context->log.shares_partitions()) {
    context->add(entry);
    auto& sources = shared[what.group];
    sources.push_back({entry, false});
    watch_seconds(*entry, sources.back().view);
    if (replayed_groups.insert(what.group).second) {
      EVH_TRY(auto replays, replay_source(*entry));
      sources.push_back({std::move(replays), true});
      watch_seconds(*sources.back().entry, sources.back().view);
    }
    return core::success();
  }
  std::vector<std::shared_ptr<lane_actor>> added;
  for (std::uint32_t p = 0; p < entry->topic.partitions; ++p) {
    const auto partition = static_cast<std::int32_t>(p);
    auto lane = what.broadcast ? opened(std::make_shared<broadcast_lane>(context, entry, partition))
                               : opened(std::make_shared<group_lane>(context, entry, partition, false));
    if (lane.has_error()) {
      for (const auto& one : added) one->close();
      return lane.error();
    }
    added.push_back(std::move(lane.value()));
  }
  context->add(entry);
  lanes.insert(lanes.end(), added.begin(), added.end());
  watch(*entry, added);
  for (const auto& lane : added) lane->begin();
  if (!what.broadcast && replayed_groups.insert(what.group).second) return add_replay_lane(*entry);
  return core::success();
}

core::result<std::shared_ptr<lane_subscription>> lane_engine::impl::replay_source(const lane_subscription& of) {
  auto entry = std::make_shared<lane_subscription>();
  entry->what = of.what;
  entry->what.handler = nullptr;
  entry->what.batch_max = 0;
  EVH_TRY(entry->topic, open_replay_topic(context->log, of.what.group));
  entry->what.topic = entry->topic.name;
  entry->dead_letters = of.dead_letters;
  entry->metrics = lane_metrics(context->metrics, of.what.plugin, entry->topic.name);
  return entry;
}

core::result<void> lane_engine::impl::add_replay_lane(const lane_subscription& of) {
  EVH_TRY(const auto entry, replay_source(of));
  EVH_TRY(auto lane, opened(std::make_shared<group_lane>(context, entry, 0, true)));
  lanes.push_back(lane);
  lane->begin();
  return core::success();
}

core::result<void> lane_engine::impl::join_groups() {
  for (const auto& [group, sources] : shared) {
    if (!joined.insert(group).second) continue;
    std::vector<std::uint32_t> topics;
    for (const auto& source : sources) topics.push_back(source.entry->topic.id);
    EVH_TRY(context->log.join(group, topics, *this));
  }
  return core::success();
}

void lane_engine::impl::assigned(std::string_view group, io::partition_ref which) {
  const std::lock_guard lock(mutex);
  if (at != phase::running) return;
  const auto found = shared.find(std::string(group));
  if (found == shared.end()) return;
  for (const auto& source : found->second) {
    if (source.entry->topic.id != which.topic) continue;
    auto lane = opened(std::make_shared<group_lane>(context, source.entry, which.partition, source.replay));
    if (lane.has_error()) {
      context->log_sink.log(io::log_level::error, "runtime", "a partition was assigned and cannot be read",
                            {{"group", group}, {"topic", source.entry->topic.name}, {"partition", which.partition}, {"error", lane.error().message}});
      continue;
    }
    lanes.push_back(lane.value());
    {
      const std::lock_guard seen(source.view->mutex);
      source.view->lanes.push_back(lane.value());
    }
    lane_watches[lane.value().get()] = watch_records(*source.entry, static_cast<std::size_t>(which.partition), lane.value());
    lane.value()->begin();
  }
}

void lane_engine::impl::revoked(std::string_view group, std::span<const io::partition_ref> which) {
  std::vector<std::shared_ptr<lane_actor>> leaving;
  std::vector<std::shared_ptr<void>> unwatched;  // ended without the mutex
  {
    const std::lock_guard lock(mutex);
    std::erase_if(lanes, [&](const std::shared_ptr<lane_actor>& lane) {
      const auto state = lane->state();
      const auto found = context->log.find_topic(state.topic);
      const bool gone = !state.broadcast && state.group == group && found.has_value() && std::ranges::any_of(which, [&](const io::partition_ref& r) {
        return r.topic == found.value().id && r.partition == state.partition;
      });
      if (gone) leaving.push_back(lane);
      return gone;
    });
    for (const auto& lane : leaving)
      if (auto watched = lane_watches.extract(lane.get())) unwatched.push_back(std::move(watched.mapped()));
    if (const auto found = shared.find(std::string(group)); found != shared.end())
      for (const auto& source : found->second) {
        const std::lock_guard seen(source.view->mutex);
        std::erase_if(source.view->lanes, [&](const auto& lane) { return std::ranges::find(leaving, lane) != leaving.end(); });
      }
  }
  unwatched.clear();
  for (const auto& lane : leaving) lane->drain();
  const auto deadline = context->clock.steady() + context->options.revoke_patience;
  for (const auto& lane : leaving) {
    if (!lane->wait_idle(deadline))
      context->log_sink.log(io::log_level::warning, "runtime", "a revoked lane did not finish in time; the fence of its position holds",
                            {{"group", group}, {"topic", lane->state().topic}, {"partition", lane->state().partition}});
    lane->close();
  }
}

void lane_engine::impl::watch(const lane_subscription& entry, std::vector<std::shared_ptr<lane_actor>> added) {
  if (entry.what.broadcast) return;
  for (std::size_t p = 0; p < added.size(); ++p) watches.push_back(watch_records(entry, p, added[p]));
  auto view = std::make_shared<lag_view>();
  view->lanes = std::move(added);
  watch_seconds(entry, std::move(view));
}

std::shared_ptr<void> lane_engine::impl::watch_records(const lane_subscription& entry, std::size_t partition, std::shared_ptr<lane_actor> lane) {
  return context->metrics.watch(io::metric_kind::gauge, io::metrics::consumer_lag_records, {entry.what.group, entry.what.topic, std::to_string(partition)},
                                [lane = std::move(lane)] {
                                  const auto state = lane->state();
                                  return static_cast<double>(std::max<std::int64_t>(0, state.end - state.offset));
                                });
}

void lane_engine::impl::watch_seconds(const lane_subscription& entry, std::shared_ptr<lag_view> view) {
  watches.push_back(context->metrics.watch(
      io::metric_kind::gauge, io::metrics::consumer_lag_seconds, {entry.what.group, entry.what.topic},
      [context = context, view = std::move(view)] {
        std::int64_t oldest = 0;
        const std::lock_guard seen(view->mutex);
        for (const auto& lane : view->lanes)
          if (const auto ns = lane->oldest_ns(); ns && (!oldest || ns < oldest)) oldest = ns;
        return oldest ? std::max(0.0, static_cast<double>(context->wall_ns() - oldest) * 1e-9) : 0.0;
      }));
}

lane_engine::lane_engine(io::store& store, io::event_log& log, io::clock& clock, io::log_sink& log_sink,
                         io::metric_registry& metrics, boost::asio::any_io_executor pool, lane_options options)
    : impl_(std::make_unique<impl>()) {
  impl_->context =
      std::make_shared<lane_context>(store, log, clock, log_sink, metrics, std::move(pool), std::move(options));
}

lane_engine::~lane_engine() { stop(); }

std::vector<io::migration> lane_engine::migrations() {
  return {{1, "suspects", suspects_schema}, {2, "replays", replays_schema}};
}

core::result<void> lane_engine::subscribe(subscription what) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->at == impl::phase::stopped)
    return core::fail(core::errc::shutdown, "the lanes are stopping; topic " + what.topic + " is not subscribed to");
  EVH_TRY(impl_->check(what));
  if (impl_->at == impl::phase::running) {
    if (!what.broadcast && impl_->context->log.shares_partitions() && impl_->joined.contains(what.group))
      return core::fail(core::errc::state, "group " + what.group + " has joined already; restart the host to subscribe it to topic " + what.topic);
    EVH_TRY(impl_->add_lanes(what));
    return impl_->join_groups();
  }
  impl_->waiting.push_back(std::move(what));
  return core::success();
}

core::result<void> lane_engine::start() {
  const std::lock_guard lock(impl_->mutex);
  auto& i = *impl_;
  if (i.at != impl::phase::fresh) return core::fail(core::errc::state, "the lanes were started before");
  if (const auto& path = i.context->options.in_flight_file; !path.empty()) {
    EVH_TRY(i.context->in_flight.open(path));
    EVH_TRY(i.own_up());
  }
  i.at = impl::phase::running;  // from here on stop() has something to do, also after a failure
  for (const auto& what : std::exchange(i.waiting, {})) {
    EVH_TRY(i.add_lanes(what));
  }
  EVH_TRY(i.join_groups());
  i.housekeeping = std::make_shared<lane_housekeeping>(i.context);
  i.housekeeping->begin();
  return core::success();
}

void lane_engine::drain(std::chrono::steady_clock::time_point deadline) {
  const auto lanes = impl_->all();
  for (const auto& lane : lanes) lane->drain();
  for (const auto& lane : lanes)
    if (!lane->wait_idle(deadline)) {
      const auto state = lane->state();
      impl_->context->log_sink.log(io::log_level::warning, "runtime", "a lane did not finish before the drain deadline",
                                   {{"plugin", state.plugin}, {"group", state.group}, {"topic", state.topic},
                                    {"partition", state.partition}});
    }
}

void lane_engine::stop() noexcept {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->at = impl::phase::stopped;
    impl_->watches.clear();
    impl_->lane_watches.clear();
  }
  impl_->context->log.leave();
  for (const auto& lane : impl_->all()) lane->close();
}

void lane_engine::tick() {
  for (const auto& lane : impl_->all()) lane->schedule();
}

std::vector<lane_state> lane_engine::lanes() const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<lane_state> states;
  states.reserve(impl_->lanes.size());
  for (const auto& lane : impl_->lanes) states.push_back(lane->state());
  return states;
}

}  // namespace evhost::runtime
