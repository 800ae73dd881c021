// The checks of entry, factory and descriptor.
#include "host/loader/contract.hpp"

#include "host/core/views.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace evhost::loader {
namespace {

using core::errc;
using core::fail;
using core::text;

constexpr std::size_t descriptor_text_max = 4096;
constexpr std::uint32_t extensions_max = 256, config_keys_max = 1024, plugins_max = 64;
constexpr std::uint32_t config_key_bytes_1_0 = offsetof(evh_config_key, text) + sizeof(evh_sv);
constexpr std::uint32_t struct_bytes_max = 1 << 16;  // a larger struct_size is garbage, not a future version

std::string quoted(const std::filesystem::path& file) {
  return "'" + file.string() + "'";
}

core::error too_small(const std::filesystem::path& file, std::string_view what, std::uint64_t has, std::size_t needs) {
  return fail(errc::invalid, quoted(file) + ": " + std::string(what) + ".struct_size is " + std::to_string(has) +
                                 ", this host needs " + std::to_string(needs) + " to " +
                                 std::to_string(struct_bytes_max) +
                                 ": set it to sizeof and build against the headers of evh ABI " +
                                 std::to_string(EVH_ABI_MAJOR) + "." + std::to_string(EVH_ABI_MINOR));
}

// The struct must reach to the last field of ABI 1.0; later fields are read only where EVH_HAS says they are there.
template <class Struct, class Field>
core::result<void> check_size(const Struct* s, Field Struct::*last_of_1_0, const std::filesystem::path& file,
                              std::string_view what) {
  const auto needed =
      static_cast<std::size_t>(reinterpret_cast<const char*>(&(s->*last_of_1_0)) - reinterpret_cast<const char*>(s)) +
      sizeof(Field);
  if (s->struct_size < needed || s->struct_size > struct_bytes_max)
    return too_small(file, what, s->struct_size, needed);
  return core::success();
}

bool is_view(evh_sv v) {
  return v.ptr != nullptr && v.len > 0 && v.len <= descriptor_text_max && is_utf8(text(v));
}

// digits without a leading zero
bool is_number(std::string_view s) {
  return !s.empty() && (s.size() == 1 || s[0] != '0') &&
         std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool are_identifiers(std::string_view s, bool numbers_strict) {
  while (true) {
    const auto dot = s.find('.');
    const std::string_view one = s.substr(0, dot);
    const bool digits =
        !one.empty() && std::all_of(one.begin(), one.end(), [](char c) { return c >= '0' && c <= '9'; });
    const bool legal = !one.empty() && std::all_of(one.begin(), one.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    });
    if (!legal || (numbers_strict && digits && !is_number(one))) return false;
    if (dot == std::string_view::npos) return true;
    s.remove_prefix(dot + 1);
  }
}

core::result<void> check_extensions(const evh_sv* list, std::uint32_t count, const std::string& who,
                                    std::string_view field) {
  if (count > extensions_max || (count > 0 && list == nullptr))
    return fail(errc::invalid, who + ": " + std::string(field) + "_count is " + std::to_string(count) + " (at most " +
                                   std::to_string(extensions_max) + ", with a list): correct the descriptor");
  for (std::uint32_t i = 0; i < count; ++i)
    if (!is_view(list[i]))
      return fail(errc::invalid, who + ": " + std::string(field) + "[" + std::to_string(i) +
                                     "] is no extension id such as evh.log/1: correct the descriptor");
  return core::success();
}

core::result<void> check_config(const evh_descriptor& d, const std::string& who) {
  if (d.config_count == 0) return core::success();
  if (d.config == nullptr || d.config_count > config_keys_max || d.config_stride < config_key_bytes_1_0)
    return fail(errc::invalid, who + ": config needs a table, at most " + std::to_string(config_keys_max) +
                                   " keys, and config_stride " + std::to_string(config_key_bytes_1_0) +
                                   " or more (is " + std::to_string(d.config_stride) +
                                   "): set it to sizeof(evh_config_key)");
  for (std::uint32_t i = 0; i < d.config_count; ++i) {
    const auto* key = reinterpret_cast<const evh_config_key*>(reinterpret_cast<const char*>(d.config) +
                                                              std::size_t{i} * d.config_stride);
    if (!is_view(key->name) || key->type < EVH_CONFIG_STRING || key->type > EVH_CONFIG_DURATION)
      return fail(errc::invalid, who + ": config[" + std::to_string(i) +
                                     "] has no name or an unknown type: name it and use an EVH_CONFIG_* type");
  }
  return core::success();
}

}  // namespace

bool is_plugin_id(std::string_view id) {
  if (id.empty() || id.size() > 64) return false;
  char before = '.';
  for (const char c : id) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!letter && c != '.' && c != '-') return false;
    if (!letter && (before == '.' || before == '-')) return false;
    before = c;
  }
  return before != '.' && before != '-';
}

bool is_semver(std::string_view v) {
  if (v.size() > 128) return false;
  if (const auto plus = v.find('+'); plus != std::string_view::npos) {
    if (!are_identifiers(v.substr(plus + 1), false)) return false;
    v = v.substr(0, plus);
  }
  if (const auto dash = v.find('-'); dash != std::string_view::npos) {
    if (!are_identifiers(v.substr(dash + 1), true)) return false;
    v = v.substr(0, dash);
  }
  const auto first = v.find('.');
  const auto second = first == std::string_view::npos ? first : v.find('.', first + 1);
  if (second == std::string_view::npos) return false;
  return is_number(v.substr(0, first)) && is_number(v.substr(first + 1, second - first - 1)) &&
         is_number(v.substr(second + 1));
}

