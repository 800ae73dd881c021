// Checks of addresses and names.
#include "plugins/identity/accounts/text.hpp"

#include <algorithm>

namespace identity {
namespace {

bool alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool local_part(std::string_view text) {
  if (text.empty() || text.size() > 64 || text.front() == '.' || text.back() == '.' || text.find("..") != text.npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return alphanumeric(c) || std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos; });
}

bool domain(std::string_view text) {
  if (text.empty() || text.find('.') == text.npos) return false;
  while (true) {
    const auto dot = text.find('.');
    const auto label = text.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return alphanumeric(c) || c == '-'; })) return false;
    if (dot == text.npos) return true;
    text = text.substr(dot + 1);
  }
}

// Bytes of the character that starts with `lead`; 0: none does.
std::size_t length_of(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

}  // namespace

bool valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[i + k]); };
    const std::size_t length = length_of(byte(0));
    if (length == 0 || length > text.size() - i) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((byte(k) & 0xC0) != 0x80) return false;
    if ((byte(0) == 0xE0 && byte(1) < 0xA0) || (byte(0) == 0xED && byte(1) > 0x9F) || (byte(0) == 0xF0 && byte(1) < 0x90) ||
        (byte(0) == 0xF4 && byte(1) > 0x8F))
      return false;
    i += length;
  }
  return true;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string fold(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

bool email_acceptable(std::string_view email) {
  const auto at = email.rfind('@');
  return email.size() <= email_bytes_max && at != email.npos && local_part(email.substr(0, at)) && domain(email.substr(at + 1));
}

bool name_acceptable(std::string_view name) { return name.size() <= name_bytes_max && valid_utf8(name) && !has_control(name); }

std::string email_of_name(std::string_view name) {
  if (email_acceptable(name)) return std::string(name);
  std::string local;
  for (const char c : name.substr(0, 64)) local += alphanumeric(c) || c == '_' || c == '-' ? c : '-';
  return fold(local.empty() ? "user" : local) + "@local.invalid";
}

}  // namespace identity
