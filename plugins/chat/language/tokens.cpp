// The tokeniser.
#include "plugins/chat/language/tokens.hpp"

namespace chat::language {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct glyph {
  enum kind { letter, digit, space, newline, symbol } what = symbol;
  char canonical = 0;          // symbols, letters and digits in ASCII
  std::uint8_t bytes = 1;
};

// Typographic punctuation and spaces people's keyboards produce, as their plain form.
glyph read_wide(std::string_view text) {
  const auto starts = [&](std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; };
  if (starts("\xC2\xA0")) return {glyph::space, ' ', 2};
  if (text.size() >= 3 && text[0] == '\xE2' && text[1] == '\x80') {
    switch (static_cast<unsigned char>(text[2])) {
      case 0x98: case 0x99: case 0x9A: case 0x9B: return {glyph::symbol, '\'', 3};
      case 0x9C: case 0x9D: case 0x9E: case 0x9F: return {glyph::symbol, '"', 3};
      case 0x90: case 0x91: case 0x92: case 0x93: return {glyph::symbol, '-', 3};
      case 0x94: case 0x95: return {glyph::symbol, '-', 3};
      case 0xA6: return {glyph::symbol, '.', 3};
      case 0x8B: case 0x8C: case 0x8D: case 0x8E: case 0x8F: return {glyph::space, ' ', 3};
      default: break;
    }
    const auto third = static_cast<unsigned char>(text[2]);
    if ((third >= 0x80 && third <= 0x8A) || third == 0xAF) return {glyph::space, ' ', 3};
  }
  if (starts("\xE3\x80\x80")) return {glyph::space, ' ', 3};
  if (starts("\xE2\x82\xAC")) return {glyph::symbol, '$', 3};   // the euro sign: money like the dollar
  if (starts("\xC2\xA3") || starts("\xC2\xA5")) return {glyph::symbol, '$', 2};
  return {glyph::letter, 0, 1};
}

glyph read_glyph(std::string_view text) {
  const char c = text.front();
  if (is_lower(c) || is_upper(c) || c == '_') return {glyph::letter, c, 1};
  if (is_digit(c)) return {glyph::digit, c, 1};
  if (c == '\n') return {glyph::newline, c, 1};
  if (static_cast<unsigned char>(c) <= ' ' || c == '\x7F') return {glyph::space, ' ', 1};
  if (static_cast<unsigned char>(c) >= 0x80) return read_wide(text);
  return {glyph::symbol, c, 1};
}

// Symbols that tie what stands on both sides into one thing: 9/11, v1.2, a-b, x@y, $5.
bool connects(char symbol) {
  return std::string_view{"-/.:_$@#&+*=~%^\\|<>'"}.find(symbol) != std::string_view::npos;
}

}  // namespace

sentence::sentence(std::string_view original) : original_(original) {
  lower_.reserve(original.size());   // never grows past it: tokens view this buffer
  tokens_.reserve(original.size() / 4 + 4);
  bool spaced = true;
  std::size_t at = 0;
  while (at < original.size()) {
    const glyph g = read_glyph(original.substr(at));
    if (g.what == glyph::space) {
      spaced = true;
      at += g.bytes;
      continue;
    }
    token t;
    t.begin = static_cast<std::uint32_t>(at);
    t.spaced = spaced;
    spaced = false;
    const std::size_t start = lower_.size();
    if (g.what == glyph::symbol || g.what == glyph::newline) {
      t.symbol = g.canonical;
      lower_ += g.canonical;
      at += g.bytes;
      if (g.bytes == 3 && g.canonical == '-') t.spaced = spaced = true;   // a long dash stands alone
      if (g.what == glyph::newline) t.spaced = spaced = true;
    } else if (g.what == glyph::digit) {
      t.kind = token_kind::number;
      while (at < original.size() && is_digit(original[at])) lower_ += original[at++];
      const std::size_t digits = lower_.size() - start;
      if (digits <= 9) {
        t.value = 0;
        for (std::size_t i = start; i < lower_.size(); ++i) t.value = t.value * 10 + (lower_[i] - '0');
      }
    } else {
      t.kind = token_kind::word;
      t.capital = is_upper(original[at]);
      while (at < original.size()) {
        const glyph next = read_glyph(original.substr(at));
        if (next.what == glyph::letter) {
          const char c = original[at];
          lower_ += is_upper(c) ? static_cast<char>(c + 32) : c;
          at += next.bytes;
          continue;
        }
        // An apostrophe between letters belongs to the word: don't, friday's.
        if (next.canonical == '\'' && at + next.bytes < original.size() &&
            read_glyph(original.substr(at + next.bytes)).what == glyph::letter) {
          lower_ += '\'';
          at += next.bytes;
          continue;
        }
        break;
      }
    }
    t.end = static_cast<std::uint32_t>(at);
    t.text = std::string_view{lower_}.substr(start);
    if (t.kind == token_kind::word) t.lex = find_lexeme(t.text);
    tokens_.push_back(t);
  }
}

std::string_view sentence::source(std::size_t first, std::size_t last) const {
  if (first >= last || last > tokens_.size()) return {};
  return original_.substr(tokens_[first].begin, tokens_[last - 1].end - tokens_[first].begin);
}

bool sentence::free_left(std::size_t first) const {
  if (first == 0 || tokens_[first].spaced) return true;
  const token& before = tokens_[first - 1];
  if (before.symbol == '@' && before.spaced) return true;      // "@5pm"
  return before.kind == token_kind::symbol && !connects(before.symbol);
}

bool sentence::free_right(std::size_t last) const {
  if (last >= tokens_.size() || tokens_[last].spaced) return true;
  const token& after = tokens_[last];
  if (after.kind != token_kind::symbol) return false;
  const bool glued_further = last + 1 < tokens_.size() && !tokens_[last + 1].spaced;
  return !(connects(after.symbol) && glued_further) && after.symbol != '%';
}

bool valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    std::size_t more = 0;
    std::uint32_t code = 0;
    if (c < 0x80) { ++i; continue; }
    if (c >= 0xC2 && c <= 0xDF) { more = 1; code = c & 0x1F; }
    else if (c >= 0xE0 && c <= 0xEF) { more = 2; code = c & 0x0F; }
    else if (c >= 0xF0 && c <= 0xF4) { more = 3; code = c & 0x07; }
    else return false;
    if (i + more >= text.size()) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      code = (code << 6) | (next & 0x3F);
    }
    if ((more == 2 && (code < 0x800 || (code >= 0xD800 && code <= 0xDFFF))) || (more == 3 && (code < 0x10000 || code > 0x10FFFF))) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace chat::language
