// Reading of task and project bodies.
#include "plugins/chat/tasks/input.hpp"

#include <algorithm>
#include <functional>

#include "plugins/calendar/civil.hpp"
#include "plugins/calendar/zone.hpp"
#include "schemas/events/json_read.hpp"
#include "plugins/chat/tasks/series.hpp"
#include "schemas/events/json_write.hpp"

namespace chat {

namespace {

namespace json = boost::json;

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool has_control(std::string_view text, std::string_view allowed = "") {
  return std::any_of(text.begin(), text.end(), [&](char c) { return is_control(c) && allowed.find(c) == std::string_view::npos; });
}
std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Reads members and collects what is wrong, so that one answer names everything.
class reader {
 public:
  void fail(std::string pointer, std::string code, std::string message) {
    errors_.push_back({std::move(pointer), std::move(code), std::move(message)});
  }
  bool failed() const { return !errors_.empty(); }

  const std::string_view* text(const json::value& value, const std::string& pointer) {
    if (!value.is_string()) return fail(pointer, "invalid", "must be text"), nullptr;
    held_ = std::string_view(value.get_string());
    return &held_;
  }
  void unknown(std::string_view name, const std::string& parent) {
    fail(parent + "/" + escaped(name), "unknown-field", "is not a field that can be set here");
  }
  static std::string escaped(std::string_view name) {
    std::string out;
    for (const char c : name.substr(0, 100)) {
      if (c == '~') out += "~0";
      else if (c == '/') out += "~1";
      else out += c;
    }
    return out;
  }
  // Throws when anything was wrong.
  void finish(std::string_view what) {
    if (errors_.empty()) return;
    const bool unknown = std::any_of(errors_.begin(), errors_.end(), [](const field_error& e) { return e.code == "unknown-field"; });
    std::string detail = "The " + std::string(what) + " was not accepted: " + errors_.front().pointer + " " + errors_.front().message;
    if (errors_.size() > 1) detail += ", and " + std::to_string(errors_.size() - 1) + " more";
    throw refusal(422, unknown ? "unknown-field" : "validation-failed", detail + ".", std::move(errors_));
  }

