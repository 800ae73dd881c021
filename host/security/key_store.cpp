// Creation is atomic: the text goes to a private temporary file, is forced to disk, and is linked under its name, which
// fails when somebody was faster; then theirs is read.
#include "host/security/key_store.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <functional>
#include <optional>

#include "host/security/base64url.hpp"
#include "host/security/sodium.hpp"

namespace evhost::security {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t seed_bytes = 32;
constexpr std::string_view first_key_name = "signing.pem", key_name_head = "signing-", key_name_tail = ".pem";
// RFC 8410 section 7: SEQUENCE { version 0, { id-Ed25519 }, OCTET STRING { OCTET STRING (32) } }, then the seed.
constexpr std::string_view pkcs8_prefix{"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 16};
constexpr std::string_view pem_begin = "-----BEGIN PRIVATE KEY-----\n";
constexpr std::string_view pem_end = "\n-----END PRIVATE KEY-----\n";

class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

core::error io_error(const fs::path& file, std::string_view what) {
  return core::fail(core::errc::io, file.string() + " cannot be " + std::string(what) + " (" + std::strerror(errno) +
                                        "); check that the data directory belongs to this user and the disk has room");
}

std::string octal(mode_t mode) {
  const char digits[] = {'0', static_cast<char>('0' + (mode >> 6 & 7)), static_cast<char>('0' + (mode >> 3 & 7)),
                         static_cast<char>('0' + (mode & 7)), '\0'};
  return digits;
}

// Empty, or the sentence that refuses the file or directory behind fd.
std::string private_or_sentence(const fs::path& path, const struct stat& found, bool directory) {
  const mode_t mode = found.st_mode & 07777;
  if (directory ? !S_ISDIR(found.st_mode) : !S_ISREG(found.st_mode)) {
    return path.string() + " is not a " + (directory ? "directory" : "regular file") + "; move it away and start again";
  }
  if (found.st_uid != ::geteuid() && found.st_uid != 0) {
    return path.string() + " belongs to user " + std::to_string(found.st_uid) +
           ", who could replace the host's keys; run: chown " + std::to_string(::geteuid()) + " " + path.string();
  }
  const mode_t forbidden = directory ? 022 : 077;
  if ((mode & forbidden) == 0) return {};
  return path.string() + " has mode " + octal(mode) + ", so other users may " + (directory ? "replace" : "read") +
         " the host's keys; run: chmod " + (directory ? "0700 " : "0600 ") + path.string();
}

io::secret make_mac_text() {
  ensure_sodium();
  std::string bytes(seed_bytes, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  std::string text = base64url_encode(bytes) + "\n";
  io::secret out{std::string_view(text)};
  sodium_memzero(bytes.data(), bytes.size());
  sodium_memzero(text.data(), text.size());
  return out;
}

io::secret make_signing_text() {
  ensure_sodium();
  std::string der(pkcs8_prefix);
  der.resize(pkcs8_prefix.size() + seed_bytes);
  randombytes_buf(der.data() + pkcs8_prefix.size(), seed_bytes);
  std::string text(sodium_base64_ENCODED_LEN(48, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(der.data()), der.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.resize(std::strlen(text.c_str()));
  std::string pem = std::string(pem_begin) + text + std::string(pem_end);
  io::secret out{std::string_view(pem)};
  for (auto* each : {&der, &text, &pem}) sodium_memzero(each->data(), each->size());
  return out;
}

// On a read-only mount nobody replaces a file, and its group is how this user reads it at all.
std::string mounted_or_sentence(const fs::path& path, const struct stat& found) {
  if (!S_ISREG(found.st_mode)) return path.string() + " is not a regular file; mount the keys one file each";
  if ((found.st_mode & 07) == 0) return {};
  return path.string() + " has mode " + octal(found.st_mode & 07777) +
         ", so every user may read the host's keys; mount it with mode 0440 (defaultMode of a Kubernetes Secret)";
}

core::result<io::secret> read_private_file(const fs::path& file, int fd, bool mounted) {
  struct stat found {};
  if (::fstat(fd, &found) != 0) return io_error(file, "examined");
  if (auto sentence = mounted ? mounted_or_sentence(file, found) : private_or_sentence(file, found, false); !sentence.empty())
    return core::fail(core::errc::denied, std::move(sentence));
  if (found.st_size <= 0 || static_cast<std::size_t>(found.st_size) > io::secret_bytes_max) {
    return core::fail(core::errc::invalid,
                      file.string() + " has " + std::to_string(found.st_size) +
                          " bytes and cannot be a key; restore it from a backup, or delete it to get a new one");
  }
  io::secret text(static_cast<std::size_t>(found.st_size));
  std::size_t have = 0;
  while (have < text.size()) {
    const auto count = ::read(fd, text.writable().data() + have, text.size() - have);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return io_error(file, "read");
    have += static_cast<std::size_t>(count);
  }
  return text;
}

// Writes `text` under `file` unless that name is taken. True also when it is: the caller reads what is there.
bool publish(const fs::path& file, const io::secret& text) {
  const fs::path temporary =
      file.string() + "." + std::to_string(::getpid()) + "." + std::to_string(randombytes_random()) + ".new";
  const descriptor out(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!out) return false;
  const auto written = ::write(out.get(), text.reveal().data(), text.size());
  const bool whole = written == static_cast<ssize_t>(text.size()) && ::fsync(out.get()) == 0;
  const bool linked = whole && (::link(temporary.c_str(), file.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  ::unlink(temporary.c_str());
  errno = error;
  if (!linked) return false;
  const descriptor directory(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory && ::fsync(directory.get()) == 0;
}

core::error damaged(const fs::path& file, std::string_view expected) {
  return core::fail(
      core::errc::invalid,
      file.string() + " holds no " + std::string(expected) +
          "; restore it from a backup, or delete it to get a new one (what was signed with the old one then ends)");
}

// The number in a rotated key's name; 0 for the first key; nothing for other files.
std::optional<std::int64_t> since_of(const fs::path& file) {
  const std::string name = file.filename().string();
  if (name == first_key_name) return 0;
  if (!name.starts_with(key_name_head) || !name.ends_with(key_name_tail)) return std::nullopt;
  std::int64_t since = 0;
  const char* end = name.data() + name.size() - key_name_tail.size();
  const auto [at, why] = std::from_chars(name.data() + key_name_head.size(), end, since);
  return why == std::errc{} && at == end && since > 0 ? std::optional(since) : std::nullopt;
}

std::int64_t age_of(const fs::path& file) {
  struct stat found {};
  return ::stat(file.c_str(), &found) == 0 ? static_cast<std::int64_t>(found.st_mtim.tv_sec) : 0;
}

}  // namespace

bool key_store::on_read_only_mount(const fs::path& directory) {
  struct statvfs found {};
  return ::statvfs(directory.c_str(), &found) == 0 && (found.f_flag & ST_RDONLY) != 0;
}

bool key_store::writable() const { return !mounted_ && ::access(directory_.c_str(), W_OK) == 0; }

core::result<void> key_store::open_directory() const {
  ensure_sodium();
  if (mounted_) return core::success();
  std::error_code ignored;
  fs::create_directories(directory_.parent_path(), ignored);  // the mkdir below reports what matters
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) return io_error(directory_, "made");
  struct stat found {};
  if (::stat(directory_.c_str(), &found) != 0) return io_error(directory_, "examined");
  if (auto sentence = private_or_sentence(directory_, found, true); !sentence.empty())
    return core::fail(core::errc::denied, std::move(sentence));
  return core::success();
}

core::result<io::secret> key_store::load_or_create(const fs::path& file, io::secret (*make)()) const {
  EVH_TRY(open_directory());
  for (int attempt = 0; attempt < 2; ++attempt) {
    const descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | (mounted_ ? 0 : O_NOFOLLOW)));
    if (in) return read_private_file(file, in.get(), mounted_);
    if (errno == ELOOP)
      return core::fail(core::errc::denied, file.string() + " is a symbolic link; put the key file itself there");
    if (errno != ENOENT) return io_error(file, "opened");
    if (mounted_)
      return core::fail(core::errc::not_found, file.string() + " is not there, and the mount is read-only; put the keys of a host that has run once there "
                                                               "(signing.pem and mac.key)");
    if (!publish(file, make())) return io_error(file, "written");
  }
  return io_error(file, "read after it was written");
}

core::result<signing_key> key_store::read_signing_key(const fs::path& file) const {
  auto text = load_or_create(file, &make_signing_text);
  if (!text) return text.error();
  std::string_view pem = text.value().reveal_text();
  if (!pem.starts_with(pem_begin) || !pem.ends_with(pem_end) || pem.size() < pem_begin.size() + pem_end.size())
    return damaged(file, "Ed25519 private key in PEM");
  pem.remove_prefix(pem_begin.size());
  pem.remove_suffix(pem_end.size());
  io::secret der(pkcs8_prefix.size() + seed_bytes);
  std::size_t length = 0;
  const int bad = sodium_base642bin(reinterpret_cast<unsigned char*>(der.writable().data()), der.size(), pem.data(),
                                    pem.size(), nullptr, &length, nullptr, sodium_base64_VARIANT_ORIGINAL);
  if (bad != 0 || length != der.size() || !der.reveal_text().starts_with(pkcs8_prefix))
    return damaged(file, "Ed25519 private key");
  return signing_key(io::secret(der.reveal().subspan(pkcs8_prefix.size())));
}

core::result<std::vector<key_store::dated_key>> key_store::load_signing_keys() const {
  EVH_TRY(open_directory());
  std::vector<std::pair<std::int64_t, fs::path>> files;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(directory_, ec))
    if (const auto since = since_of(entry.path())) files.emplace_back(*since, entry.path());
  if (ec) return io_error(directory_, "listed");
  if (files.empty()) files.emplace_back(0, directory_ / first_key_name);
  std::ranges::sort(files, std::greater{});
  std::vector<dated_key> keys;
  for (const auto& [since, file] : files) {
    EVH_TRY(auto key, read_signing_key(file));
    keys.push_back({std::move(key), since == 0 ? age_of(file) : since, file});
  }
  return keys;
}

core::result<signing_key> key_store::load_signing_key() const {
  EVH_TRY(auto keys, load_signing_keys());
  return std::move(keys.front().key);
}

core::result<void> key_store::follow_signing_key(const fs::path& newest, std::int64_t now) const {
  const descriptor directory(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return io_error(directory_, "opened");
  // A file system without locks is no reason to keep a key for ever: at worst two keys follow.
  if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return core::success();
  EVH_TRY(auto keys, load_signing_keys());
  if (keys.front().file != newest) return core::success();
  const fs::path file = directory_ / (std::string(key_name_head) + std::to_string(now) + std::string(key_name_tail));
  EVH_TRY(load_or_create(file, &make_signing_text));
  return core::success();
}

core::result<void> key_store::forget(const fs::path& file) const {
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return io_error(file, "deleted");
  return core::success();
}

core::result<io::secret> key_store::load_mac_key(std::string_view name) const {
  const fs::path file = directory_ / (std::string(name) + ".key");
  auto text = load_or_create(file, &make_mac_text);
  if (!text) return text.error();
  std::string_view line = text.value().reveal_text();
  if (line.ends_with('\n')) line.remove_suffix(1);
  auto bytes = base64url_decode(line);
  if (!bytes || bytes->size() != seed_bytes) return damaged(file, "key of 32 bytes in base64url");
  io::secret out{std::string_view(*bytes)};
  sodium_memzero(bytes->data(), bytes->size());
  return out;
}

}  // namespace evhost::security
