// Where secrets come from, and what is refused.
#include "host/secrets/providers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>
#include <fstream>

namespace evhost::secrets {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using variables = std::vector<std::pair<std::string, std::string>>;

class counting_log final : public io::log_sink {
 public:
  int warnings = 0;

 private:
  void write(const io::log_record& record) noexcept override { warnings += record.level == io::log_level::warning; }
};

struct secrets_fixture : ::testing::Test {
  fs::path directory = [] {
    std::string pattern = (fs::temp_directory_path() / "evh-secrets-XXXXXX").string();
    return fs::path(::mkdtemp(pattern.data()));
  }();
  counting_log log;
  file_provider files{directory, log};

  ~secrets_fixture() override { fs::remove_all(directory); }
  void write(const std::string& name, std::string_view text, mode_t mode = 0600) {
    std::ofstream(directory / name, std::ios::binary) << text;
    ::chmod((directory / name).c_str(), mode);
  }
  std::string refusal(io::secret_provider& from, std::string_view name) { return from.get(name).error().message; }
};

using FileProvider = secrets_fixture;
using ProviderChain = secrets_fixture;

TEST_F(FileProvider, ReadsAFileWithoutItsLineBreak) {
  write("smtp-password", "hunter2\n");
  EXPECT_EQ(files.get("smtp-password").value().reveal_text(), "hunter2");
  write("binary", std::string_view("a\0b", 3));
  EXPECT_EQ(files.get("binary").value().reveal_text(), std::string_view("a\0b", 3));
  EXPECT_EQ(log.warnings, 0);
}

TEST_F(FileProvider, SeesARotatedFile) {
  write("key", "old");
  EXPECT_EQ(files.get("key").value().reveal_text(), "old");
  fs::create_directory(directory / "..data2");
  std::ofstream(directory / "..data2" / "key") << "new";
  fs::remove(directory / "key");
  fs::create_symlink(directory / "..data2" / "key", directory / "key");
  EXPECT_EQ(files.get("key").value().reveal_text(), "new");
}

TEST_F(FileProvider, NamesCannotLeaveTheDirectory) {
  for (const auto* bad : {"../etc/passwd", "/etc/passwd", "a/b", ".hidden", "", "UPPER", "a b", "..", "-x"}) {
    EXPECT_EQ(files.get(bad).error().code, core::errc::invalid) << bad;
  }
}

TEST_F(FileProvider, PlaceholdersAreRefusedAndNeverShown) {
  for (const auto* bad : {"changeme", "CHANGEME\n", "<your key here>", "password", ""}) {
    write("key", bad);
    EXPECT_FALSE(files.get("key").has_value()) << bad;
  }
  write("key", "changeme");
  EXPECT_THAT(refusal(files, "key"),
              AllOf(HasSubstr("placeholder"), HasSubstr((directory / "key").string()), Not(HasSubstr("changeme"))));
}

TEST_F(FileProvider, WarnsOfAReadableFile) {
  write("key", "hunter2", 0644);
  EXPECT_EQ(files.get("key").value().reveal_text(), "hunter2");
  EXPECT_EQ(log.warnings, 1);
}

TEST_F(FileProvider, OddFilesAreRefused) {
  fs::create_directory(directory / "folder");
  EXPECT_THAT(refusal(files, "folder"), HasSubstr("not a regular file"));
  ::mkfifo((directory / "pipe").c_str(), 0600);
  EXPECT_THAT(refusal(files, "pipe"), HasSubstr("not a regular file"));
  write("big", std::string(io::secret_bytes_max + 1, 'x'));
  EXPECT_THAT(refusal(files, "big"), HasSubstr("64 KiB"));
}

TEST_F(ProviderChain, FilesWinOverTheEnvironment) {
  const variables process{{"EVH_SECRET_SMTP_PASSWORD", "from-env"}, {"EVH_SECRET_ONLY", "only"}, {"HOME", "/root"}};
  environment_provider environment(process);
  provider_chain chain({&files, &environment});
  EXPECT_EQ(chain.get("smtp-password").value().reveal_text(), "from-env");
  write("smtp-password", "from-file");
  EXPECT_EQ(chain.get("smtp-password").value().reveal_text(), "from-file");
  EXPECT_EQ(chain.get("only").value().reveal_text(), "only");
  EXPECT_THAT(refusal(chain, "missing"),
              AllOf(HasSubstr("EVH_SECRET_MISSING"), HasSubstr((directory / "missing").string())));
  EXPECT_EQ(chain.get("missing").error().code, core::errc::not_found);
}

TEST_F(ProviderChain, ABadFileIsNotSkipped) {
  write("key", "changeme");
  environment_provider environment(variables{{"EVH_SECRET_KEY", "from-env"}});
  provider_chain chain({&files, &environment});
  EXPECT_THAT(refusal(chain, "key"), HasSubstr("placeholder"));
}

TEST(Secret, IsWipedWhenItGoes) {
  io::secret first(std::string_view("hunter2"));
  io::secret second = std::move(first);
  EXPECT_TRUE(first.empty());  // NOLINT: that a moved-from secret is empty is the fact under test
  EXPECT_EQ(second.reveal_text(), "hunter2");
  EXPECT_EQ(second.copy().reveal_text(), "hunter2");
}

}  // namespace
}  // namespace evhost::secrets
