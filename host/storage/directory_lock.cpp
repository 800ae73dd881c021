// Takes the lock file and writes our pid into it.
#include "host/storage/directory_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace evhost::storage {
namespace {

std::string holder_of(int fd) {
  char text[32] = {};
  const auto got = ::pread(fd, text, sizeof text - 1, 0);
  std::string pid(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!pid.empty() && (pid.back() < '0' || pid.back() > '9')) pid.pop_back();
  return pid.empty() ? "unknown" : pid;
}

}  // namespace

core::result<directory_lock> directory_lock::take(const std::filesystem::path& database) {
  std::filesystem::path file = database;
  file += ".lock";
  directory_lock lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.fd_ < 0)
    return core::fail(core::errc::io, "lock file " + file.string() + ": " + std::strerror(errno) +
                                          "; make the data directory writable for this user");
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return core::fail(core::errc::io, "lock file " + file.string() + ": " + std::strerror(errno));
    return core::fail(core::errc::conflict, database.string() + " is in use by the host with pid " +
                                                holder_of(lock.fd_) + ": stop that one, or choose another host.data_dir");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.fd_, 0) != 0 || ::pwrite(lock.fd_, pid.data(), pid.size(), 0) < 0)
    return core::fail(core::errc::io, "lock file " + file.string() + ": " + std::strerror(errno));
  return lock;
}

directory_lock::directory_lock(directory_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

directory_lock::~directory_lock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace evhost::storage
