// Facts about a library file that can be had without running a byte of it: is it one for this machine, what does it
// export. Blocking disk reads; any thread.
#pragma once
#include "host/core/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace evhost::loader {

struct file_facts {
  std::filesystem::path file;        // absolute
  std::vector<std::string> exports;  // dynamic symbols others could bind to, sorted
  [[nodiscard]] bool exports_entry() const;
  [[nodiscard]] std::vector<std::string> strangers() const;  // exports that are not the entry symbol
};

// The error is a sentence that names the file, what is wrong with it and the remedy.
core::result<file_facts> inspect(const std::filesystem::path& file);

}  // namespace evhost::loader
