#include "cmd/cumulet/deploy/folder_watch.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace cumulet::deploy {
namespace {

namespace fs = std::filesystem;

TEST(FolderWatch, SeesWhatSettledAndNothingHidden) {
  char pattern[] = "/tmp/cumulet-watch-XXXXXX";
  const fs::path folder = ::mkdtemp(pattern);
  fs::create_directories(folder / "src");
  const auto write = [&](const char* name, const char* text) { std::ofstream(folder / name) << text; };
  write("src/a.py", "one");
  FolderWatch watch(folder);
  EXPECT_FALSE(watch.has_changed());
  EXPECT_FALSE(watch.has_changed());
  write("src/a.py", "longer");
  EXPECT_FALSE(watch.has_changed()) << "it may be written still";
  EXPECT_TRUE(watch.has_changed());
  EXPECT_FALSE(watch.has_changed());
  fs::create_directories(folder / ".git");
  write(".git/index", "x");
  EXPECT_FALSE(watch.has_changed());
  EXPECT_FALSE(watch.has_changed());
  fs::remove(folder / "src/a.py");
  EXPECT_FALSE(watch.has_changed());
  EXPECT_TRUE(watch.has_changed());
  fs::remove_all(folder);
}

}  // namespace
}  // namespace cumulet::deploy
