// Reading of a preview request, strictly and with every fault named, and its answer.
#include "plugins/recurring/preview.hpp"

#include <boost/json.hpp>

#include <optional>
#include <vector>

#include "plugins/calendar/recurrence.hpp"
#include "plugins/calendar/zone.hpp"
#include "schemas/events/json_read.hpp"
#include "schemas/events/json_write.hpp"

namespace recurring {
namespace {

namespace json = boost::json;
using calendar::civil_time;

constexpr std::int64_t count_default = 10, count_max = 100;
constexpr std::size_t dates_max = 1000;

struct fault {
  std::string pointer, code, message;
};

struct asked {
  calendar::series series;
  std::string tz = "UTC";
  std::int64_t count = count_default;
  std::optional<civil_time> after;
};

class reader {
 public:
  explicit reader(const json::object& body) : body_(body) {}

  asked read() {
    asked out;
    unknown_members();
    rule(out);
    if (const auto text = member("dtstart", true)) {
      out.series.all_day = calendar::parse_date(*text).has_value();
      if (const auto at = civil("/dtstart", *text)) out.series.dtstart = *at;
    }
    if (const auto text = member("tz", false)) {
      if (calendar::zone_known(*text)) out.tz = *text;
      else fail("/tz", "invalid", "must be an IANA time zone such as Europe/Paris");
    }
    out.series.tz = out.tz;
    if (const auto text = member("after", false)) out.after = same_form(out, "/after", *text);
    count(out);
    dates(out, "exdates", out.series.exdates);
    dates(out, "rdates", out.series.rdates);
    if (faults_.empty())
      if (const auto wrong = calendar::mismatch(out.series)) fail("/rrule", "invalid", wrong->text);
    return out;
  }
  const std::vector<fault>& faults() const { return faults_; }

 private:
  void fail(std::string pointer, std::string code, std::string message) {
    faults_.push_back({std::move(pointer), std::move(code), std::move(message)});
  }

  void unknown_members() {
    for (const auto& each : body_) {
      bool known = false;
      for (const std::string_view name : {"rrule", "dtstart", "tz", "count", "after", "exdates", "rdates"}) known = known || each.key() == name;
      if (!known && faults_.size() < 10) fail("/" + std::string(each.key().substr(0, 100)), "unknown-field", "is not a field of a preview");
    }
  }

  std::optional<std::string> member(std::string_view name, bool required) {
    const auto* found = body_.if_contains(name);
    const std::string pointer = "/" + std::string(name);
    if (found == nullptr || (found->is_null() && !required)) {
      if (required) fail(pointer, "required", "is missing");
      return std::nullopt;
    }
    if (!found->is_string()) return fail(pointer, "invalid", "must be text"), std::nullopt;
    return std::string(found->get_string());
  }

  std::optional<civil_time> civil(const std::string& pointer, std::string_view text) {
    if (const auto day = calendar::parse_date(text)) return calendar::at_time(*day, calendar::time_of_day{0});
    if (const auto at = calendar::parse_local(text)) return at;
    fail(pointer, "invalid", "must be an existing date (2026-08-31) or local time (2026-08-31T17:00), without an offset");
    return std::nullopt;
  }

  // A time that has to be a date when dtstart is one, and a time when it is not.
  std::optional<civil_time> same_form(const asked& of, const std::string& pointer, std::string_view text) {
    const auto at = civil(pointer, text);
    if (at && calendar::parse_date(text).has_value() != of.series.all_day) {
      fail(pointer, "invalid", of.series.all_day ? "must be a date, as dtstart is one" : "must have a time, as dtstart has one");
      return std::nullopt;
    }
    return at;
  }

  void rule(asked& out) {
    const auto text = member("rrule", true);
    if (!text) return;
    auto parsed = calendar::parse_rule(*text);
    if (const auto* wrong = std::get_if<calendar::rule_error>(&parsed)) fail("/rrule", "invalid", wrong->text);
    else out.series.rule = std::get<calendar::rule>(std::move(parsed));
  }

  void count(asked& out) {
    const auto* found = body_.if_contains("count");
    if (found == nullptr || found->is_null()) return;
    out.count = found->is_int64() ? found->get_int64() : 0;
    if (out.count < 1 || out.count > count_max) fail("/count", "invalid", "must be a whole number from 1 to 100");
  }

  void dates(const asked& of, std::string_view name, std::vector<civil_time>& out) {
    const auto* found = body_.if_contains(name);
    const std::string pointer = "/" + std::string(name);
    if (found == nullptr || found->is_null()) return;
    if (!found->is_array() || found->get_array().size() > dates_max) return fail(pointer, "invalid", "must be a list of at most 1000 dates or local times");
    for (std::size_t i = 0; i < found->get_array().size() && faults_.size() < 10; ++i) {
      const auto& each = found->get_array()[i];
      const std::string at = pointer + "/" + std::to_string(i);
      if (!each.is_string()) fail(at, "invalid", "must be text");
      else if (const auto time = same_form(of, at, std::string_view(each.get_string()))) out.push_back(*time);
    }
  }

  const json::object& body_;
  std::vector<fault> faults_;
};

evh::response refused(int status, std::string_view code, std::string_view title, const std::string& detail, const std::vector<fault>& faults, std::string_view request_id) {
  std::string extra;
  for (const auto& each : faults) {
    extra += extra.empty() ? ",\"errors\":[" : ",";
    extra += "{\"pointer\":" + evh::json_quote(each.pointer) + ",\"code\":" + evh::json_quote(each.code) + ",\"message\":" + evh::json_quote(each.message) + "}";
  }
  if (!extra.empty()) extra += ']';
  if (!request_id.empty()) extra += ",\"request_id\":" + evh::json_quote(request_id);
  return evh::problem(status, code, title, detail, extra);
}

bool is_json(std::string_view content_type) {
  std::string name(content_type.substr(0, content_type.find(';')));
  while (!name.empty() && name.back() == ' ') name.pop_back();
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name == "application/json";
}

std::string items_of(const asked& of) {
  auto walk = of.after ? calendar::zoned_occurrences(of.series, of.tz, *of.after) : calendar::zoned_occurrences(of.series, of.tz);
  std::string out = R"({"items":[)";
  for (std::int64_t i = 0; i < of.count; ++i) {
    const auto next = walk.next();
    if (!next) break;
    out += i == 0 ? "" : ",";
    out += R"({"local":")" + (of.series.all_day ? calendar::format_date(calendar::date_of(next->local)) : calendar::format_local(next->local));
    out += R"(","instant":")" + calendar::format_instant(next->at) + "\"}";
  }
  return out + "]}";
}

}  // namespace

evh::response preview(std::optional<std::string_view> content_type, std::string_view body, std::string_view request_id) {
  if (content_type && !is_json(*content_type))
    return refused(415, "unsupported-media-type", "Unsupported media type", "The body must be application/json.", {}, request_id);
  json::value value;
  try {
    value = evh_schemas::parse_untrusted_json(body);
  } catch (const evh_schemas::payload_error&) {
    return refused(400, "invalid-json", "Bad request", "The body is not JSON.", {}, request_id);
  }
  if (!value.is_object()) return refused(400, "invalid-json", "Bad request", "The body must be a JSON object.", {}, request_id);
  reader in(value.get_object());
  const auto of = in.read();
  if (in.faults().empty()) return {.body = items_of(of)};
  const auto& first = in.faults().front();
  return refused(422, "validation-failed", "Not acceptable as given", "The preview was not accepted: " + first.pointer + " " + first.message, in.faults(), request_id);
}

}  // namespace recurring
