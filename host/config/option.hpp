// The one descriptor table: every configuration key with its place in the structs, bounds, unit and text. The parser,
// the environment names, `config print`, the JSON Schema and docs/configuration.md are all made from it.
//
// Threading: immutable data. To add a key: a member with its default in settings/, one row in option_table.cpp, then
// regenerate the two files (see README.md).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "host/config/settings.hpp"

namespace evhost::config {

/// A place in a settings object; the alternative is the key's type.
using field = std::variant<bool*, std::uint32_t*, double*, std::string*, std::vector<std::string>*,
                           std::chrono::milliseconds*, byte_size*, std::filesystem::path*, secret_text*>;

/// Same order as the alternatives of field; a text with choices is a choice.
enum class option_type { boolean, integer, number, text, list, duration, size, path, secret };

struct option {
  std::string_view name;  // "section.key"
  field (*at)(settings&);
  // Bounds: of the number, of milliseconds, of bytes, of a text's or list's length.
  double min = 0;
  double max = 0;
  std::string_view unit = {};         // "requests", "threads"; durations and sizes carry theirs in the value
  std::string_view environment = {};  // a second, fixed environment name beside EVH_<SECTION>__<KEY>
  std::span<const std::string_view> choices = {};
  std::string_view default_text = {};  // how an empty default is explained: "sqlite:///<data>/evhost.db"
  std::string_view example = {};
  std::string_view text = {};
  bool restart = true;  // takes effect at the next start

  [[nodiscard]] option_type type() const;
  [[nodiscard]] std::string_view section() const { return name.substr(0, name.find('.')); }
  [[nodiscard]] std::string_view key() const { return name.substr(name.find('.') + 1); }
};

/// All keys, grouped by section.
[[nodiscard]] std::span<const option> options();
/// The key of that name, or nullptr.
[[nodiscard]] const option* find_option(std::string_view name);
/// "EVH_HTTP__PORT" for "http.port".
[[nodiscard]] std::string environment_name(std::string_view option_name);

/// The word for a type in messages and docs: "whole number", "duration such as 30s".
[[nodiscard]] std::string_view type_text(const option& what);
/// "0..65535", "1s..1d", "text|json"; empty when nothing bounds it.
[[nodiscard]] std::string range_text(const option& what);

/// Writes raw into the key's place. Returns an empty string, or the sentence that says what is wrong and what is
/// allowed.
[[nodiscard]] std::string assign(const option& what, settings& into, const raw_value& raw);
/// The key's value as it would be written in the file; secrets masked.
[[nodiscard]] std::string shown_value(const option& what, const settings& from);

}  // namespace evhost::config
