// Phases, hosts, looks.
#include "tests/faults/trial.hpp"

#include "tests/support/http_client.hpp"

#include <signal.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace evhost::faults {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

std::int64_t since(steady_clock::time_point t) { return std::chrono::duration_cast<milliseconds>(steady_clock::now() - t).count(); }

}  // namespace

trial::trial(bed& shared, trial_options how) : shared_(shared), how_(std::move(how)), random_(how_.seed), named_(random_() % 4 != 0), prefix_(shared.next_prefix()) {
  if (on_kafka()) {
    database_ = shared_.make_database();
    url_ = host_url_ = shared_.postgres().url(database_);
    if (how_.postgres_by_proxy) {
      postgres_link_ = std::make_unique<test::tcp_proxy>(shared_.postgres().port());
      host_url_ = shared_.postgres().url(database_, postgres_link_->port());
    }
  }
  for (unsigned i = 0; i < how_.hosts; ++i)
    hosts_.push_back(std::make_unique<test::host_under_test>(test::host_setup{.plugin_directories = {EVH_FAULT_PLUGINS}, .environment = {}, .arguments = how_.supervised ? std::vector<std::string>{"--supervise"} : std::vector<std::string>{}}));
  auto load = how_.load;
  load.seed = how_.seed;
  load_ = std::make_unique<writers>(load);
}

trial::~trial() {
  watching_ = false;
  load_->stop(0ms);
  hosts_.clear();
  if (!on_kafka()) return;
  try {
    delete_topics(shared_.servers(), {prefix_ + "in", prefix_ + "out", prefix_ + "first.dlq", prefix_ + "second.dlq"});
  } catch (const std::exception&) {
    // the broker may be what died; the next run has other names
  }
}

environment trial::environment_of(std::size_t i) const {
  environment e{{"EVH_PLUGINS__FAULT__PREFIX", prefix_},
                {"EVH_PLUGINS__FAULT__DOWN", (hosts_[0]->data() / "down").string()},
                {"EVH_RUNTIME__WORKERS", "2"},
                {"EVH_HOST__DRAIN_TIMEOUT", "8s"}};
  if (on_kafka()) {
    const bool far = i == 0 || !how_.only_first_by_proxy;
    e["DATABASE_URL"] = far ? host_url_ : url_;
    e["KAFKA_BOOTSTRAP_SERVERS"] = how_.broker_by_proxy && far ? shared_.proxied_servers() : shared_.servers();
    e["EVH_KAFKA__PARTITIONS"] = "4";
    e["EVH_KAFKA__SESSION_TIMEOUT"] = "6s";
    if (named_ && !how_.unnamed) e["EVH_KAFKA__INSTANCE_ID"] = prefix_ + std::to_string(i);
  }
  if (!how_.unprotected.empty()) e["EVH_FAULT_UNPROTECTED"] = how_.unprotected;
  for (const auto& [name, content] : how_.more) e[name] = content;
  return e;
}

void trial::launch(std::size_t i, const environment& more) {
  auto e = environment_of(i);
  for (const auto& [name, content] : more) e[name] = content;
  hosts_[i]->launch(e);
}

void trial::wait_ready(std::size_t i, milliseconds within) {
  hosts_[i]->wait_ready(within);
  load_->at(i, hosts_[i]->port());
}

void trial::kill_host(std::size_t i, int signal) {
  load_->at(i, 0);
  hosts_[i]->kill(signal);
  hosts_[i]->wait_exit();
  ++kills;
}

void trial::wait_killed(std::size_t i, milliseconds within) {
  const auto how = hosts_[i]->wait_exit(within);
  load_->at(i, 0);
  if (how != 128 + SIGKILL) throw std::runtime_error("the failpoint did not kill the host; it ended with " + std::to_string(how));
  ++kills;
}

environment trial::failpoint(std::size_t i, const std::string& name, std::uint64_t pass) const {
  return {{"EVH_FAILPOINT", name + ":" + std::to_string(pass)}, {"EVH_FAILPOINT_ARM", (hosts_[i]->data() / "arm").string()}};
}

void trial::arm(std::size_t i) { std::ofstream(hosts_[i]->data() / "arm") << "armed\n"; }

void trial::start() {
  for (std::size_t i = 0; i < hosts_.size(); ++i) start_host(i);
  load_->start();
}

void trial::steady(std::uint64_t acknowledged) {
  wait_until([&] { return load_->acknowledged() >= acknowledged && effects(2) > 20; }, 60s, "a steady state");
  if (!watching_.exchange(true)) watcher_ = std::jthread([this] { watch(); });
}

void trial::recover(milliseconds within) {
  const auto over = steady_clock::now();
  const auto before = load_->acknowledged();
  std::int64_t stored = -1;
  wait_until([&] {
    try {
      if (stored < 0) stored = database()->number("SELECT count(*) FROM fault_put") - static_cast<std::int64_t>(poisoned.size() + (worded_are_poisoned ? load_->worded().size() : 0));
      return effects(2) >= stored && load_->acknowledged() >= before + 40;
    } catch (const std::runtime_error&) {
      return false;  // the database is still coming
    }
  }, within, "recovering");
  recover_ms_ = since(over);
  watching_ = false;
  load_->stop();
  wait_until([&] { return settled(); }, within, "settling");
  stop_hosts();
}

