// Stage 1, normalise: a message becomes tokens (words, numbers, single symbols) that remember their bytes in the original.
//
// Letters are lowered (ASCII only), curly quotes, dashes and odd spaces get their plain form, other non-ASCII text counts as
// letters. A `sentence` owns the lowered text its tokens view, so it stays where it was built. Any thread; the original message
// must outlive it. Messages hold at most 4,000 bytes of valid UTF-8: `understand` checks that before it comes here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/chat/language/words.hpp"

namespace chat::language {

inline constexpr std::size_t message_bytes_max = 4000;

enum class token_kind : std::uint8_t { word, number, symbol };

struct token {
  std::uint32_t begin = 0;         // bytes in the original message
  std::uint32_t end = 0;
  token_kind kind = token_kind::symbol;
  bool spaced = false;             // white space, or the start of the message, stands before it
  bool literal = false;            // stage 2: protected text, no rule looks inside
  bool capital = false;            // begins with an ASCII capital
  char symbol = 0;                 // canonical ASCII symbol; '\n' for a line break; 0 for words and numbers
  std::int32_t value = -1;         // numbers up to nine digits
  std::string_view text;           // lowered
  const lexeme* lex = nullptr;     // words the grammar knows
};

class sentence {
 public:
  explicit sentence(std::string_view original);
  sentence(const sentence&) = delete;
  sentence& operator=(const sentence&) = delete;

  std::string_view original() const { return original_; }
  std::vector<token>& tokens() { return tokens_; }
  const std::vector<token>& tokens() const { return tokens_; }
  std::size_t size() const { return tokens_.size(); }
  const token& operator[](std::size_t index) const { return tokens_[index]; }

  // The original text of tokens [first, last).
  std::string_view source(std::size_t first, std::size_t last) const;
  // True when no word or connecting symbol is glued to the left of `first` / to the right of `last`: whole words only.
  bool free_left(std::size_t first) const;
  bool free_right(std::size_t last) const;

 private:
  std::string_view original_;
  std::string lower_;
  std::vector<token> tokens_;
};

bool valid_utf8(std::string_view text);

}  // namespace chat::language
