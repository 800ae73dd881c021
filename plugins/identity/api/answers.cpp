// Reading of requests, making of answers.
#include "plugins/identity/api/answers.hpp"

#include <algorithm>

#include <boost/json/serialize.hpp>

#include "plugins/identity/accounts/text.hpp"

namespace identity {

namespace json = boost::json;

evh::response auth_refusal::answer() const {
  evh::response out;
  out.status = status_;
  out.body = R"({"message":)" + evh::json_quote(message_) + R"(,"code":)" + evh::json_quote(code_) + '}';
  if (retry_after_.count() > 0)
    out.headers.emplace_back("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(retry_after_).count()));
  return out;
}

evh::response api_refusal::answer() const {
  std::string extra;
  for (const auto& fault : faults_)
    extra += (extra.empty() ? R"(,"errors":[)" : ",") + (R"({"pointer":)" + evh::json_quote(fault.pointer)) + R"(,"code":)" + evh::json_quote(fault.code) +
             R"(,"message":)" + evh::json_quote(fault.message) + '}';
  if (!extra.empty()) extra += ']';
  const std::string_view title = status_ == 403 ? "Forbidden" : status_ == 404 ? "Not found" : status_ == 409 ? "Conflict" : status_ == 412 ? "Precondition failed"
                               : status_ == 428 ? "Precondition required" : status_ == 400 ? "Bad request" : status_ == 415 ? "Unsupported media type" : "Not acceptable as given";
  return evh::problem(status_, code_, title, detail_, extra);
}

auth_refusal busy() { return {503, "AUTH_BUSY", "Too many passwords are being checked; try again", std::chrono::seconds(1)}; }
auth_refusal unauthorized() { return {401, "UNAUTHORIZED", "Unauthorized"}; }

void guard(const app& app, const evh::request& request) {
  const auto origin = request.header("origin");
  const bool carries_cookie = request.header("cookie").value_or("").find(app.cookies->name()) != std::string_view::npos;
  const bool reads = request.method() == "GET";
  if (origin) {
    if (!origin_allowed(*origin, request.header("host").value_or(""), app.host->issuer_name(), app.chosen.trusted_origins))
      throw auth_refusal(403, "INVALID_ORIGIN", "Invalid origin");
  } else if (carries_cookie && !reads) {
    throw auth_refusal(403, "MISSING_OR_NULL_ORIGIN", "Missing or null Origin");
  } else if (const auto site = request.header("sec-fetch-site"); carries_cookie && site && *site != "same-origin" && *site != "none") {
    throw auth_refusal(403, "INVALID_ORIGIN", "Invalid origin");
  }
  if (reads || request.body().empty()) return;
  const auto type = fold(request.header("content-type").value_or(""));
  if (type.substr(0, type.find(';')) != "application/json")
    throw auth_refusal(415, "UNSUPPORTED_MEDIA_TYPE", "Send Content-Type: application/json");
}

json::object read_body(const evh::request& request) {
  if (request.body().empty()) return {};
  try {
    auto parsed = evh_schemas::parse_untrusted_json(request.body());
    if (parsed.is_object()) return std::move(parsed.get_object());
  } catch (const evh_schemas::payload_error&) {
    // the same answer as for JSON that is no object
  }
  throw auth_refusal(400, "INVALID_JSON", "The body must be one JSON object");
}

std::string text_member(const json::object& body, std::string_view name, bool wanted) {
  const auto* value = body.if_contains(name);
  if (value == nullptr || value->is_null()) {
    if (!wanted) return {};
    throw auth_refusal(400, "VALIDATION_ERROR", "[body." + std::string(name) + "] is required");
  }
  if (!value->is_string()) throw auth_refusal(400, "VALIDATION_ERROR", "[body." + std::string(name) + "] must be a string");
  return std::string(value->get_string());
}

bool flag_member(const json::object& body, std::string_view name, bool otherwise) {
  const auto* value = body.if_contains(name);
  if (value == nullptr || value->is_null()) return otherwise;
  if (!value->is_bool()) throw auth_refusal(400, "VALIDATION_ERROR", "[body." + std::string(name) + "] must be a boolean");
  return value->get_bool();
}

std::optional<std::string> session_token(const app& app, const evh::request& request) {
  if (const auto field = request.header("authorization")) {
    constexpr std::string_view scheme = "bearer ";
    if (field->size() <= scheme.size() || fold(field->substr(0, scheme.size())) != scheme) return std::nullopt;
    const auto token = field->substr(scheme.size());
    if (session_token_shaped(token)) return std::string(token);
    return app.cookies->open(token);
  }
  return app.cookies->read(request.header("cookie").value_or(""));
}

std::optional<signed_in> find_signed_in(app& app, evh::unit& unit, const evh::request& request) {
  auto token = session_token(app, request);
  if (!token) return std::nullopt;
  store::session rows(app.store, unit);
  auto session = rows.find_session(hash_of_token(*token));
  if (!session || session->expires_at <= now_ms()) return std::nullopt;
  auto user = rows.find_account(session->user_id);
  if (!user || user->disabled()) return std::nullopt;
  return signed_in{std::move(*token), std::move(*session), std::move(*user)};
}

signed_in require_signed_in(app& app, const evh::request& request) {
  std::optional<signed_in> who;
  evh::read(*app.host, [&](evh::unit& unit) { who = find_signed_in(app, unit, request); });
  if (!who) throw unauthorized();
  return std::move(*who);
}

std::string user_json(const account& user) {
  const json::object out{{"id", user.id},
                         {"email", user.email},
                         {"name", user.name},
                         {"image", user.image.empty() ? json::value(nullptr) : json::value(user.image)},
                         {"emailVerified", user.email_verified},
                         {"createdAt", evh_schemas::instant_text({user.created_at})},
                         {"updatedAt", evh_schemas::instant_text({user.updated_at})},
                         {"role", join_roles(user.roles)}};
  return json::serialize(out);
}

std::string session_json(const login_session& session, std::string_view token) {
  const json::object out{{"id", session.id},
                         {"userId", session.user_id},
                         {"token", token},
                         {"expiresAt", evh_schemas::instant_text({session.expires_at})},
                         {"createdAt", evh_schemas::instant_text({session.created_at})},
                         {"updatedAt", evh_schemas::instant_text({session.updated_at})},
                         {"ipAddress", session.ip_address},
                         {"userAgent", session.user_agent}};
  return json::serialize(out);
}

evh::response json_answer(std::string body) {
  evh::response out;
  out.body = std::move(body);
  return out;
}

evh::response signed_in_answer(const app& app, const signed_in& who, bool remember, std::string_view further) {
  evh::response out;
  out.body = "{" + std::string(further) + R"("token":)" + evh::json_quote(who.token) + R"(,"user":)" + user_json(who.user) + '}';
  out.headers.emplace_back("Set-Cookie", app.cookies->set(who.token, remember ? app.session_ms() / 1000 : 0));
  out.headers.emplace_back("set-auth-token", who.token);
  out.headers.emplace_back("Access-Control-Expose-Headers", "set-auth-token");
  return out;
}

std::string access_token(const app& app, const signed_in& who) {
  const json::object claims{{"id", who.user.id},
                            {"email", who.user.email},
                            {"emailVerified", who.user.email_verified},
                            {"createdAt", evh_schemas::instant_text({who.user.created_at})},
                            {"updatedAt", evh_schemas::instant_text({who.user.updated_at})}};
  const std::string text = json::serialize(claims);
  std::string roles = join_roles(who.user.roles);
  std::replace(roles.begin(), roles.end(), ',', ' ');
  evh_token_request wanted{};
  wanted.struct_size = sizeof wanted;
  wanted.subject = evh::view(who.user.id);
  wanted.name = evh::view(who.user.name);
  wanted.roles = evh::view(roles);
  wanted.session = evh::view(who.session.id);
  wanted.claims = evh::view(text);
  wanted.issued_from_s = who.user.tokens_from;
  return app.host->issue(wanted);
}

std::string remote_address(const evh::request& request) { return std::string(evh::text(request.raw().remote_address)); }

std::string user_agent(const evh::request& request) {
  const auto field = request.header("user-agent").value_or("").substr(0, 200);
  return valid_utf8(field) && !has_control(field) ? std::string(field) : std::string();
}

}  // namespace identity
