// Renders the descriptor table: as annotated YAML, as JSON Schema, as Markdown.
#include "host/config/describe.hpp"

#include <array>
#include <cstdio>

namespace evhost::config {
namespace {

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (static_cast<unsigned char>(c) >= 0x20)
      out += c;
    else {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    }
  }
  return out + "\"";
}

bool is_textual(option_type type) {
  return type == option_type::text || type == option_type::path || type == option_type::secret;
}

std::string yaml_value(const option& what, const settings& from) {
  if (what.type() == option_type::list) {
    settings copy = from;
    std::string out;
    for (const auto& item : *std::get<std::vector<std::string>*>(what.at(copy)))
      out += (out.empty() ? "" : ", ") + json_text(item);
    return "[" + out + "]";
  }
  const auto shown = shown_value(what, from);
  return is_textual(what.type()) ? json_text(shown) : shown;
}

std::string raw_yaml(const raw_value& raw) {
  std::string out;
  switch (raw.kind) {
    case raw_value::shape::scalar: return raw.quoted ? json_text(raw.text) : raw.text;
    case raw_value::shape::list:
      for (const auto& item : raw.items) out += (out.empty() ? "" : ", ") + raw_yaml(item);
      return "[" + out + "]";
    case raw_value::shape::map:
      for (const auto& [key, value] : raw.entries) out += (out.empty() ? "" : ", ") + key + ": " + raw_yaml(value);
      return "{" + out + "}";
  }
  return out;
}

void print_plugins(std::string& out, const loaded& effective) {
  const auto note = [&](const std::string& path) {
    const auto found = effective.sources.find(path);
    return found == effective.sources.end() ? std::string{} : "  # " + found->second.where;
  };
  for (const auto& [id, entry] : effective.values.plugins.entries) {
    const std::string path = "plugins." + id + ".";
    out +=
        "  " + json_text(id) + ":\n    enabled: " + (entry.enabled ? "true" : "false") + note(path + "enabled") + "\n";
    if (entry.grants) {
      std::string grants;
      for (const auto& grant : *entry.grants) grants += (grants.empty() ? "" : ", ") + json_text(grant);
      out += "    grants: [" + grants + "]" + note(path + "grants") + "\n";
    }
    for (const auto& [key, raw] : entry.values) out += "    " + key + ": " + raw_yaml(raw) + note(path + key) + "\n";
  }
}

// The JSON Schema of one key, without its name.
std::string key_schema(const option& what) {
  static const settings defaults;
  const std::string low = format_number(what.min), high = format_number(what.max);
  std::string out = "{\"description\": " + json_text(what.text);
  switch (what.type()) {
    case option_type::boolean: out += R"(, "type": "boolean", "default": )" + shown_value(what, defaults); break;
    case option_type::integer:
      out += R"(, "type": "integer", "minimum": )" + std::to_string(static_cast<std::int64_t>(what.min)) +
             ", \"maximum\": " + std::to_string(static_cast<std::int64_t>(what.max)) +
             ", \"default\": " + shown_value(what, defaults);
      break;
    case option_type::number:
      out += R"(, "type": "number", "minimum": )" + low + ", \"maximum\": " + high +
             ", \"default\": " + shown_value(what, defaults);
      break;
    case option_type::duration:
      out += R"(, "type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$", "default": )" +
             json_text(shown_value(what, defaults));
      break;
    case option_type::size:
      out += R"(, "type": ["string", "integer"], "pattern": "^[0-9]+(B|KiB|MiB|GiB)?$", "minimum": 0, "default": )" +
             json_text(shown_value(what, defaults));
      break;
    case option_type::list:
      out += R"(, "type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": )" + high +
             ", \"default\": []";
      break;
    default:
      out += R"(, "type": "string")";
      if (what.max > 0) out += ", \"minLength\": " + low + ", \"maxLength\": " + high;
      out += ", \"default\": " + json_text(shown_value(what, defaults));
  }
  if (!what.choices.empty()) {
    std::string names;
    for (const auto& choice : what.choices) names += (names.empty() ? "" : ", ") + json_text(choice);
    out += ", \"enum\": [" + names + "]";
  }
  const auto range = range_text(what);
  if ((what.type() == option_type::duration || what.type() == option_type::size) && !range.empty())
    out += ", \"x-range\": " + json_text(range);
  if (!what.unit.empty()) out += ", \"x-unit\": " + json_text(what.unit);
  if (what.type() == option_type::secret) out += R"(, "x-secret": true)";
  out += std::string(", \"x-reload\": ") + (what.restart ? "\"restart\"" : "\"hot\"");
  return out + "}";
}

constexpr std::string_view plugin_section_schema =
    R"({"type": "object", "description": "Settings of the plugin of that id; its own keys are in its descriptor (evhost plugins).",)"
    R"( "properties": {"enabled": {"type": "boolean", "default": true, "description": "Load this plugin."},)"
    R"( "grants": {"type": "array", "items": {"type": "string"}, "description": "Extensions it may use; absent: all it asks for."}}})";

std::string default_cell(const option& what) {
  static const settings defaults;
  const auto shown = shown_value(what, defaults);
  if ((shown.empty() || shown == "[]" || shown == "0") && !what.default_text.empty())
    return std::string(what.default_text);
  return shown.empty() ? "empty" : "`" + shown + "`";
}