 private:
  std::vector<field_error> errors_;
  std::string_view held_;
};

std::optional<chat::due> read_due(reader& in, const json::value& value, const std::string& at, bool with_time) {
  const auto* object = value.if_object();
  const auto bad = [&](const std::string& where, const std::string& message) { return in.fail(where, "invalid", message), std::nullopt; };
  if (object == nullptr) return bad(at, "must be one of {date}, {local}, {local, tz}, {instant}");
  chat::due out;
  for (const auto& member : *object) {
    const std::string where = at + "/" + reader::escaped(member.key());
    std::string* into = member.key() == "date" ? &out.date : member.key() == "local" ? &out.local
                      : member.key() == "tz" ? &out.tz : member.key() == "instant" ? &out.instant : nullptr;
    if (into == nullptr) return in.unknown(member.key(), at), std::nullopt;
    if (member.value().is_null()) continue;
    const auto* text = in.text(member.value(), where);
    if (text == nullptr) return std::nullopt;
    if (text->empty() || text->size() > 64) return bad(where, "must not be empty or longer than 64 characters");
    *into = *text;
  }
  const int forms = !out.date.empty() + !out.local.empty() + !out.instant.empty();
  if (forms != 1 || (!out.tz.empty() && out.local.empty())) return bad(at, "must be one of {date}, {local}, {local, tz}, {instant}");
  if (!out.date.empty()) {
    if (with_time) return bad(at, "needs a time of day");
    const auto day = calendar::parse_date(out.date);
    if (!day) return bad(at + "/date", "must be a date that exists, such as 2026-08-19");
    out.date = calendar::format_date(*day);
  } else if (!out.local.empty()) {
    const auto local = calendar::parse_local(out.local);
    if (!local) return bad(at + "/local", "must be a wall-clock time such as 2026-08-19T17:00, without an offset");
    out.local = calendar::format_local(*local);
    if (!out.tz.empty() && !calendar::zone_known(out.tz)) return bad(at + "/tz", "must be an IANA time zone such as Europe/Paris");
  } else {
    const auto instant = calendar::parse_instant(out.instant);
    if (!instant) return bad(at + "/instant", "must be an RFC 3339 time such as 2026-08-19T21:00:00Z");
    out.instant = calendar::format_instant(*instant);
  }
  return out;
}

std::optional<reminder> read_reminder(reader& in, const json::value& value, const std::string& at) {
  const auto* object = value.if_object();
  const auto bad = [&](const std::string& where, const std::string& message) { return in.fail(where, "invalid", message), std::nullopt; };
  if (object == nullptr) return bad(at, "must be {offset} or {at}");
  reminder out;
  for (const auto& member : *object) {
    const std::string where = at + "/" + reader::escaped(member.key());
    if (member.key() == "at") {
      out.at = read_due(in, member.value(), where, true);
      if (!out.at) return std::nullopt;
      continue;
    }
    std::string* into = member.key() == "id" ? &out.id : member.key() == "offset" ? &out.offset : member.key() == "time" ? &out.time : nullptr;
    if (into == nullptr) return in.unknown(member.key(), at), std::nullopt;
    const auto* text = in.text(member.value(), where);
    if (text == nullptr) return std::nullopt;
    if (text->empty() || text->size() > 64 || has_control(*text)) return bad(where, "must have 1 to 64 plain characters");
    *into = *text;
  }
  if (out.at.has_value() == !out.offset.empty()) return bad(at, "must be either {offset} or {at}");
  if (out.at) return out.time.empty() ? std::optional(out) : bad(at + "/time", "belongs to an offset of whole days");
  const auto offset = calendar::parse_period(out.offset);
  if (!offset || offset->months > 0 || offset->days > 0 || offset->seconds.count() > 0 || offset->months < -1200 || offset->days < -36'500)
    return bad(at + "/offset", "must be a time before the due such as -PT30M or -P1D, or PT0S");
  out.offset = calendar::format_period(*offset);
  if (!out.time.empty()) {
    const auto time = calendar::parse_time(out.time);
    if (!time || offset->seconds.count() != 0) return bad(at + "/time", "must be HH:MM beside an offset of whole days");
    out.time = calendar::format_time(*time);
  }
  return out;
}

std::optional<evh_schemas::recurrence> read_recurrence(reader& in, const json::value& value, const std::string& at) {
  const auto* object = value.if_object();
  if (object == nullptr) return in.fail(at, "invalid", "must be {rrule, anchor, catch_up} or null"), std::nullopt;
  const auto one_of = [&](const json::object::const_iterator& member, std::initializer_list<std::string_view> names) {
    const bool known = member->value().is_string() && std::find(names.begin(), names.end(), std::string_view(member->value().get_string())) != names.end();
    if (!known) in.fail(at + "/" + std::string(member->key()), "invalid", "is not one of the known names");
    return known;
  };
  evh_schemas::recurrence out;
  bool good = true;
  for (auto member = object->begin(); member != object->end(); ++member) {
    if (member->key() == "rrule") {
      const auto* text = in.text(member->value(), at + "/rrule");
      if (text != nullptr)
        if (const auto wrong = wrong_rule(*text)) in.fail(at + "/rrule", "invalid", *wrong), good = false;
      good = good && text != nullptr;
      if (good) out.rrule = *text;
    } else if (member->key() == "anchor") {
      good = one_of(member, {"schedule", "completion"}) && good;
      if (good) out.anchor = *evh_schemas::from_text<evh_schemas::recurrence_anchor>(std::string_view(member->value().get_string()));
    } else if (member->key() == "catch_up") {
      good = one_of(member, {"keep", "skip_to_future", "pile_up"}) && good;
      if (good) out.catch_up = *evh_schemas::from_text<evh_schemas::catch_up>(std::string_view(member->value().get_string()));
    } else {
      in.unknown(member->key(), at);
      good = false;
    }
  }
  if (!object->contains("rrule")) in.fail(at + "/rrule", "required", "is missing"), good = false;
  if (!good) return std::nullopt;
  return out;
}

std::optional<std::optional<std::string>> read_id(reader& in, const json::value& value, const std::string& at) {
  if (value.is_null()) return std::optional<std::string>();
  const auto* text = in.text(value, at);
  if (text == nullptr) return std::nullopt;
  const auto id = parse_uuid(*text);
  if (!id) return in.fail(at, "invalid", "must be a UUID or null"), std::nullopt;
  return std::optional(to_text(*id));
}

void read_tags(reader& in, const json::value& value, std::vector<std::string>& into) {
  if (value.is_null()) return;
  const auto* list = value.if_array();
  if (list == nullptr) return in.fail("/tags", "invalid", "must be a list of tags");
  if (list->size() > tags_max) return in.fail("/tags", "too-many", "holds at most 50 tags");
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string at = "/tags/" + std::to_string(i);
    const auto* text = in.text((*list)[i], at);
    if (text == nullptr) continue;
    std::string why;
    const auto tag = clean_tag(*text, why);
    if (!tag) in.fail(at, "invalid", why);
    else if (std::find(into.begin(), into.end(), *tag) == into.end()) into.push_back(*tag);
  }
}

void read_reminders(reader& in, const json::value& value, std::vector<reminder>& into) {
  if (value.is_null()) return;
  const auto* list = value.if_array();
  if (list == nullptr) return in.fail("/reminders", "invalid", "must be a list of reminders");
  if (list->size() > reminders_max) return in.fail("/reminders", "too-many", "holds at most 20 reminders");
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string at = "/reminders/" + std::to_string(i);
    auto read = read_reminder(in, (*list)[i], at);
    if (!read) continue;
    const bool twice = !read->id.empty() && std::any_of(into.begin(), into.end(), [&](const reminder& r) { return r.id == read->id; });
    if (twice) in.fail(at + "/id", "invalid", "stands twice");
    else into.push_back(std::move(*read));
  }
}

template <class Enum> void read_name(reader& in, const json::value& value, const std::string& at, std::optional<Enum>& into) {
  const auto* text = in.text(value, at);
  if (text == nullptr) return;
  into = evh_schemas::from_text<Enum>(*text);
  if (into) return;
  std::string names;
  for (const auto name : evh_schemas::enum_names<Enum>::names) names += (names.empty() ? "" : ", ") + std::string(name);
  in.fail(at, "invalid", "must be one of " + names);
}

void read_text(reader& in, const json::value& value, const std::string& at, std::size_t max, std::optional<std::string>& into) {
  if (value.is_null()) {
    into.emplace();
    return;
  }
  const auto* text = in.text(value, at);
  if (text == nullptr) return;
  if (characters(*text) > max) in.fail(at, "too-long", "has at most " + std::to_string(max) + " characters");
  else if (has_control(*text, "\n\r\t")) in.fail(at, "invalid", "must not hold control characters");
  else into = std::string(*text);
}

void read_subject(reader& in, const json::value& value, const std::string& at, std::optional<std::optional<std::string>>& into) {
  if (value.is_null()) {
    into.emplace();
    return;
  }
  const auto* text = in.text(value, at);
  if (text == nullptr) return;
  if (text->empty() || text->size() > 200 || has_control(*text)) in.fail(at, "invalid", "must be the id of a person or null");
  else into = std::optional(std::string(*text));
}

void read_field(reader& in, const json::key_value_pair& member, task_patch& out) {
  const std::string_view name = member.key();
  const json::value& value = member.value();
  if (name == "title") {
    const auto* text = in.text(value, "/title");
    std::string why;
    if (text != nullptr && !(out.title = clean_title(*text, why))) in.fail("/title", why.starts_with("has at most") ? "too-long" : "invalid", why);
  } else if (name == "description") {
    read_text(in, value, "/description", description_max, out.description);
  } else if (name == "priority") {
    if (value.is_null()) out.priority = priority::medium;
    else read_name(in, value, "/priority", out.priority);
  } else if (name == "tags") {
    read_tags(in, value, out.tags.emplace());
  } else if (name == "project_id") {
    out.project_id = read_id(in, value, "/project_id");
  } else if (name == "parent_id") {
    out.parent_id = read_id(in, value, "/parent_id");
  } else if (name == "due") {
    if (value.is_null()) out.due.emplace();
    else if (auto due = read_due(in, value, "/due", false)) out.due = std::move(due);
  } else if (name == "reminders") {
    read_reminders(in, value, out.reminders.emplace());
  } else if (name == "assignee_id") {
    read_subject(in, value, "/assignee_id", out.assignee_id);
  } else if (name == "recurrence") {
    if (value.is_null()) out.recurrence.emplace();
    else if (auto rule = read_recurrence(in, value, "/recurrence")) out.recurrence = std::move(rule);
  } else {
    in.unknown(name, "");
  }
}

}  // namespace

