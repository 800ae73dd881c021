// Boost.JSON keeps the last of two equal keys. A first pass over the same parser's events therefore counts the keys of
// every object; the second pass builds the value.
#include "host/security/strict_json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <set>
#include <string>
#include <vector>

namespace evhost::security {
namespace {

namespace json = boost::json;
using json::error_code;
using json::string_view;

// Keeps the keys of the objects that are open; fails the parse at the first key that stands there twice.
struct key_checker {
  static constexpr std::size_t max_object_size = 256;
  static constexpr std::size_t max_array_size = 256;
  static constexpr std::size_t max_key_size = 256;
  static constexpr std::size_t max_string_size = json_bytes_max;

  std::vector<std::set<std::string>> open;
  std::string key;

  static bool refuse(error_code& error) {
    error = json::error::syntax;
    return false;
  }
  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    open.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, error_code&) {
    open.pop_back();
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    key.append(part.data(), part.size());
    return true;
  }
  bool on_key(string_view part, std::size_t, error_code& error) {
    key.append(part.data(), part.size());
    const bool fresh = open.back().insert(key).second;
    key.clear();
    return fresh || refuse(error);
  }
  bool on_string_part(string_view, std::size_t, error_code&) { return true; }
  bool on_string(string_view, std::size_t, error_code&) { return true; }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
  bool on_double(double, string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }
};

}  // namespace

std::optional<json::object> parse_strict_object(std::string_view text) {
  if (text.size() > json_bytes_max) return std::nullopt;
  json::parse_options options;
  options.max_depth = json_depth_max;
  json::basic_parser<key_checker> checker(options);
  error_code error;
  const std::size_t used = checker.write_some(false, text.data(), text.size(), error);
  if (error || used != text.size() || !checker.done()) return std::nullopt;
  auto value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

}  // namespace evhost::security