std::string range_cell(const option& what) {
  std::string out = range_text(what);
  for (std::size_t at = 0; (at = out.find('|', at)) != std::string::npos; at += 4) out.replace(at, 1, " or ");
  if (!what.unit.empty()) out += (out.empty() ? "" : " ") + std::string(what.unit);
  if (out.empty())
    out = what.type() == option_type::boolean ? "true or false"
          : what.type() == option_type::list  ? "list of texts"
                                              : "text";
  return out;
}

constexpr std::string_view docs_head =
    "# Configuration\n\n"
    "Made by `evhost config docs` from the host's descriptor table; a test fails when this file differs from it.\n\n"
    "A key is set, strongest first:\n\n"
    "1. on the command line: `--set http.port=9090`,\n"
    "2. in the environment: `EVH_HTTP__PORT=9090` (`EVH_<SECTION>__<KEY>`), or by the fixed name the table gives,\n"
    "3. in the YAML file that `--config` or `EVH_CONFIG` names,\n"
    "4. by its default.\n\n"
    "An unknown key, a wrong type or a value out of range is refused at the start with the source, the key and the "
    "remedy;\n"
    "all mistakes are reported at once and the exit code is 78. `evhost config print` shows what holds and where it "
    "came\n"
    "from, `evhost config schema` prints the JSON Schema of the file (`schemas/config/evhost.schema.json`).\n\n"
    "Durations are a whole number with `ms`, `s`, `m`, `h` or `d`; sizes a whole number of bytes or one with `KiB`, "
    "`MiB`\n"
    "or `GiB`; lists are `[a, b]` in the file and `a,b` elsewhere. Paths are relative to the working directory. "
    "Secrets do\n"
    "not stand here: a key of a plugin that needs one holds its name, and its value is a file in `secrets.directory` "
    "or\n"
    "the variable `EVH_SECRET_<NAME>`, or in the Dapr component `dapr.secret_store`, which is asked first.\n"
    "`storage.database_url`, `kafka.sasl_password` and `kafka.ssl_key_password` may say `secret:NAME`: the value comes from the same places.\n";

constexpr std::string_view docs_tail =
    "\n## plugins.&lt;id&gt;\n\n"
    "| key | default | allowed | meaning |\n| --- | --- | --- | --- |\n"
    "| `enabled` | `true` | true or false | Load the plugin of that id. |\n"
    "| `grants` | all it asks for | list of texts | Extensions the plugin may use; another one is not there for it. "
    "|\n\n"
    "Every other key belongs to the plugin and is checked against the table in its descriptor, which `evhost plugins` "
    "shows.\n"
    "In the environment: `EVH_PLUGINS__<ID>__<KEY>`, with `_` for a dot or dash in the id.\n";

}  // namespace

std::string print_config(const loaded& effective) {
  std::string out = effective.file.empty() ? "# no configuration file\n" : "# " + effective.file.string() + "\n";
  std::string_view section;
  for (const auto& what : options()) {
    if (what.section() != section) {
      section = what.section();
      out += std::string(section) + ":\n";
    }
    const auto found = effective.sources.find(what.name);
    out += "  " + std::string(what.key()) + ": " + yaml_value(what, effective.values) + "  # " +
           (found == effective.sources.end() ? "default" : found->second.where) + "\n";
  }
  print_plugins(out, effective);
  return out;
}

std::string config_schema() {
  std::string out =
      "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": \"evhost configuration\",\n"
      "  \"type\": \"object\",\n  \"additionalProperties\": false,\n  \"properties\": {\n";
  const auto all = options();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool first = i == 0 || all[i - 1].section() != all[i].section();
    const bool last = i + 1 == all.size() || all[i + 1].section() != all[i].section();
    const bool plugins = all[i].section() == "plugins";
    if (first) {
      out += "    " + json_text(all[i].section()) +
             ": {\n      \"type\": \"object\",\n      \"additionalProperties\": " +
             (plugins ? std::string(plugin_section_schema) : "false") + ",\n      \"properties\": {\n";
    }
    out += "        " + json_text(all[i].key()) + ": " + key_schema(all[i]) + (last ? "\n" : ",\n");
    if (last) out += i + 1 == all.size() ? "      }\n    }\n" : "      }\n    },\n";
  }
  return out + "  }\n}\n";
}

std::string config_docs() {
  std::string out(docs_head);
  std::string_view section;
  for (const auto& what : options()) {
    if (what.section() != section) {
      section = what.section();
      out += "\n## " + std::string(section) + "\n\n| key | default | allowed | meaning |\n| --- | --- | --- | --- |\n";
    }
    out += "| `" + std::string(what.key()) + "` | " + default_cell(what) + " | " + range_cell(what) + " | " +
           std::string(what.text);
    if (!what.environment.empty()) out += " Also `" + std::string(what.environment) + "`.";
    if (!what.restart) out += " Takes effect at once.";
    out += " Example: `" + std::string(what.example) + "`. |\n";
  }
  return out + std::string(docs_tail);
}

}  // namespace evhost::config
