// Rows 1 to 9: kill -9 at every step of the way of an event, on both engines, and the lost answer of a COMMIT.
#include "host/core/failpoint.hpp"
#include "tests/faults/row.hpp"

#include <signal.h>

#include <chrono>

namespace evhost::faults {

using namespace std::chrono_literals;
namespace points = core::failpoints;

namespace {

// Killed at a pass drawn from the seed, started again with the same instance name.
std::function<void(trial&)> killed_at(const char* point, std::uint64_t passes) {
  return [point, passes](trial& t) {
    t.start_host(0, t.failpoint(0, point, 1 + t.random()() % passes));
    t.load().start();
    t.steady();
    t.arm(0);
    t.wait_killed(0);
    t.start_host(0);
    t.recover();
  };
}

void lost_reply(trial& t, test::tcp_proxy::action what) {
  t.start();
  t.steady();
  for (int times = 0; times < 3; ++times) {
    const auto before = t.postgres_link().acted();
    t.postgres_link().on(std::string("COMMIT\0", 7), what);
    t.wait_until([&] { return t.postgres_link().acted() > before; }, 20s, "meeting a COMMIT");
  }
  t.recover();
}

row at(int number, const char* name, const char* what, engine on, std::function<void(trial&)> harm) {
  row r;
  r.number = number;
  r.name = name;
  r.what = what;
  r.setup.on = on;
  r.harm = std::move(harm);
  return r;
}

}  // namespace

std::vector<row> crash_rows() {
  const auto both = [](int number, const std::string& name, const char* what, const char* point, std::vector<row>& list) {
    list.push_back(at(number, (name + ", kafka + postgresql").c_str(), what, engine::cluster, killed_at(point, 60)));
    list.push_back(at(number, (name + ", embedded").c_str(), what, engine::embedded, killed_at(point, 60)));
  };
  std::vector<row> list;
  both(1, "kill -9 after fetch", "the batch is read again; no effect twice", points::fetched, list);
  both(2, "kill -9 in the handler", "the unit is rolled back", points::in_handler, list);
  both(3, "kill -9 before COMMIT", "the unit is rolled back", points::before_commit, list);
  list.push_back(at(4, "COMMIT's answer lost", "the marker tells what became of it; nothing is guessed", engine::cluster,
                    [](trial& t) { lost_reply(t, test::tcp_proxy::action::forward_then_cut); }));
  list.push_back(at(4, "COMMIT itself lost", "the unit runs again", engine::cluster, [](trial& t) { lost_reply(t, test::tcp_proxy::action::withhold_then_cut); }));
  list.push_back(at(4, "COMMIT held back in a half-open connection", "the old backend is ended first", engine::cluster,
                    [](trial& t) { lost_reply(t, test::tcp_proxy::action::withhold_and_hold); }));
  for (auto& r : list) r.setup.postgres_by_proxy = r.number == 4;
  both(5, "kill -9 after COMMIT", "clients repeat under their Idempotency-Key; lanes go on behind it", points::after_commit, list);
  list.push_back(at(6, "kill -9 before the group's offset commit", "the database's position counts, not the brokers'", engine::cluster, killed_at(points::before_offset_commit, 1)));
  list.push_back(at(7, "kill -9 outbox numbered, not sent", "sent after the restart", engine::cluster, killed_at(points::outbox_numbered, 40)));
  list.push_back(at(8, "kill -9 produced, unconfirmed", "sent again under the same stamp, dropped by readers", engine::cluster, killed_at(points::outbox_produced, 100)));
  list.push_back(at(9, "kill -9 confirmed, row still there", "sent again under the same stamp, dropped by readers", engine::cluster, killed_at(points::outbox_confirmed, 100)));
  list.push_back(at(9, "kill -9 committed, not delivered, embedded", "delivered after the restart", engine::embedded, killed_at(points::before_delivery, 100)));
  list.push_back(at(9, "kill -9 delivered, unanswered, embedded", "clients repeat under their Idempotency-Key", engine::embedded, killed_at(points::after_delivery, 100)));
  return list;
}

// The same harms with a protection taken away. Each must be found out within a few seeds.
std::vector<row> control_rows() {
  const auto control = [](int number, std::string_view off, const char* name, engine on, std::function<void(trial&)> harm) {
    auto r = at(number, name, "must be found out", on, std::move(harm));
    r.control = off;
    r.setup.unprotected = off;
    return r;
  };
  std::vector<row> list;
  list.push_back(control(9, core::protections::stamps, "control: readers take repeats", engine::cluster, killed_at(points::outbox_confirmed, 100)));
  list.push_back(control(5, core::protections::position, "control: positions outside the unit, embedded", engine::embedded, killed_at(points::after_commit, 60)));
  list.push_back(control(5, core::protections::idempotency, "control: Idempotency-Key ignored", engine::embedded, killed_at(points::after_delivery, 60)));
  list.push_back(control(4, core::protections::commit_check, "control: an unanswered COMMIT is believed", engine::cluster,
                         [](trial& t) { lost_reply(t, test::tcp_proxy::action::withhold_then_cut); }));
  list.back().setup.postgres_by_proxy = true;
  list.push_back(control(7, core::protections::claim, "control: outbox read by id > last", engine::cluster, [](trial& t) {
    t.start();
    t.steady(600);
    t.recover(15s);
  }));
  list.back().setup.load.count = 16;
  list.back().setup.load.pause = 0ms;
  list.push_back(control(41, core::protections::fence, "control: positions without a fence", engine::cluster, [](trial& t) {
    t.start();
    t.steady();
    t.host(0).kill(SIGSTOP);
    t.pass_time(12s);
    t.host(0).kill(SIGCONT);
    t.recover();
  }));
  list.back().setup.hosts = 2;
  list.back().setup.load.words = "please crawl";
  list.back().setup.load.words_every = 20;
  list.back().slow = true;
  return list;
}

}  // namespace evhost::faults
