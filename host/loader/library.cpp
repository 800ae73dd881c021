// A library is never closed: code, vtables and thread-local destructors of a plugin may be reached for as long as the
// process lives, so the registry is deliberately never destroyed.
#include "host/loader/library.hpp"

#include <boost/dll/shared_library.hpp>

#include <exception>
#include <map>
#include <mutex>

namespace evhost::loader {
namespace {

struct registry {
  std::mutex mutex;
  std::map<std::filesystem::path, boost::dll::shared_library> libraries;
};

registry& opened() {
  static registry* const all = new registry;
  return *all;
}

}  // namespace

core::result<evh_plugin_entry_fn> open_library(const std::filesystem::path& file) {
  const std::filesystem::path path = std::filesystem::absolute(file).lexically_normal();
  registry& all = opened();
  std::lock_guard lock(all.mutex);
  try {
    boost::dll::shared_library& library = all.libraries[path];
    if (!library.is_loaded())
      library.load(path.string(), boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    if (!library.has(EVH_PLUGIN_ENTRY_SYMBOL))
      return core::fail(core::errc::invalid, "'" + path.string() +
                                                 "' does not export " EVH_PLUGIN_ENTRY_SYMBOL
                                                 ": build it with evh_plugin() or export that one C function");
    using entry = std::remove_pointer_t<evh_plugin_entry_fn>;
    return &library.get<entry>(EVH_PLUGIN_ENTRY_SYMBOL);
  } catch (const std::exception& why) {
    all.libraries.erase(path);
    return core::fail(core::errc::invalid, "'" + path.string() + "' cannot be opened: " + why.what() +
                                               "; link the plugin with -z defs to see missing symbols when building");
  } catch (...) {
    return core::fail(core::errc::exception,
                      "'" + path.string() + "' threw while its static objects were made: make them in create()");
  }
}

std::size_t open_libraries() {
  std::lock_guard lock(opened().mutex);
  return opened().libraries.size();
}

}  // namespace evhost::loader
