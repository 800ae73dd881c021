// Finds plugin files, opens them and checks them: the list of plugins that can be created, and a sentence for each that
// cannot. One bad file never hides the others.
//
// Threading: [control]. Ownership: libraries stay open until the process ends. Bounds: files_max per call.
#pragma once
#include "host/core/result.hpp"
#include "host/io/plugin.hpp"
#include "host/loader/elf_file.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace evhost::loader {

inline constexpr std::size_t files_max = 1024;

struct refusal {
  std::string id;  // empty when the file could not say
  std::filesystem::path file;
  std::string reason;  // one sentence
};

struct load_report {
  std::vector<io::plugin_candidate> plugins;  // in the order of the files, each file in its factory's order
  std::vector<refusal> refusals;
  std::vector<std::string> warnings;
};

// The *.so files directly in these directories, absolute, sorted by name within each, no file twice. A directory that
// cannot be read is an error.
core::result<std::vector<std::filesystem::path>> find_files(std::span<const std::filesystem::path> directories);

// Opens and checks each file; never creates a plugin. Of two plugins with one id the first stays.
load_report load(std::span<const std::filesystem::path> files);

}  // namespace evhost::loader
