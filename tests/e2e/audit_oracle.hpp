// Is the audit log in a stopped host's database whole? Every record of every topic is one leaf, in order, and the tree is theirs.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace evhost::e2e {

struct audit_state {
  std::vector<std::string> wrong;       // sentences; empty: whole
  std::uint64_t leaves = 0, staged = 0; // in the tree, and waiting
};

audit_state inspect_audit(const std::filesystem::path& database);

}  // namespace evhost::e2e
