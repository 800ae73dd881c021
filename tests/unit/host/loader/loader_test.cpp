// Loading libraries: what is taken, what is refused and with which sentence; one fault per fixture.
#include "host/loader/loader.hpp"
#include "host/loader/library.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace evhost::loader {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

fs::path fixture(const std::string& fault) {
  return fs::path(EVH_BAD_PLUGINS_DIR) / (fault + ".so");
}

load_report load_one(const std::string& fault) {
  const std::vector<fs::path> files{fixture(fault)};
  return load(files);
}

// The sentence a fixture is refused with; empty when it was not.
std::string refusal_of(const std::string& fault) {
  load_report report = load_one(fault);
  return report.plugins.empty() && report.refusals.size() == 1 ? report.refusals[0].reason : std::string();
}

class scratch_folder {
 public:
  scratch_folder()
      : path_(fs::temp_directory_path() /
              ("evh-loader-" + std::to_string(::getpid()) + "-" + std::to_string(next_++))) {
    fs::create_directories(path_);
  }
  ~scratch_folder() { fs::remove_all(path_); }
  [[nodiscard]] const fs::path& path() const { return path_; }
  fs::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return path_ / name;
  }

 private:
  static inline int next_ = 0;
  fs::path path_;
};

std::string bytes_of(const fs::path& file) {
  std::ifstream from(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(from), {}};
}

TEST(Loader, TakesAHealthyPlugin) {
  const load_report report = load_one("healthy");
  ASSERT_EQ(report.plugins.size(), 1u);
  EXPECT_TRUE(report.refusals.empty());
  EXPECT_TRUE(report.warnings.empty());
  EXPECT_EQ(report.plugins[0].id, "healthy");
  EXPECT_EQ(report.plugins[0].version, "1.0.0");
  EXPECT_TRUE(report.plugins[0].file.is_absolute());
  EXPECT_NE(report.plugins[0].factory, nullptr);
}

TEST(Loader, RefusesOtherMajorNamingBothVersions) {
  EXPECT_THAT(refusal_of("wrong_major"), AllOf(HasSubstr("wrong_major.so"), HasSubstr("abi_major is 99"),
                                               HasSubstr("1.0"), HasSubstr("build the plugin")));
}

TEST(Loader, RefusesPluginThatNeedsNewerMinor) {
  EXPECT_THAT(refusal_of("newer_minor"), AllOf(HasSubstr("abi_minor_needed is 77"), HasSubstr("update the host")));
}

TEST(Loader, RefusesLibraryWithoutEntry) {
  EXPECT_THAT(refusal_of("missing_entry"), HasSubstr("does not export evh_plugin_entry"));
}
TEST(Loader, RefusesNullEntry) {
  EXPECT_THAT(refusal_of("null_entry"), HasSubstr("cannot run in a host of evh ABI 1.0"));
}
TEST(Loader, RefusesSmallEntry) {
  EXPECT_THAT(refusal_of("small_entry"), HasSubstr("evh_entry.struct_size is 16, this host needs 40"));
}
TEST(Loader, RefusesNullFactory) {
  EXPECT_THAT(refusal_of("null_factory"), HasSubstr("get_factory returned NULL"));
}
TEST(Loader, RefusesFactoryWithoutCreate) {
  EXPECT_THAT(refusal_of("null_create"), HasSubstr("evh_factory.create is NULL"));
}
TEST(Loader, RefusesSmallDescriptor) {
  EXPECT_THAT(refusal_of("small_descriptor"), HasSubstr("evh_descriptor.struct_size is 24"));
}
TEST(Loader, RefusesBadId) {
  EXPECT_THAT(refusal_of("bad_id"), HasSubstr("'Not An Id' is no plugin id"));
}
TEST(Loader, RefusesBadVersion) {
  EXPECT_THAT(refusal_of("bad_version"), AllOf(HasSubstr("plugin 'bad-version'"), HasSubstr("'1.x'")));
}
TEST(Loader, RefusesWhenLibraryInitRefuses) {
  EXPECT_THAT(refusal_of("refuses_library_init"), HasSubstr("needs a newer kernel"));
}
TEST(Loader, CatchesExceptionOutOfEntry) {
  EXPECT_THAT(refusal_of("throws_in_entry"), HasSubstr("thrown in entry"));
}
TEST(Loader, FindsMissingSymbolsWhenOpening) {
  EXPECT_THAT(refusal_of("undefined_symbol"), HasSubstr("a_function_nobody_defines"));
}

