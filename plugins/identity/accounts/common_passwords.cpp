// The passwords of eight characters and more that stand first in the published lists of leaked ones. About a hundred, not
// a corpus: they are what a guesser with a handful of tries per account begins with.
#include <algorithm>
#include <array>

#include "plugins/identity/accounts/password.hpp"
#include "plugins/identity/accounts/text.hpp"

namespace identity {
namespace {

constexpr std::string_view common[] = {
    "password", "12345678", "123456789", "1234567890", "password1", "password123", "password12", "password!", "passw0rd",
    "p@ssw0rd", "p@ssword", "qwertyuiop", "qwerty123", "qwerty12", "qwerty1234", "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx",
    "1qaz2wsx3edc", "zaq12wsx", "qazwsxedc", "asdfghjkl", "asdfasdf", "zxcvbnm1", "iloveyou", "iloveyou1", "sunshine",
    "princess", "princess1", "football", "football1", "baseball", "baseball1", "superman", "superman1", "starwars",
    "trustno1", "whatever", "computer", "michelle", "jennifer", "jordan23", "charlie1", "corvette", "mercedes", "maverick",
    "samantha", "steelers", "elephant", "mountain", "internet", "welcome1", "welcome123", "letmein1", "letmein123",
    "admin123", "admin1234", "administrator", "changeme", "changeme1", "changeme123", "default1", "secret123", "test1234",
    "testtest", "testing123", "guest1234", "11111111", "111111111", "00000000", "000000000", "88888888", "99999999",
    "12341234", "11223344", "123123123", "12121212", "87654321", "987654321", "9876543210", "1234qwer", "123qweasd",
    "qwer1234", "abcd1234", "abc12345", "abcdefgh", "abcdefg1", "a1b2c3d4", "aa123456", "asd12345", "147258369",
    "159753456", "741852963", "789456123", "monkey123", "dragon123", "shadow123", "master123", "summer2024", "summer2025",
    "winter2024", "winter2025", "spring2025", "hello123", "hello1234", "google123", "liverpool", "chelsea1", "manchester",
    "blink182", "pokemon1", "spiderman", "butterfly", "chocolate", "basketball"};

}  // namespace

bool common_password(std::string_view password) {
  const std::string folded = fold(password);
  return std::find(std::begin(common), std::end(common), folded) != std::end(common);
}

}  // namespace identity
