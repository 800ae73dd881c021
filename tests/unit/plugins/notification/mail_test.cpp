// Mail: nothing a person types can become a header.
#include "plugins/notification/mail.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "plugins/notification/ids.hpp"

namespace notification {
namespace {

mail letter(std::string subject) {
  return {.from = "todo@example.org", .to = "ana@example.org", .id = "n1.email", .host = "example.org", .subject = std::move(subject), .text = "Hi", .date_s = 1'787'049'000};
}
std::string header(const std::string& message, const std::string& name) {
  const auto at = message.find(name + ": ");
  return at == std::string::npos ? "" : message.substr(at + name.size() + 2, message.find("\r\n", at) - at - name.size() - 2);
}

}  // namespace

TEST(Mail, HasItsHeaders) {
  const auto text = format_mail(letter("Reminder: pay rent"));
  EXPECT_EQ(header(text, "Date"), "Tue, 18 Aug 2026 10:30:00 +0000");
  EXPECT_EQ(header(text, "Message-ID"), "<n1.email@example.org>");
  EXPECT_EQ(header(text, "Subject"), "Reminder: pay rent");
  EXPECT_NE(text.find("\r\n\r\nSGk=\r\n"), std::string::npos);
}

TEST(Mail, LineEndsInATitleDoNotEndTheSubject) {
  for (const std::string end : {"\r\n", "\n", "\r"}) {
    const auto text = format_mail(letter("x" + end + "Bcc: eve@example.org" + end + end + "body"));
    EXPECT_EQ(text.find("\nBcc"), std::string::npos);
    EXPECT_EQ(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find("\r\n\r\n")), '\n'), 8);
  }
  auto forged = letter("x");
  forged.to = "a@b\r\nBcc: c@d";
  EXPECT_EQ(format_mail(forged).find("\nBcc"), std::string::npos);
}

TEST(Mail, OtherScriptsBecomeEncodedWordsCutBetweenCharacters) {
  const std::string title = "Rappel: payer le loyer à Zoë 日本語日本語日本語日本語日本語 ☂";
  const auto text = format_mail(letter(title));
  std::string subject = text.substr(text.find("Subject: ") + 9);
  subject = subject.substr(0, subject.find("\r\nMessage-ID"));
  std::string decoded;
  for (std::size_t at = 0; (at = subject.find("=?UTF-8?B?", at)) != std::string::npos;) {
    const auto end = subject.find("?=", at + 10);
    EXPECT_LE(end + 2 - at, 75u);
    const auto piece = from_base64(subject.substr(at + 10, end - at - 10)).value();
    EXPECT_NE(static_cast<unsigned char>(piece[0]) & 0xc0, 0x80);
    decoded += piece;
    at = end;
  }
  EXPECT_EQ(decoded, title);
}

TEST(Mail, AddressesThatCouldMeanMoreAreNone) {
  EXPECT_TRUE(valid_mail_address("ana.b+todo@example.org"));
  for (const auto* bad : {"", "ana", "@x", "a@", "a@b@c", "a b@c", "a@b\r\nRCPT TO:<x@y>", "<a@b>", "a@b,c@d", "\"a\"@b", "ä@b.de"})
    EXPECT_FALSE(valid_mail_address(bad)) << bad;
}

}  // namespace notification
