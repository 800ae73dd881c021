// Plain keep-alive clients; an error ends a writer, because that is what a killed host looks like.
#include "tests/faults/workload.hpp"

#include "host/core/ids.hpp"
#include "tests/support/ws_client.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <thread>

namespace evhost::faults {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

// {"version": n} of a task answer; 0 when there is none.
std::int64_t version_of(const std::string& body) {
  boost::system::error_code ec;
  const auto v = json::parse(body, ec);
  if (ec || !v.is_object()) return 0;
  const auto* n = v.get_object().if_contains("version");
  return n && n->is_int64() ? n->get_int64() : 0;
}

std::string instant_text(std::chrono::sys_time<std::chrono::milliseconds> at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return text;
}

}  // namespace

void promises::attempt(const std::string& task, const std::string& owner, bool repeats, bool reminds) {
  const std::lock_guard lock(mutex);
  auto& p = tasks[task];
  p.task = task;
  p.owner = owner;
  p.repeats = repeats;
  p.reminds = reminds;
}

void promises::complete(const std::string& task) {
  const std::lock_guard lock(mutex);
  tasks.at(task).completed = true;
}

void promises::acknowledge(const std::string& task, std::int64_t version) {
  const std::lock_guard lock(mutex);
  auto& p = tasks.at(task);
  p.version = std::max(p.version, version);
  ++acknowledged;
}

void workload::create_and_change(test::http_client& http, const std::string& owner, unsigned writer, std::uint64_t n, std::mt19937_64& random) {
  const auto id = core::to_string(core::new_uuid_v7());
  ledger_->attempt(id, owner);
  const auto made = http.post("/api/v1/tasks", R"({"id":")" + id + R"(","title":"task )" + std::to_string(n) + R"( of writer )" + std::to_string(writer) + R"("})");
  if (made.status == 503) return;
  if (made.status != 201) throw std::logic_error("POST answered " + std::to_string(made.status) + ": " + made.body);
  ledger_->acknowledge(id, version_of(made.body));
  auto etag = made.field("ETag");
  for (auto changes = random() % 3; changes > 0; --changes) {
    const auto changed = http.patch("/api/v1/tasks/" + id, R"({"title":"changed )" + std::to_string(changes) + R"("})", {{"If-Match", etag}});
    if (changed.status != 200) break;
    ledger_->acknowledge(id, version_of(changed.body));
    etag = changed.field("ETag");
  }
}

// A daily task from yesterday on: completed, its successor comes tomorrow.
void workload::repeat(test::http_client& http, const std::string& owner) {
  const auto id = core::to_string(core::new_uuid_v7());
  ledger_->attempt(id, owner, true);
  const auto made = http.post("/api/v1/tasks", R"({"id":")" + id + R"(","title":"again","due":{"date":"2026-11-01"},"recurrence":{"rrule":"FREQ=DAILY"}})");
  if (made.status == 503) return;
  if (made.status != 201) throw std::logic_error("POST answered " + std::to_string(made.status) + ": " + made.body);
  ledger_->acknowledge(id, version_of(made.body));
  const auto done = http.post("/api/v1/tasks/" + id + "/complete", "");
  if (done.status != 200) return;
  ledger_->complete(id);
  ledger_->acknowledge(id, version_of(done.body));
}

void workload::remind(test::http_client& http, const std::string& owner, std::mt19937_64& random) {
  const auto id = core::to_string(core::new_uuid_v7());
  const auto at = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) + std::chrono::milliseconds(200 + random() % 2000);
  ledger_->attempt(id, owner, false, true);
  const auto made = http.post("/api/v1/tasks", R"({"id":")" + id + R"(","title":"remember","reminders":[{"at":{"instant":")" + instant_text(at) + R"("}}]})");
  if (made.status == 503) return;
  if (made.status != 201) throw std::logic_error("POST answered " + std::to_string(made.status) + ": " + made.body);
  ledger_->acknowledge(id, version_of(made.body));
}

void workload::write(unsigned writer, std::uint16_t port, const std::function<bool()>& keep_going) {
  std::mt19937_64 random(options_.seed * 1000003 + writer);
  const auto who = writer % options_.users.size();
  const auto kind = writer / options_.users.size() % 2 == 0 ? 0 : 1 + writer % 2;
  try {
    test::http_client http(port, 10s);
    http.bearer(options_.tokens[who]);
    for (std::uint64_t n = 0; keep_going(); ++n) {
      if (kind == 0) create_and_change(http, options_.users[who], writer, n, random);
      else if (kind == 1) repeat(http, options_.users[who]);
      else remind(http, options_.users[who], random);
    }
  } catch (const std::runtime_error&) {
    // the connection is gone: killed
  }
}

void workload::run(std::uint16_t port, const std::function<bool()>& keep_going) {
  std::vector<std::jthread> threads;
  for (unsigned w = 0; w < options_.writers; ++w) threads.emplace_back([this, w, port, &keep_going] { write(w, port, keep_going); });
}

void follow(std::uint16_t port, const std::string& token, followed& seen, const std::function<bool()>& stop) {
  try {
    test::ws_client ws(port, "/api/v1/ws");
    ws.send(R"({"type":"auth","token":")" + token + R"("})");
    ws.send(seen.epoch.empty() ? std::string(R"({"type":"subscribe","since":null})")
                               : R"({"type":"subscribe","since":{"epoch":")" + seen.epoch + R"(","seq":)" + std::to_string(seen.last) + "}}");
    for (;;) {
      const auto message = ws.receive(200ms);
      if (!message) {
        if (ws.close_code() != 0 || stop()) return;
        continue;
      }
      const auto frame = json::parse(message->payload).as_object();
      const std::string_view type = frame.at("type").as_string();
      if (type == "subscribed") {
        seen.epoch = frame.at("epoch").as_string();
        seen.last = frame.at("seq").as_int64();
      } else if (type == "resync_required") {
        ++seen.resyncs;
        return;
      } else if (type == "event") {
        const auto seq = frame.at("seq").as_int64();
        if (frame.at("prev").as_int64() != seen.last) ++seen.gaps;
        if (seq <= seen.last) ++seen.repeats;
        seen.last = seq;
        seen.seqs.push_back(seq);
      }
    }
  } catch (const std::runtime_error&) {
    // refused or reset: the host is gone
  }
}

}  // namespace evhost::faults
