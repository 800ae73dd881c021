// Reading secrets, with the same refusals whatever the source.
#include "host/secrets/providers.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace evhost::secrets {
namespace {

struct closing {
  int fd;
  ~closing() { ::close(fd); }
};

}  // namespace

core::error bad_name(std::string_view name) {
  return core::fail(core::errc::invalid,
                    "\"" + std::string(name.substr(0, 128)) +
                        "\" is no name for a secret; use [a-z0-9][a-z0-9._-]*, at most 128 characters");
}

core::result<io::secret> checked(std::string_view name, io::secret value, const std::string& where) {
  if (value.empty())
    return core::fail(core::errc::invalid,
                      "the secret " + std::string(name) + " in " + where + " is empty; write its value there");
  if (is_placeholder(value.reveal_text())) {
    return core::fail(core::errc::invalid, "the secret " + std::string(name) + " in " + where +
                                               " is still a placeholder; write its real value there");
  }
  return value;
}

bool name_valid(std::string_view name) noexcept {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 128 && plain(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_placeholder(std::string_view value) noexcept {
  constexpr std::array<std::string_view, 12> known{"changeme",  "change-me",  "change_me",   "secret",
                                                   "password",  "xxx",        "xxxx",        "todo",
                                                   "replaceme", "replace-me", "placeholder", "your-secret-here"};
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  if (value.starts_with('<') && value.ends_with('>')) return true;
  return std::ranges::any_of(known, [&](std::string_view word) { return std::ranges::equal(value, word, same); });
}

std::string environment_name(std::string_view name) {
  std::string out = "EVH_SECRET_";
  for (const char c : name)
    out += c == '.' || c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return out;
}

core::result<io::secret> file_provider::get(std::string_view name) {
  if (!name_valid(name)) return bad_name(name);
  const std::string path = (directory_ / name).string();
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a FIFO there must not stall us
  if (fd < 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      return core::fail(core::errc::not_found, "there is no secret " + std::string(name) + " in " +
                                                   directory_.string() + "; write it into the file " + path);
    return core::fail(core::errc::io,
                      path + " cannot be opened (" + std::strerror(errno) + "); check its owner and mode");
  }
  const closing guard{fd};
  struct stat found {};
  if (::fstat(fd, &found) != 0 || !S_ISREG(found.st_mode))
    return core::fail(core::errc::invalid, path + " is not a regular file; a secret is one file");
  if (found.st_size > static_cast<off_t>(io::secret_bytes_max))
    return core::fail(core::errc::invalid, path + " has more than 64 KiB; a secret is a key or a password");
  if ((found.st_mode & 077) != 0) {
    log_.log(io::log_level::warning, "secrets", "a secret's file may be read by other users; run chmod 0600 on it",
             {{"path", path}});
  }
  io::secret text(static_cast<std::size_t>(found.st_size));
  std::size_t have = 0;
  while (have < text.size()) {
    const auto count = ::read(fd, text.writable().data() + have, text.size() - have);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return core::fail(core::errc::io, path + " cannot be read; it changed meanwhile or the disk fails");
    have += static_cast<std::size_t>(count);
  }
  std::string_view value = text.reveal_text();
  if (value.ends_with('\n')) value.remove_suffix(1);
  if (value.ends_with('\r')) value.remove_suffix(1);
  return checked(name, io::secret(value), path);
}

environment_provider::environment_provider(const std::vector<std::pair<std::string, std::string>>& environment) {
  for (const auto& [name, value] : environment) {
    if (name.starts_with("EVH_SECRET_")) values_.emplace_back(name, io::secret(std::string_view(value)));
  }
}

core::result<io::secret> environment_provider::get(std::string_view name) {
  if (!name_valid(name)) return bad_name(name);
  const std::string variable = environment_name(name);
  const auto found = std::ranges::find(values_, variable, &std::pair<std::string, io::secret>::first);
  if (found == values_.end())
    return core::fail(core::errc::not_found,
                      "there is no secret " + std::string(name) + " in the environment; set " + variable);
  return checked(name, found->second.copy(), "environment " + variable);
}

core::result<io::secret> provider_chain::get(std::string_view name) {
  std::string looked;
  for (auto* provider : providers_) {
    auto answer = provider->get(name);
    if (answer.has_value() || answer.error().code != core::errc::not_found) return answer;
    looked += (looked.empty() ? "" : "; or ") + answer.error().message;
  }
  return core::fail(core::errc::not_found, std::move(looked));
}

}  // namespace evhost::secrets
