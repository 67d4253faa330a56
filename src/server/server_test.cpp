#include "server/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "server/data_folder.hpp"
#include "server/root_credentials.hpp"

namespace cumulet::server {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "cumulet-server-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(ServerTest, ADataFolderIsPrivateAndHeldByOne) {
  const fs::path data = folder_ / "deep/er/data";
  auto first = DataFolder::open(data);
  ASSERT_TRUE(first.ok()) << first.error().message();
  struct stat info {};
  ASSERT_EQ(::stat(data.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  const auto second = DataFolder::open(data / ".");
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message(),
              HasSubstr("in use by another Cumulet"));
  first.value().reset();
  EXPECT_TRUE(DataFolder::open(data).ok());
}

TEST_F(ServerTest, ADataFolderThatIsOpenToOthersIsClosed) {
  const fs::path data = folder_ / "data";
  fs::create_directory(data);
  fs::permissions(data, fs::perms::all);
  ASSERT_TRUE(DataFolder::open(data).ok());
  EXPECT_EQ(fs::status(data).permissions(), fs::perms::owner_all);
}

TEST_F(ServerTest, AFileIsNoDataFolder) {
  std::ofstream(folder_ / "file") << "x";
  const auto opened = DataFolder::open(folder_ / "file");
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.error().message(), HasSubstr("is not a folder"));
}

TEST_F(ServerTest, EphemeralFoldersVanishAndLeftoversAreSwept) {
  ::setenv("TMPDIR", folder_.c_str(), 1);
  const fs::path parent = folder_ / ("cumulet-" + std::to_string(::getuid()));
  auto living = DataFolder::open_ephemeral();
  ASSERT_TRUE(living.ok()) << living.error().message();
  const fs::path leftover = parent / "ephemeral-killed";
  fs::create_directories(leftover / "blobs");
  std::ofstream(leftover / "lock") << "4711\n";
  fs::path second_path;
  {
    auto second = DataFolder::open_ephemeral();
    ASSERT_TRUE(second.ok());
    second_path = (*second)->path();
    EXPECT_TRUE(fs::exists(second_path));
    (*second)->finish_sweep();
    EXPECT_FALSE(fs::exists(leftover));
    EXPECT_TRUE(fs::exists((*living)->path()));
  }
  EXPECT_FALSE(fs::exists(second_path));
  ::unsetenv("TMPDIR");
}

TEST_F(ServerTest, ListensElsewhereWithAKeyThatIsKept) {
  Config config;
  config.host = "0.0.0.0";
  config.port = 0;
  config.data = folder_ / "data";
  std::optional<auth::Credentials> first;
  for (int i = 0; i < 2; ++i) {
    const auto started = Server::start(config);
    ASSERT_TRUE(started.ok()) << started.error().message();
    EXPECT_THAT((*started)->endpoint(), ::testing::StartsWith("http://0.0.0.0:"));
    EXPECT_EQ((*started)->root_file(), config.data / "root-credentials");
    const auto kept = read_root_credentials(config.data);
    ASSERT_TRUE(kept.ok() && *kept);
    EXPECT_FALSE(is_well_known(**kept));
    if (first) {
      EXPECT_EQ((*kept)->secret_access_key, first->secret_access_key);
    }
    first = **kept;
  }
  config.root = auth::Credentials{"AKIDROOT", "secret", ""};
  const auto chosen = Server::start(config);
  ASSERT_TRUE(chosen.ok());
  EXPECT_FALSE((*chosen)->root_file());
}

TEST_F(ServerTest, TheWellKnownSecretProtectsNothing) {
  Config config;
  config.port = 0;
  config.data = folder_ / "data";
  config.requires_authentication = true;
  config.root = auth::Credentials{"AKIDROOT", "test", ""};
  const auto refused = Server::start(config);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("everybody knows it"));
  EXPECT_FALSE(fs::exists(config.data));
}

TEST_F(ServerTest, ARootKeyIsMadeOnceAndPrivate) {
  SeededRandom random{7};
  EXPECT_FALSE(read_root_credentials(folder_)->has_value());
  const auto made = keep_root_credentials(folder_, random);
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_EQ(made->access_key_id.size(), 20u);
  EXPECT_EQ(made->secret_access_key.size(), 40u);
  const fs::path file = root_credentials_file(folder_);
  struct stat info {};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_FALSE(fs::exists(file.string() + ".new"));
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  const auto again = keep_root_credentials(folder_, random);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->secret_access_key, made->secret_access_key);
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  std::ofstream(file) << "aws_access_key_id = AKIA\n";
  EXPECT_THAT(keep_root_credentials(folder_, random).error().message(), HasSubstr("holds no access key"));
  fs::remove(file);
  std::ofstream(folder_ / "elsewhere") << "aws_access_key_id = a\naws_secret_access_key = b\n";
  fs::create_symlink(folder_ / "elsewhere", file);  // nobody else's file is taken for it
  EXPECT_FALSE(keep_root_credentials(folder_, random).ok());
}

TEST_F(ServerTest, StartsAndStopsAgainAndAgain) {
  for (int i = 0; i < 3; ++i) {
    Config config;
    config.port = 0;
    config.data = folder_ / "data";
    auto started = Server::start(config);
    ASSERT_TRUE(started.ok()) << started.error().message();
    (*started)->stop();
    (*started)->stop();
  }
}

}  // namespace
}  // namespace cumulet::server
