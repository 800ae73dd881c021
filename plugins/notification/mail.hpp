// A reminder as an Internet message (RFC 5322, 2047, 2045): plain text in UTF-8, one Message-ID for every try.
//
// Pure; any thread. Nothing a person typed can end a header: control characters become spaces and what is not ASCII is an
// encoded word; the body is base64.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace notification {

// local@domain of printable ASCII without anything that has a meaning in a header or an SMTP command.
bool valid_mail_address(std::string_view text);

struct mail {
  std::string from = {}, to = {};
  std::string id = {};                 // left side of the Message-ID
  std::string host = {};               // its right side
  std::string subject = {}, text = {};
  std::int64_t date_s = 0;
};

// The message with CRLF line ends, ready for DATA; lines of at most 78 characters.
std::string format_mail(const mail& what);

}  // namespace notification
