// Finding protected text.
#include "plugins/chat/language/literals.hpp"

namespace chat::language {
namespace {

// The end of the run of tokens glued to each other from `first` on.
std::size_t chunk_end(const sentence& s, std::size_t first) {
  std::size_t last = first + 1;
  while (last < s.size() && !s[last].spaced && last - first < 256) ++last;   // bounded: no thing of interest is longer
  return last;
}

// A chunk without the punctuation that ends a phrase rather than the thing itself.
std::size_t trim_right(const sentence& s, std::size_t first, std::size_t last) {
  while (last > first + 1 && s[last - 1].kind == token_kind::symbol &&
         std::string_view{".,;:!?)]\"'>"}.find(s[last - 1].symbol) != std::string_view::npos)
    --last;
  return last;
}

bool is_symbol(const sentence& s, std::size_t i, char c) { return i < s.size() && s[i].symbol == c; }

// The closing partner of the quote at `first`, or 0. A single quote only opens after a space and closes before one.
std::size_t closing_quote(const sentence& s, std::size_t first) {
  const char mark = s[first].symbol;
  for (std::size_t i = first + 1; i < s.size() && s[i].symbol != '\n'; ++i) {
    if (s[i].symbol != mark) continue;
    if (mark != '\'') return i;
    const bool closes = i + 1 == s.size() || s[i + 1].spaced || s[i + 1].kind == token_kind::symbol;
    if (closes) return i;
  }
  return 0;
}

bool is_url(const sentence& s, std::size_t first, std::size_t last) {
  if (s[first].kind != token_kind::word || last - first < 3) return false;
  if (s[first].text == "www" && is_symbol(s, first + 1, '.')) return true;
  if (s[first].text == "mailto" && is_symbol(s, first + 1, ':')) return true;
  for (std::size_t i = first; i + 2 < last; ++i)
    if (is_symbol(s, i, ':') && is_symbol(s, i + 1, '/') && is_symbol(s, i + 2, '/')) return true;
  return false;
}

bool is_email(const sentence& s, std::size_t first, std::size_t last) {
  for (std::size_t i = first + 1; i + 3 < last; ++i) {
    if (!is_symbol(s, i, '@') || s[i - 1].kind == token_kind::symbol) continue;
    for (std::size_t k = i + 2; k + 1 < last; ++k)
      if (is_symbol(s, k, '.') && s[k - 1].kind != token_kind::symbol && s[k + 1].kind == token_kind::word) return true;
  }
  return false;
}

// $5.30, 5$, £1,200 — and a percentage, which is no number of anything else either.
bool is_money(const sentence& s, std::size_t first, std::size_t last) {
  if (last - first < 2) return false;
  if (is_symbol(s, first, '$') && s[first + 1].kind == token_kind::number) return true;
  const char end = s[last - 1].symbol;
  return s[first].kind == token_kind::number && (end == '$' || end == '%');
}

// v1.2, v1.2.2026, 1.2.3.4: three dots or a leading v. A plain d.m.y is left to the date rules.
bool is_version(const sentence& s, std::size_t first, std::size_t last) {
  const bool v = s[first].text == "v" && first + 1 < last;
  std::size_t i = v ? first + 1 : first;
  std::size_t dots = 0;
  if (s[i].kind != token_kind::number) return false;
  while (i + 2 < last && is_symbol(s, i + 1, '.') && s[i + 2].kind == token_kind::number) {
    ++dots;
    i += 2;
  }
  return v || dots >= 3;
}

// notes.txt, index.html, snake_case.cpp: a word with a dot and another word glued on.
bool is_name(const sentence& s, std::size_t first, std::size_t last) {
  for (std::size_t i = first + 1; i + 1 < last; ++i)
    if (is_symbol(s, i, '.') && s[i - 1].kind != token_kind::symbol && s[i + 1].kind == token_kind::word && s[i + 1].text != "m" &&
        s[i - 1].text != "m" && s[i + 1].text.size() >= 2 && s[i + 1].text != "am" && s[i + 1].text != "pm")
      return s[i - 1].kind == token_kind::word;
  return false;
}

void mark(sentence& s, std::vector<literal_span>& out, std::size_t first, std::size_t last, literal_kind kind) {
  for (std::size_t i = first; i < last; ++i) s.tokens()[i].literal = true;
  out.push_back({first, last, kind});
}

}  // namespace

std::vector<literal_span> mark_literals(sentence& s) {
  std::vector<literal_span> out;
  std::size_t quotes_left = 64;   // an unclosed quote costs one look to the end; keep that linear
  for (std::size_t i = 0; i < s.size();) {
    const char c = s[i].symbol;
    const bool opens = (c == '"' || c == '`' || (c == '\'' && s.free_left(i))) && quotes_left > 0;
    if (opens) {
      --quotes_left;
      const std::size_t close = closing_quote(s, i);
      if (close > i + 1) {
        mark(s, out, i, close + 1, c == '`' ? literal_kind::code : literal_kind::quote);
        i = close + 1;
        continue;
      }
    }
    if (!s[i].spaced && i > 0 && !s.free_left(i)) { ++i; continue; }
    std::size_t last = chunk_end(s, i);
    for (std::size_t k = i + 1; k < last; ++k)
      if (s[k].symbol == '"' || s[k].symbol == '`') last = k;
    const std::size_t end = trim_right(s, i, last);
    if (end - i >= 2) {
      if (is_url(s, i, last)) mark(s, out, i, end, literal_kind::url);
      else if (is_email(s, i, end)) mark(s, out, i, end, literal_kind::email);
      else if (is_money(s, i, end)) mark(s, out, i, end, literal_kind::money);
      else if (is_version(s, i, end)) mark(s, out, i, end, literal_kind::version);
      else if (is_name(s, i, end)) mark(s, out, i, end, literal_kind::name);
      if (s[i].literal) { i = end; continue; }
    }
    ++i;
  }
  return out;
}

}  // namespace chat::language
