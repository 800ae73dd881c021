// Drives file facts, opening, and the checks of the contract, file by file.
#include "host/loader/loader.hpp"

#include "host/core/views.hpp"
#include "host/loader/contract.hpp"
#include "host/loader/library.hpp"

#include <algorithm>
#include <exception>

namespace evhost::loader {
namespace {

using core::errc;
using core::fail;

std::string path_of(const std::filesystem::path& file) {
  return "'" + file.string() + "'";
}

// Calls into the library, turning what escapes into a sentence.
template <class Call>
auto guarded(const std::filesystem::path& file, const char* what, Call call) -> core::result<decltype(call())> {
  try {
    return call();
  } catch (const std::exception& why) {
    return fail(errc::exception, path_of(file) + ": " + what + " let an exception out (" + why.what() +
                                     "): catch everything at the boundary");
  } catch (...) {
    return fail(errc::exception,
                path_of(file) + ": " + what + " let an exception out: catch everything at the boundary");
  }
}

core::result<void> initialise(const evh_entry& entry, const std::filesystem::path& file) {
  if (entry.init == nullptr) return core::success();
  evh_error error{};
  error.struct_size = sizeof error;
  const std::string path = file.string();
  EVH_TRY(auto status, guarded(file, "init", [&] { return entry.init(core::view(path), &error); }));
  if (status == EVH_OK) return core::success();
  const std::string said(error.text, std::min<std::size_t>(error.len, sizeof error.text));
  return fail(errc::invalid, path_of(file) + ": init refused with status " + std::to_string(status) +
                                 (said.empty() ? " and no text" : ": " + said));
}

core::result<const evh_factory*> open_factory(const std::filesystem::path& file, std::uint32_t& minor_built) {
  EVH_TRY(auto entry_function, open_library(file));
  EVH_TRY(auto entry,
          guarded(file, EVH_PLUGIN_ENTRY_SYMBOL, [&] { return entry_function(EVH_ABI_MAJOR, EVH_ABI_MINOR); }));
  EVH_TRY(check_entry(entry, file));
  EVH_TRY(initialise(*entry, file));
  minor_built = entry->abi_minor_built;
  EVH_TRY(auto factory, guarded(file, "get_factory", [&] { return entry->get_factory(); }));
  EVH_TRY(check_factory(factory, file));
  return factory;
}

void take(const std::filesystem::path& file, const evh_factory& factory, std::uint32_t minor_built,
          load_report& report) {
  for (std::uint32_t i = 0; i < factory.count; ++i) {
    auto asked = guarded(file, "descriptor", [&] { return factory.descriptor(i); });
    if (!asked) {
      report.refusals.push_back({{}, file, asked.error().message});
      continue;
    }
    const evh_descriptor* d = asked.value();
    const bool named = d != nullptr && EVH_HAS(d, id) && d->id.ptr != nullptr && is_plugin_id(core::text(d->id));
    const std::string id(named ? core::text(d->id) : std::string_view());
    if (auto checked = check_descriptor(d, file); !checked) {
      report.refusals.push_back({id, file, checked.error().message});
      continue;
    }
    const auto twin =
        std::find_if(report.plugins.begin(), report.plugins.end(), [&](const auto& p) { return p.id == id; });
    if (twin != report.plugins.end()) {
      report.refusals.push_back({id, file,
                                 "plugin '" + id + "' " + std::string(core::text(d->version)) + " in " + path_of(file) +
                                     " has the id of version " + twin->version + " in " + path_of(twin->file) +
                                     ": keep one of the two files"});
      continue;
    }
    report.plugins.push_back(
        {id, std::string(core::text(d->version)), std::string(core::text(d->name)), file, minor_built, &factory, d});
  }
}

void warn_of_strangers(const file_facts& facts, load_report& report) {
  const auto strangers = facts.strangers();
  if (strangers.empty()) return;
  report.warnings.push_back(path_of(facts.file) + " exports " + std::to_string(strangers.size()) + " symbols beside " +
                            EVH_PLUGIN_ENTRY_SYMBOL + ", such as '" + strangers.front() +
                            "': link it with the SDK's version script, so that it cannot clash with other plugins");
}

}  // namespace

core::result<std::vector<std::filesystem::path>> find_files(std::span<const std::filesystem::path> directories) {
  std::vector<std::filesystem::path> found;
  for (const auto& directory : directories) {
    std::vector<std::filesystem::path> here;
    std::error_code why;
    std::filesystem::directory_iterator at(directory, why), end;
    for (; !why && at != end; at.increment(why)) {
      std::error_code ignored;
      if (at->path().extension() == ".so" && at->is_regular_file(ignored))
        here.push_back(std::filesystem::absolute(at->path()).lexically_normal());
    }
    if (why)
      return fail(errc::not_found, "plugin directory '" + directory.string() + "' cannot be read (" + why.message() +
                                       "): create it or correct plugins.directories");
    std::sort(here.begin(), here.end());
    for (auto& file : here)
      if (std::find(found.begin(), found.end(), file) == found.end()) found.push_back(std::move(file));
  }
  if (found.size() > files_max)
    return fail(errc::invalid, std::to_string(found.size()) + " plugin files found, at most " +
                                   std::to_string(files_max) + " are loaded: point plugins.directories at fewer");
  return found;
}

load_report load(std::span<const std::filesystem::path> files) {
  load_report report;
  for (const auto& each : files) {
    auto facts = inspect(each);
    if (!facts) {
      report.refusals.push_back({{}, each, facts.error().message});
      continue;
    }
    const auto& file = facts.value().file;
    if (!facts.value().exports_entry()) {
      report.refusals.push_back({{},
                                 file,
                                 path_of(file) +
                                     " does not export " EVH_PLUGIN_ENTRY_SYMBOL
                                     ": it is no evh plugin, or was built without the SDK's version script"});
      continue;
    }
    warn_of_strangers(facts.value(), report);
    std::uint32_t minor_built = 0;
    if (auto factory = open_factory(file, minor_built); factory)
      take(file, *factory.value(), minor_built, report);
    else
      report.refusals.push_back({{}, file, factory.error().message});
  }
  return report;
}

}  // namespace evhost::loader
