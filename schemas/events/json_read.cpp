// The leaves of JSON reading, and the strict parser.
#include "schemas/events/json_read.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>

namespace evh_schemas {

namespace {

// Counts the members of all objects of a text; the tree has fewer when one stood twice.
struct member_counter {
  using error = boost::json::error_code;
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  std::size_t count = 0;

  bool on_document_begin(error&) { return true; }
  bool on_document_end(error&) { return true; }
  bool on_object_begin(error&) { return true; }
  bool on_object_end(std::size_t, error&) { return true; }
  bool on_array_begin(error&) { return true; }
  bool on_array_end(std::size_t, error&) { return true; }
  bool on_key_part(boost::json::string_view, std::size_t, error&) { return true; }
  bool on_key(boost::json::string_view, std::size_t, error&) { return ++count, true; }
  bool on_string_part(boost::json::string_view, std::size_t, error&) { return true; }
  bool on_string(boost::json::string_view, std::size_t, error&) { return true; }
  bool on_number_part(boost::json::string_view, error&) { return true; }
  bool on_int64(std::int64_t, boost::json::string_view, error&) { return true; }
  bool on_uint64(std::uint64_t, boost::json::string_view, error&) { return true; }
  bool on_double(double, boost::json::string_view, error&) { return true; }
  bool on_bool(bool, error&) { return true; }
  bool on_null(error&) { return true; }
  bool on_comment_part(boost::json::string_view, error&) { return true; }
  bool on_comment(boost::json::string_view, error&) { return true; }
};

std::size_t members_in(const boost::json::value& value) {
  std::size_t count = 0;
  if (const auto* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) count += members_in(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const auto& each : *array) count += members_in(each);
  }
  return count;
}

}  // namespace

boost::json::value parse_untrusted_json(std::string_view text) {
  boost::json::value value = parse_json(text);
  boost::json::parse_options options;
  options.max_depth = 32;
  boost::json::basic_parser<member_counter> counter(options);
  boost::json::error_code failed;
  counter.write_some(false, text.data(), text.size(), failed);
  if (counter.handler().count != members_in(value)) throw payload_error("", "no valid JSON (a member stands twice in one object)");
  return value;
}

boost::json::value parse_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 32;
  boost::json::error_code failed;
  boost::json::value value = boost::json::parse(text, failed, {}, options);
  if (failed) throw payload_error("", "no valid JSON (" + failed.message() + ")");
  return value;
}

std::optional<instant_ms> parse_instant_text(std::string_view text) {
  // 2026-08-18T17:30:00[.fraction]Z, the form we write
  if (text.size() < 20 || text.back() != 'Z' || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':')
    return std::nullopt;
  bool digits = true;
  const auto number = [&](std::size_t first, std::size_t count) {
    int value = 0;
    for (std::size_t i = first; i < first + count; ++i) {
      if (text[i] < '0' || text[i] > '9') digits = false;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  using namespace std::chrono;
  const year_month_day date{year{number(0, 4)}, month{static_cast<unsigned>(number(5, 2))}, day{static_cast<unsigned>(number(8, 2))}};
  const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  std::int64_t ms = 0;
  if (text.size() > 20) {
    if (text[19] != '.' || text.size() < 22) return std::nullopt;
    std::int64_t scale = 100;
    for (std::size_t i = 20; i + 1 < text.size(); ++i, scale /= 10) ms += number(i, 1) * scale;
  }
  if (!digits || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const auto at = sys_days{date}.time_since_epoch();
  return instant_ms{duration_cast<milliseconds>(at).count() + ((hour * 60 + minute) * 60 + second) * 1000LL + ms};
}

namespace json_in {

void wrong_type(const std::string& path, std::string_view wanted) { throw payload_error(path, "expected " + std::string(wanted)); }

std::string_view text_of(const boost::json::value& from, const std::string& path) {
  if (!from.is_string()) wrong_type(path, "text");
  return from.get_string();
}
std::int64_t integer_of(const boost::json::value& from, const std::string& path) {
  if (from.is_int64()) return from.get_int64();
  if (from.is_uint64() && from.get_uint64() <= static_cast<std::uint64_t>(INT64_MAX)) return static_cast<std::int64_t>(from.get_uint64());
  wrong_type(path, "a whole number");
}
bool boolean_of(const boost::json::value& from, const std::string& path) {
  if (!from.is_bool()) wrong_type(path, "true or false");
  return from.get_bool();
}
const boost::json::object& object_of(const boost::json::value& from, const std::string& path) {
  if (!from.is_object()) wrong_type(path, "an object");
  return from.get_object();
}
const boost::json::array& array_of(const boost::json::value& from, const std::string& path) {
  if (!from.is_array()) wrong_type(path, "a list");
  return from.get_array();
}
std::string serialize(const boost::json::value& from) { return boost::json::serialize(from); }

}  // namespace json_in
}  // namespace evh_schemas
