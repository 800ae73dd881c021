// A recursive-descent parser without the recursion.
#include "host/app/audit_verify/flat_json.hpp"

namespace evhost::audit_verify {
namespace {

bool valid_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto c = static_cast<unsigned char>(s[i]);
    const std::size_t more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : 9;
    if (more == 9 || more >= s.size() - i) return false;
    for (std::size_t k = 1; k <= more; ++k)
      if ((static_cast<unsigned char>(s[i + k]) & 0xc0) != 0x80) return false;
    const auto second = more != 0 ? static_cast<unsigned char>(s[i + 1]) : 0;
    if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) || (c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f)) return false;
    i += more + 1;
  }
  return true;
}

void put_code_point(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 63));
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  }
}

class reader {
 public:
  explicit reader(std::string_view s) : s_(s) {}

  void blanks() {
    while (at_ < s_.size() && (s_[at_] == ' ' || s_[at_] == '\t' || s_[at_] == '\r' || s_[at_] == '\n')) ++at_;
  }
  bool take(char c) {
    blanks();
    if (at_ >= s_.size() || s_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view w) {
    if (s_.substr(at_, w.size()) != w) return false;
    at_ += w.size();
    return true;
  }
  bool done() {
    blanks();
    return at_ == s_.size();
  }
  bool text(std::string& out) {
    if (!take('"')) return false;
    for (;;) {
      if (at_ >= s_.size()) return false;
      const char c = s_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') out += c;
      else if (!escape(out)) return false;
    }
  }
  bool value(flat_value& out) {
    blanks();
    if (at_ >= s_.size()) return false;
    if (s_[at_] == '"') return text(out.bytes);
    if (word("true")) return out.kind = flat_value::flag, out.n = 1, true;
    if (word("false")) return out.kind = flat_value::flag, true;
    return number(out);
  }

 private:
  bool number(flat_value& out) {
    out.kind = flat_value::number;
    const auto begin = at_;
    while (at_ < s_.size() && s_[at_] >= '0' && s_[at_] <= '9') out.n = out.n * 10 + static_cast<unsigned>(s_[at_++] - '0');
    const auto digits = at_ - begin;
    return digits > 0 && digits <= 18 && (digits == 1 || s_[begin] != '0');
  }
  bool hex4(std::uint32_t& out) {
    out = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ >= s_.size()) return false;
      const char c = s_[at_];
      const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      if (digit < 0) return false;
      out = out << 4 | static_cast<std::uint32_t>(digit);
    }
    return true;
  }
  bool escape(std::string& out) {
    if (at_ >= s_.size()) return false;
    const char c = s_[at_++];
    static constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
    if (const auto i = from.find(c); i != from.npos) return out += to[i], true;
    std::uint32_t high = 0, low = 0;
    if (c != 'u' || !hex4(high) || (high >= 0xdc00 && high < 0xe000)) return false;
    if (high >= 0xd800 && high < 0xdc00) {
      if (!word("\\u") || !hex4(low) || low < 0xdc00 || low >= 0xe000) return false;
      high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    }
    put_code_point(out, high);
    return true;
  }

  std::string_view s_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<flat_object> parse_flat(std::string_view line) {
  flat_object out;
  reader in(line);
  if (!valid_utf8(line) || !in.take('{')) return std::nullopt;
  if (!in.take('}')) {
    do {
      std::string name;
      flat_value value;
      if (!in.text(name) || !in.take(':') || !in.value(value) || !out.members_.emplace(std::move(name), std::move(value)).second) return std::nullopt;
    } while (in.take(','));
    if (!in.take('}')) return std::nullopt;
  }
  if (!in.done()) return std::nullopt;
  return out;
}

std::optional<std::string> flat_object::text(std::string_view name) const {
  const auto found = members_.find(name);
  if (found == members_.end() || found->second.kind != flat_value::text) return std::nullopt;
  return found->second.bytes;
}
std::optional<std::uint64_t> flat_object::number(std::string_view name) const {
  const auto found = members_.find(name);
  if (found == members_.end() || found->second.kind != flat_value::number) return std::nullopt;
  return found->second.n;
}
bool flat_object::flag(std::string_view name) const {
  const auto found = members_.find(name);
  return found != members_.end() && found->second.kind == flat_value::flag && found->second.n == 1;
}

}  // namespace evhost::audit_verify
