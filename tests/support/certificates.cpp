// openssl req and x509.
#include "tests/support/certificates.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace evhost::test {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void openssl(const std::filesystem::path& folder, const std::string& arguments) {
  const auto log = folder / "openssl.log";
  if (std::system(("openssl " + arguments + " > " + log.string() + " 2>&1").c_str()) != 0) throw std::runtime_error("openssl " + arguments + ": " + text_of(log));
}

}  // namespace

std::string authority::pair::both() const { return text_of(key) + text_of(certificate); }

authority::authority(std::filesystem::path folder, const std::string& name) : folder_(std::move(folder)), own_{folder_ / (name + ".pem"), folder_ / (name + ".key")} {
  openssl(folder_, "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name + " -keyout " + own_.key.string() + " -out " +
                       own_.certificate.string() + " -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign");
}

authority::pair authority::issue(const std::string& name, const std::string& names) const {
  const pair made{folder_ / (name + ".pem"), folder_ / (name + ".key")};
  const auto request = (folder_ / (name + ".csr")).string(), extensions = (folder_ / (name + ".ext")).string();
  std::ofstream(extensions) << "subjectAltName=" << names << "\nbasicConstraints=CA:FALSE\n";
  openssl(folder_, "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name + " -keyout " + made.key.string() + " -out " + request);
  openssl(folder_, "x509 -req -days 2 -in " + request + " -CA " + own_.certificate.string() + " -CAkey " + own_.key.string() + " -CAcreateserial -extfile " + extensions +
                       " -out " + made.certificate.string());
  return made;
}

}  // namespace evhost::test
