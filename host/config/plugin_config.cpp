// Plugin keys: raw values to typed JSON, by the plugin's own table.
#include "host/config/plugin_config.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <boost/json.hpp>

#include "host/config/nearest.hpp"

namespace evhost::config {
namespace {

namespace json = boost::json;

std::string_view view(const evh_sv& text) {
  return text.ptr ? std::string_view(text.ptr, text.len) : std::string_view{};
}

std::string_view type_word(std::int32_t type) {
  switch (type) {
    case EVH_CONFIG_STRING: return "text";
    case EVH_CONFIG_INTEGER: return "whole number";
    case EVH_CONFIG_NUMBER: return "number";
    case EVH_CONFIG_BOOLEAN: return "truth value (true or false)";
    case EVH_CONFIG_LIST: return "list of texts";
    case EVH_CONFIG_DURATION: return "duration";
    default: return "";
  }
}

// "ms" for "poll_ms": a duration is counted in the unit its name ends with.
std::int64_t milliseconds_per_unit(std::string_view name) {
  if (name.ends_with("_ms")) return 1;
  if (name.ends_with("_s") || name.ends_with("_seconds")) return 1'000;
  if (name.ends_with("_minutes")) return 60'000;
  if (name.ends_with("_hours")) return 3'600'000;
  return name.ends_with("_days") ? 86'400'000 : 0;
}

bool secret_name(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 128 && plain(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

std::string bounds(const plugin_key& key) {
  return format_number(key.min) + ".." + format_number(key.max);
}
bool bounded(const plugin_key& key) {
  return key.min != 0 || key.max != 0;
}
bool outside(const plugin_key& key, double value) {
  return bounded(key) && (value < key.min || value > key.max);
}

struct converted {
  json::value value;
  std::string wrong;  // empty: value holds
};

converted wrong_type(const plugin_key& key, const raw_value& raw) {
  const std::string shown =
      raw.kind == raw_value::shape::scalar ? "\"" + raw.text.substr(0, 80) + "\"" : "this structure";
  return {nullptr, shown + " is not a " + std::string(type_word(key.type))};
}

converted number_in_range(const plugin_key& key, json::value value, double number) {
  if (outside(key, number))
    return {nullptr, format_number(number) + " is outside " + bounds(key) + "; choose a value in that range"};
  return {std::move(value), {}};
}

converted duration_value(const plugin_key& key, const raw_value& raw) {
  if (const auto plain = parse_integer(raw.text)) return number_in_range(key, *plain, static_cast<double>(*plain));
  const auto unit = milliseconds_per_unit(key.name);
  const auto parsed = parse_duration(raw.text);
  if (!parsed || unit == 0) return wrong_type(key, raw);
  if (parsed->count() % unit != 0) return {nullptr, raw.text + " is finer than the unit of " + std::string(key.name)};
  const std::int64_t count = parsed->count() / unit;
  return number_in_range(key, count, static_cast<double>(count));
}

converted list_value(const plugin_key& key, const raw_value& raw) {
  json::array items;
  if (raw.kind == raw_value::shape::map) return wrong_type(key, raw);
  if (raw.kind == raw_value::shape::scalar) {  // from the environment or --set
    std::string_view rest = raw.text;
    while (!rest.empty()) {
      const auto end = rest.find(',');
      if (end != 0) items.emplace_back(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    return {std::move(items), {}};
  }
  for (const auto& item : raw.items) {
    if (item.kind != raw_value::shape::scalar) return wrong_type(key, raw);
    items.emplace_back(item.text);
  }
  return {std::move(items), {}};
}

converted convert(const plugin_key& key, const raw_value& raw) {
  if (key.type == EVH_CONFIG_LIST) return list_value(key, raw);
  if (raw.kind != raw_value::shape::scalar) return wrong_type(key, raw);
  if (key.secret && !secret_name(raw.text)) {
    return {nullptr,
            "must be the name of a secret ([a-z0-9._-], at most 128 characters), never the secret itself; put the "
            "value into a file of that name in secrets.directory"};
  }
  switch (key.type) {
    case EVH_CONFIG_STRING: return {json::value(raw.text), {}};
    case EVH_CONFIG_INTEGER: {
      const auto parsed = parse_integer(raw.text);
      return parsed ? number_in_range(key, *parsed, static_cast<double>(*parsed)) : wrong_type(key, raw);
    }
    case EVH_CONFIG_NUMBER: {
      const auto parsed = parse_number(raw.text);
      return parsed ? number_in_range(key, *parsed, *parsed) : wrong_type(key, raw);
    }
    case EVH_CONFIG_BOOLEAN: {
      const auto parsed = parse_boolean(raw.text);
      return parsed ? converted{json::value(*parsed), {}} : wrong_type(key, raw);
    }
    case EVH_CONFIG_DURATION: return duration_value(key, raw);
    default: return wrong_type(key, raw);
  }
}

bool default_fits(const plugin_key& key, const json::value& value) {
  const auto number = [&] { return value.is_number() && !outside(key, value.to_number<double>()); };
  switch (key.type) {
    case EVH_CONFIG_STRING: return value.is_string();
    case EVH_CONFIG_INTEGER:
    case EVH_CONFIG_DURATION: return value.is_int64() && number();
    case EVH_CONFIG_NUMBER: return number();
    case EVH_CONFIG_BOOLEAN: return value.is_bool();
    case EVH_CONFIG_LIST:
      return value.is_array() &&
             std::ranges::all_of(value.get_array(), [](const json::value& item) { return item.is_string(); });
    default: return false;
  }
}

std::string normalised(std::string_view id) {
  std::string out(id);
  std::ranges::replace_if(
      out, [](char c) { return c == '-' || c == '.'; }, '_');
  return out;
}

std::string default_value(const plugin_key& key, json::object& into) {
  if (type_word(key.type).empty())
    return "has the unknown type " + std::to_string(key.type) + " in the plugin's descriptor";
  if (key.default_json.empty()) return key.required ? "is required and not set" : "";
  boost::system::error_code error;
  auto value = json::parse(key.default_json, error);
  if (error || !default_fits(key, value)) {
    return "has a default in the plugin's descriptor that is not a " + std::string(type_word(key.type)) +
           " inside its bounds";
  }
  into.emplace(key.name, std::move(value));
  return {};
}

}  // namespace

std::vector<plugin_key> plugin_keys(const evh_descriptor& descriptor) {
  std::vector<plugin_key> keys;
  if (!EVH_HAS(&descriptor, config_stride) || !descriptor.config ||
      descriptor.config_stride < offsetof(evh_config_key, default_json))
    return keys;
  const auto* at = reinterpret_cast<const char*>(descriptor.config);
  const std::size_t count = std::min<std::size_t>(descriptor.config_count, plugin_keys_max);
  for (std::size_t i = 0; i < count; ++i, at += descriptor.config_stride) {
    const auto& row = *reinterpret_cast<const evh_config_key*>(at);
    plugin_key key{.name = view(row.name),
                   .type = row.type,
                   .secret = (row.flags & EVH_CONFIG_SECRET) != 0,
                   .required = (row.flags & EVH_CONFIG_REQUIRED) != 0,
                   .default_json = {},
                   .text = {}};
    if (EVH_HAS(&row, default_json)) key.default_json = view(row.default_json);
    if (EVH_HAS(&row, max)) key.min = row.min, key.max = row.max;
    if (EVH_HAS(&row, text)) key.text = view(row.text);
    keys.push_back(key);
  }
  return keys;
}

plugin_entry plugin_entry_of(const settings& all, std::string_view id) {
  plugin_entry merged;
  const auto& entries = all.plugins.entries;
  if (const auto exact = entries.find(id); exact != entries.end()) merged = exact->second;
  const auto loose = entries.find(normalised(id));  // what the environment could not spell
  if (loose == entries.end() || loose->first == id) return merged;
  for (const auto& [key, raw] : loose->second.values) {
    auto& place = merged.values[key];
    if (place.from.from <= raw.from.from) place = raw;
  }
  merged.enabled = merged.enabled && loose->second.enabled;
  if (loose->second.grants) merged.grants = loose->second.grants;
  return merged;
}

std::string plugin_snapshot(const settings& all, std::string_view id, std::span<const plugin_key> keys,
                            std::vector<problem>& problems) {
  const std::string path = "plugins." + std::string(id) + ".";
  const plugin_entry entry = plugin_entry_of(all, id);
  std::vector<std::string_view> known{"enabled", "grants"};
  for (const auto& key : keys) known.push_back(key.name);
  for (const auto& [name, raw] : entry.values) {
    if (std::ranges::find(known, name) == known.end()) {
      problems.push_back({raw.from.where, path + name, "is no key of this plugin" + did_you_mean(name, known)});
    }
  }
  json::object snapshot;
  for (const auto& key : keys) {
    const auto found = entry.values.find(key.name);
    if (found == entry.values.end()) {
      if (auto wrong = default_value(key, snapshot); !wrong.empty()) {
        problems.push_back({"plugin " + std::string(id), path + std::string(key.name), std::move(wrong)});
      }
      continue;
    }
    auto [value, wrong] = convert(key, found->second);
    if (wrong.empty())
      snapshot.insert_or_assign(key.name, std::move(value));
    else
      problems.push_back({found->second.from.where, path + std::string(key.name), std::move(wrong)});
  }
  return json::serialize(snapshot);
}

std::string plugin_docs(std::span<const plugin_key> keys) {
  std::string out;
  for (const auto& key : keys) {
    out += "| `" + std::string(key.name) + "` | " +
           (key.default_json.empty() ? std::string(key.required ? "required" : "none")
                                     : "`" + std::string(key.default_json) + "`") +
           " | " + (key.secret ? "name of a secret" : std::string(type_word(key.type))) +
           (bounded(key) ? " " + bounds(key) : "") + " | " + std::string(key.text) + " |\n";
  }
  return out;
}

}  // namespace evhost::config
