// Reads the ELF header and sections before Boost.DLL's reader does, because that one trusts the sizes it finds.
#include "host/loader/elf_file.hpp"

#include <evh/abi/entry.h>

#include <boost/dll/library_info.hpp>

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <fstream>

namespace evhost::loader {
namespace {

#if defined(__x86_64__)
constexpr unsigned native_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned native_machine = EM_AARCH64;
#else
constexpr unsigned native_machine = EM_NONE;
#endif

std::string_view machine_name(unsigned machine) {
  switch (machine) {
    case EM_X86_64: return "x86-64";
    case EM_AARCH64: return "aarch64";
    case EM_386: return "i386";
    case EM_ARM: return "arm";
    case EM_RISCV: return "riscv";
    default: return "another machine";
  }
}

template <class T>
bool read_at(std::ifstream& from, std::uint64_t offset, T& into) {
  from.seekg(static_cast<std::streamoff>(offset));
  return static_cast<bool>(from.read(reinterpret_cast<char*>(&into), sizeof into));
}

// Empty when every section lies inside the file; otherwise what is wrong.
std::string damage(std::ifstream& from, const Elf64_Ehdr& head, std::uint64_t bytes) {
  if (head.e_shoff == 0 || head.e_shentsize != sizeof(Elf64_Shdr)) return "it has no section table";
  for (unsigned i = 0; i < head.e_shnum; ++i) {
    Elf64_Shdr section;
    if (!read_at(from, head.e_shoff + i * sizeof section, section)) return "its section table is cut off";
    if (section.sh_type == SHT_NOBITS) continue;
    if (section.sh_offset > bytes || section.sh_size > bytes - section.sh_offset) return "it is shorter than it says";
  }
  return {};
}

core::result<void> check_native(const std::filesystem::path& file) {
  const std::string name = "'" + file.string() + "'";
  std::error_code why;
  const auto bytes = std::filesystem::file_size(file, why);
  std::ifstream from(file, std::ios::binary);
  if (why || !from)
    return core::fail(core::errc::not_found, name + " cannot be read: check that the file exists and is readable");
  Elf64_Ehdr head{};
  if (!read_at(from, 0, head) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
    return core::fail(core::errc::invalid,
                      name + " is not a shared library: put only plugins into the plugin directories");
  if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_type != ET_DYN || head.e_machine != native_machine)
    return core::fail(core::errc::unsupported, name + " is built for " + std::string(machine_name(head.e_machine)) +
                                                   ", this host is " + std::string(machine_name(native_machine)) +
                                                   ": build the plugin as a 64-bit shared library for this machine");
  if (const std::string what = damage(from, head, bytes); !what.empty())
    return core::fail(core::errc::invalid, name + " is damaged (" + what + "): copy or build it again");
  return core::success();
}

}  // namespace

bool file_facts::exports_entry() const {
  return std::find(exports.begin(), exports.end(), EVH_PLUGIN_ENTRY_SYMBOL) != exports.end();
}

std::vector<std::string> file_facts::strangers() const {
  std::vector<std::string> out;
  std::copy_if(exports.begin(), exports.end(), std::back_inserter(out),
               [](const std::string& symbol) { return symbol != EVH_PLUGIN_ENTRY_SYMBOL; });
  return out;
}

core::result<file_facts> inspect(const std::filesystem::path& file) {
  file_facts facts;
  facts.file = std::filesystem::absolute(file).lexically_normal();
  EVH_TRY(check_native(facts.file));
  try {
    boost::dll::library_info info(facts.file.string());
    facts.exports = info.symbols();
  } catch (const std::exception& why) {
    return core::fail(core::errc::invalid,
                      "'" + facts.file.string() + "' is damaged (" + why.what() + "): copy or build it again");
  }
  std::sort(facts.exports.begin(), facts.exports.end());
  facts.exports.erase(std::unique(facts.exports.begin(), facts.exports.end()), facts.exports.end());
  return facts;
}

}  // namespace evhost::loader