std::optional<std::string> clean_tag(std::string_view text, std::string& why) {
  text = trim(text);
  if (text.empty() || characters(text) > tag_max) return why = "must have 1 to 50 characters", std::nullopt;
  std::string out(text);
  for (char& c : out) {
    if (is_control(c) || std::string_view(" ,\"'\\#@&|!()").find(c) != std::string_view::npos)
      return why = "must not hold spaces, quotes, commas or any of # @ & | ! ( ) \\", std::nullopt;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

std::optional<std::string> clean_title(std::string_view text, std::string& why) {
  text = trim(text);
  if (text.empty()) return why = "must not be empty", std::nullopt;
  if (characters(text) > title_max) return why = "has at most 500 characters", std::nullopt;
  if (has_control(text)) return why = "must not hold line breaks or other control characters", std::nullopt;
  return std::string(text);
}

boost::json::object read_object(std::string_view body) {
  try {
    json::value value = evh_schemas::parse_untrusted_json(body);
    if (auto* object = value.if_object()) return std::move(*object);
  } catch (const evh_schemas::payload_error& wrong) {
    throw refusal(400, "invalid-json", "The body is " + std::string(wrong.what()).substr(9) + ".");
  }
  throw refusal(400, "invalid-json", "The body must be a JSON object.");
}

task_patch read_new_task(const json::object& body, std::optional<uuid>& id) {
  reader in;
  task_patch out;
  for (const auto& member : body) {
    if (member.key() != "id") {
      read_field(in, member, out);
      continue;
    }
    const auto* text = in.text(member.value(), "/id");
    if (text == nullptr) continue;
    id = parse_uuid(*text);
    if (!id || (id->data[6] >> 4) != 7 || (id->data[8] >> 6) != 2) in.fail("/id", "invalid", "must be a UUIDv7");
  }
  if (!body.contains("title")) in.fail("/title", "required", "is missing");
  in.finish("task");
  return out;
}

task_patch read_task_patch(const json::object& body) {
  reader in;
  task_patch out;
  for (const auto& member : body) {
    if (member.key() == "status") read_name(in, member.value(), "/status", out.status);
    else read_field(in, member, out);
  }
  in.finish("change");
  return out;
}

project_patch read_project(const json::object& body, bool creating, std::optional<uuid>& id) {
  reader in;
  project_patch out;
  for (const auto& member : body) {
    const std::string_view name = member.key();
    if (name == "name") {
      const auto* text = in.text(member.value(), "/name");
      std::string why;
      if (text != nullptr && !(out.name = clean_title(*text, why))) in.fail("/name", "invalid", why);
      else if (out.name && characters(*out.name) > project_name_max) in.fail("/name", "too-long", "has at most 200 characters");
    } else if (name == "description") {
      read_text(in, member.value(), "/description", description_max, out.description);
    } else if (name == "archived") {
      if (member.value().is_bool()) out.archived = member.value().get_bool();
      else in.fail("/archived", "invalid", "must be true or false");
    } else if (name == "id" && creating) {
      const auto* text = in.text(member.value(), "/id");
      if (text != nullptr && !(id = parse_uuid(*text))) in.fail("/id", "invalid", "must be a UUIDv7");
    } else {
      in.unknown(name, "");
    }
  }
  if (creating && !body.contains("name")) in.fail("/name", "required", "is missing");
  in.finish("project");
  return out;
}

void apply(const task_patch& patch, task& to) {
  if (patch.title) to.title = *patch.title;
  if (patch.description) to.description = *patch.description;
  if (patch.priority) to.priority = *patch.priority;
  if (patch.tags) to.tags = *patch.tags;
  if (patch.project_id) to.project_id = *patch.project_id;
  if (patch.parent_id) to.parent_id = *patch.parent_id;
  if (patch.due) to.due = *patch.due;
  if (patch.reminders) to.reminders = *patch.reminders;
  if (patch.recurrence) to.recurrence = *patch.recurrence;
  if (patch.assignee_id) to.assignee_id = *patch.assignee_id;
}

void settle(task& value) {
  int next = 1;
  for (std::size_t i = 0; i < value.reminders.size(); ++i) {
    reminder& each = value.reminders[i];
    if (!each.offset.empty() && !value.due)
      throw refusal(422, "validation-failed", "A reminder before the due time needs a due.",
                    {{"/reminders/" + std::to_string(i) + "/offset", "invalid", "needs a due"}});
    const auto taken = [&](const std::string& id) {
      return std::any_of(value.reminders.begin(), value.reminders.end(), [&](const reminder& r) { return r.id == id; });
    };
    while (each.id.empty()) {
      std::string candidate = "r" + std::to_string(next++);
      if (!taken(candidate)) each.id = std::move(candidate);
    }
  }
}

}  // namespace chat
