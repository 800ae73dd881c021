// POST /api/v1/undo: takes back what one request did, by its token, or what this person did last, from any device.
#include "plugins/chat/api/answers.hpp"
#include "plugins/chat/api/effects.hpp"

namespace chat {

namespace {

// {} | {"undo_token": "..."} | {"redo": true}
struct wish {
  std::optional<uuid> group;
  bool redo = false;
};

wish read_wish(const app& app, const evh::request& request) {
  wish out;
  if (request.body().empty()) return out;
  require_json(request);
  const auto body = read_object(request.body());
  for (const auto& member : body) {
    if (member.key() == "undo_token" && member.value().is_string()) {
      const auto token = unseal<undo_token>(*app.host, purpose::undo, member.value().get_string());
      if (!token || token->owner != request.subject())
        throw refusal(400, "invalid-undo-token", "This undo token was not given to you here.", {{"/undo_token", "invalid", "is not valid here"}});
      out.group = parse_uuid(token->group);
    } else if (member.key() == "redo" && member.value().is_bool()) {
      out.redo = member.value().get_bool();
    } else {
      const std::string at = "/" + std::string(member.key());
      const bool known = member.key() == "undo_token" || member.key() == "redo";
      throw refusal(422, known ? "validation-failed" : "unknown-field", "The body is {\"undo_token\": text} or {\"redo\": true} or empty.",
                    {{at, known ? "invalid" : "unknown-field", known ? "has the wrong type" : "is not a field here"}});
    }
  }
  return out;
}

void undo(app& app, evh::request& request) {
  const wish wanted = read_wish(app, request);
  auto by = std::make_shared<origin>(origin_of(request, wanted.redo ? "redo" : "undo", now_ns()));
  request.apply([&app, by, request, wanted, token = undo_token_of(app, *by)](evh::unit& unit) {
    return answer_refusals(request.id(), [&] {
      store::session session(app.store, unit);
      executor commands(session, unit, app.topics, *by);
      const auto group = wanted.group ? wanted.group : commands.last_group(wanted.redo);
      if (!group) throw refusal(404, "not-found", wanted.redo ? "There is nothing to redo." : "There is nothing to undo.");
      evh::response answer;
      answer.body = "{\"effects\":";
      evh_schemas::append_json(answer.body, effects_of(commands.undo(*group)));
      answer.body += ",\"undo_token\":";
      evh_schemas::append_json_string(answer.body, token);
      answer.body += '}';
      return answer;
    });
  });
}

constexpr endpoint table[] = {{"POST", "/api/v1/undo", undo}};

}  // namespace

std::span<const endpoint> undo_endpoints() { return table; }

}  // namespace chat
