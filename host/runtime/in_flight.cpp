// The mapped in-flight file. Plain fields in a fixed layout; `state` is written last on enter and first on leave.
#include "host/runtime/in_flight.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace evhost::runtime {
namespace {

constexpr char magic[8] = {'E', 'V', 'H', 'F', 'L', 'Y', '0', '1'};
constexpr std::uint32_t idle = 0, held = 1;

std::string reason(int number) { return std::generic_category().message(number); }

struct descriptor {
  int fd = -1;
  ~descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

struct in_flight_file::header {
  char magic[8];
  core::uuid boot;  // names the process that wrote the slots
  char unused[1000];
};

struct in_flight_file::slot {
  std::uint32_t state;
  std::uint32_t count;
  std::int64_t first, last;
  std::uint64_t passes;
  std::int32_t partition;
  std::uint32_t broadcast;
  std::uint16_t plugin_bytes, group_bytes, topic_bytes, unused;
  char names[in_flight_names_bytes];
  char tail[16];
};

namespace {
constexpr std::size_t slot_bytes = 1024;
constexpr std::size_t file_bytes = slot_bytes * (1 + in_flight_slots_max);
}  // namespace

in_flight_file::header* in_flight_file::head() const { return static_cast<header*>(memory_); }

in_flight_file::slot* in_flight_file::at(std::size_t index) const {
  static_assert(sizeof(slot) == slot_bytes && sizeof(header) == slot_bytes);
  return reinterpret_cast<slot*>(static_cast<char*>(memory_) + slot_bytes * (index + 1));
}

in_flight_file::~in_flight_file() {
  if (memory_) ::munmap(memory_, file_bytes);
}

core::result<void> in_flight_file::open(const std::filesystem::path& path) {
  const descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (file.fd < 0)
    return core::fail(core::errc::io, "cannot open the in-flight file " + path.string() + ": " + reason(errno));
  struct stat info {};
  if (::fstat(file.fd, &info) != 0)
    return core::fail(core::errc::io, "cannot read the in-flight file " + path.string() + ": " + reason(errno));
  const bool fresh = info.st_size == 0;
  if (!fresh && info.st_size != static_cast<off_t>(file_bytes))
    return core::fail(core::errc::invalid, path.string() + " is " + std::to_string(info.st_size) + " bytes, not an "
                      "in-flight file of this version; delete it while no host runs");
  if (fresh && ::ftruncate(file.fd, static_cast<off_t>(file_bytes)) != 0)
    return core::fail(core::errc::io, "cannot grow the in-flight file " + path.string() + ": " + reason(errno));
  void* memory = ::mmap(nullptr, file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0);
  if (memory == MAP_FAILED)
    return core::fail(core::errc::io, "cannot map the in-flight file " + path.string() + ": " + reason(errno));
  memory_ = memory;
  if (fresh) {
    reset();
  } else if (std::memcmp(head()->magic, magic, sizeof magic) != 0) {
    ::munmap(memory_, file_bytes);
    memory_ = nullptr;
    return core::fail(core::errc::invalid, path.string() + " is not an in-flight file of this version; delete it while "
                      "no host runs");
  }
  return core::success();
}

std::vector<in_flight_report> in_flight_file::left_over() const {
  std::vector<in_flight_report> found;
  if (!memory_) return found;
  for (std::size_t i = 0; i < in_flight_slots_max; ++i) {
    const slot& s = *at(i);
    if (s.state == idle && s.topic_bytes == 0) break;  // slots are assigned in order
    const std::size_t names = std::size_t{s.plugin_bytes} + s.group_bytes + s.topic_bytes;
    if (s.state != held || s.count == 0 || names > in_flight_names_bytes) continue;
    in_flight_report r;
    r.crash_id = core::to_string(head()->boot) + "/" + std::to_string(i) + "/" + std::to_string(s.passes);
    r.plugin.assign(s.names, s.plugin_bytes);
    r.group.assign(s.names + s.plugin_bytes, s.group_bytes);
    r.topic.assign(s.names + s.plugin_bytes + s.group_bytes, s.topic_bytes);
    r.partition = s.partition;
    r.broadcast = s.broadcast != 0;
    r.first = s.first;
    r.last = s.last;
    r.count = s.count;
    found.push_back(std::move(r));
  }
  return found;
}

void in_flight_file::reset() {
  if (!memory_) return;
  for (std::size_t i = 0; i < in_flight_slots_max; ++i) {
    slot& s = *at(i);
    if (s.state == idle && s.topic_bytes == 0) break;  // untouched from here on: the file stays sparse
    std::memset(static_cast<void*>(&s), 0, sizeof s);
  }
  head()->boot = core::new_uuid_v7();
  std::memcpy(head()->magic, magic, sizeof magic);
  assigned_ = 0;
}

std::size_t in_flight_file::assign(std::string_view plugin, std::string_view group, std::string_view topic,
                                   std::int32_t partition, bool broadcast) {
  if (!memory_ || assigned_ == in_flight_slots_max || topic.empty()) return no_slot;
  if (plugin.size() + group.size() + topic.size() > in_flight_names_bytes) return no_slot;
  slot& s = *at(assigned_);
  s.plugin_bytes = static_cast<std::uint16_t>(plugin.size());
  s.group_bytes = static_cast<std::uint16_t>(group.size());
  s.topic_bytes = static_cast<std::uint16_t>(topic.size());
  s.partition = partition;
  s.broadcast = broadcast ? 1 : 0;
  char* to = s.names;
  for (const auto name : {plugin, group, topic}) {
    std::memcpy(to, name.data(), name.size());
    to += name.size();
  }
  return assigned_++;
}

void in_flight_file::enter(std::size_t index, std::int64_t first, std::int64_t last, std::uint32_t count) noexcept {
  if (index == no_slot) return;
  slot& s = *at(index);
  s.first = first;
  s.last = last;
  s.count = count;
  ++s.passes;
  std::atomic_ref<std::uint32_t>(s.state).store(held, std::memory_order_release);
}

void in_flight_file::leave(std::size_t index) noexcept {
  if (index == no_slot) return;
  std::atomic_ref<std::uint32_t>(at(index)->state).store(idle, std::memory_order_release);
}

core::result<std::vector<in_flight_report>> read_in_flight(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::vector<in_flight_report>{};
  in_flight_file file;
  EVH_TRY(file.open(path));
  return file.left_over();
}

}  // namespace evhost::runtime
