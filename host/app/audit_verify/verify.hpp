// Verifies exported audit bundles with nothing but the files and the public key. Shares no code with the log: standard library
// and libsodium only. What a bundle is, line by line, and what each verdict means: docs/audit.md.
//
// Pure but for reading nothing: texts in, verdict out. One thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::audit_verify {

enum class finding { good, tampered, unchecked };

struct verdict {
  finding what = finding::good;
  std::uint64_t index = 0;     // the first leaf that is bad or that nothing vouches for; unchecked: size of the pin
  std::string reason;          // format, origin, checkpoint, hashes, order, leaf, payload, root, pin, proof
  std::string sentence;
  std::uint64_t from = 0, to = 0, size = 0;
};

struct input {
  std::string bundle;                // one bundle, or several of neighbouring ranges one after the other
  std::string vkey;                  // name+hash+base64
  std::vector<std::string> pins;     // checkpoints kept from earlier
};

verdict verify_bundle(const input& what);

// One c2sp.org/tlog-proof@v1 file for one leaf's bytes.
verdict verify_proof(std::string_view proof, std::string_view leaf, std::string_view vkey);

// The command line of both evhost audit verify and evhost-audit-verify, without the program's name; returns the exit code:
// 0 good, 80 tampered, 81 a pin lies outside the bundle, 64 usage, 66 a file is missing.
inline constexpr int exit_tampered = 80, exit_unchecked = 81;
int run(const std::vector<std::string>& arguments);

}  // namespace evhost::audit_verify
