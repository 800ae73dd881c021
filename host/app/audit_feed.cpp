// Notes to records of schemas/events/audit_events.hpp, as JSON.
#include "host/app/audit_feed.hpp"

#include "host/core/views.hpp"
#include "host/io/sync_unit.hpp"

#include <boost/json.hpp>

#include <array>
#include <ctime>

namespace evhost::app {
namespace {

namespace json = boost::json;

std::string time_text(std::int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 40> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ", static_cast<int>(ms % 1000));
  return text.data();
}

struct record {
  std::string type, key, payload;
};

record record_of(const security::audit_note& note, std::uint64_t count, std::int64_t from_ms, std::int64_t to_ms, const std::string& correlation) {
  json::object o{{"action", note.action}, {"outcome", note.outcome}, {"actor_id", note.actor}};
  if (!note.object.empty()) o["object"] = note.object;
  if (!note.reason.empty()) o["reason"] = note.reason;
  if (!note.remote_address.empty()) o["remote_address"] = note.remote_address;
  o["count"] = count;
  o["from"] = time_text(from_ms);
  o["to"] = time_text(to_ms);
  if (!correlation.empty()) o["correlation_id"] = correlation;
  return {note.type, note.actor, json::serialize(o)};
}

std::vector<record> records_of(const security::audit_tally::window& window) {
  std::vector<record> out;
  for (const auto& e : window.entries) out.push_back(record_of(e.note, e.count, e.from_ms, e.to_ms, e.correlation_id));
  if (window.lost > 0) {
    security::audit_note gap;
    gap.type = "todo.audit.gap.v1";
    gap.action = "gap";
    gap.outcome = "failure";
    gap.actor = "host";
    gap.reason = "more notes came than the host may hold; count of them were dropped";
    out.push_back(record_of(gap, window.lost, window.lost_from_ms, window.lost_to_ms, {}));
  }
  return out;
}

}  // namespace

std::int64_t audit_feed::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.wall().time_since_epoch()).count();
}

core::result<void> audit_feed::open(const io::topic_options& options) {
  EVH_TRY(auto topic, log_.open_topic("audit-events", options));
  topic_ = topic.id;
  return core::success();
}

void audit_feed::note(security::audit_note note, std::string_view correlation_id) noexcept { tally_.add(std::move(note), correlation_id, now_ms()); }

void audit_feed::denied(const io::http_request& request, unsigned status, std::string_view code) noexcept {
  // Whoever owns the accounts tells of failed sign-ins itself, with the account's name.
  if (status == 401 && request.route.starts_with("/api/auth/")) return;
  try {
    security::audit_note note;
    note.type = "todo.audit.denied.v1";
    note.action = "access";
    note.outcome = "denied";
    note.actor = request.who ? request.who->subject : "anonymous";
    note.object = "route:" + std::string(io::to_string(request.method)) + " " + std::string(request.route.empty() ? "none" : request.route);
    note.reason = code.empty() ? "status " + std::to_string(status) : std::string(code);
    note.remote_address = request.client_address;
    this->note(std::move(note), request.request_id);
  } catch (...) {
    tally_.add({}, {}, now_ms());  // out of memory: it still counts
  }
}

void audit_feed::flush() {
  auto window = tally_.take();
  if (window.empty()) return;
  const auto records = records_of(window);
  std::vector<io::outgoing> out;
  for (const auto& r : records) {
    io::outgoing one;
    one.topic = topic_;
    one.type = r.type;
    one.key = core::view(r.key);
    one.payload = core::view(r.payload);
    out.push_back(one);
  }
  const auto written = io::run_in_unit(store_, [&](io::transaction& tx) { return log_.append(tx, out); }, std::chrono::seconds(5));
  if (written) return;
  sink_.log(io::log_level::warning, "app", "audit notes wait for the store", {{"error", written.error().message}});
  tally_.put_back(std::move(window));
}

}  // namespace evhost::app
