// The session cookie in Better Auth's form: <token>.<base64 of HMAC-SHA256(token)>, percent-encoded; and who may send it.
//
// Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace identity {

class cookie_jar {
 public:
  // secret: anything only this host can make. secure: the public origin is https.
  cookie_jar(std::string_view secret, bool secure);

  [[nodiscard]] const std::string& name() const { return name_; }
  // A Set-Cookie value. max_age_s 0: the cookie ends with the browser; clear() takes it away.
  [[nodiscard]] std::string set(std::string_view token, std::int64_t max_age_s) const;
  [[nodiscard]] std::string clear() const;
  // The token of a Cookie header; nothing when it is missing, forged or malformed.
  [[nodiscard]] std::optional<std::string> read(std::string_view cookie_header) const;
  // The token of "<token>.<signature>", as the cookie or a bearer client sends it.
  [[nodiscard]] std::optional<std::string> open(std::string_view signed_token) const;

 private:
  [[nodiscard]] std::string sign(std::string_view token) const;

  std::array<unsigned char, 32> key_{};
  std::string name_;
  bool secure_;
};

// "https://todo.example:8443" of "https://todo.example:8443/any/path"; empty for what is no web address.
std::string origin_of(std::string_view url);

// May a page of this Origin act for its user here? own: the Host this request was sent to, and the issuer's name.
bool origin_allowed(std::string_view origin, std::string_view host, std::string_view issuer, std::span<const std::string> trusted);

}  // namespace identity
