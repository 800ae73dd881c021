// Whom words mean: an e-mail address, "me", or a name; checked against the people of shared projects. Internal to this library.
#pragma once

#include <string>

#include "plugins/chat/language/clause.hpp"

namespace chat::language {

struct person_match { std::string name; std::size_t next = 0; bool known = false; };

// "ana@example.com", "@ana", "Ana Silva", "me". With `whole`, everything up to `end` is the name.
std::optional<person_match> match_person(const clause& c, std::size_t at, std::size_t end, bool whole);
// The people a name may mean: those who bear it, wholly or as their first name.
std::vector<std::string> people_called(const context& ctx, std::string_view name);
// Asks which of several people is meant; every option is the message with the full name in place of [first, last).
void settle_person(clause& c, std::string& name, std::size_t first, std::size_t last);

}  // namespace chat::language
