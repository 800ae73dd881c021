// The table reader and the renderer.
#include "utterance_table.hpp"

#include <deque>
#include <fstream>
#include <stdexcept>

namespace chat_language_test {

namespace json = boost::json;
using namespace chat::language;

utterance_row read_row(const std::string& line) {
  std::vector<std::string> cells;
  for (std::size_t at = 0; at <= line.size();) {
    const auto tab = std::min(line.find('\t', at), line.size());
    cells.push_back(line.substr(at, tab - at));
    at = tab + 1;
  }
  if (cells.size() < 3) throw std::runtime_error("at least three columns wanted: " + line);
  utterance_row row{cells[0], cells[1], cells.size() > 3 ? cells[3] : "covered", json::parse(cells[2]).as_object(), {}};
  if (cells.size() > 4 && !cells[4].empty()) row.settings = json::parse(cells[4]).as_object();
  return row;
}

std::vector<utterance_row> read_table(const std::string& file) {
  std::ifstream in(std::string{EVH_UTTERANCES} + "/" + file);
  if (!in) throw std::runtime_error("cannot read " + file);
  std::vector<utterance_row> rows;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    rows.push_back(read_row(line));
  }
  return rows;
}

context usual_context() {
  static const std::vector<std::string> projects{"groceries", "work", "finance"};
  context ctx;
  ctx.now = *calendar::parse_instant("2026-08-18T14:30:00Z");
  ctx.tz = "America/New_York";
  ctx.last_list_count = 5;
  ctx.has_last_entity = true;
  ctx.projects = projects;
  return ctx;
}

// Names live as long as the program: a context only looks at them.
static const std::vector<std::string>& kept_names(const json::array& names) {
  static std::deque<std::vector<std::string>> kept;
  auto& out = kept.emplace_back();
  for (const auto& name : names) out.emplace_back(name.as_string());
  return out;
}

context context_of(const utterance_row& row) {
  context ctx = usual_context();
  for (const auto& [key, value] : row.settings) {
    if (key == "now") ctx.now = calendar::parse_instant(value.as_string()).value();
    else if (key == "tz") ctx.tz = value.as_string();
    else if (key == "locale") ctx.locale = value.as_string();
    else if (key == "last_list") ctx.last_list_count = static_cast<std::size_t>(value.as_int64());
    else if (key == "last_entity") ctx.has_last_entity = value.as_bool();
    else if (key == "week_start") ctx.prefs.week_start = std::chrono::weekday{static_cast<unsigned>(value.as_int64())};
    else if (key == "last_notification") ctx.has_last_notification = value.as_bool();
    else if (key == "people") ctx.people = kept_names(value.as_array());
    else if (key == "projects") ctx.projects = kept_names(value.as_array());
    else if (key == "pending") ctx.pending = value == "choice" ? pending_question::choice : value == "count" ? pending_question::count : pending_question::confirm;
    else throw std::runtime_error("unknown setting in row " + row.number);
  }
  return ctx;
}

json::object render(const understanding& u) {
  json::object out{{"intent", u.intent}, {"slots", u.slots}};
  const auto codes = [](const std::vector<assumption>& all) {
    json::array list;
    for (const auto& one : all) list.emplace_back(one.code);
    return list;
  };
  if (!u.assumptions.empty()) out["as"] = codes(u.assumptions);
  if (!u.hints.empty()) out["hints"] = codes(u.hints);
  if (u.question) {
    out["question"] = u.question->code;
    json::array options;
    for (const auto& option : u.question->options) options.emplace_back(option.value);
    if (!options.empty()) out["options"] = std::move(options);
  }
  if (u.error) out["error"] = u.error->code;
  if (u.confirm != confirmation::none) out["confirm"] = u.confirm == confirmation::required ? "required" : "typed_count";
  if (u.offer) out["offer"] = u.offer->title;
  if (!u.parts.empty()) {
    json::array parts;
    for (const auto& part : u.parts) parts.push_back(render(part));
    out["parts"] = std::move(parts);
  }
  return out;
}

json::object render_like(const understanding& u, const json::object& expected) {
  json::object out = render(u);
  if (!expected.contains("offer")) out.erase("offer");
  return out;
}

json::object meaning(json::object value, const json::object& expected) {
  for (const char* key : {"as", "hints", "offer"}) value.erase(key);
  if (!expected.contains("options")) value.erase("options");
  if (auto* slots = value.if_contains("slots"); slots && slots->is_object()) {
    const auto* wanted = expected.if_contains("slots");
    const auto drop = [&](const char* name, std::string_view usual) {
      const bool said = wanted && wanted->is_object() && wanted->as_object().contains(name);
      const auto* is = slots->as_object().if_contains(name);
      if (is && !said && (usual.empty() || (is->is_string() && is->as_string() == usual))) slots->as_object().erase(name);
    };
    drop("anchor", "schedule");
    drop("sort", "due");
    drop("keep_time", "");
  }
  if (auto* parts = value.if_contains("parts"))
    for (std::size_t i = 0; i < parts->as_array().size(); ++i) {
      json::object like;
      if (const auto* more = expected.if_contains("parts"); more && i < more->as_array().size()) like = more->as_array()[i].as_object();
      parts->as_array()[i] = meaning(parts->as_array()[i].as_object(), like);
    }
  return value;
}

}  // namespace chat_language_test
