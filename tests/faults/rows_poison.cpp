// Bad events and bad handlers: undecodable, throwing, aborting, hanging; what they depend on down; dead letters that cannot leave; repeats.
#include "tests/faults/row.hpp"

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>

namespace evhost::faults {

using namespace std::chrono_literals;

namespace {

row make(int number, const char* name, const char* what, engine on, std::function<void(trial&)> harm) {
  row r;
  r.number = number;
  r.name = name;
  r.what = what;
  r.setup.on = on;
  r.setup.more = {{"EVH_RUNTIME__RETRY_BACKOFF", "20ms"}, {"EVH_RUNTIME__RETRY_BACKOFF_MAX", "200ms"}};
  r.harm = std::move(harm);
  return r;
}

void undecodable(trial& t) {
  t.start();
  t.steady();
  const std::vector<std::string> bad{"", "one-word", std::string("\xff\x00\xfe and more", 12), "key not-a-number", std::string(100'000, 'z')};
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const auto id = "bad-" + std::to_string(i + 1);
    t.poisoned.insert(id);
    t.foreign.insert(id);
    put_raw(t.shared().servers(), t.prefix() + "in", "stranger", bad[i], id, static_cast<int>(t.random()() % 4));
  }
  t.recover();
}

void worded_are_set_aside(trial& t) {
  t.worded_are_poisoned = true;
  t.start();
  t.steady(400);
  t.recover();
}

// Restarts the host as its supervisor would, until the event is a dead letter.
void crash_loop(trial& t, const char* words) {
  t.start();
  t.steady();
  t.poisoned.insert(t.put("killer", words, true));
  t.expects_clean_stop = false;
  int crashes = 0;
  const auto until = std::chrono::steady_clock::now() + 90s;
  while (t.records(t.prefix() + "first.dlq").empty()) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("the event was not set aside in 90 s and " + std::to_string(crashes) + " crashes");
    if (t.host(0).running()) {
      t.pass_time(50ms);
      continue;
    }
    t.load().at(0, 0);
    t.host(0).wait_exit();
    ++t.kills;
    if (++crashes > 12) throw std::runtime_error("the host crashed " + std::to_string(crashes) + " times on one event");
    try {
      t.start_host(0);
    } catch (const std::runtime_error&) {
      // died again before it was ready
    }
  }
  t.expects_clean_stop = true;
  if (!t.host(0).running()) t.start_host(0);
  t.recover();
}

void hangs(trial& t) {
  crash_loop(t, "please hang");
  const auto log = t.host(0).log();
  const auto at = log.find("a plugin does not come back from a call");
  const auto line = at == log.npos ? "" : log.substr(at, log.find('\n', at) - at);
  for (const auto& name : {t.prefix() + "first", t.prefix() + "in"})
    if (line.find(name) == line.npos) t.note("the log does not name " + name + " as what hung: '" + line + "'");
}

void depends(trial& t) {
  t.start();
  t.steady();
  const auto down = t.host(0).data() / "down";
  std::ofstream(down) << "down\n";
  t.pass_time(6s);
  std::filesystem::remove(down);
  t.recover(90s);
  if (t.longest_gap_ms() < 4'000) t.note("handlers went on while what they depend on was down");
}

void dead_letters_have_nowhere_to_go(trial& t) {
  t.start();
  t.steady();
  delete_topics(t.shared().servers(), {t.prefix() + "first.dlq"});
  t.poisoned.insert(t.put("lost", "please throw"));
  t.pass_time(5s);
  create_topic(t.shared().servers(), t.prefix() + "first.dlq", 1);
  t.recover(90s);
}

void repeated_records(trial& t) {
  t.start();
  t.steady();
  repeat_topic(t.shared().servers(), t.prefix() + "in");
  repeat_topic(t.shared().servers(), t.prefix() + "out");
  t.recover();
}

void turned_back(trial& t) {
  t.start();
  t.steady();
  for (int i = 0; i < 20; ++i) {
    t.database()->query("UPDATE evh_kafka_positions SET next_off = greatest(0, next_off - 20), epoch = epoch + 1 WHERE grp = '" + t.prefix() + (i % 2 ? "first" : "second") +
                        "' AND part = " + std::to_string(i % 4));
    t.pass_time(50ms);
  }
  t.recover();
}

void resent_requests(trial& t) {
  t.start();
  t.steady();
  for (int i = 0; i < 30; ++i) {
    t.put("resent");
    for (int n = 0; n < 3; ++n) t.put_again("resent");
  }
  t.recover();
}

std::int64_t resident_kib(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6));
  return 0;
}

// 100 MB wait for a host that was away; its memory stays bounded while it catches up.
void backlog(trial& t) {
  t.start();
  t.steady();
  t.load().at(0, 0);
  if (const auto code = t.host(0).stop(); code != 0) t.note("the host ended with " + std::to_string(code));
  for (auto& id : put_many(t.shared().servers(), t.prefix() + "in", "bulk", 8, 1'500, 8'000)) t.foreign.insert(std::move(id));
  t.start_host(0);
  t.wait_until([&] { return t.effects(2) >= 12'000; }, 120s, "catching up with the backlog");
  if (const auto kib = resident_kib(t.host(0).pid()); kib > 400 * 1024) t.note("the host took " + std::to_string(kib) + " KiB for a backlog of 100 MB");
  t.recover(90s);
}

}  // namespace

std::vector<row> poison_rows() {
  std::vector<row> list;
  list.push_back(make(32, "records that cannot be decoded", "dead letters once each; the rest flows", engine::cluster, undecodable));
  const auto worded = [&](int number, const char* name, const char* what, engine on, const char* words, unsigned every, milliseconds pause) {
    list.push_back(make(number, name, what, on, worded_are_set_aside));
    list.back().setup.load.words = words;
    list.back().setup.load.words_every = every;
    list.back().setup.load.pause = pause;
  };
  worded(33, "a handler that throws on some events", "those are dead letters, the others flow", engine::cluster, "please throw", 60, 12ms);
  worded(33, "a handler that throws on some events, embedded", "those are dead letters, the others flow", engine::embedded, "please throw", 60, 12ms);
  for (const auto on : {engine::cluster, engine::embedded})
    for (const auto* words : {"please abort", "please segv"}) {
      const std::string where = on == engine::cluster ? "" : ", embedded";
      list.push_back(make(33, "", "after 3 crashes the event is a dead letter", on, [words](trial& t) { crash_loop(t, words); }));
      list.back().name = std::string("a handler that ") + (std::string_view(words) == "please abort" ? "aborts" : "segfaults") + where;
      list.back().slow = true;
    }
  for (const auto on : {engine::cluster, engine::embedded}) {
    const auto* name = on == engine::cluster ? "a handler that never returns" : "a handler that never returns, embedded";
    list.push_back(make(34, name, "the watchdog ends the process; after 3 times the event is a dead letter", on, hangs));
    list.back().slow = true;
    list.back().setup.more["EVH_RUNTIME__HANDLER_DEADLINE"] = "2s";
  }
  worded(35, "one bad event in full batches", "its neighbours take effect once", engine::cluster, "please throw", 150, 0ms);
  list.push_back(make(36, "what handlers depend on is down for 6 s", "no dead letters; everything afterwards", engine::cluster, depends));
  list.back().slow = true;
  list.back().setup.load.words = "please depend";
  list.back().setup.load.words_every = 1;
  list.push_back(make(36, "what handlers depend on is down for 6 s, embedded", "no dead letters; everything afterwards", engine::embedded, depends));
  list.back().slow = true;
  list.back().setup.load.words = "please depend";
  list.back().setup.load.words_every = 1;
  list.push_back(make(37, "the dead letter topic is gone for 5 s", "the outbox waits; nothing is dropped", engine::cluster, dead_letters_have_nowhere_to_go));
  list.back().slow = true;
  list.push_back(make(38, "every record published again with its stamp", "no effect twice", engine::cluster, repeated_records));
  list.push_back(make(38, "positions turned back under a running host", "no effect twice", engine::cluster, turned_back));
  list.push_back(make(38, "requests sent again under their key", "answered, not run", engine::cluster, resent_requests));
  list.push_back(make(38, "requests sent again under their key, embedded", "answered, not run", engine::embedded, resent_requests));
  list.push_back(make(43, "a backlog of 100 MB", "memory bounded; all of it once", engine::cluster, backlog));
  list.back().slow = true;
  return list;
}

}  // namespace evhost::faults
