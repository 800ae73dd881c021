// The verifier's command line.
#include "host/app/audit_verify/verify.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace evhost::audit_verify {
namespace {

constexpr int exit_usage = 64, exit_missing = 66;
constexpr const char* usage =
    "usage: audit verify --key VKEY (--bundle FILE|DIRECTORY)... [--pin CHECKPOINT]...\n"
    "       audit verify --key VKEY --proof FILE --leaf FILE\n"
    "VKEY and CHECKPOINT may be texts or files. A directory is read in the order of its *.ndjson names.\n"
    "Exit codes: 0 good, 80 tampered (prints TAMPERED <first bad index> <reason>), 81 a pin lies outside the bundle,\n"
    "64 usage, 66 a file is missing.\n";

struct missing : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw missing("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string bundles(const std::string& path) {
  if (!std::filesystem::is_directory(path)) return file(path);
  std::vector<std::filesystem::path> names;
  for (const auto& entry : std::filesystem::directory_iterator(path))
    if (entry.path().extension() == ".ndjson") names.push_back(entry.path());
  if (names.empty()) throw missing("no *.ndjson in " + path);
  std::sort(names.begin(), names.end());
  std::string out;
  for (const auto& name : names) out += file(name) + "\n";
  return out;
}

std::string text_or_file(const std::string& given) {
  std::error_code ec;
  return given.find('\n') == given.npos && std::filesystem::is_regular_file(given, ec) ? file(given) : given;
}
std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\r')) text.pop_back();
  return text;
}

int tell(const verdict& v) {
  if (v.what == finding::good) {
    std::printf("GOOD %llu %llu\n", static_cast<unsigned long long>(v.from), static_cast<unsigned long long>(v.to));
    std::fprintf(stderr, "leaves %llu to %llu of the signed tree of %llu are intact\n", static_cast<unsigned long long>(v.from),
                 static_cast<unsigned long long>(v.to), static_cast<unsigned long long>(v.size));
    return 0;
  }
  std::printf("%s %llu %s\n", v.what == finding::tampered ? "TAMPERED" : "UNCHECKED", static_cast<unsigned long long>(v.index), v.reason.c_str());
  std::fprintf(stderr, "%s\n", v.sentence.c_str());
  return v.what == finding::tampered ? exit_tampered : exit_unchecked;
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
  input what;
  std::string proof, leaf;
  try {
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
      const auto& name = arguments[i];
      if (name == "--help" || name == "-h") return std::fputs(usage, stdout), 0;
      if (i + 1 == arguments.size()) return std::fputs(usage, stderr), exit_usage;
      const auto& value = arguments[i + 1];
      if (name == "--key") what.vkey = trimmed(text_or_file(value));
      else if (name == "--bundle") what.bundle += bundles(value) + "\n";
      else if (name == "--pin") what.pins.push_back(text_or_file(value));
      else if (name == "--proof") proof = file(value);
      else if (name == "--leaf") leaf = file(value);
      else return std::fprintf(stderr, "unknown option %s\n%s", name.c_str(), usage), exit_usage;
    }
    if (what.vkey.empty() || what.bundle.empty() == proof.empty()) return std::fputs(usage, stderr), exit_usage;
    return tell(proof.empty() ? verify_bundle(what) : verify_proof(proof, trimmed(leaf), what.vkey));
  } catch (const missing& e) {
    return std::fprintf(stderr, "%s\n", e.what()), exit_missing;
  }
}

}  // namespace evhost::audit_verify
