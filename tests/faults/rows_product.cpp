// The product on Kafka and PostgreSQL: all seven plugins in replicas that come and go, tasks written all the time.
//
// Oracle: a task's versions go 1, 2, 3, so the sum of the stored versions is the number of events; each must be on the topic
// once (by id), and in the change feed once, and no acknowledged version may be missing.
#include "tests/faults/row.hpp"

#include "host/core/ids.hpp"
#include "tests/integration/replicas/shared_engines.hpp"
#include "tests/support/http_client.hpp"

#include <boost/json.hpp>
#include <signal.h>

#include <algorithm>
#include <chrono>

namespace evhost::faults {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

namespace json = boost::json;

class product {
 public:
  product(std::uint64_t seed, unsigned hosts) : random_(seed) {
    const test::host_setup setup{.plugin_directories = {}, .environment = shared_.environment(), .arguments = {}};
    for (unsigned i = 0; i < hosts; ++i) hosts_.push_back(std::make_unique<test::host_under_test>(setup));
  }
  ~product() { over_ = true; }

  result come_and_go(milliseconds lasts) {
    for (std::size_t i = 0; i < hosts_.size(); ++i) start(i);
    for (unsigned w = 0; w < 4; ++w) threads_.emplace_back([this, w, token = hosts_[0]->token("user" + std::to_string(w))] { write(w, token); });
    std::jthread watcher([this] { watch(); });
    for (const auto until = steady_clock::now() + lasts; steady_clock::now() < until;) {
      std::this_thread::sleep_for(1500ms + milliseconds(random_() % 3000));  // between two deaths
      const auto i = random_() % hosts_.size();
      if (ports_[i] == 0) start(i);
      else if (living() > 1) end(i);
    }
    for (std::size_t i = 0; i < hosts_.size(); ++i)
      if (ports_[i] == 0) start(i);
    const auto calm = steady_clock::now();
    over_ = true;
    threads_.clear();
    wait_until_settled();
    result r;
    r.recover_ms = std::chrono::duration_cast<milliseconds>(steady_clock::now() - calm).count();
    watching_ = false;
    watcher.join();
    for (auto& h : hosts_) h->stop();
    r.found = examine();
    r.acknowledged = acknowledged_;
    r.kills = kills_;
    r.longest_gap_ms = longest_gap_ms_;
    if (r.longest_gap_ms > 25'000) r.error = "no progress for " + std::to_string(r.longest_gap_ms) + " ms";
    return r;
  }

 private:
  [[nodiscard]] std::int64_t ask(const std::string& sql) const { return std::stoll(shared_.ask(sql)); }
  [[nodiscard]] std::ptrdiff_t living() const {
    return std::count_if(ports_.begin(), ports_.begin() + static_cast<std::ptrdiff_t>(hosts_.size()), [](const auto& p) { return p != 0; });
  }
  void start(std::size_t i) {
    hosts_[i]->launch();
    hosts_[i]->wait_ready(60s);
    ports_[i] = hosts_[i]->port();
  }
  void end(std::size_t i) {
    ports_[i] = 0;
    if (random_() % 3 == 0) {
      hosts_[i]->stop();
    } else {
      hosts_[i]->kill(SIGKILL);
      hosts_[i]->wait_exit();
      ++kills_;
    }
  }

  // The same request to whoever lives, until it is answered for good; the version it made, 0 when there was no time left.
  std::int64_t insist(const std::string& method, const std::string& target, const std::string& body, const std::string& token, std::string key, std::string& etag) {
    const auto deadline = steady_clock::now() + 60s;
    for (std::size_t turn = 0; steady_clock::now() < deadline; ++turn) {
      const auto port = ports_[turn % hosts_.size()].load();
      try {
        if (port != 0) {
          test::http_client http(port, 10s);
          test::field_list fields{{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}, {"Idempotency-Key", key}};
          if (!etag.empty()) fields.emplace_back("If-Match", etag);
          const auto answer = http.send({method, target, fields, body});
          if (answer.status == 200 || answer.status == 201) {
            etag = answer.field("ETag");
            return json::parse(answer.body).at("version").as_int64();
          }
          if (answer.status < 500 && answer.status != 429 && answer.status != 409) throw std::logic_error(method + " answered " + std::to_string(answer.status) + ": " + answer.body);
        }
      } catch (const std::runtime_error&) {
        // died in between
      }
      std::this_thread::sleep_for(20ms);  // a client's pause
    }
    return 0;
  }

  void write(unsigned writer, const std::string& token) {
    try {
      for (unsigned n = 0; !over_; ++n) {
        const auto id = core::to_string(core::new_uuid_v7());
        attempt(id);
        std::string etag;
        auto version = insist("POST", "/api/v1/tasks", R"({"id":")" + id + R"(","title":"task )" + std::to_string(n) + "\"}", token, "c" + id, etag);
        if (version > 0) acknowledge(id, version);
        for (unsigned change = 0; version > 0 && change < n % 3; ++change) {
          version = insist("PATCH", "/api/v1/tasks/" + id, R"({"title":"changed )" + std::to_string(change) + "\"}", token, "p" + std::to_string(change) + id, etag);
          if (version > 0) acknowledge(id, version);
        }
        std::this_thread::sleep_for(10ms);  // the rate
      }
    } catch (const std::exception& wrong) {
      const std::lock_guard lock(mutex_);
      wrong_ = "writer " + std::to_string(writer) + ": " + wrong.what();
    }
  }
  void attempt(const std::string& id) {
    const std::lock_guard lock(mutex_);
    promised_[id] = 0;
  }
  void acknowledge(const std::string& id, std::int64_t version) {
    const std::lock_guard lock(mutex_);
    promised_[id] = std::max(promised_[id], version);
    ++acknowledged_;
  }

