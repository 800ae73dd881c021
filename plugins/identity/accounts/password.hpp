// Passwords: which ones are taken, and their Argon2id hashes.
//
// Any thread; hash and verify take about 20 ms of a core and 19 MiB, so they belong on the password pool. Parameters:
// OWASP's m = 19456 KiB, t = 2, p = 1 (research/security.md section 3).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace identity {

inline constexpr std::size_t password_chars_min = 8, password_chars_max = 128;   // characters, not bytes

enum class password_fault { too_short, too_long, not_text, too_common };

// Length, valid UTF-8 without NUL, and not one of the most common. No rules of composition.
std::optional<password_fault> fault_of(std::string_view password);
// Among the ~100 passwords that stand first in the published lists (accounts/common_passwords.cpp).
bool common_password(std::string_view password);

std::string hash_password(std::string_view password);                     // throws std::bad_alloc
bool verify_password(std::string_view hash, std::string_view password);
bool hash_outdated(const std::string& hash);                              // made with other parameters
// A hash nobody's password has: verified for unknown accounts, so that they take as long.
const std::string& nobodys_hash();

}  // namespace identity
