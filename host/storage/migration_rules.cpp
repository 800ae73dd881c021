// Version by version.
#include "host/storage/migration_rules.hpp"

#include "host/core/ids.hpp"

#include <openssl/sha.h>

#include <array>

namespace evhost::storage {

using core::errc;
using core::fail;

std::string migration_hash(std::string_view sql) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(sql.data()), sql.size(), digest.data());
  return core::to_hex(digest);
}

std::string migration_name(std::string_view owner, const io::migration& step) {
  return "migration " + std::to_string(step.version) + " '" + step.name + "' of " + std::string(owner);
}

core::result<void> check_migrations(std::string_view owner, std::span<const io::migration> steps,
                         const std::vector<applied_step>& applied) {
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (steps[i].version != i + 1)
      return fail(errc::invalid, migration_name(owner, steps[i]) + " stands where number " + std::to_string(i + 1) +
                                     " is due: number migrations 1, 2, 3 without gaps");
  if (applied.size() > steps.size())
    return fail(errc::invalid, "the database has " + std::to_string(applied.size()) + " migrations of " +
                                   std::string(owner) + ", this binary knows " + std::to_string(steps.size()) +
                                   ": run the newer version, or restore the backup made before it");
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (applied[i].version != static_cast<std::int64_t>(i + 1))
      return fail(errc::invalid, "the database lacks migration " + std::to_string(i + 1) + " of " + std::string(owner) +
                                     " but has later ones: restore a backup");
    if (applied[i].hash != migration_hash(steps[i].sql))
      return fail(errc::invalid, migration_name(owner, steps[i]) +
                                     " was changed after it had been applied: restore its text and add a new migration");
  }
  return core::success();
}

}  // namespace evhost::storage
