#include "process/usage.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "base/folder_removal.hpp"
#include "process/disk_use.hpp"

namespace cumulet::process {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMega = 1 << 20;

class Usage : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/cumulet-usage-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    struct stat info {};
    ::stat(folder_.c_str(), &info);
    disk_ = info.st_dev;
  }
  void TearDown() override { remove_folder(folder_); }
  static Holdings own() { return holdings(::getpid(), 0); }

  fs::path folder_;
  dev_t disk_ = 0;
};

// A file of memory, filled by writing to it, so that no page is mapped.
int memory_file(std::uint64_t bytes) {
  const int fd = ::memfd_create("test", MFD_CLOEXEC);
  const std::string zeros(bytes, '\0');
  EXPECT_EQ(::write(fd, zeros.data(), zeros.size()), static_cast<ssize_t>(bytes));
  return fd;
}

TEST_F(Usage, CountsAFolder) {
  fs::create_directories(folder_ / "a/b");
  std::ofstream(folder_ / "a/b/c") << std::string(100'000, 'x');
  fs::create_symlink("/usr", folder_ / "link");
  const FolderBytes use = folder_bytes(folder_, 1 << 30);
  EXPECT_GE(use.bytes, 100'000u);
  EXPECT_LT(use.bytes, 200'000u);
  EXPECT_TRUE(use.complete);
  EXPECT_TRUE(folder_bytes(folder_ / "absent", 1 << 30).complete);
}

TEST_F(Usage, CountsAFolderOfAnyDepthAndWidth) {
  remove_folder(folder_);  // in memory where that is possible: a busy disk takes long for so many files
  char in_memory[] = "/dev/shm/cumulet-usage-XXXXXX", on_disk[] = "/tmp/cumulet-usage-XXXXXX";
  folder_ = ::mkdtemp(in_memory) != nullptr ? in_memory : ::mkdtemp(on_disk);
  int at = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY);
  std::uint64_t files = 0;
  for (int i = 0; i < 3'000; ++i) {
    // Files before and after the folder in its parent's order, so that the way back is needed.
    for (const char* name : {"a", "z", "0", "q"}) {
      const int file = ::openat(at, name, O_CREAT | O_WRONLY, 0600);
      if (i % 100 == 0) {
        ASSERT_EQ(::write(file, std::string(8192, 'x').data(), 8192), 8192);
        files += 8192;
      }
      ::close(file);
    }
    ASSERT_EQ(::mkdirat(at, "down", 0700), 0);
    const int inner = ::openat(at, "down", O_RDONLY | O_DIRECTORY);
    ::close(at);
    at = inner;
  }
  ::close(at);
  const FolderBytes use = folder_bytes(folder_, 1 << 30);
  EXPECT_TRUE(use.complete);
  // Each file and folder has an inode of 256 bytes; blocks beside the files' are the folders'.
  const std::uint64_t inodes = 3'000 * 5 * 256;
  EXPECT_GE(use.bytes, files + inodes);
  EXPECT_LE(use.bytes, files + inodes + 3'000 * 4096);
  EXPECT_FALSE(folder_bytes(folder_, 1'000).complete);  // stopped
}

TEST_F(Usage, AnEmptyFileIsNotFree) {
  for (int i = 0; i < 1'000; ++i) std::ofstream(folder_ / std::to_string(i));
  EXPECT_GE(folder_bytes(folder_, 1 << 30).bytes, 256'000u);
}

TEST_F(Usage, SeesDeletedFilesThatAreOpenOnce) {
  const int fd = ::open((folder_ / "file").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  ASSERT_EQ(::write(fd, std::string(kMega, 'x').data(), kMega), static_cast<ssize_t>(kMega));
  const std::uint64_t named = holdings(::getpid(), disk_).unlinked_bytes;
  ::unlink((folder_ / "file").c_str());
  const int again = ::dup(fd);
  void* mapping = ::mmap(nullptr, kMega, PROT_READ, MAP_SHARED, fd, 0);
  EXPECT_EQ(holdings(::getpid(), disk_).unlinked_bytes, named + kMega);
  ::close(fd);
  ::close(again);
  EXPECT_EQ(holdings(::getpid(), disk_).unlinked_bytes, named + kMega);  // mapped still
  ::munmap(mapping, kMega);
  EXPECT_EQ(holdings(::getpid(), disk_).unlinked_bytes, named);
}

TEST_F(Usage, SeesMemoryInFiles) {
  const std::uint64_t before = own().shared_bytes;
  const int fd = memory_file(5 * kMega);
  EXPECT_EQ(own().shared_bytes, before + 5 * kMega);
  void* mapping = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0);  // one page; all of them live on
  ::close(fd);
  if (::geteuid() == 0) {
    EXPECT_EQ(own().shared_bytes, before + 5 * kMega);
  }
  ::munmap(mapping, 4096);
  EXPECT_EQ(own().shared_bytes, before);
  // What has a name in a file system of memory (a function's code, when all data lies there) is not the function's.
  const int named = ::open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (named < 0) GTEST_SKIP() << "/dev/shm cannot be written: named files there were not tried";
  ASSERT_EQ(::write(named, std::string(kMega, 'x').data(), kMega), static_cast<ssize_t>(kMega));
  EXPECT_EQ(own().shared_bytes, before + kMega);
  const std::string path = "/dev/shm/cumulet-usage-" + std::to_string(::getpid());
  ASSERT_EQ(
      ::linkat(AT_FDCWD, ("/proc/self/fd/" + std::to_string(named)).c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW),
      0);
  EXPECT_EQ(own().shared_bytes, before);
  ::unlink(path.c_str());
  ::close(named);
}

TEST_F(Usage, SharedMemoryCountsOnceInATree) {
  const int fd = memory_file(40 * kMega);
  void* mapping = ::mmap(nullptr, 40 * kMega, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
  const Holdings held = own();
  EXPECT_LT(tree_memory(::getpid(), held), tree_memory(::getpid(), Holdings{}) + kMega);
  ::munmap(mapping, 40 * kMega);
  ::close(fd);
  EXPECT_GT(tree_memory(::getpid(), Holdings{}), kMega);  // sees itself at all
}

TEST_F(Usage, PageTablesAreMemory) {
  constexpr std::uint64_t kStep = 2 * kMega, kLength = 20'000 * kStep;
  const std::uint64_t before = tree_memory(::getpid(), Holdings{});
  void* mapping = ::mmap(nullptr, kLength, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) GTEST_SKIP() << "40 GB cannot be mapped here: page tables were not tried";
  ::madvise(mapping, kLength, MADV_NOHUGEPAGE);
  const volatile char* bytes = static_cast<const char*>(mapping);
  int sum = 0;
  for (std::uint64_t at = 0; at < kLength; at += kStep) sum += bytes[at];
  EXPECT_EQ(sum, 0);
  EXPECT_GT(tree_memory(::getpid(), Holdings{}), before + 19'000 * 4096);
  ::munmap(mapping, kLength);
}

// As an ordinary user, who may not look behind a mapping: by its length.
TEST_F(Usage, AnOrdinaryUserSeesWhatIsMapped) {
  const pid_t observer = ::fork();
  if (observer == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(2);
    ::prctl(PR_SET_DUMPABLE, 1);
    int ready[2], ended[2];
    if (::pipe(ready) != 0 || ::pipe(ended) != 0) ::_exit(2);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ended[1]);
      const int fd = memory_file(5 * kMega);
      ::mmap(nullptr, 5 * kMega, PROT_READ, MAP_SHARED, fd, 0);
      ::close(fd);
      char byte = 0;
      if (::write(ready[1], &byte, 1) != 1 || ::read(ended[0], &byte, 1) != 0) ::_exit(1);
      ::_exit(0);
    }
    char byte = 0;
    if (::read(ready[0], &byte, 1) != 1) ::_exit(2);
    const bool seen = holdings(child, 0).shared_bytes >= 5 * kMega;
    ::kill(child, SIGKILL);
    ::_exit(seen ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(observer, &status, 0), observer);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(Usage, SeesTheDescriptorsAThreadHasForItself) {
  const std::uint64_t before = own().shared_bytes;
  std::promise<void> ready, end;
  std::thread thread([&] {
    ASSERT_EQ(::unshare(CLONE_FILES), 0);
    const int fd = memory_file(3 * kMega);
    ready.set_value();
    end.get_future().wait();
    ::close(fd);
  });
  ready.get_future().wait();
  EXPECT_EQ(own().shared_bytes, before + 3 * kMega);
  end.set_value();
  thread.join();
}

TEST_F(Usage, CountsPipesAndSocketsOverTheFirst256) {
  std::vector<int> open;
  for (int i = 0; i < 200; ++i) {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    open.insert(open.end(), {pair[0], pair[1]});
  }
  EXPECT_GE(own().buffer_bytes, (400u - 256) * 200 * 1024);
  for (const int fd : open) ::close(fd);
  EXPECT_EQ(own().buffer_bytes, 0u);
}

TEST_F(Usage, SeesDescriptorsOnTheirWay) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  EXPECT_EQ(own().in_flight, 0u);
  char byte = 'x';
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  *reinterpret_cast<int*>(CMSG_DATA(header)) = pair[0];
  ASSERT_EQ(::sendmsg(pair[0], &message, 0), 1);
  EXPECT_EQ(own().in_flight, 1u);
  ::close(pair[0]);
  ::close(pair[1]);
}

}  // namespace
}  // namespace cumulet::process