  void wait_until_settled() {
    for (const auto deadline = steady_clock::now() + 90s; steady_clock::now() < deadline; std::this_thread::sleep_for(50ms))  // polling
      if (ask("SELECT count(*) FROM sync_feed") >= ask("SELECT coalesce(sum(version), 0) FROM chat_task")) return;
    throw std::runtime_error("the feed did not settle in 90 s: " + std::to_string(ask("SELECT count(*) FROM sync_feed")) + " rows for " +
                             std::to_string(ask("SELECT coalesce(sum(version), 0) FROM chat_task")) + " versions\n" + hosts_[0]->log().substr(0, 2000));
  }

  void watch() {
    auto moved = steady_clock::now();
    for (std::int64_t last = 0; watching_; std::this_thread::sleep_for(50ms)) {  // polling
      const auto now = shared_.ask("SELECT to_regclass('sync_feed') IS NOT NULL") == "t" ? ask("SELECT count(*) FROM sync_feed") : 0;
      if (now <= last) continue;
      if (last > 0) longest_gap_ms_ = std::max<std::int64_t>(longest_gap_ms_, std::chrono::duration_cast<milliseconds>(steady_clock::now() - moved).count());
      moved = steady_clock::now();
      last = now;
    }
  }

  account examine() {
    account a;
    const auto db = open_postgres(shared_.url());
    std::map<std::string, std::int64_t> stored;
    std::int64_t versions = 0;
    for (const auto& r : db->query("SELECT id::text, version FROM chat_task")) versions += stored[r[0]] = std::stoll(r[1]);
    a.stored = stored.size();
    for (const auto& [id, version] : promised_)
      if (version > 0 && (!stored.contains(id) || stored[id] < version)) a.note(a.lost, "task " + id + " was acknowledged at version " + std::to_string(version) + " and stands at " + std::to_string(stored[id]));
    for (const auto& [id, version] : stored)
      if (!promised_.contains(id)) a.note(a.invented, "task " + id + " was never attempted");
    std::set<std::string> published;
    for (const auto& r : read_topic(shared_.environment().at("KAFKA_BOOTSTRAP_SERVERS"), "task-events"))
      if (!published.insert(r.id).second) ++a.repeats;
    a.published = published.size();
    if (static_cast<std::int64_t>(published.size()) != versions) a.note(a.unmatched, std::to_string(published.size()) + " events on the topic for " + std::to_string(versions) + " versions");
    const auto feed = db->number("SELECT count(*) FROM sync_feed"), distinct = db->number("SELECT count(DISTINCT event_id) FROM sync_feed");
    a.effects = static_cast<std::uint64_t>(feed);
    if (feed != distinct) a.note(a.doubled, std::to_string(feed - distinct) + " events are in the feed twice");
    if (distinct != versions) a.note(distinct < versions ? a.lost : a.invented, std::to_string(distinct) + " events in the feed for " + std::to_string(versions) + " versions");
    if (!wrong_.empty()) a.note(a.unmatched, wrong_);
    return a;
  }

  std::mt19937_64 random_;
  test::shared_engines shared_;
  std::vector<std::unique_ptr<test::host_under_test>> hosts_;
  std::array<std::atomic<std::uint16_t>, 4> ports_{};
  std::atomic<bool> over_{false}, watching_{true};
  std::atomic<std::uint64_t> acknowledged_{0}, kills_{0};
  std::atomic<std::int64_t> longest_gap_ms_{0};
  std::mutex mutex_;
  std::map<std::string, std::int64_t> promised_;
  std::string wrong_;
  std::vector<std::jthread> threads_;
};

}  // namespace

std::vector<row> product_rows() {
  std::vector<row> list;
  for (const unsigned replicas : {2u, 3u}) {
    row r;
    r.number = 54;
    r.name = "the product, all plugins, " + std::to_string(replicas) + " replicas killed and joined";
    r.what = "tasks, topic and feed agree; progress";
    r.slow = r.alone = true;
    r.own = [replicas](bed&, std::uint64_t seed) {
      const char* given = std::getenv("EVH_FAULT_SECONDS");
      try {
        return product(seed, replicas).come_and_go(given && *given ? milliseconds(1000 * std::strtoll(given, nullptr, 10)) : milliseconds(20s));
      } catch (const std::exception& broke) {
        result out;
        out.error = broke.what();
        return out;
      }
    };
    list.push_back(std::move(r));
  }
  return list;
}

}  // namespace evhost::faults
