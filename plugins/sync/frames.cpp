// Parsing and writing of WebSocket frames.
#include "frames.hpp"

#include <evh/http.hpp>

#include <boost/json.hpp>

namespace sync_ {
namespace json = boost::json;

namespace {

client_frame parse_subscribe(const json::object& frame) {
  const auto* from = frame.if_contains("since");
  if (!from || from->is_null()) return subscribe_frame{};
  const auto* position = from->if_object();
  const auto* epoch = position ? position->if_contains("epoch") : nullptr;
  const auto* seq = position ? position->if_contains("seq") : nullptr;
  if (!epoch || !epoch->is_string() || !seq || !seq->is_int64() || seq->get_int64() < -1)
    return bad_frame{"since must be null or {\"epoch\": string, \"seq\": integer} as a subscribed or event frame gave it"};
  return subscribe_frame{since{std::string(epoch->get_string()), seq->get_int64()}};
}

}  // namespace

client_frame parse_frame(std::string_view text) {
  json::parse_options options;
  options.max_depth = 8;
  boost::system::error_code ec;
  const auto parsed = json::parse(text, ec, {}, options);
  if (ec || !parsed.is_object()) return bad_frame{"a frame must be one JSON object"};
  const auto& frame = parsed.get_object();
  const auto* type = frame.if_contains("type");
  if (!type || !type->is_string()) return bad_frame{"a frame needs a \"type\": auth, subscribe or ping"};
  const std::string_view name = type->get_string();
  if (name == "ping") return ping_frame{};
  if (name == "subscribe") return parse_subscribe(frame);
  if (name == "auth") {
    const auto* token = frame.if_contains("token");
    if (!token || !token->is_string() || token->get_string().empty()) return bad_frame{"auth needs a \"token\": an access token"};
    return auth_frame{std::string(token->get_string())};
  }
  return bad_frame{"unknown frame type " + std::string(name.substr(0, 40)) + ": use auth, subscribe or ping"};
}

namespace frames {

std::string authenticated(std::string_view subject, std::int64_t expires_ns) {
  return R"({"type":"authenticated","subject":)" + evh::json_quote(subject) + R"(,"expires":)" + std::to_string(expires_ns / 1'000'000'000) + '}';
}
std::string subscribed(std::string_view epoch, std::int64_t seq) {
  return R"({"type":"subscribed","recovered":true,"epoch":)" + evh::json_quote(epoch) + R"(,"seq":)" + std::to_string(seq) + '}';
}
std::string resync_required(std::string_view reason, std::string_view epoch, std::int64_t seq) {
  return R"({"type":"resync_required","reason":)" + evh::json_quote(reason) + R"(,"epoch":)" + evh::json_quote(epoch) + R"(,"seq":)" +
         std::to_string(seq) + '}';
}
std::string event(std::int64_t seq, std::int64_t prev, std::string_view id, std::string_view name, std::string_view data) {
  std::string out;
  out.reserve(data.size() + id.size() + name.size() + 96);
  out += R"({"type":"event","seq":)";
  out += std::to_string(seq);
  out += R"(,"prev":)";
  out += std::to_string(prev);
  out += R"(,"id":)";
  out += evh::json_quote(id);
  out += R"(,"event":)";
  out += evh::json_quote(name);
  out += R"(,"data":)";
  out += data.empty() ? std::string_view("null") : data;
  out += '}';
  return out;
}
std::string pong() { return R"({"type":"pong"})"; }
std::string error(std::string_view code, std::string_view detail) {
  return R"({"type":"error","code":)" + evh::json_quote(code) + R"(,"detail":)" + evh::json_quote(detail) + '}';
}

}  // namespace frames
}  // namespace sync_
