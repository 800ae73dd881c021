// What a row of the table can do: name its type and range, take a raw value, show its value.
#include "host/config/option.hpp"

#include <algorithm>

namespace evhost::config {
namespace {

template <typename... Handlers>
struct overload : Handlers... {
  using Handlers::operator()...;
};

std::string in_quotes(std::string_view text) {
  constexpr std::size_t shown_max = 80;  // a pasted novel must not fill the screen
  std::string out = "\"";
  for (const char c : text.substr(0, shown_max)) out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  return out + (text.size() > shown_max ? "...\"" : "\"");
}

std::string wrong_type(const option& what, const raw_value& raw) {
  if (raw.kind == raw_value::shape::map)
    return "is a section here, but a " + std::string(type_text(what)) + " is needed";
  if (raw.kind == raw_value::shape::list) return "is a list here, but a " + std::string(type_text(what)) + " is needed";
  std::string shown = what.type() == option_type::secret ? "the value" : in_quotes(raw.text);
  return shown + " is not a " + std::string(type_text(what)) + "; write for example " + std::string(what.example);
}

bool bounded(const option& what) {
  return what.max > 0;
}

std::string out_of_range(const option& what, std::string_view shown) {
  return std::string(shown) + " is outside " + range_text(what) + "; choose a value in that range";
}

template <typename Value>
std::string assign_number(const option& what, const raw_value& raw, std::optional<Value> parsed, double number,
                          auto&& store) {
  if (!parsed) return wrong_type(what, raw);
  if (bounded(what) && (number < what.min || number > what.max)) return out_of_range(what, raw.text);
  store(*parsed);
  return {};
}

std::string check_length(const option& what, std::size_t length, std::string_view noun) {
  const auto size = static_cast<double>(length);
  if (!bounded(what) || (size >= what.min && size <= what.max)) return {};
  if (length == 0) return "is empty; write for example " + std::string(what.example);
  return "has " + std::to_string(length) + " " + std::string(noun) + "; at most " + format_number(what.max) +
         " are allowed";
}

std::string assign_text(const option& what, const raw_value& raw, std::string& to) {
  if (!what.choices.empty() && std::ranges::find(what.choices, raw.text) == what.choices.end()) {
    return in_quotes(raw.text) + " is not one of " + range_text(what);
  }
  if (auto wrong = check_length(what, raw.text.size(), "characters"); !wrong.empty()) return wrong;
  to = raw.text;
  return {};
}

std::string assign_list(const option& what, const raw_value& raw, std::vector<std::string>& to) {
  if (raw.kind != raw_value::shape::list) return wrong_type(what, raw);
  std::vector<std::string> items;
  for (const auto& item : raw.items) {
    if (item.kind != raw_value::shape::scalar || item.text.empty())
      return "holds something that is not a text; write for example " + std::string(what.example);
    items.push_back(item.text);
  }
  if (auto wrong = check_length(what, items.size(), "entries"); !wrong.empty()) return wrong;
  to = std::move(items);
  return {};
}

}  // namespace

option_type option::type() const {
  settings probe;
  return static_cast<option_type>(at(probe).index());
}

std::string environment_name(std::string_view option_name) {
  std::string name = "EVH_";
  for (const char c : option_name) {
    if (c == '.')
      name += "__";
    else
      name += (c == '-') ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}

std::string_view type_text(const option& what) {
  if (!what.choices.empty()) return "choice";
  switch (what.type()) {
    case option_type::boolean: return "truth value (true or false)";
    case option_type::integer: return "whole number";
    case option_type::number: return "number";
    case option_type::text: return "text";
    case option_type::list: return "list of texts";
    case option_type::duration: return "duration (a whole number with ms, s, m, h or d)";
    case option_type::size: return "size (a whole number, or one with KiB, MiB or GiB)";
    case option_type::path: return "path";
    case option_type::secret: return "text";
  }
  return "value";
}

std::string range_text(const option& what) {
  std::string out;
  for (const auto& choice : what.choices) out += (out.empty() ? "" : "|") + std::string(choice);
  if (!out.empty() || !bounded(what)) return out;
  const auto milliseconds = [](double value) {
    return format_duration(std::chrono::milliseconds(static_cast<std::int64_t>(value)));
  };
  const auto bytes = [](double value) { return format_size({static_cast<std::uint64_t>(value)}); };
  switch (what.type()) {
    case option_type::integer:
    case option_type::number: {
      settings probe;
      const auto plain = [](double value) { return std::to_string(static_cast<std::int64_t>(value)); };
      return what.type() == option_type::integer ? plain(what.min) + ".." + plain(what.max)
                                                 : format_number(what.min) + ".." + format_number(what.max);
    }
    case option_type::duration: return milliseconds(what.min) + ".." + milliseconds(what.max);
    case option_type::size: return bytes(what.min) + ".." + bytes(what.max);
    default: return {};
  }
}

std::string assign(const option& what, settings& into, const raw_value& raw) {
  const bool scalar = raw.kind == raw_value::shape::scalar;
  const auto place = what.at(into);
  if (!scalar && !std::holds_alternative<std::vector<std::string>*>(place)) return wrong_type(what, raw);
  return std::visit(
      overload{
          [&](bool* to) { return assign_number(what, raw, parse_boolean(raw.text), 0, [&](bool v) { *to = v; }); },
          [&](std::uint32_t* to) {
            const auto parsed = parse_integer(raw.text);
            return assign_number(what, raw, parsed, static_cast<double>(parsed.value_or(0)),
                                 [&](std::int64_t v) { *to = static_cast<std::uint32_t>(v); });
          },
          [&](double* to) {
            const auto parsed = parse_number(raw.text);
            return assign_number(what, raw, parsed, parsed.value_or(0), [&](double v) { *to = v; });
          },
          [&](std::string* to) { return assign_text(what, raw, *to); },
          [&](std::vector<std::string>* to) { return assign_list(what, raw, *to); },
          [&](std::chrono::milliseconds* to) {
            const auto parsed = parse_duration(raw.text);
            const double number = parsed ? static_cast<double>(parsed->count()) : 0;
            return assign_number(what, raw, parsed, number, [&](std::chrono::milliseconds v) { *to = v; });
          },
          [&](byte_size* to) {
            const auto parsed = parse_size(raw.text);
            const double number = parsed ? static_cast<double>(parsed->bytes) : 0;
            return assign_number(what, raw, parsed, number, [&](byte_size v) { *to = v; });
          },
          [&](std::filesystem::path* to) {
            std::string text;
            auto wrong = assign_text(what, raw, text);
            if (wrong.empty()) *to = text;
            return wrong;
          },
          [&](secret_text* to) {
            std::string text;
            auto wrong = assign_text(what, raw, text);
            if (wrong.empty()) *to = secret_text(std::move(text));
            return wrong;
          },
      },
      place);
}

std::string shown_value(const option& what, const settings& from) {
  auto& readable = const_cast<settings&>(from);  // at() only forms an address; nothing is written through it here
  return std::visit(overload{
                        [](const bool* v) { return std::string(*v ? "true" : "false"); },
                        [](const std::uint32_t* v) { return std::to_string(*v); },
                        [](const double* v) { return format_number(*v); },
                        [](const std::string* v) { return *v; },
                        [](const std::vector<std::string>* v) {
                          std::string out;
                          for (const auto& item : *v) out += (out.empty() ? "" : ", ") + item;
                          return "[" + out + "]";
                        },
                        [](const std::chrono::milliseconds* v) { return format_duration(*v); },
                        [](const byte_size* v) { return format_size(*v); },
                        [](const std::filesystem::path* v) { return v->string(); },
                        [](const secret_text* v) { return v->masked(); },
                    },
                    what.at(readable));
}

}  // namespace evhost::config