bool trial::settled() {
  const auto db = database();
  auto dead = poisoned;
  if (worded_are_poisoned)
    for (const auto& id : load_->worded()) dead.insert(id);
  std::int64_t dead_and_stored = 0;
  for (const auto& id : dead)
    if (!foreign.contains(id)) ++dead_and_stored;
  const auto living_foreign = std::count_if(foreign.begin(), foreign.end(), [&](const auto& id) { return !dead.contains(id); });
  const auto due = db->number("SELECT count(*) FROM fault_put") - dead_and_stored + living_foreign;
  return effects(1) >= due && effects(2) >= due && (!on_kafka() || db->number("SELECT count(*) FROM evh_outbox WHERE topic LIKE '" + prefix_ + "%'") == 0) && (dead.empty() || records(prefix_ + "first.dlq").size() >= dead.size());
}

void trial::stop_hosts() {
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    load_->at(i, 0);
    if (!hosts_[i]->running()) continue;
    const auto code = hosts_[i]->stop();
    if (code != 0 && expects_clean_stop) note("host " + std::to_string(i) + " ended with " + std::to_string(code) + " when it was asked to stop");
  }
}

result trial::finish() {
  expectation expected;
  expected.prefix = prefix_;
  expected.on_kafka = on_kafka();
  expected.ledger = load_->ledger();
  expected.ledger.insert(own_.begin(), own_.end());
  expected.poisoned = poisoned;
  if (worded_are_poisoned)
    for (const auto& id : load_->worded()) expected.poisoned.insert(id);
  expected.foreign = foreign;
  expected.read_topic = [this](const std::string& topic) { return records(topic); };
  result r;
  r.found = examine(*database(), expected);
  r.acknowledged = load_->acknowledged();
  r.refused = load_->refused();
  r.kills = kills;
  r.recover_ms = recover_ms_;
  r.longest_gap_ms = longest_gap_ms_;
  r.error = wrong_.empty() ? load_->wrong() : wrong_;
  return r;
}

result trial::give_up() {
  watching_ = false;
  load_->stop(milliseconds(0));
  for (auto& h : hosts_)
    if (h->running()) {
      h->kill(SIGKILL);
      h->wait_exit();
    }
  return finish();
}

void trial::keep_logs(const std::string& name) const {
  std::error_code ignored;
  std::filesystem::create_directories("fault-logs", ignored);
  for (std::size_t i = 0; i < hosts_.size(); ++i) std::ofstream("fault-logs/" + name + "-host" + std::to_string(i) + ".log") << hosts_[i]->log();
}

std::unique_ptr<sql> trial::database() { return on_kafka() ? open_postgres(url_) : open_sqlite(hosts_[0]->database()); }

std::int64_t trial::effects(int stage) { return database()->number("SELECT coalesce(sum(n), 0) FROM fault_total WHERE stage = " + std::to_string(stage)); }

std::vector<raw_record> trial::records(const std::string& topic) {
  if (on_kafka()) return read_topic(shared_.servers(), topic);
  return read_embedded(*database(), topic);
}

void trial::wait_until(const std::function<bool()>& done, milliseconds within, const std::string& what) {
  const auto deadline = steady_clock::now() + within;
  while (!done()) {
    if (steady_clock::now() > deadline) throw std::runtime_error(what + " took more than " + std::to_string(within.count()) + " ms");
    std::this_thread::sleep_for(20ms);  // polling other processes
  }
}

std::string trial::put(const std::string& key, const std::string& words, bool deadly) {
  auto& n = own_[key];
  const auto id = key + "-" + std::to_string(++n.attempted);
  wait_until([&] {
    try {
      test::http_client client(hosts_[0]->port(), 5s);
      return client.post("/p/fault/put", key + " " + std::to_string(n.attempted) + (words.empty() ? "" : " " + words), {{"Idempotency-Key", id}}).status == 201;
    } catch (const std::runtime_error&) {
      return deadly && !hosts_[0]->running();
    }
  }, 20s, "putting " + id);
  n.acknowledged = n.attempted;  // it died of the event, so it had it
  return id;
}

void trial::put_again(const std::string& key) {
  test::http_client client(hosts_[0]->port(), 5s);
  const auto n = std::to_string(own_.at(key).attempted);
  const auto answer = client.post("/p/fault/put", key + " " + n, {{"Idempotency-Key", key + "-" + n}});
  if (answer.status != 201) note("a request sent again was answered " + std::to_string(answer.status));
}

void trial::pass_time(milliseconds time) { std::this_thread::sleep_for(time); }

std::size_t trial::rebalances(std::size_t i) const {
  const auto log = hosts_[i]->log();
  std::size_t count = 0;
  for (auto at = log.find("partitions revoked"); at != log.npos; at = log.find("partitions revoked", at + 1)) ++count;
  return count;
}

void trial::note(const std::string& wrong) {
  if (wrong_.empty()) wrong_ = wrong;
}

// The longest time without a new effect, seen from outside.
void trial::watch() {
  auto moved = steady_clock::now();
  std::int64_t last = 0;
  while (watching_) {
    try {
      const auto now = effects(2);
      if (now > last) {
        longest_gap_ms_ = std::max(longest_gap_ms_.load(), since(moved));
        moved = steady_clock::now();
        last = now;
      }
    } catch (const std::runtime_error&) {
      // the database is what is away
    }
    std::this_thread::sleep_for(50ms);  // polling
  }
}

}  // namespace evhost::faults