bool is_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto c = static_cast<unsigned char>(s[i]);
    const std::size_t length = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (length == 0 || i + length > s.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(s[i + k]) & 0xC0) != 0x80) return false;
    const auto second = length > 1 ? static_cast<unsigned char>(s[i + 1]) : 0;
    if ((c == 0xE0 && second < 0xA0) || (c == 0xED && second > 0x9F) || (c == 0xF0 && second < 0x90) ||
        (c == 0xF4 && second > 0x8F))
      return false;
    i += length;
  }
  return true;
}

core::result<void> check_entry(const evh_entry* entry, const std::filesystem::path& file) {
  const std::string ours = std::to_string(EVH_ABI_MAJOR) + "." + std::to_string(EVH_ABI_MINOR);
  if (entry == nullptr)
    return fail(errc::unsupported, quoted(file) + ": evh_plugin_entry says it cannot run in a host of evh ABI " + ours +
                                       ": use a plugin built for major " + std::to_string(EVH_ABI_MAJOR));
  EVH_TRY(check_size(entry, &evh_entry::get_factory, file, "evh_entry"));
  const std::string built = std::to_string(entry->abi_major) + "." + std::to_string(entry->abi_minor_built);
  if (entry->abi_major != EVH_ABI_MAJOR)
    return fail(errc::unsupported, quoted(file) + ": abi_major is " + std::to_string(entry->abi_major) +
                                       " (built against evh ABI " + built + "), this host speaks " + ours +
                                       ": build the plugin against the headers of major " +
                                       std::to_string(EVH_ABI_MAJOR));
  if (entry->abi_minor_needed > EVH_ABI_MINOR)
    return fail(errc::unsupported, quoted(file) + ": abi_minor_needed is " + std::to_string(entry->abi_minor_needed) +
                                       " (built against evh ABI " + built + "), this host speaks " + ours +
                                       ": update the host, or lower abi_minor_needed if the plugin can do without");
  if (entry->get_factory == nullptr)
    return fail(errc::invalid, quoted(file) + ": evh_entry.get_factory is NULL: it is mandatory");
  if ((entry->init == nullptr) != (entry->deinit == nullptr))
    return fail(errc::invalid, quoted(file) + ": evh_entry.init and deinit come in pairs: set both or neither");
  return core::success();
}

core::result<void> check_factory(const evh_factory* factory, const std::filesystem::path& file) {
  if (factory == nullptr)
    return fail(errc::invalid,
                quoted(file) + ": get_factory returned NULL: return a table with count, descriptor and create");
  EVH_TRY(check_size(factory, &evh_factory::create, file, "evh_factory"));
  if (factory->descriptor == nullptr || factory->create == nullptr)
    return fail(errc::invalid, quoted(file) + ": evh_factory." +
                                   (factory->descriptor == nullptr ? "descriptor" : "create") +
                                   " is NULL: it is mandatory");
  if (factory->count == 0 || factory->count > plugins_max)
    return fail(errc::invalid, quoted(file) + ": evh_factory.count is " + std::to_string(factory->count) +
                                   ": a library holds 1 to " + std::to_string(plugins_max) + " plugins");
  return core::success();
}

core::result<void> check_descriptor(const evh_descriptor* d, const std::filesystem::path& file) {
  if (d == nullptr) return fail(errc::invalid, quoted(file) + ": descriptor() returned NULL for an index below count");
  EVH_TRY(check_size(d, &evh_descriptor::config_stride, file, "evh_descriptor"));
  if (!is_view(d->id) || !is_plugin_id(text(d->id)))
    return fail(errc::invalid,
                quoted(file) + ": descriptor.id '" + (is_view(d->id) ? std::string(text(d->id)) : std::string()) +
                    "' is no plugin id: use 1 to 64 of a-z 0-9 . -, such as 'chat' or 'com.example.chat'");
  const std::string who = "plugin '" + std::string(text(d->id)) + "' in " + quoted(file);
  if (!is_view(d->version) || !is_semver(text(d->version)))
    return fail(errc::invalid, who + ": descriptor.version '" +
                                   (is_view(d->version) ? std::string(text(d->version)) : std::string()) +
                                   "' is no semantic version: write it like 1.4.0");
  struct field {
    const char* name;
    evh_sv value;
  };
  for (const auto& [name, value] : {field{"name", d->name}, field{"license", d->license}})
    if (!is_view(value))
      return fail(errc::invalid, who + ": descriptor." + name + " is absent or not UTF-8: fill it in");
  for (const auto& [name, value] : {field{"vendor", d->vendor}, field{"text", d->text}})
    if (value.ptr != nullptr && (value.len > descriptor_text_max || !is_utf8(text(value))))
      return fail(errc::invalid, who + ": descriptor." + name + " is not UTF-8 or longer than " +
                                     std::to_string(descriptor_text_max) + " bytes");
  EVH_TRY(check_extensions(d->required, d->required_count, who, "required"));
  EVH_TRY(check_extensions(d->optional, d->optional_count, who, "optional"));
  return check_config(*d, who);
}

}  // namespace evhost::loader