TEST(Loader, WarnsOfExportedStrangersAndTakesThePlugin) {
  const load_report report = load_one("exports_stranger");
  EXPECT_EQ(report.plugins.size(), 1u);
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_THAT(report.warnings[0], HasSubstr("exported_by_accident"));
}

TEST(Loader, KeepsTheFirstOfTwoPluginsWithOneId) {
  const std::vector<fs::path> files{fixture("duplicate_a"), fixture("duplicate_b")};
  const load_report report = load(files);
  ASSERT_EQ(report.plugins.size(), 1u);
  EXPECT_EQ(report.plugins[0].version, "1.1.0");
  ASSERT_EQ(report.refusals.size(), 1u);
  EXPECT_EQ(report.refusals[0].id, "duplicate");
  EXPECT_THAT(report.refusals[0].reason,
              AllOf(HasSubstr("duplicate_a.so"), HasSubstr("duplicate_b.so"), HasSubstr("1.1.0"), HasSubstr("2.0.0")));
}

TEST(Loader, OneBadFileNeverHidesTheOthers) {
  const std::vector<fs::path> files{fixture("wrong_major"), fixture("healthy"), fixture("throws_in_entry"),
                                    fixture("rejects_config")};
  const load_report report = load(files);
  EXPECT_EQ(report.plugins.size(), 2u);
  EXPECT_EQ(report.refusals.size(), 2u);
}

TEST(Loader, KeepsLibrariesOpenAndOpensThemOnce) {
  (void)load_one("healthy");
  const std::size_t before = open_libraries();
  (void)load_one("healthy");
  EXPECT_EQ(open_libraries(), before);
  EXPECT_GT(before, 0u);
}

TEST(Loader, FindsOnlySharedObjectsSorted) {
  const scratch_folder folder;
  (void)folder.write("b.so", "x");
  (void)folder.write("a.so", "x");
  (void)folder.write("notes.txt", "x");
  fs::create_directory(folder.path() / "d.so");
  const std::vector<fs::path> directories{folder.path(), folder.path()};
  auto found = find_files(directories);
  ASSERT_TRUE(found);
  ASSERT_EQ(found.value().size(), 2u);
  EXPECT_EQ(found.value()[0].filename(), "a.so");
  EXPECT_EQ(found.value()[1].filename(), "b.so");
}

TEST(Loader, NamesADirectoryItCannotRead) {
  const std::vector<fs::path> directories{"/nowhere/at/all"};
  auto found = find_files(directories);
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, AllOf(HasSubstr("/nowhere/at/all"), HasSubstr("plugins.directories")));
}

TEST(FileFacts, ListsExportsWithoutRunningTheLibrary) {
  const std::size_t before = open_libraries();
  auto facts = inspect(fixture("never_answers"));
  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts.value().exports_entry());
  EXPECT_TRUE(facts.value().strangers().empty());
  EXPECT_EQ(open_libraries(), before);
}

TEST(FileFacts, RefusesWhatIsNoLibrary) {
  const scratch_folder folder;
  EXPECT_THAT(inspect(folder.write("text.so", "hello")).error().message, HasSubstr("is not a shared library"));
  EXPECT_THAT(inspect(folder.write("empty.so", "")).error().message, HasSubstr("is not a shared library"));
  EXPECT_THAT(inspect(folder.path() / "absent.so").error().message, HasSubstr("cannot be read"));
}

TEST(FileFacts, RefusesAnotherMachine) {
  const scratch_folder folder;
  std::string bytes = bytes_of(fixture("healthy"));
  bytes[18] = static_cast<char>(0xF3);  // e_machine: RISC-V
  bytes[19] = 0;
  EXPECT_THAT(inspect(folder.write("riscv.so", bytes)).error().message,
              AllOf(HasSubstr("riscv"), HasSubstr("for this machine")));
}

// Whatever bytes stand in a file, reading its facts ends with an answer and no more memory than the file is long.
TEST(FileFacts, SurvivesEveryTruncationAndManyBitFlips) {
  const scratch_folder folder;
  const std::string good = bytes_of(fixture("healthy"));
  for (std::size_t cut = 0; cut < good.size(); cut += 97) (void)inspect(folder.write("cut.so", good.substr(0, cut)));
  std::uint64_t state = 1;
  for (int round = 0; round < 200; ++round) {
    std::string bad = good;
    for (int flips = 0; flips < 8; ++flips) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      bad[(state >> 16) % bad.size()] ^= static_cast<char>(1u << (state >> 60));
    }
    (void)inspect(folder.write("flipped.so", bad));
  }
}

}  // namespace
}  // namespace evhost::loader
