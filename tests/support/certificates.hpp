// Certificates for tests, made by the openssl command in a folder of the test: an authority and what it signs.
//
// Throws std::runtime_error with openssl's words. One thread.
#pragma once
#include <filesystem>
#include <string>

namespace evhost::test {

class authority {
 public:
  // name: of the authority, and of its file.
  authority(std::filesystem::path folder, const std::string& name);

  struct pair {
    std::filesystem::path certificate, key;
    [[nodiscard]] std::string both() const;  // PEM of key and chain, as one text
  };
  // names: as subjectAltName says them, e.g. "DNS:localhost,IP:127.0.0.1".
  [[nodiscard]] pair issue(const std::string& name, const std::string& names) const;
  [[nodiscard]] const std::filesystem::path& certificate() const { return own_.certificate; }

 private:
  std::filesystem::path folder_;
  pair own_;
};

}  // namespace evhost::test
