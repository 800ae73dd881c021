// One line of a bundle: a JSON object whose members are texts, whole numbers, true or false. Nothing else is accepted, nor a
// name twice, nor text that is no UTF-8.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace evhost::audit_verify {

struct flat_value {
  enum { text, number, flag } kind = text;
  std::string bytes;
  std::uint64_t n = 0;  // number, or 0 and 1
};

class flat_object {
 public:
  [[nodiscard]] bool has(std::string_view name) const { return members_.find(name) != members_.end(); }
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name) const;
  [[nodiscard]] bool flag(std::string_view name) const;

 private:
  friend std::optional<flat_object> parse_flat(std::string_view line);
  std::map<std::string, flat_value, std::less<>> members_;
};

std::optional<flat_object> parse_flat(std::string_view line);

}  // namespace evhost::audit_verify
