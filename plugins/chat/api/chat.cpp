// POST /api/v1/chat and /api/v1/chat/parse: the command language with and without effects.
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "plugins/calendar/zone.hpp"
#include "plugins/chat/api/answers.hpp"
#include "plugins/chat/api/effects.hpp"
#include "plugins/chat/language/tokens.hpp"
#include "plugins/chat/talk/turn.hpp"

namespace chat {

namespace {

namespace json = boost::json;

struct chat_request {
  talk::turn_input input;
  std::optional<uuid> conversation;
  std::optional<std::string> token;
  std::optional<calendar::instant> now;     // parse only
};

bool is_locale(std::string_view text) {
  const auto letters = [](std::string_view part, char from, char to) {
    return std::all_of(part.begin(), part.end(), [&](char c) { return c >= from && c <= to; });
  };
  if (text.size() == 2) return letters(text, 'a', 'z');
  return text.size() == 5 && letters(text.substr(0, 2), 'a', 'z') && (text[2] == '-' || text[2] == '_') && letters(text.substr(3), 'A', 'Z');
}

[[noreturn]] void bad_field(const std::string& name, const std::string& code, const std::string& message) {
  throw refusal(422, code == "unknown-field" ? code : "validation-failed", "The field " + name + " " + message + ".", {{"/" + name, code, message}});
}

chat_request read_chat(const evh::request& request, bool parsing) {
  require_json(request);
  chat_request out;
  const auto body = read_object(request.body());
  for (const auto& member : body) {
    const std::string name(member.key());
    const bool known = name == "message" || name == "tz" || name == "locale" || (parsing ? name == "now" : name == "conversation_id" || name == "token");
    if (!known) bad_field(name.substr(0, 60), "unknown-field", "is not a field here");
    if (member.value().is_null() && name != "message") continue;
    if (!member.value().is_string()) bad_field(name, "invalid", "must be text");
    const std::string text(member.value().get_string());
    if (name == "message") {
      if (text.size() > language::message_bytes_max) bad_field(name, "too-long", "has at most 4000 bytes");
      if (text.find('\0') != text.npos) bad_field(name, "invalid", "must not hold U+0000");
      out.input.message = text;
    } else if (name == "tz") {
      if (!calendar::zone_known(text)) bad_field(name, "invalid", "must be an IANA time zone such as Europe/Paris");
      out.input.tz = text;
    } else if (name == "locale") {
      if (!is_locale(text)) bad_field(name, "invalid", "must be a locale such as en-US");
      out.input.locale = text;
    } else if (name == "conversation_id") {
      out.conversation = parse_uuid(text);
      if (!out.conversation) throw not_found("conversation");
    } else if (name == "token") {
      out.token = text;
    } else {
      out.now = calendar::parse_instant(text);
      if (!out.now) bad_field(name, "invalid", "must be an RFC 3339 time such as 2026-08-18T10:30:00-04:00");
    }
  }
  if (out.input.message.empty()) bad_field("message", "required", "must hold the message");
  return out;
}

json::array json_of(const std::vector<language::assumption>& assumptions) {
  json::array out;
  for (const auto& each : assumptions) {
    json::object item{{"code", each.code}, {"text", each.text}};
    if (each.alternative) item["alternative"] = *each.alternative;
    out.push_back(std::move(item));
  }
  return out;
}

// What the answers of both endpoints share.
void put_understanding(json::object& into, const language::understanding& what) {
  into["intent"] = what.intent;
  into["slots"] = what.slots;
  json::array spans;
  for (const auto& each : what.spans)
    spans.push_back(json::object{{"begin", each.begin}, {"end", each.end}, {"kind", each.kind}, {"text", each.text}});
  into["spans"] = std::move(spans);
  into["assumptions"] = json_of(what.assumptions);
  into["hints"] = json_of(what.hints);
  into["error"] = what.error ? json::value(json::object{{"code", what.error->code}, {"text", what.error->text}}) : json::value(nullptr);
  json::value question = nullptr;
  if (what.question) {
    json::array options;
    for (const auto& each : what.question->options) options.push_back(json::object{{"value", each.value}, {"label", each.label}});
    question = json::object{{"code", what.question->code}, {"text", what.question->question}, {"options", std::move(options)}};
  }
  into["question"] = std::move(question);
}

std::int64_t digest_of(const talk::open_question& open) {
  std::string all = open.message;
  for (std::size_t i = 0; i < open.ids.size(); ++i) all += '\0' + open.ids[i] + '@' + std::to_string(i < open.versions.size() ? open.versions[i] : 0);
  return digest(all);
}

json::value pending_json(const app& app, const std::string& owner, const uuid& conversation, const talk::talk_state& state,
                         const talk::turn_result& result) {
  if (!state.pending) return nullptr;
  const talk::open_question& open = *state.pending;
  json::array options;
  for (const auto& each : result.options) options.push_back(json::object{{"value", each.value}, {"label", each.label}});
  const confirm_token token{owner, to_text(conversation), open.id, digest_of(open), open.expires_ms};
  return json::object{{"token", seal(*app.host, purpose::confirm, token)},
                      {"kind", evh_schemas::to_text(open.kind)},
                      {"count", open.ids.size()},
                      {"options", std::move(options)},
                      {"expires_at", evh_schemas::instant_text({open.expires_ms})}};
}

// A token, when one is sent, must be that of the question that is open: nothing else may be confirmed with it.
void check_token(const app& app, const std::string& owner, const chat_request& asked, const conversation& in, const talk::talk_state& state) {
  if (!asked.token) return;
  const auto token = unseal<confirm_token>(*app.host, purpose::confirm, *asked.token);
  const bool good = token && state.pending && token->owner == owner && token->conversation == to_text(in.id) && token->question == state.pending->id &&
                    token->digest == digest_of(*state.pending) && token->expires_ms >= asked.input.now_ns / 1'000'000;
  if (!good) throw refusal(409, "confirmation-invalid", "This token confirms nothing that is still open here: say again what you want.", {{"/token", "invalid", "is not valid any more"}});
}

std::string cut(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  std::size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

talk::talk_state state_of(const conversation& from) {
  if (from.state.empty()) return {};
  try {
    return evh_schemas::from_compact<talk::talk_state>(from.state);
  } catch (const evh_schemas::payload_error&) {
    return {};   // written by a version that means something else: the conversation goes on without its memory
  }
}

void remember(store::session& session, conversation& in, bool is_new, const talk::talk_state& state, const chat_request& asked,
              const talk::turn_result& result, std::int64_t now_ms) {
  session.insert(message{in.id, ++in.messages, "user", asked.input.message, "", now_ms});
  session.insert(message{in.id, ++in.messages, "assistant", result.reply, result.understood.intent, now_ms});
  in.updated_at = now_ms;
  in.state = evh_schemas::to_compact(state);
  if (is_new) session.insert(in);
  else session.update(in);
}

evh::response converse(app& app, evh::unit& unit, const origin& by, const chat_request& asked) {
  store::session session(app.store, unit);
  conversation in;
  const bool is_new = !asked.conversation;
  if (is_new) {
    in.id = by.group;
    in.owner = by.subject;
    in.title = cut(asked.input.message, 80);
    in.created_at = by.now_ms;
  } else {
    auto found = session.find_conversation(*asked.conversation);
    if (!found || found->owner != by.subject) throw not_found("conversation");
    in = std::move(*found);
  }
  talk::talk_state state = state_of(in);
  check_token(app, by.subject, asked, in, state);
  executor commands(session, unit, app.topics, by);
  talk::turn_result result = talk::turn(unit, session, commands, by, state, asked.input).take();
  remember(session, in, is_new, state, asked, result, by.now_ms);

  result.understood.assumptions.insert(result.understood.assumptions.end(), result.assumptions.begin(), result.assumptions.end());
  json::object out{{"reply", result.reply}, {"conversation_id", to_text(in.id)}};
  put_understanding(out, result.understood);
  out["pending"] = pending_json(app, by.subject, in.id, state, result);
  out["undo_token"] = result.effects.empty() ? json::value(nullptr) : json::value(undo_token_of(app, by));
  evh::response answer;
  answer.body = json::serialize(out);
  answer.body.pop_back();
  answer.body += ",\"effects\":";
  evh_schemas::append_json(answer.body, effects_of(result.effects));
  answer.body += ",\"items\":";
  evh_schemas::append_json(answer.body, result.items);
  answer.body += '}';
  return answer;
}

void chat_message(app& app, evh::request& request) {
  const std::int64_t now = now_ns();
  auto asked = std::make_shared<chat_request>(read_chat(request, false));
  asked->input.now_ns = now;
  auto by = std::make_shared<origin>(origin_of(request, "chat", now));
  request.apply([&app, asked, by, request](evh::unit& unit) {
    return answer_refusals(request.id(), [&] { return converse(app, unit, *by, *asked); });
  });
}

void chat_parse(app& app, evh::request& request) {
  const chat_request asked = read_chat(request, true);
  std::vector<std::string> projects;
  evh_schemas::user_preferences set;
  evh::read(*app.host, [&](evh::unit& unit) {
    if (const auto known = find_person(unit, request.subject())) set = known->preferences;
    projects = project_names(unit, request.subject());
  });
  language::context context;
  context.now = asked.now.value_or(calendar::instant{std::chrono::seconds{now_ns() / 1'000'000'000}});
  context.tz = asked.input.tz.empty() ? zone_of(set) : asked.input.tz;
  context.locale = !asked.input.locale.empty() ? asked.input.locale : set.locale.empty() ? "en-US" : set.locale;
  context.prefs = spoken_preferences(set);
  context.projects = projects;
  const auto what = language::understand(asked.input.message, context);
  json::object out;
  put_understanding(out, what);
  out["confirm"] = what.confirm == language::confirmation::none ? "none" : what.confirm == language::confirmation::required ? "required" : "typed_count";
  out["effects"] = json::array();
  out["undo_token"] = nullptr;
  out["pending"] = nullptr;
  request.respond({.body = json::serialize(out)});
}

constexpr endpoint table[] = {{"POST", "/api/v1/chat", chat_message, 5}, {"POST", "/api/v1/chat/parse", chat_parse, 2}};

}  // namespace

std::span<const endpoint> chat_endpoints() { return table; }

}  // namespace chat
