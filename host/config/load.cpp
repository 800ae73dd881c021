// Gathers raw values from file, environment and command line, lets the table assign them, then checks what only makes
// sense together.
#include "host/config/load.hpp"

#include <unistd.h>
#include <algorithm>

#include "host/config/nearest.hpp"
#include "host/config/yaml_file.hpp"

namespace evhost::config {
namespace {

std::string joined(std::span<const problem> problems) {
  std::string out;
  for (const auto& one : problems) out += (out.empty() ? "" : "\n") + one.text();
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

// "a,b" (or "a:b" for a path list, or "[a, b]") from one environment value or --set: a list key takes it apart.
raw_value list_from_text(const raw_value& scalar, bool colons) {
  raw_value list = scalar;
  list.kind = raw_value::shape::list;
  std::string_view rest = scalar.text;
  if (rest.size() >= 2 && rest.front() == '[' && rest.back() == ']') rest = rest.substr(1, rest.size() - 2);
  while (!rest.empty()) {
    const std::size_t end = rest.find(colons ? ':' : ',');
    std::string_view item = rest.substr(0, end);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (!item.empty()) list.items.push_back({.text = std::string(item), .from = scalar.from});
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return list;
}

class loader {
 public:
  explicit loader(const inputs& from) : inputs_(from) {}

  loaded run() {
    read_file();
    read_environment();
    read_assignments();
    if (auto& all = result_.values; problems_.empty()) {
      check_engines(all);
      check_relations(all);
      fill_derived(all);
    }
    if (!problems_.empty()) throw config_error(std::move(problems_));
    return std::move(result_);
  }

 private:
  void complain(const source& from, std::string path, std::string message) {
    problems_.push_back({from.where, std::move(path), std::move(message)});
  }

  void set(const option& what, const raw_value& raw) {
    auto wrong = assign(what, result_.values, raw);
    if (!wrong.empty()) return complain(raw.from, std::string(what.name), std::move(wrong));
    result_.sources.insert_or_assign(std::string(what.name), raw.from);
  }

  void set_text(const option& what, std::string text, source from, bool colons = false) {
    raw_value raw{.text = std::move(text), .from = std::move(from)};
    set(what, what.type() == option_type::list ? list_from_text(raw, colons) : raw);
  }

  void unknown(const source& from, std::string_view written) {
    const std::string_view section = written.substr(0, written.find('.'));
    const bool section_known = std::ranges::any_of(options(), [&](const option& o) { return o.section() == section; });
    std::vector<std::string_view> names;
    for (const auto& known : options()) {
      if (!section_known || known.section() == section) names.push_back(known.name);
    }
    auto hint = did_you_mean(written, names);
    if (hint.empty()) hint = "; `evhost config docs` lists every key";
    complain(from, std::string(written), "is no configuration key" + hint);
  }

  // ---- plugins.<id>.<key>: the plugin's own table is not known yet, so the raw value is kept with its source.

  void set_plugin(std::string_view id, std::string_view key, const raw_value& raw) {
    auto& entry = result_.values.plugins.entries[std::string(id)];
    const std::string path = "plugins." + std::string(id) + "." + std::string(key);
    result_.sources.insert_or_assign(path, raw.from);
    if (key == "enabled") {
      const auto parsed = raw.kind == raw_value::shape::scalar ? parse_boolean(raw.text) : std::nullopt;
      if (!parsed) return complain(raw.from, path, "is not true or false");
      entry.enabled = *parsed;
    } else if (key == "grants") {
      const raw_value list = raw.kind == raw_value::shape::scalar ? list_from_text(raw, false) : raw;
      if (list.kind != raw_value::shape::list)
        return complain(raw.from, path, "is not a list of extension ids; write for example [evh.http/1]");
      entry.grants.emplace();
      for (const auto& item : list.items) entry.grants->push_back(item.text);
    } else {
      entry.values.insert_or_assign(std::string(key), raw);
    }
  }

  void read_plugins_section(const raw_map& section) {
    for (const auto& [name, value] : section) {
      const std::string path = "plugins." + name;
      if (const auto* what = find_option(path)) {
        set(*what, value);
      } else if (value.kind != raw_value::shape::map) {
        unknown_plugin_key(value.from, path);
      } else {
        (void)result_.values.plugins.entries[name];
        for (const auto& [key, raw] : value.entries) set_plugin(name, key, raw);
      }
    }
  }

  void unknown_plugin_key(const source& from, const std::string& path) {
    const std::string_view known[] = {"plugins.directories"};
    complain(from, path, "is neither plugins.directories nor a plugin's section" + did_you_mean(path, known));
  }

  // ---- sources, lowest precedence first

  void read_file() {
    std::optional<std::filesystem::path> file = inputs_.file;
    for (const auto& [name, value] : inputs_.environment) {
      if (!file && name == "EVH_CONFIG" && !value.empty()) file = value;
    }
    if (!file) return;
    result_.file = *file;
    const raw_map sections = read_yaml_file(*file, problems_);
    for (const auto& [section, value] : sections) {
      const bool known = std::ranges::any_of(options(), [&](const option& o) { return o.section() == section; });
      if (!known)
        unknown_section(value.from, section);
      else if (value.kind != raw_value::shape::map)
        complain(value.from, section, "is a section: its keys stand below it, indented");
      else if (section == "plugins")
        read_plugins_section(value.entries);
      else
        read_section(section, value.entries);
    }
  }

  void unknown_section(const source& from, const std::string& section) {
    std::vector<std::string_view> sections;
    for (const auto& known : options()) {
      if (sections.empty() || sections.back() != known.section()) sections.push_back(known.section());
    }
    complain(from, section, "is no configuration section" + did_you_mean(section, sections));
  }

  void read_section(const std::string& section, const raw_map& entries) {
    for (const auto& [key, raw] : entries) {
      const std::string path = section + "." + key;
      if (const auto* what = find_option(path))
        set(*what, raw);
      else
        unknown(raw.from, path);
    }
  }

  void read_environment() {
    // The fixed names first: EVH_<SECTION>__<KEY> is the more deliberate way to say the same and wins.
    for (const auto& what : options()) {
      if (what.environment.empty()) continue;
      for (const auto& [name, value] : inputs_.environment) {
        if (name == what.environment && !value.empty())
          set_text(what, value, {layer::environment, "environment " + name}, true);
      }
    }
    for (const auto& [name, value] : inputs_.environment) {
      const bool key = name.starts_with("EVH_") && name.find("__") != std::string::npos;
      if (key && !name.starts_with("EVH_SECRET_")) read_variable(name, value);
    }
  }

  void read_variable(const std::string& name, const std::string& value) {
    const source from{layer::environment, "environment " + name};
    for (const auto& what : options()) {
      if (environment_name(what.name) == name) return set_text(what, value, from);
    }
    constexpr std::string_view plugin_prefix = "EVH_PLUGINS__";
    if (name.starts_with(plugin_prefix)) {
      const std::string rest = lower(std::string_view(name).substr(plugin_prefix.size()));
      if (const auto at = rest.find("__"); at != std::string::npos && at > 0 && at + 2 < rest.size()) {
        return set_plugin(rest.substr(0, at), rest.substr(at + 2), {.text = value, .from = from});
      }
      return complain(from, "", "is not of the form EVH_PLUGINS__<ID>__<KEY>");
    }
    std::string written = lower(std::string_view(name).substr(4));
    written.replace(written.find("__"), 2, ".");
    unknown(from, written);
  }

  void read_assignments() {
    for (const auto& assignment : inputs_.assignments) {
      const std::size_t equals = assignment.find('=');
      const std::string path = assignment.substr(0, equals);
      const source from{layer::command_line, "--set " + path};
      if (equals == std::string::npos || path.find('.') == std::string::npos) {
        complain({layer::command_line, "--set " + assignment}, "", "is not of the form section.key=value");
        continue;
      }
      const std::string value = assignment.substr(equals + 1);
      if (const auto* what = find_option(path))
        set_text(*what, value, from);
      else if (path.starts_with("plugins."))
        assign_plugin(path, value, from);
      else
        unknown(from, path);
    }
  }

  // plugins.<id>.<key>=value. Ids may hold dots (reverse DNS), keys never do: the last dot parts them.
  void assign_plugin(const std::string& path, const std::string& value, const source& from) {
    const std::size_t first = path.find('.');
    const std::size_t last = path.rfind('.');
    if (last == first || last + 1 == path.size()) return unknown_plugin_key(from, path);
    set_plugin(path.substr(first + 1, last - first - 1), path.substr(last + 1), {.text = value, .from = from});
  }

  // ---- what only makes sense together

  source source_of(std::string_view name) const {
    const auto found = result_.sources.find(name);
    return found == result_.sources.end() ? source{} : found->second;
  }

  void check_engines(const settings& all) {
    const std::string& url = all.storage.database_url.reveal();
    if (url.starts_with("secret:")) return;  // named here, known when the host asks for it
    const bool kafka = !all.kafka.bootstrap_servers.empty();
    const bool postgres = url.starts_with("postgresql://") || url.starts_with("postgres://");
    if (postgres && !kafka) {
      complain(
          source_of("storage.database_url"), "storage.database_url",
          "PostgreSQL without Kafka is not possible, because the embedded event log lives in SQLite; set "
          "kafka.bootstrap_servers, or use a sqlite:/// URL");
    } else if (!postgres && !url.empty() && !url.starts_with("sqlite:///")) {
      complain(source_of("storage.database_url"), "storage.database_url",
               "is no database this host knows; write sqlite:///absolute/path, sqlite:///./relative/path or "
               "postgresql://user@host/name");
    } else if (url.size() == std::string_view("sqlite:///").size()) {
      complain(source_of("storage.database_url"), "storage.database_url",
               "names no file; write sqlite:///path/to/evhost.db");
    }
  }

  void check_relations(const settings& all) {
    if (all.http.tls_certificate.empty() != all.http.tls_key.empty()) {
      const auto* alone = all.http.tls_key.empty() ? "http.tls_certificate" : "http.tls_key";
      complain(source_of(alone), alone, "stands alone; a certificate and its key go together (http.tls_certificate, http.tls_key)");
    }
    for (const auto& origin : all.http.cors_origins) {
      const auto at = origin.find("://");
      if (at == origin.npos || origin.find('/', at + 3) != origin.npos || origin.find_first_of(" \r\n*") != origin.npos)
        complain(source_of("http.cors_origins"), "http.cors_origins", "holds \"" + origin + "\", which is no origin; write scheme://host[:port] and nothing after it");
    }
    if (all.runtime.retry_backoff_max < all.runtime.retry_backoff) {
      complain(source_of("runtime.retry_backoff_max"), "runtime.retry_backoff_max",
               format_duration(all.runtime.retry_backoff_max) + " is shorter than runtime.retry_backoff (" +
                   format_duration(all.runtime.retry_backoff) + "); raise it or lower retry_backoff");
    }
  }

  static void fill_derived(settings& all) {
    if (all.storage.database_url.empty()) {
      all.storage.database_url = secret_text("sqlite:///" + (all.host.data_dir / "evhost.db").string());
    }
    if (all.security.keys_directory.empty()) all.security.keys_directory = all.host.data_dir / "keys";
    if (all.secrets.directory.empty()) all.secrets.directory = all.host.data_dir / "secrets";
    // A name, not an address: `evhost token` must say the same whatever port the host was given. The keys tell products
    // apart: two hosts take each other's tokens only when they share a keys directory.
    if (all.security.issuer.empty()) all.security.issuer = "evhost";
    if (all.security.audience.empty()) all.security.audience = all.security.issuer;
  }

  const inputs& inputs_;
  loaded result_;
  std::vector<problem> problems_;
};

}  // namespace

config_error::config_error(std::vector<problem> problems)
    : std::runtime_error(joined(problems)), problems_(std::move(problems)) {}

loaded load(const inputs& from) {
  return loader(from).run();
}

std::vector<std::pair<std::string, std::string>> process_environment() {
  std::vector<std::pair<std::string, std::string>> out;
  for (char** at = environ; at && *at; ++at) {
    const std::string_view entry(*at);
    const std::size_t equals = entry.find('=');
    if (equals != std::string_view::npos) out.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return out;
}

}  // namespace evhost::config
