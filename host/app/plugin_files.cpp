// Directories to files to candidates with their configuration.
#include "host/app/plugin_files.hpp"

#include "host/app/failure.hpp"
#include "host/config/nearest.hpp"
#include "host/config/plugin_config.hpp"

#include <algorithm>

namespace evhost::app {
namespace {

// Ids of the product's own plugins: they may serve below /api/v1/ without being told so.
constexpr std::string_view shipped[] = {"chat", "notification", "recurring", "audit", "sync", "identity", "web"};

// A configured plugin that no file provides is a typing error or a missing file: both are said.
void find_unknown_ids(const config::settings& all, const std::vector<io::plugin_candidate>& found, const std::vector<loader::refusal>& refused,
                      std::vector<config::problem>& problems) {
  std::vector<std::string_view> known;
  for (const auto& p : found) known.push_back(p.id);
  for (const auto& r : refused) known.push_back(r.id);
  for (const auto& [id, entry] : all.plugins.entries) {
    if (std::ranges::find(known, id) != known.end()) continue;
    const auto where = entry.values.empty() ? std::string("configuration") : entry.values.begin()->second.from.where;
    problems.push_back({where, "plugins." + id, "no plugin of that name was found in the plugin directories" + config::did_you_mean(id, known)});
  }
}

// The page's addresses are keys of the host too (section web, and security.issuer where that is a URL): the plugin gets
// them as its own, unless plugins.web says otherwise; so does identity, which must know whose pages may use its cookie.
config::settings with_page_addresses(config::settings all, const std::string& id) {
  auto& mine = all.plugins.entries[id].values;
  const auto lend = [&](const char* key, const std::string& value, const char* from) {
    if (!value.empty()) mine.try_emplace(key, config::raw_value{.text = value, .from = {config::layer::defaults, from}});
  };
  if (id == "identity") {
    lend("base_url", all.web.base_url, "web.base_url");
    return all;
  }
  lend("api_url", all.web.api_url, "web.api_url");
  lend("ws_url", all.web.ws_url, "web.ws_url");
  if (all.security.issuer.starts_with("http")) lend("issuer", all.security.issuer, "security.issuer");
  return all;
}

runtime::plugin_settings settings_of(const config::settings& all, const io::plugin_candidate& plugin, std::vector<config::problem>& problems) {
  runtime::plugin_settings mine;
  const auto keys = config::plugin_keys(*plugin.descriptor);
  const bool page = plugin.id == "web";
  mine.config_json = config::plugin_snapshot(page || plugin.id == "identity" ? with_page_addresses(all, plugin.id) : all, plugin.id, keys, problems);
  mine.extensions = config::plugin_entry_of(all, plugin.id).grants;
  mine.privileged = plugin.id == "identity";
  if (std::ranges::find(shipped, plugin.id) != std::end(shipped)) mine.route_prefixes = {"/api/v1/", "/api/auth/"};
  if (page) mine.route_prefixes = {"/"};  // the page, its assets, /config.json
  return mine;
}

}  // namespace

std::vector<std::filesystem::path> plugin_directories(const config::settings& settings) {
  std::vector<std::filesystem::path> directories(settings.plugins.directories.begin(), settings.plugins.directories.end());
  if (directories.empty()) {
    const auto binary = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    for (const auto& beside : {binary / "plugins", binary.parent_path() / "plugins", binary.parent_path() / "lib" / "evhost" / "plugins"})
      if (std::filesystem::is_directory(beside)) return {beside};
    throw failure(exit_not_found, "no plugin directory: there is no plugins folder beside " + binary.string() + "; set plugins.directories or EVH_PLUGINS");
  }
  return directories;
}

chosen_plugins choose_plugins(const config::settings& settings) {
  return choose_plugins(settings, take(loader::find_files(plugin_directories(settings))));
}

chosen_plugins choose_plugins(const config::settings& settings, const std::vector<std::filesystem::path>& files) {
  auto report = loader::load(files);
  chosen_plugins chosen;
  chosen.refusals = std::move(report.refusals);
  chosen.warnings = std::move(report.warnings);
  std::vector<config::problem> problems;
  find_unknown_ids(settings, report.plugins, chosen.refusals, problems);
  for (auto& plugin : report.plugins) {
    if (!config::plugin_entry_of(settings, plugin.id).enabled) {
      chosen.disabled.push_back(plugin.id);
      continue;
    }
    auto mine = settings_of(settings, plugin, problems);
    chosen.plugins.push_back({std::move(plugin), std::move(mine)});
  }
  if (!problems.empty()) throw config::config_error(std::move(problems));
  return chosen;
}

}  // namespace evhost::app
