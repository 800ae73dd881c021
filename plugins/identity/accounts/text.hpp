// What people type: e-mail addresses and names.
//
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace identity {

inline constexpr std::size_t email_bytes_max = 254;   // RFC 5321 section 4.5.3.1.3
inline constexpr std::size_t name_bytes_max = 200;

bool valid_utf8(std::string_view text);               // RFC 3629: no overlong forms, no surrogates
bool has_control(std::string_view text);
std::string fold(std::string_view text);              // ASCII lower case: how addresses are compared

// One @ with something plausible on both sides; whether mail arrives there is for mail to find out.
bool email_acceptable(std::string_view email);
// Valid UTF-8 without control characters, up to name_bytes_max.
bool name_acceptable(std::string_view name);

// The address of an account that was asked for by name: the name itself when it is one, else <name>@local.invalid with
// what cannot stand in an address made a dash.
std::string email_of_name(std::string_view name);

}  // namespace identity
