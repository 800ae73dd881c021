// What every handler works with: who asks, the log, refusals. One app per plugin instance, immutable once active.
#pragma once
#include "plugins/audit/log/note.hpp"
#include "plugins/audit/store/people.hpp"
#include "plugins/audit/store/sequencer.hpp"
#include "plugins/audit/store/trail.hpp"
#include "schemas/events/audit_events.hpp"

#include <evh/http.hpp>

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace audit {

struct app {
  const evh::services* host = nullptr;
  const note_signer* signer = nullptr;
  sequencer* log = nullptr;
  audit::people people;
  std::uint32_t events_topic = 0;  // audit-events
  std::string origin;
};

// How a handler ends early: a problem document with a stable code.
class refusal : public std::runtime_error {
 public:
  refusal(int http_status, std::string stable_code, const std::string& detail)
      : std::runtime_error(detail), status(http_status), code(std::move(stable_code)) {}
  const int status;
  const std::string code;
};
evh::response problem_of(const refusal& why, std::string_view request_id);
[[noreturn]] void not_found();

std::int64_t now_ms();

// Who asks and what the roles allow: an auditor sees everything, an admin everything but content, anyone their own.
struct asker {
  std::string subject, request_id, address;
  bool auditor = false, admin = false;
  [[nodiscard]] bool privileged() const { return auditor || admin; }
};
asker asker_of(const evh::request& request);
bool owns(const entry& e, const std::optional<identity>& who);

// Publishes what an auditor or admin did as an audit event of theirs.
void record(const app& app, evh::unit& unit, const asker& by, std::string_view type, std::string_view action, std::string_view object,
            std::string_view reason = {});

// Query parameters, strictly: unknown names are refused.
void known_parameters(const evh::request& request, std::initializer_list<std::string_view> names);
std::optional<std::uint64_t> number_parameter(const evh::request& request, std::string_view name);
std::optional<std::int64_t> time_parameter(const evh::request& request, std::string_view name);  // RFC 3339, to ms

// An entry as the API shows it; content when the asker may see it.
void append_entry(std::string& out, trail_reader& reader, const entry& e, bool with_content, bool whole);

// Runs body(); refusals become problems.
template <class Body>
evh::response answer(std::string_view request_id, Body&& body) {
  try {
    return body();
  } catch (const refusal& why) {
    return problem_of(why, request_id);
  }
}

using handler = void (*)(app&, evh::request&);
struct endpoint {
  std::string_view method, pattern;
  handler handle;
  bool open = false;           // needs no token
  std::uint32_t cost = 1;
};
std::span<const endpoint> trail_endpoints();
std::span<const endpoint> proof_endpoints();
std::span<const endpoint> erasure_endpoints();
std::span<const endpoint> export_endpoints();

}  // namespace audit
