// /api/v1/preferences: what a person set, as the other plugins read it from user-events.
#include "plugins/identity/accounts/preferences.hpp"

#include <charconv>

#include "plugins/identity/accounts/text.hpp"
#include "plugins/identity/api/events.hpp"

namespace identity {
namespace {

evh::response preferences_answer(const kept_preferences& kept) {
  auto out = json_answer(kept.body);
  out.headers.emplace_back("ETag", '"' + std::to_string(kept.version) + '"');
  return out;
}

void get_preferences(app& app, evh::request& request) {
  kept_preferences kept;
  evh::read(*app.host, [&](evh::unit& unit) { kept = store::session(app.store, unit).preferences_of(std::string(request.subject())); });
  auto out = preferences_answer(kept);
  if (request.header("if-none-match") == out.headers.front().second) {
    out.status = 304;
    out.body.clear();
  }
  request.respond(out);
}

// "*", or one entity tag as ETag gave it.
void require_match(const evh::request& request, std::int64_t version) {
  const auto field = request.header("if-match");
  if (!field) throw api_refusal(428, "precondition-required", "Send If-Match with the ETag you read, or * to overwrite whatever is there.");
  if (*field == "*" || *field == '"' + std::to_string(version) + '"') return;
  throw api_refusal(412, "precondition-failed", "The preferences are at version " + std::to_string(version) + " by now: read them again and repeat the change.");
}

evh_schemas::user_preferences checked_preferences(const evh::request& request) {
  const auto type = fold(request.header("content-type").value_or(""));
  if (type.substr(0, type.find(';')) != "application/json") throw api_refusal(415, "unsupported-media-type", "Send Content-Type: application/json.");
  std::vector<field_fault> faults;
  evh_schemas::user_preferences wanted;
  try {
    wanted = read_preferences(request.body(), faults);
  } catch (const evh_schemas::payload_error& why) {
    if (why.path().empty()) throw api_refusal(400, "invalid-json", "The body must be one JSON object.");
    throw api_refusal(422, "invalid", why.what());
  }
  check_preferences(wanted, faults);
  if (!faults.empty()) throw api_refusal(422, "invalid", "Some preferences are not acceptable; see errors.", std::move(faults));
  return wanted;
}

void put_preferences(app& app, evh::request& request) {
  request.apply([&app, request, wanted = checked_preferences(request)](evh::unit& unit) {
    return answer_refusals([&] {
      store::session rows(app.store, unit);
      auto kept = rows.preferences_of(std::string(request.subject()));
      require_match(request, kept.version);
      kept.body = evh_schemas::to_json(wanted);
      kept.updated_at = now_ms();
      ++kept.version;
      rows.save(kept);
      evh_schemas::user_event event;
      event.user_id = kept.user_id;
      event.preferences = wanted;
      tell_user(app, unit, evh_schemas::type::user_preferences, deed_of(request, kept.user_id), std::move(event));
      return preferences_answer(kept);
    });
  });
}

constexpr endpoint table[] = {
    {"GET", "/api/v1/preferences", get_preferences},
    {"PUT", "/api/v1/preferences", put_preferences},
};

}  // namespace

std::span<const endpoint> preferences_endpoints() { return table; }

}  // namespace identity
