// Plain keep-alive clients; an error ends a writer, because that is what a killed host looks like.
#include "tests/faults/workload.hpp"

#include "host/core/ids.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/ws_client.hpp"

#include <boost/json.hpp>

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

}  // namespace

void promises::attempt(const std::string& task, const std::string& owner) {
  const std::lock_guard lock(mutex);
  auto& p = tasks[task];
  p.task = task;
  p.owner = owner;
}

void promises::acknowledge(const std::string& task, std::int64_t version) {
  const std::lock_guard lock(mutex);
  auto& p = tasks.at(task);
  p.version = std::max(p.version, version);
  ++acknowledged;
}

void workload::write(unsigned writer, std::uint16_t port, const std::function<bool()>& keep_going) {
  std::mt19937_64 random(options_.seed * 1000003 + writer);
  const auto who = writer % options_.users.size();
  try {
    test::http_client http(port, 10s);
    http.bearer(options_.tokens[who]);
    for (std::uint64_t n = 0; keep_going(); ++n) {
      const auto id = core::to_string(core::new_uuid_v7());
      ledger_->attempt(id, options_.users[who]);
      const auto made = http.post("/api/v1/tasks", R"({"id":")" + id + R"(","title":"task )" + std::to_string(n) + R"( of writer )" + std::to_string(writer) + R"("})");
      if (made.status == 503) continue;
      if (made.status != 201) throw std::logic_error("POST answered " + std::to_string(made.status) + ": " + made.body);
      ledger_->acknowledge(id, version_of(made.body));
      auto etag = made.field("ETag");
      for (auto changes = random() % 3; changes > 0 && keep_going(); --changes) {
        const auto changed = http.patch("/api/v1/tasks/" + id, R"({"title":"changed )" + std::to_string(changes) + R"("})", {{"If-Match", etag}});
        if (changed.status != 200) break;
        ledger_->acknowledge(id, version_of(changed.body));
        etag = changed.field("ETag");
      }
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
