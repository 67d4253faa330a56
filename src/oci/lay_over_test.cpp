// Layers laid over each other, and who goes on with the files of whom.
#include "oci/lay_over.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/folder_removal.hpp"
#include "base/ids.hpp"

namespace cumulet::oci {
namespace {

namespace fs = std::filesystem;

class LayOverTest : public ::testing::Test {
 protected:
  LayOverTest() { fs::create_directories(root()); }
  ~LayOverTest() override { remove_folder(folder_); }

  fs::path layer(int number) const { return folder_ / ("layer" + std::to_string(number)); }
  fs::path root() const { return folder_ / "root"; }
  void file(int number, const fs::path& name, const std::string& content = "", fs::perms mode = fs::perms(0644)) {
    fs::create_directories((layer(number) / name).parent_path());
    std::ofstream(layer(number) / name) << content;
    fs::permissions(layer(number) / name, mode);
  }
  std::string read(const fs::path& name) const {
    std::ifstream in(root() / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  Result<void> lay(int layers, archive::Limits limits = {1 << 20, 1000}) {
    std::vector<fs::path> all;
    for (int i = 0; i < layers; ++i) all.push_back(layer(i));
    return lay_over(all, root(), limits);
  }

  const fs::path folder_ = fs::temp_directory_path() / ("cumulet-layover-" + uuid4());
};

TEST_F(LayOverTest, FilesAreTheLayersOwnAndTheUpperOneCounts) {
  file(0, "a/one", "1");
  file(0, "a/two", "2");
  file(1, "a/two", "second");
  ASSERT_TRUE(lay(2).ok());
  EXPECT_EQ(read("a/one"), "1");
  EXPECT_EQ(read("a/two"), "second");
  EXPECT_TRUE(fs::equivalent(root() / "a/one", layer(0) / "a/one"));
  EXPECT_EQ(fs::hard_link_count(layer(0) / "a/two"), 1u);
}

TEST_F(LayOverTest, WhiteoutsTakeAwayWhatIsBelowAndNothingBeside) {
  file(0, "x", "below");
  file(0, "folder/in", "below");
  file(0, "opaque/old", "below");
  file(1, ".wh.x");
  file(1, "x", "beside");
  file(1, ".wh.folder");
  file(1, "opaque/.wh..wh..opq");
  file(1, "opaque/new", "new");
  file(1, ".wh.never-was");
  ASSERT_TRUE(lay(2).ok());
  EXPECT_EQ(read("x"), "beside");
  EXPECT_FALSE(fs::exists(root() / "folder"));
  EXPECT_FALSE(fs::exists(root() / "opaque/old"));
  EXPECT_EQ(read("opaque/new"), "new");
  EXPECT_FALSE(fs::exists(root() / "opaque/.wh..wh..opq"));
}

TEST_F(LayOverTest, NothingIsWrittenOrRemovedThroughALink) {
  const fs::path outside = folder_ / "outside";
  fs::create_directories(outside);
  std::ofstream(outside / "precious") << "mine";
  fs::create_directories(layer(0));
  fs::create_directory_symlink(outside, layer(0) / "out");
  fs::create_directory_symlink(outside, layer(0) / "wiped");
  fs::create_directory_symlink(outside, layer(0) / "dev");
  fs::create_directory_symlink(outside, layer(0) / "etc");
  file(1, "out/precious", "theirs");
  file(1, "wiped/.wh..wh..opq");
  file(1, "wiped/.wh.precious");
  ASSERT_TRUE(lay(2).ok());
  std::ifstream in(outside / "precious");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "mine");
  EXPECT_EQ(read("out/precious"), "theirs");
  EXPECT_TRUE(fs::is_directory(fs::symlink_status(root() / "dev")));
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(root() / "etc/hosts")));
  EXPECT_FALSE(fs::exists(outside / "hosts"));
}

TEST_F(LayOverTest, FoldersEndWithAStrangersRights) {
  file(0, "closed/x");
  file(0, "open/x");
  fs::permissions(layer(0) / "closed", fs::perms(0700));
  fs::permissions(layer(0) / "open", fs::perms(0755));
  file(1, "closed/y");  // below what the first layer made
  fs::permissions(layer(1) / "closed", fs::perms(0711));
  ASSERT_TRUE(lay(2).ok());
  EXPECT_EQ(fs::status(root() / "closed").permissions(), fs::perms(0111));
  EXPECT_EQ(fs::status(root() / "open").permissions(), fs::perms(0555));
  EXPECT_EQ(fs::status(root()).permissions(), fs::perms(0755));
  EXPECT_EQ(fs::status(layer(0) / "closed").permissions(), fs::perms(0700)) << "layers stay as they are";
}

TEST_F(LayOverTest, LimitsHoldForAllLayersTogether) {
  file(0, "a", "12345");
  file(1, "b", "12345");
  EXPECT_EQ(lay(2, {9, 100}).error().code(), archive::kTooLarge.code);
  remove_folder(root());
  fs::create_directories(root());
  EXPECT_EQ(lay(2, {100, 1}).error().code(), archive::kTooMany.code);
}

TEST_F(LayOverTest, FoldersInEachOtherHaveAnEnd) {
  fs::path deep = layer(0);
  for (int i = 0; i < 300; ++i) deep /= "d";
  fs::create_directories(deep);
  EXPECT_EQ(lay(1).error().code(), archive::kBroken.code);
}

}  // namespace
}  // namespace cumulet::oci
