#include "process/cgroup.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "process/launch.hpp"

namespace cumulet::process {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

TEST(GroupTree, NoHierarchyNoGroup) {
  const GroupTree tree = GroupTree::detect("22 1 0:21 / /proc rw - proc proc rw\n", "0::/\n");
  EXPECT_EQ(tree.hierarchy(), Hierarchy::none);
  EXPECT_EQ(tree.create("x", {}), nullptr);
}

TEST(GroupTree, AFolderThatIsNoCgroupIsNotTaken) {
  char pattern[] = "/tmp/cumulet-cgroup-XXXXXX";
  const fs::path folder = ::mkdtemp(pattern);
  const std::string mount = "30 1 0:26 / " + folder.string() + " rw - cgroup cgroup rw,memory\n";
  const GroupTree tree = GroupTree::detect(mount, "4:memory:/\n");  // made, but without the controller's files
  EXPECT_EQ(tree.hierarchy(), Hierarchy::none);
  fs::remove_all(folder);
}

// The figures as the kernel writes them.
TEST(Group, ReadsV2Counters) {
  char pattern[] = "/tmp/cumulet-cgroup-XXXXXX";
  const fs::path folder = ::mkdtemp(pattern);
  std::ofstream(folder / "memory.events") << "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n";
  std::ofstream(folder / "memory.peak") << "1000000\n";
  std::ofstream(folder / "memory.stat") << "anon 300000\nfile 600000\nkernel 4096\n";
  const Group group({folder}, folder, true);
  EXPECT_EQ(group.oom_kills(), 2u);
  EXPECT_EQ(group.peak_bytes(), 400'000u);
  fs::remove_all(folder);
}

TEST(Group, ReadsV1Counters) {
  char pattern[] = "/tmp/cumulet-cgroup-XXXXXX";
  const fs::path folder = ::mkdtemp(pattern);
  std::ofstream(folder / "memory.oom_control") << "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n";
  std::ofstream(folder / "memory.max_usage_in_bytes") << "1000000\n";
  std::ofstream(folder / "memory.stat") << "cache 900000\nrss 500000\ntotal_cache 900000\ntotal_rss 500000\n";
  const Group group({folder}, folder, false);
  EXPECT_EQ(group.oom_kills(), 1u);
  EXPECT_EQ(group.peak_bytes(), 500'000u);
  fs::remove_all(folder);
}

TEST(GroupTree, MakesAndRemovesAGroupHere) {
  const GroupTree tree = GroupTree::detect(read("/proc/self/mountinfo"), read("/proc/self/cgroup"));
  if (tree.hierarchy() == Hierarchy::none) GTEST_SKIP() << "no writable cgroup hierarchy here";
  GroupLimits limits;
  limits.memory_bytes = 64 << 20;
  auto group = tree.create("cumulet-" + std::to_string(::getpid()) + "-unit", limits);
  ASSERT_NE(group, nullptr);
  EXPECT_TRUE(group->limits_memory());
  EXPECT_EQ(group->oom_kills(), 0u);
  EXPECT_TRUE(group->remove());
}

TEST(GroupTree, AProcessJoinsAllItsGroups) {
  const GroupTree tree = GroupTree::detect(read("/proc/self/mountinfo"), read("/proc/self/cgroup"));
  if (tree.hierarchy() == Hierarchy::none) GTEST_SKIP() << "no writable cgroup hierarchy here";
  const std::string name = "cumulet-" + std::to_string(::getpid()) + "-join";
  auto group = tree.create(name, {64 << 20, 1024, 100});
  ASSERT_NE(group, nullptr);
  int joined[2], go_on[2];
  ASSERT_EQ(::pipe(joined), 0);
  ASSERT_EQ(::pipe(go_on), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    char ok = 1;
    for (const auto& file : group->joins()) {
      const int fd = ::open(file.c_str(), O_WRONLY);
      if (fd < 0 || ::write(fd, "0", 1) != 1) ok = 0;
    }
    if (::write(joined[1], &ok, 1) != 1 || ::read(go_on[0], &ok, 1) != 1) ::_exit(1);
    ::_exit(0);
  }
  char ok = 0;
  ASSERT_EQ(::read(joined[0], &ok, 1), 1);
  EXPECT_EQ(ok, 1);
  const std::string groups = read("/proc/" + std::to_string(pid) + "/cgroup");
  std::size_t found = 0;
  for (auto at = groups.find(name); at != std::string::npos; at = groups.find(name, at + 1)) ++found;
  EXPECT_EQ(found, group->joins().size()) << groups;
  ASSERT_EQ(::write(go_on[1], &ok, 1), 1);
  ::waitpid(pid, nullptr, 0);
  EXPECT_TRUE(group->remove());
  for (const int fd : {joined[0], joined[1], go_on[0], go_on[1]}) ::close(fd);
}

// A hierarchy without controllers shows it too.
TEST(Launch, BornInAGroup) {
  fs::path mount;
  std::ifstream mounts("/proc/self/mounts");
  for (std::string device, point, type, rest; mounts >> device >> point >> type && std::getline(mounts, rest);)
    if (type == "cgroup2") mount = point;
  const fs::path folder = mount / ("cumulet-" + std::to_string(::getpid()) + "-birth");
  if (mount.empty() || ::mkdir(folder.c_str(), 0755) != 0) GTEST_SKIP() << "no writable cgroup v2 here";
  int out[2];
  ASSERT_EQ(::pipe2(out, O_CLOEXEC), 0);
  Launch spec;
  spec.program = "/bin/cat";
  spec.arguments = {"cat", "/proc/self/cgroup"};
  spec.stdio = {above_stdio(::open("/dev/null", O_RDWR)), above_stdio(out[1]),
                above_stdio(::open("/dev/null", O_RDWR))};
  spec.group_folder_fd = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  spec.group_fds = {above_stdio(::open("/dev/full", O_WRONLY))};  // joining would fail
  const Launched launched = launch(spec);
  EXPECT_GT(launched.pid, 0) << launched.step << ' ' << launched.error;
  for (const int fd : spec.stdio) ::close(fd);
  ::close(spec.group_folder_fd);
  ::close(spec.group_fds[0]);
  std::string groups;
  char buffer[4096];
  for (ssize_t n; (n = ::read(out[0], buffer, sizeof buffer)) > 0;) groups.append(buffer, static_cast<std::size_t>(n));
  ::close(out[0]);
  ::waitpid(launched.pid, nullptr, 0);
  ::close(launched.pidfd);
  EXPECT_NE(groups.find(folder.filename()), std::string::npos) << groups;
  EXPECT_EQ(::rmdir(folder.c_str()), 0);
}

TEST(Launch, TellsTheStepThatFailed) {
  Launch spec;
  spec.program = "/no/such/program";
  spec.arguments = {"program"};
  for (int& fd : spec.stdio) fd = above_stdio(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const Launched launched = launch(spec);
  for (const int fd : spec.stdio) ::close(fd);
  EXPECT_EQ(launched.pid, -1);
  EXPECT_STREQ(launched.step, "exec");
  EXPECT_EQ(launched.error, ENOENT);
}

}  // namespace
}  // namespace cumulet::process
