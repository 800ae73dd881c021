// unshare, mount, tablespace, ballast.
#include "tests/faults/small_disk.hpp"

#include "tests/support/postgres_under_test.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace evhost::faults {
namespace {

std::string why_missing = "nobody called small_disk::enter()";

constexpr const char* disk_bytes = "64m";  // a fresh database takes 8
constexpr std::size_t piece_bytes = 4096;

}  // namespace

void small_disk::enter() {
  why_missing.clear();
  if (::geteuid() != 0) why_missing = "a small disk needs root";
  else if (::getpwnam("postgres") == nullptr) why_missing = "there is no user postgres";
  else if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    why_missing = std::string("a small disk cannot be mounted here: ") + std::strerror(errno);
}

std::string small_disk::missing() { return why_missing; }

small_disk::small_disk(test::postgres_under_test& server, const std::string& database) : server_(server), database_(database), space_("small_" + database) {
  std::string pattern = (std::filesystem::temp_directory_path() / "evh-disk-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  const passwd* const user = ::getpwnam("postgres");
  const auto how = std::string("size=") + disk_bytes + ",mode=0700,uid=" + std::to_string(user->pw_uid) + ",gid=" + std::to_string(user->pw_gid);
  if (::mount("tmpfs", folder_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, how.c_str()) != 0) throw std::runtime_error("cannot mount " + folder_.string() + ": " + std::strerror(errno));
  std::filesystem::create_directory(folder_ / "space");  // the ballast lies beside it
  if (::chown((folder_ / "space").c_str(), user->pw_uid, user->pw_gid) != 0) throw std::runtime_error("cannot chown " + folder_.string());
  server_.ask("postgres", "CREATE TABLESPACE " + space_ + " LOCATION '" + (folder_ / "space").string() + "'");
  server_.ask("postgres", "ALTER DATABASE " + database_ + " SET TABLESPACE " + space_);
}

void small_disk::fill() {
  const int fd = ::open((folder_ / "ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error("cannot open the ballast");
  const std::array<char, piece_bytes> piece{};
  while (::write(fd, piece.data(), piece.size()) > 0) {
  }
  const bool full = errno == ENOSPC;
  ::close(fd);
  if (!full) throw std::runtime_error("the small disk does not fill up");
}

void small_disk::free() { std::filesystem::remove(folder_ / "ballast"); }

void small_disk::give_back() {
  server_.ask("postgres", "ALTER DATABASE " + database_ + " SET TABLESPACE pg_default");
  server_.ask("postgres", "DROP TABLESPACE " + space_);
  ::umount(folder_.c_str());
  std::filesystem::remove(folder_);
}

}  // namespace evhost::faults
