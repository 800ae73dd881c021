// Servers and links that fail: PostgreSQL and the broker restarted, killed, silent, slow; either way cut; hosts that freeze.
#include "tests/faults/row.hpp"

#include "host/core/failpoint.hpp"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace evhost::faults {

using namespace std::chrono_literals;

namespace {

using weather = test::tcp_proxy::conditions;

row make(int number, const char* name, const char* what, std::function<void(trial&)> harm) {
  row r;
  r.number = number;
  r.name = name;
  r.what = what;
  r.harm = std::move(harm);
  return r;
}

row alone(row r) {
  r.alone = r.slow = true;
  return r;
}

row slow(row r) {
  r.slow = true;
  return r;
}

row by_proxies(row r, bool broker, bool postgres) {
  r.setup.broker_by_proxy = broker;
  r.setup.postgres_by_proxy = postgres;
  return r;
}

// The weather of one link for a while; whatever happens, it clears.
void under(test::tcp_proxy& link, weather now, const std::function<void()>& meanwhile) {
  struct clearing {
    test::tcp_proxy& link;
    ~clearing() { link.weather({}); }
  } clears{link};
  link.weather(now);
  meanwhile();
}

void bounce_broker(trial& t, int times, milliseconds down) {
  for (int i = 0; i < times; ++i) {
    t.shared().broker().kill();
    if (down > 0ms) t.pass_time(down);
    t.shared().broker().start();
    const auto before = t.effects(2);
    t.wait_until([&] { return t.effects(2) > before; }, 60s, "progress after the broker's return");
    t.pass_time(milliseconds(t.random()() % 1500));
  }
}

// ---- PostgreSQL ----

void restart_postgres(trial& t, bool by_kill) {
  t.start();
  t.steady();
  t.shared().postgres().stop(by_kill);
  t.pass_time(milliseconds(t.random()() % 3000));
  t.shared().postgres().start();
  t.recover();
}

void kill_backends(trial& t) {
  t.start();
  t.steady();
  for (int i = 0; i < 8; ++i) {
    t.database()->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    t.pass_time(milliseconds(100 + t.random()() % 400));
  }
  t.recover();
}

// Somebody else's transactions on the same rows: deadlocks, serialization failures, lock timeouts.
void compete(trial& t) {
  t.start();
  t.steady();
  std::atomic<bool> over{false};
  {
    std::vector<std::jthread> others;
    for (int n = 0; n < 3; ++n)
      others.emplace_back([&t, &over, seed = t.random()()] {
        std::mt19937_64 random(seed);
        const auto db = t.database();
        while (!over) {
          try {
            db->query("BEGIN");
            for (int i = 0; i < 4; ++i) db->query("UPDATE fault_total SET n = n WHERE key = 'w" + std::to_string(random() % 6) + "k" + std::to_string(random() % 3) + "'");
            db->query("UPDATE evh_kafka_positions SET next_off = next_off WHERE part = " + std::to_string(random() % 4));
            db->query("COMMIT");
          } catch (const std::runtime_error&) {
            db->query("ROLLBACK");  // chosen as the victim
          }
        }
      });
    t.pass_time(4s);
    over = true;
  }
  const auto db = t.database();
  db->query("BEGIN");
  db->query("LOCK TABLE fault_total IN ACCESS EXCLUSIVE MODE");
  t.pass_time(3s);  // longer than the lock timeout
  db->query("ROLLBACK");
  t.recover();
}

void refuse_connections(trial& t) {
  t.start();
  t.steady();
  const auto admin = open_postgres(t.shared().postgres().url("postgres"));
  const auto url = t.database_url();
  const auto name = url.substr(url.rfind('/') + 1, url.find('?') - url.rfind('/') - 1);
  admin->query("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
  admin->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
  t.pass_time(3s);
  admin->query("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true");
  t.recover();
}

void slow_postgres(trial& t) {
  t.start();
  t.steady();
  const auto before = t.rebalances(0);
  under(t.postgres_link(), {.delay_ms = 40, .jitter_ms = 160}, [&] { t.pass_time(8s); });
  if (t.rebalances(0) != before) t.note("a slow database made the group rebalance");
  t.recover();
}

// ---- the broker ----

void brokers_down(trial& t) {
  t.start();
  t.steady();
  t.shared().broker().kill();
  const auto before = t.load().acknowledged();
  t.pass_time(20s);
  const auto during = t.load().acknowledged() - before;
  t.shared().broker().start();
  if (during < 500) t.note("only " + std::to_string(during) + " events were taken in 20 s without brokers");
  t.recover(90s);
}

// ---- links ----

void black_hole(trial& t, weather w, bool broker, milliseconds lasts) {
  t.start();
  t.steady();
  under(broker ? t.shared().broker_link() : t.postgres_link(), w, [&] { t.pass_time(lasts); });
  t.recover(90s);
}

void foul_weather(trial& t, weather w) {
  t.start();
  t.steady();
  under(t.shared().broker_link(), w, [&] { under(t.postgres_link(), w, [&] { t.pass_time(6s); }); });
  t.recover(90s);
}

// Links clogged one by one and freed in another order, with a kill in between.
void swizzle(trial& t) {
  t.start();
  t.steady();
  std::vector<test::tcp_proxy*> links{&t.shared().broker_link(), &t.postgres_link()};
  for (int round = 0; round < 4; ++round) {
    std::shuffle(links.begin(), links.end(), t.random());
    for (auto* link : links) {
      link->weather({.hold_up = true, .hold_down = true});
      t.pass_time(milliseconds(t.random()() % 1500));
    }
    if (round == 2) t.kill_host(0, SIGKILL);
    std::shuffle(links.begin(), links.end(), t.random());
    for (auto* link : links) {
      t.pass_time(milliseconds(t.random()() % 1500));
      link->weather({});
    }
    if (round == 2) t.start_host(0);
  }
  t.recover(90s);
}

// ---- hosts ----

void freeze(trial& t) {
  t.start();
  t.steady();
  t.host(0).kill(SIGSTOP);
  t.pass_time(12s);  // beyond the session: the other one takes over
  t.host(0).kill(SIGCONT);
  t.recover(90s);
  if (t.longest_gap_ms() > 11'000) t.note("the other replica made no progress");
}

void stop_and_start(trial& t) {
  t.start();
  for (int i = 0; i < 3; ++i) {
    t.steady((static_cast<std::uint64_t>(i) + 1) * 120);
    t.load().at(0, 0);
    if (const auto code = t.host(0).stop(); code != 0) t.note("SIGTERM under load ended with " + std::to_string(code));
    t.start_host(0);
  }
  t.recover();
  if (t.on_kafka()) {
    std::set<std::string> once;
    for (const auto& r : t.records(t.prefix() + "in"))
      if (!once.insert(r.id).second) t.note("event " + r.id + " was published again after a clean stop");
  }
}

void term_then_kill(trial& t) {
  t.start();
  t.steady();
  t.load().at(0, 0);
  t.host(0).kill(SIGTERM);
  t.pass_time(milliseconds(t.random()() % 400));
  t.kill_host(0, SIGKILL);
  t.start_host(0);
  t.recover();
}

std::string content(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// librdkafka's own fatal error of an idempotent producer, raised after every 150th record that was confirmed.
void failing_producer(trial& t) {
  t.start_host(0, t.failpoint(0, core::failpoints::producer_fatal, 150));
  t.load().start();
  t.steady();
  t.arm(0);
  const auto begun_again = [&] {
    const auto log = t.host(0).log();
    std::size_t count = 0;
    for (auto at = log.find("the producer starts anew"); at != log.npos; at = log.find("the producer starts anew", at + 1)) ++count;
    return count;
  };
  t.wait_until([&] { return begun_again() >= 4; }, 40s, "the fourth new producer");
  t.recover();
}

// SIGHUP with a bad configuration, then with a good one, while writers write.
void reload(trial& t) {
  const auto file = t.host(0).data() / "evhost.yaml", serving = t.host(0).data() / "host.json";
  const auto configure = [&](const char* text) { std::ofstream(file) << text; };
  configure("runtime:\n  lane_batch_max: 64\n");
  t.start_host(0, {{"EVH_CONFIG", file.string()}});
  t.load().start();
  t.steady();
  const auto before = content(serving);
  configure("runtime:\n  lane_batch_mx: 32\n");
  t.host(0).kill(SIGHUP);
  t.wait_until([&] { return t.host(0).log().find("not reloaded") != std::string::npos; }, 20s, "a word about the bad configuration");
  if (t.host(0).log().find("runtime.lane_batch_mx") == std::string::npos) t.note("the bad key is not named");
  const auto acknowledged = t.load().acknowledged();
  t.wait_until([&] { return t.load().acknowledged() >= acknowledged + 50; }, 20s, "going on with the old configuration");
  if (content(serving) != before) t.note("a bad configuration ended the host");
  configure("runtime:\n  lane_batch_max: 32\nobserve:\n  log_format: json\n");
  t.host(0).kill(SIGHUP);
  t.wait_until([&] { return !content(serving).empty() && content(serving) != before; }, 60s, "the host with the new configuration");
  t.wait_ready(0);
  if (t.host(0).log().find("{\"") == std::string::npos) t.note("it runs with the old configuration");
  if (t.host(0).log().find("starting it again in") != std::string::npos) t.note("the reload was taken for a crash");
  t.recover();
}

void second_host(trial& t) {
  t.start();
  t.steady();
  const auto second = t.host(0).command({"run"});
  if (second.exit == 0 || second.err.find(t.host(0).data().string()) == std::string::npos) t.note("the second host ended with " + std::to_string(second.exit) + " and said: " + second.err);
  t.recover();
}

void crawl(trial& t) {
  t.start();
  t.steady();
  const auto before = t.rebalances(0);
  t.pass_time(15s);
  if (t.rebalances(0) != before) t.note("a slow handler made the group rebalance");
  t.recover(120s);
}

}  // namespace

std::vector<row> outage_rows() {
  std::vector<row> list;
  list.push_back(alone(make(19, "broker killed and started again, 3 times", "order and counts hold; progress after each", [](trial& t) {
    t.start();
    t.steady();
    bounce_broker(t, 3, 0ms);
    t.recover(90s);
  })));
  list.push_back(alone(make(20, "all brokers down for 20 s", "writes go on, the outbox grows and drains", brokers_down)));
  list.push_back(by_proxies(alone(make(22, "answers to produce requests lost", "possibly persisted records go again under their stamps", [](trial& t) {
    t.start();
    t.steady();
    for (int i = 0; i < 6; ++i) {
      t.shared().broker_link().on(t.prefix() + "in", test::tcp_proxy::action::forward_then_cut);
      t.pass_time(milliseconds(300 + t.random()() % 500));
    }
    t.recover();
  })), true, false));
  list.push_back(make(22, "the producer fails for good, again and again", "a new one goes on from the oldest unconfirmed record", failing_producer));
  list.push_back(by_proxies(alone(make(24, "black hole to the broker for 10 s, a second replica beside", "the other takes over; who was cut off is fenced",
                                       [](trial& t) { black_hole(t, {.hold_up = true, .hold_down = true}, true, 10s); })), true, false));
  list.back().setup.hosts = 2;
  list.back().setup.only_first_by_proxy = true;
  list.push_back(by_proxies(slow(make(25, "database cut off for 10 s, broker reachable", "nothing is passed by without a COMMIT",
                                      [](trial& t) { black_hole(t, {.hold_up = true, .hold_down = true}, false, 10s); })), false, true));
  list.push_back(by_proxies(slow(make(25, "database hears us, we do not hear it", "COMMITs of unknown fate are looked up",
                                      [](trial& t) { black_hole(t, {.hold_down = true}, false, 5s); })), false, true));
  list.push_back(by_proxies(alone(make(25, "broker cut off for 10 s, database reachable", "writes go on; the outbox drains afterwards",
                                       [](trial& t) { black_hole(t, {.hold_up = true, .hold_down = true}, true, 10s); })), true, false));
  list.push_back(by_proxies(alone(make(26, "latency and jitter on both links", "order and counts hold", [](trial& t) { foul_weather(t, {.delay_ms = 5, .jitter_ms = 40}); })), true, true));
  list.push_back(by_proxies(alone(make(26, "packets in slices of 7 bytes", "order and counts hold", [](trial& t) { foul_weather(t, {.slice = 7}); })), true, true));
  list.push_back(by_proxies(alone(make(26, "connections reset at random", "order and counts hold", [](trial& t) { foul_weather(t, {.cut_per_10k = 150}); })), true, true));
  list.push_back(alone(make(28, "PostgreSQL restarted (fast)", "hosts reconnect; units run again or were committed", [](trial& t) { restart_postgres(t, false); })));
  list.push_back(alone(make(28, "PostgreSQL's postmaster killed", "the same after crash recovery", [](trial& t) { restart_postgres(t, true); })));
  list.push_back(make(28, "every backend terminated, 8 times", "hosts reconnect with backoff", kill_backends));
  list.push_back(slow(make(30, "deadlocks, serialization failures, lock timeouts", "whole groups run again, bounded", compete)));
  list.push_back(slow(make(30, "connections refused for 3 s", "units wait; nothing is lost", refuse_connections)));
  list.push_back(by_proxies(slow(make(31, "PostgreSQL slow for 8 s", "no rebalance, catches up", slow_postgres)), false, true));
  list.push_back(slow(make(41, "a replica frozen beyond its session", "the other takes over; the zombie's units are fenced", freeze)));
  list.back().setup.hosts = 2;
  list.back().setup.load.words = "please crawl";  // so that it is frozen with a batch in hand
  list.back().setup.load.words_every = 20;
  list.back().setup.more["EVH_STORAGE__STATEMENT_TIMEOUT"] = "4s";
  list.push_back(slow(make(42, "a handler slower than the session", "the member stays in its group", crawl)));
  list.back().setup.load.words = "please crawl";
  list.back().setup.load.words_every = 40;
  for (const auto on : {engine::cluster, engine::embedded}) {
    list.push_back(make(47, on == engine::cluster ? "SIGHUP under load: a bad configuration, then a good one" : "SIGHUP under load: a bad configuration, then a good one, embedded",
                        "the bad one changes nothing; the good one is taken over by draining", reload));
    list.back().setup.on = on;
    list.back().setup.supervised = true;
    list.back().slow = on == engine::cluster;
  }
  list.push_back(slow(make(48, "SIGTERM under load, 3 times", "clean end, and nothing is published again", stop_and_start)));
  list.push_back(make(48, "SIGTERM, then SIGKILL", "as a kill", term_then_kill));
  list.push_back(make(48, "SIGTERM under load, embedded", "clean end", stop_and_start));
  list.back().setup.on = engine::embedded;
  list.push_back(make(49, "a second host on one embedded log", "it refuses by the directory's name; the first goes on", second_host));
  list.back().setup.on = engine::embedded;
  list.push_back(by_proxies(alone(make(52, "links clogged and freed in random order, and a kill", "everything above at once", swizzle)), true, true));
  return list;
}

}  // namespace evhost::faults
