// Where secrets come from: files in one directory, the environment, and the two in that order.
//
// Threading: get() from any thread that may block; nothing is cached, so a rotated file is seen at the next call.
// Ownership: the log sink must outlive the providers. Errors: see io::secret_provider; a placeholder is refused.
// Bounds: io::secret_bytes_max.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/io/observe.hpp"
#include "host/io/secrets.hpp"

namespace evhost::secrets {

/// `[a-z0-9][a-z0-9._-]{0,127}`: a name can never leave the directory.
[[nodiscard]] bool name_valid(std::string_view name) noexcept;
/// "changeme", "secret", "xxx", ...: what people leave in templates, in any case.
[[nodiscard]] bool is_placeholder(std::string_view value) noexcept;
/// What any source refuses: an empty value, a placeholder. `where` goes into the sentence.
[[nodiscard]] core::result<io::secret> checked(std::string_view name, io::secret value, const std::string& where);
/// The refusal of a name that is none.
[[nodiscard]] core::error bad_name(std::string_view name);
/// "EVH_SECRET_SMTP_PASSWORD" for "smtp-password".
[[nodiscard]] std::string environment_name(std::string_view name);

/// One file per secret. One trailing line break is not part of it. Symbolic links are followed (Kubernetes mounts are
/// links swapped atomically). A file that other users may read gives a warning.
class file_provider final : public io::secret_provider {
 public:
  file_provider(std::filesystem::path directory, io::log_sink& log) : directory_(std::move(directory)), log_(log) {}
  core::result<io::secret> get(std::string_view name) override;

 private:
  std::filesystem::path directory_;
  io::log_sink& log_;
};

/// EVH_SECRET_<NAME>, as it was at the start.
class environment_provider final : public io::secret_provider {
 public:
  explicit environment_provider(const std::vector<std::pair<std::string, std::string>>& environment);
  core::result<io::secret> get(std::string_view name) override;

 private:
  std::vector<std::pair<std::string, io::secret>> values_;
};

/// Asks one after the other; the first that does not answer not_found decides.
class provider_chain final : public io::secret_provider {
 public:
  explicit provider_chain(std::vector<io::secret_provider*> providers) : providers_(std::move(providers)) {}
  core::result<io::secret> get(std::string_view name) override;

 private:
  std::vector<io::secret_provider*> providers_;
};

}  // namespace evhost::secrets
