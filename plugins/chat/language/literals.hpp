// Stage 2, literal spans: text that means itself (quotes, code, URLs, e-mail addresses, money, versions, file names).
//
// Marks tokens as literal so that no later stage looks inside. Pure, linear in the number of tokens.
#pragma once

#include <string_view>
#include <vector>

#include "plugins/chat/language/tokens.hpp"

namespace chat::language {

enum class literal_kind { quote, code, url, email, money, version, name };

struct literal_span {
  std::size_t first = 0, last = 0;   // tokens, quotes included
  literal_kind kind = literal_kind::quote;
};

std::vector<literal_span> mark_literals(sentence& text);

}  // namespace chat::language
