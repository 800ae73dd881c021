// Claims by their types.
#include "host/security/token_claims.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace evhost::security {
namespace {

namespace json = boost::json;

// 2^53: beyond it other implementations of JSON would read another number than we do.
constexpr std::int64_t time_max = std::int64_t{1} << 53;

bool printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool role_valid(std::string_view role) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == ':';
  };
  return !role.empty() && role.size() <= 64 && std::ranges::all_of(role, allowed);
}

class reader {
 public:
  explicit reader(const json::object& payload) : payload_(payload) {}

  std::optional<token_claims> read() {
    token_claims out;
    out.issuer = text("iss", true, 1024);
    out.subject = text("sub", true, claim_bytes_max);
    out.token_id = text("jti", false, claim_bytes_max);
    out.session_id = text("sid", false, claim_bytes_max);
    out.name = text("name", false, 4096);
    out.issued_at = time("iat", true).value_or(0);
    out.expires = time("exp", true).value_or(0);
    out.not_before = time("nbf", false);
    read_audience(out);
    read_roles(out);
    if (!good_) return std::nullopt;
    return out;
  }

 private:
  std::string text(std::string_view name, bool required, std::size_t bytes_max) {
    const auto* value = payload_.if_contains(name);
    if (!value) {
      good_ = good_ && !required;
      return {};
    }
    if (!value->is_string() || value->get_string().size() > bytes_max || !printable(value->get_string()) ||
        (required && value->get_string().empty())) {
      good_ = false;
      return {};
    }
    return std::string(std::string_view(value->get_string()));
  }

  std::optional<std::int64_t> time(std::string_view name, bool required) {
    const auto* value = payload_.if_contains(name);
    if (!value && !required) return std::nullopt;
    const bool whole = value && value->is_int64() && value->get_int64() >= 0 && value->get_int64() <= time_max;
    good_ = good_ && whole;
    return whole ? std::optional(value->get_int64()) : std::nullopt;
  }

  void read_audience(token_claims& out) {
    const auto* value = payload_.if_contains("aud");
    if (value && value->is_string()) {
      out.audience.emplace_back(std::string_view(value->get_string()));
    } else if (value && value->is_array() && value->get_array().size() <= audiences_max) {
      for (const auto& one : value->get_array()) {
        good_ = good_ && one.is_string();
        if (one.is_string()) out.audience.emplace_back(std::string_view(one.get_string()));
      }
    }
    good_ = good_ && !out.audience.empty();
  }

  void add_role(token_claims& out, std::string_view role) {
    good_ = good_ && role_valid(role) && out.roles.size() < roles_max;
    if (good_ && std::ranges::find(out.roles, role) == out.roles.end()) out.roles.emplace_back(role);
  }

  // Better Auth's admin plugin writes role as one text with commas and null for nobody special; we write both forms.
  void read_roles(token_claims& out) {
    if (const auto* value = payload_.if_contains("role"); value && !value->is_null()) {
      good_ = good_ && value->is_string();
      std::string_view rest = value->is_string() ? std::string_view(value->get_string()) : std::string_view{};
      while (good_ && !rest.empty()) {
        const auto comma = rest.find(',');
        add_role(out, rest.substr(0, comma));
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
      }
    }
    const auto* value = payload_.if_contains("roles");
    if (!value) return;
    good_ = good_ && value->is_array() && value->get_array().size() <= roles_max;
    if (!good_) return;
    for (const auto& one : value->get_array()) {
      good_ = good_ && one.is_string();
      if (good_) add_role(out, one.get_string());
    }
  }

  const json::object& payload_;
  bool good_ = true;
};

}  // namespace

std::optional<token_claims> read_claims(const json::object& payload) {
  return reader(payload).read();
}

}  // namespace evhost::security
