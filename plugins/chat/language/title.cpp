// Stage 7: the title is what remains when every span is taken out.
#include <algorithm>

#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

bool is_space(char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7F'; }

// Words that only made sense next to a span that is gone now.
bool drop_suffix(std::string& text, std::string_view word) {
  if (text.size() <= word.size() || !same_name(std::string_view{text}.substr(text.size() - word.size()), word) || !is_space(text[text.size() - word.size() - 1])) return false;
  text.resize(text.size() - word.size() - 1);
  return true;
}

void trim(std::string& text) {
  const std::string_view edges = " ,;:-";
  while (!text.empty() && (edges.find(text.front()) != std::string_view::npos || text.front() == ')' || text.front() == ']')) text.erase(0, 1);
  const auto ends_in_dots = [&] { return text.size() >= 2 && text[text.size() - 2] == '.'; };
  const auto ends_in_dash = [&] { return text.size() >= 3 && (text.compare(text.size() - 3, 3, "\xE2\x80\x94") == 0 || text.compare(text.size() - 3, 3, "\xE2\x80\x93") == 0); };
  for (bool more = true; more && !text.empty();) {
    more = edges.find(text.back()) != std::string_view::npos || text.back() == '(' || text.back() == '[' || (text.back() == '.' && !ends_in_dots());
    if (more) text.pop_back();
    else if ((more = ends_in_dash())) text.resize(text.size() - 3);
  }
}

}  // namespace

std::string collapse(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (!is_space(c)) out += c;
    else if (!out.empty() && out.back() != ' ') out += ' ';
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool same_name(std::string_view a, std::string_view b) {
  const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return fold(x) == fold(y); });
}

std::string residual_title(const sentence& s, std::size_t first, std::size_t last, const std::vector<std::uint8_t>& taken) {
  std::string out;
  bool removed_last = false;
  for (std::size_t i = first; i < last;) {
    if (taken[i]) { removed_last = true; ++i; continue; }
    std::size_t end = i;
    bool content = false;
    while (end < last && !taken[end]) {
      content = content || s[end].kind != token_kind::symbol || s[end].literal;
      ++end;
    }
    if (content || (i == first && end == last)) {
      std::string_view run = s.source(i, end);
      // Punctuation that belonged to the removed span does not open the next run.
      while (i > first && !run.empty() && std::string_view{",.;:)!"}.find(run.front()) != std::string_view::npos) run.remove_prefix(1);
      if (!out.empty()) out += ' ';
      out += run;
      removed_last = false;
    }
    i = end;
  }
  out = collapse(out);
  if (taken[last - 1] || removed_last || last < s.size())
    for (const auto word : {"and", "also", "then", "due", "starting", "with", "to", "until"}) drop_suffix(out, word);
  trim(out);
  while (out.size() > 7 && (drop_suffix(out, "please") || drop_suffix(out, "pls"))) trim(out);
  // A title that is one quotation loses its marks.
  if (out.size() > 2 && (out.front() == '"' || out.front() == '\'' || out.front() == '`') && out.back() == out.front() && out.find(out.front(), 1) == out.size() - 1)
    out = out.substr(1, out.size() - 2);
  const std::string_view open = "\xE2\x80\x9C", close = "\xE2\x80\x9D";
  if (out.size() > 6 && out.compare(0, 3, open) == 0 && out.compare(out.size() - 3, 3, close) == 0 && out.find(open, 3) == std::string::npos)
    out = out.substr(3, out.size() - 6);
  return out;
}

// Keyboard mash has letter pairs no European language writes.
bool looks_like_words(const sentence& s, std::size_t first, std::size_t last) {
  static constexpr std::string_view never[] = {"qw", "wq", "sdf", "dfg", "fgh", "ghj", "hjk", "jkl", "zx", "xz", "xcv", "cvb", "vbn", "bnm", "qz", "zq", "jq", "qj", "vq", "qx", "fq", "wx", "kq", "vj", "jx", "jz"};
  std::size_t words = 0, mash = 0;
  for (std::size_t i = first; i < last; ++i) {
    if (s[i].literal) return true;
    if (s[i].kind != token_kind::word) continue;
    ++words;
    const auto text = s[i].text;
    const bool vowel = text.find_first_of("aeiouy") != std::string_view::npos || std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    bool bad = !vowel && text.size() >= 4 && !s[i].capital;
    for (const auto pair : never) bad = bad || text.find(pair) != std::string_view::npos;
    mash += bad ? 1 : 0;
  }
  return words == 0 || mash < words;
}

}  // namespace chat::language
