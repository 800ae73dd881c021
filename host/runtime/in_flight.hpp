// The in-flight file: which events each lane's handler holds right now, in mapped memory that outlives a crash.
//
// A slot per lane; enter() and leave() are a few stores, no system call. After a crash the next process reads what was in
// flight, makes suspects of it, and only then calls reset(). Survives the death of the process, not of the machine:
// a power cut is no plugin's fault.
// Threading: assign() [control]; enter()/leave() of one slot by one thread at a time; slots do not disturb each other.
// Bounds: in_flight_slots_max lanes; names of group, topic and plugin together in_flight_names_bytes.
#pragma once
#include "host/core/ids.hpp"
#include "host/core/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::runtime {

inline constexpr std::size_t in_flight_slots_max = 1024;
inline constexpr std::size_t in_flight_names_bytes = 960;

// What one lane held when the process died. first and last are lane offsets; count of them are real (gaps are legal).
struct in_flight_report {
  std::string crash_id;  // names this crash of this lane, so that it is counted once
  std::string plugin, group, topic;
  std::int32_t partition = 0;
  bool broadcast = false;
  std::int64_t first = 0, last = 0;
  std::uint32_t count = 0;
};

class in_flight_file {
 public:
  static constexpr std::size_t no_slot = ~std::size_t{0};

  in_flight_file() = default;
  ~in_flight_file();
  in_flight_file(const in_flight_file&) = delete;
  in_flight_file& operator=(const in_flight_file&) = delete;

  // Maps the file, making it when absent. A file that is not ours or of another format is refused by name.
  core::result<void> open(const std::filesystem::path& path);
  // What stands in the file from the last process. Empty after a clean end.
  [[nodiscard]] std::vector<in_flight_report> left_over() const;
  // Forgets everything; slots are given anew.
  void reset();

  // A slot for a lane; no_slot when not open, full or the names are too long (that lane's crashes stay unattributed).
  std::size_t assign(std::string_view plugin, std::string_view group, std::string_view topic, std::int32_t partition,
                     bool broadcast);
  void enter(std::size_t slot, std::int64_t first, std::int64_t last, std::uint32_t count) noexcept;
  void leave(std::size_t slot) noexcept;

 private:
  struct header;
  struct slot;
  [[nodiscard]] header* head() const;
  [[nodiscard]] slot* at(std::size_t index) const;

  void* memory_ = nullptr;
  std::size_t assigned_ = 0;
};

// The same look at a file that a dead host left behind, without changing it: for the supervisor's message.
core::result<std::vector<in_flight_report>> read_in_flight(const std::filesystem::path& path);

}  // namespace evhost::runtime
