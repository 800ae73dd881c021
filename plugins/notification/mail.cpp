// Headers that cannot be escaped from, and a base64 body.
#include "plugins/notification/mail.hpp"

#include <algorithm>
#include <ctime>

#include "plugins/notification/ids.hpp"

namespace notification {

namespace {

std::string one_line(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

bool plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; }) && !text.starts_with("=?") && text.find(" =?") == text.npos;
}

// Encoded words of at most 75 characters, cut between characters, one per line.
std::string encoded_words(std::string_view text) {
  constexpr std::size_t raw_max = 42;
  std::string out;
  while (!text.empty()) {
    std::size_t length = std::min(raw_max, text.size());
    while (length < text.size() && length > 1 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base64(text.substr(0, length)) + "?=";
    text.remove_prefix(length);
  }
  return out;
}

std::string header_text(std::string_view text) {
  const auto line = one_line(text);
  constexpr std::size_t short_enough = 60;
  return plain(line) && line.size() <= short_enough ? line : encoded_words(line);
}

std::string date_text(std::int64_t at_s) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t at = at_s;
  std::tm t{};
  gmtime_r(&at, &t);
  char out[64];
  std::snprintf(out, sizeof out, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[t.tm_wday], t.tm_mday, months[t.tm_mon], t.tm_year + 1900,
                t.tm_hour, t.tm_min, t.tm_sec);
  return out;
}

std::string base64_lines(std::string_view text) {
  const auto all = base64(text);
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += 76) out += all.substr(at, 76) + "\r\n";
  return out;
}

}  // namespace

bool valid_mail_address(std::string_view text) {
  const auto at = text.find('@');
  if (text.size() > 254 || at == text.npos || at == 0 || at + 1 == text.size() || text.find('@', at + 1) != text.npos) return false;
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && std::string_view("<>()[],;:\\\"").find(c) == std::string_view::npos; });
}

std::string format_mail(const mail& what) {
  std::string out;
  const auto header = [&](std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  };
  header("Date", date_text(what.date_s));
  header("From", one_line(what.from));
  header("To", one_line(what.to));
  header("Subject", header_text(what.subject));
  header("Message-ID", "<" + one_line(what.id) + "@" + one_line(what.host) + ">");
  header("MIME-Version", "1.0");
  header("Content-Type", "text/plain; charset=utf-8");
  header("Content-Transfer-Encoding", "base64");
  header("Auto-Submitted", "auto-generated");
  return out + "\r\n" + base64_lines(what.text);
}

}  // namespace notification
