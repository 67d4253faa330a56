#include "base/folder_removal.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace cumulet {
namespace {

namespace fs = std::filesystem;
using Progress = FolderRemoval::Progress;

class FolderRemovalTest : public testing::Test {
 protected:
  void SetUp() override {
    // In memory where that is possible: a busy disk takes a minute for so many folders.
    char in_memory[] = "/dev/shm/cumulet-removal-XXXXXX", on_disk[] = "/tmp/cumulet-removal-XXXXXX";
    home_ = ::mkdtemp(in_memory) != nullptr ? in_memory : ::mkdtemp(on_disk);
    folder_ = home_ / "left";
    fs::create_directory(folder_);
  }
  void TearDown() override { remove_folder(home_); }

  // A chain of folders below `folder_`, each with a file; the innermost ones' paths are longer than PATH_MAX.
  void nest(int depth, mode_t mode = 0755) {
    int at = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < depth; ++i) {
      ASSERT_EQ(::mkdirat(at, "d", 0755), 0);
      const int inner = ::openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      ASSERT_GE(inner, 0);
      if (i % 100 == 0) ::close(::openat(inner, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
      ::fchmod(at, mode);
      ::close(at);
      at = inner;
    }
    ::fchmod(at, mode);
    ::close(at);
  }

  static int open_descriptors() {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator("/proc/self/fd")) ++count;
    return count;
  }

  fs::path home_, folder_;
};

TEST_F(FolderRemovalTest, TakesThirtyThousandNestedFoldersWithEighteenDescriptors) {
  nest(30'000);
  const int before = open_descriptors();
  int most = 0;
  FolderRemoval removal(folder_);
  Progress progress = Progress::unfinished;
  while (progress == Progress::unfinished) {
    progress = removal.step(500);
    most = std::max(most, open_descriptors() - before);
  }
  EXPECT_EQ(progress, Progress::gone);
  EXPECT_FALSE(fs::exists(folder_));
  EXPECT_LE(most, 18);
}

TEST_F(FolderRemovalTest, AStepTakesNoMoreThanItWasTold) {
  for (int i = 0; i < 100; ++i) std::ofstream(folder_ / std::to_string(i)) << i;
  FolderRemoval removal(folder_);
  EXPECT_EQ(removal.step(30), Progress::unfinished);
  const auto left = std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  EXPECT_GE(left, 70);
  removal.rest();
  EXPECT_EQ(removal.step(1'000), Progress::gone);
}

TEST_F(FolderRemovalTest, GoesOnAfterEachRest) {
  nest(300);
  FolderRemoval removal(folder_);
  Progress progress = Progress::unfinished;
  for (int i = 0; i < 10'000 && progress == Progress::unfinished; ++i) {
    progress = removal.step(40);
    removal.rest();
  }
  EXPECT_EQ(progress, Progress::gone);
}

TEST_F(FolderRemovalTest, TakesWideFoldersAndEveryName) {
  for (int i = 0; i < 3'000; ++i) fs::create_directories(folder_ / std::to_string(i) / "a" / "b");
  std::ofstream(folder_ / std::string(255, 'n')) << "long";
  std::ofstream(folder_ / "\xff\xfe\n \x01") << "no text";
  std::ofstream(folder_ / "...") << "dots";
  EXPECT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(remove_folder(folder_));
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(FolderRemovalTest, LinksLeadNowhere) {
  fs::create_directory(home_ / "outside");
  std::ofstream(home_ / "outside/kept") << "kept";
  fs::create_directory_symlink(home_ / "outside", folder_ / "link");
  EXPECT_TRUE(remove_folder(folder_));
  EXPECT_TRUE(fs::exists(home_ / "outside/kept"));

  fs::create_directory_symlink(home_ / "outside", folder_);  // the folder itself is one
  EXPECT_TRUE(remove_folder(folder_));
  EXPECT_FALSE(fs::is_symlink(folder_));
  EXPECT_TRUE(fs::exists(home_ / "outside/kept"));
}

// As the user that made it, not as root, whom permissions do not stop.
TEST_F(FolderRemovalTest, FoldersWithoutPermissionsDoNotResist) {
  ASSERT_EQ(::chmod(home_.c_str(), 0777), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(2);
    fs::remove(folder_);
    fs::create_directory(folder_);
    nest(60, 0);
    ::_exit(HasFatalFailure() ? 3 : remove_folder(folder_) && !fs::exists(folder_) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(FolderRemovalTest, SaysWhenItIsStuck) {
  ASSERT_EQ(::chmod(home_.c_str(), 0777), 0);
  std::ofstream(folder_ / "kept") << "root's, or another user's";
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() != 0) ::_exit(0);  // there is no other user to be
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
    ::_exit(remove_folder(folder_) ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(FolderRemovalTest, WhatIsNotThereIsGone) {
  fs::remove(folder_);
  EXPECT_TRUE(remove_folder(folder_));
}

TEST_F(FolderRemovalTest, SmallFoldersDoNotWaitForHugeOnes) {
  nest(20'000);
  for (int i = 0; i < 30; ++i) fs::create_directories(home_ / "small" / std::to_string(i) / "a");
  FolderRemover remover;
  remover.remove(folder_);
  for (int i = 0; i < 30; ++i) remover.remove(home_ / "small" / std::to_string(i));
  remover.wait();
  EXPECT_FALSE(fs::exists(folder_));
  EXPECT_TRUE(fs::is_empty(home_ / "small"));
}

TEST_F(FolderRemovalTest, TheRemoverEndsInTheMiddleOfAFolder) {
  nest(20'000);
  {
    FolderRemover remover;
    remover.remove(folder_);
  }  // with the turn that runs
  EXPECT_TRUE(remove_folder(folder_));
}

}  // namespace
}  // namespace cumulet
