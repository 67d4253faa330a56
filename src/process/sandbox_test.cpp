#include "process/sandbox.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "process/bwrap_arguments.hpp"
#include "process/machine_etc.hpp"

namespace cumulet::process {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class Sandbox : public testing::Test {
 protected:
  void SetUp() override {
    static const std::optional<std::string> why = unavailable();
    if (why) GTEST_SKIP() << "no sandbox here: " << *why;
    char pattern[] = "/tmp/cumulet-process-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    ::chmod(folder_.c_str(), 0755);  // the sandbox's user is another one than ours
    fs::create_directory(folder_ / "tmp");
  }
  void TearDown() override {
    std::error_code ec;
    if (!folder_.empty()) fs::remove_all(folder_, ec);
  }

  SandboxSpec shell(std::string script) {
    SandboxSpec spec;
    spec.name = "test";
    spec.command = {"/bin/sh", "-c", std::move(script)};
    spec.environment = {{"PATH", "/usr/bin:/bin"}};
    spec.tmp = folder_ / "tmp";
    spec.on_stdout = [this](std::string_view piece) { out_ += piece; };
    spec.on_stderr = [this](std::string_view piece) { err_ += piece; };
    return spec;
  }
  // Runs to the end; outputs in out_, err_.
  ExitStatus run(SandboxSpec spec) {
    auto child = spawn(std::move(spec));
    EXPECT_TRUE(child.ok()) << child.error().message();
    if (!child.ok()) return {};
    auto status = (*child)->wait_for(60s);
    EXPECT_TRUE(status) << "still running";
    return status.value_or(ExitStatus{});
  }

  fs::path folder_;
  std::string out_, err_;
};

// `text` with a number behind it that no other run on this machine has at the same time. Behind a `sleep N.` it stays a
// number of seconds.
std::string marked(const std::string& text, pid_t whose = ::getpid()) {
  const std::string pid = std::to_string(whose);
  return text + std::string(10 - pid.size(), '0') + pid;
}

// Processes on this machine whose command line holds `marker`.
int count_processes(const std::string& marker) {
  int found = 0;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream in(entry.path() / "cmdline", std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(in), {});
    if (text.find(marker) != std::string::npos) ++found;
  }
  return found;
}

bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST_F(Sandbox, GivesExitCodeAndBothOutputs) {
  const ExitStatus status = run(shell("echo out; echo err >&2; exit 7"));
  EXPECT_EQ(status.code, 7);
  EXPECT_FALSE(status.signal);
  EXPECT_EQ(out_, "out\n");
  EXPECT_EQ(err_, "err\n");
}

TEST_F(Sandbox, TellsTheSignalThatEndedIt) {
  const ExitStatus status = run(shell("kill -SEGV $$"));
  EXPECT_EQ(status.signal, SIGSEGV);
  EXPECT_FALSE(status.killed);
}

TEST_F(Sandbox, HasNoCapabilitiesAndItsOwnIdentity) {
  run(shell("cat /proc/self/status; id -u; id -g"));
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
    EXPECT_THAT(out_, HasSubstr(std::string(set) + ":\t0000000000000000")) << set;
  EXPECT_THAT(out_, HasSubstr("993\n990\n"));
}

TEST_F(Sandbox, HasNamespacesOfItsOwn) {
  run(shell("for n in user pid ipc mnt net cgroup; do readlink /proc/self/ns/$n; done"));
  for (const char* name : {"user", "pid", "ipc", "mnt", "net", "cgroup"})
    EXPECT_THAT(out_, Not(HasSubstr(fs::read_symlink("/proc/self/ns/" + std::string(name)).string()))) << name;
}

TEST_F(Sandbox, ItsUserIsNeverTheHostsRoot) {
  auto spec = shell("echo mine > /tmp/made; echo ready; sleep 20");
  auto child = spawn(std::move(spec));
  ASSERT_TRUE(child.ok()) << child.error().message();
  ASSERT_TRUE(eventually([&] { return fs::exists(folder_ / "tmp" / "files" / "made"); }));
  struct stat made {};
  ASSERT_EQ(::stat((folder_ / "tmp" / "files" / "made").c_str(), &made), 0);
  EXPECT_NE(made.st_uid, 0u);
  EXPECT_NE(made.st_gid, 0u);
  if (host_user() == HostUser::own_user) {
    EXPECT_EQ(made.st_uid, ::geteuid());
    return;
  }
  run(shell("echo mine > /tmp/other"));
  struct stat other {};
  ASSERT_EQ(::stat((folder_ / "tmp" / "files" / "other").c_str(), &other), 0);
  EXPECT_NE(other.st_uid, made.st_uid) << "each sandbox has a uid of its own on the host";
}

TEST_F(Sandbox, CannotMakeNamespaces) {
  for (const char* how : {"-U", "-Ur", "-UrmC", "-m", "-n", "-p", "-i", "-u", "-C"}) {
    run(shell(std::string("unshare ") + how + " true && echo made"));
    EXPECT_EQ(out_, "") << how;
    EXPECT_THAT(err_, HasSubstr("unshare")) << how;
  }
}

TEST_F(Sandbox, CannotWriteTheMachinesSettings) {
  run(shell(
      "for f in /proc/sys/kernel/core_pattern /proc/sys/vm/swappiness /proc/sys/kernel/hostname "
      "/proc/sys/user/max_user_namespaces /proc/sysrq-trigger /proc/sys/net/ipv4/ip_forward; do "
      "{ echo 1 > $f; } 2> /dev/null && echo wrote $f; done; find /proc -maxdepth 1 -type f -perm -u=w -writable"));
  EXPECT_EQ(out_, "");
}

TEST_F(Sandbox, TellsNoPathOfTheHost) {
  fs::create_directories(folder_ / "function-code");
  auto spec = shell(
      "cat /proc/self/mountinfo /proc/self/mounts /proc/1/cmdline /proc/self/cgroup /proc/1/environ 2> /dev/null");
  spec.binds = {{folder_ / "function-code", "/var/task", Access::read_only}};
  run(std::move(spec));
  EXPECT_THAT(out_, HasSubstr(" /var/task "));
  EXPECT_THAT(out_, HasSubstr(" /tmp "));
  EXPECT_THAT(out_, Not(HasSubstr(folder_.filename().string()))) << out_;
  EXPECT_THAT(out_, Not(HasSubstr("cumulet"))) << out_;
}

TEST_F(Sandbox, SeesAReadOnlyRootWithoutTheHostsFolders) {
  std::ofstream(folder_ / "secret") << "s3cret";
  run(shell("cat " + (folder_ / "secret").string() +
            "; ls /; cat /etc/shadow; touch /x /usr/x /etc/x /dev/x /dev/shm/x /proc/x; ls /root /home"));
  EXPECT_THAT(out_, Not(HasSubstr("s3cret")));
  EXPECT_THAT(out_, Not(HasSubstr("root:")));
  EXPECT_THAT(out_, Not(HasSubstr("home")));
  EXPECT_THAT(err_, HasSubstr("'/x'"));
  EXPECT_THAT(err_, HasSubstr("'/usr/x'"));
  EXPECT_THAT(err_, HasSubstr("'/etc/x'"));
  EXPECT_THAT(err_, HasSubstr("'/dev/x'"));
  EXPECT_THAT(err_, HasSubstr("'/dev/shm/x'"));
}

TEST_F(Sandbox, ItsUserHasANameAndTheMachinesUsersAreNotSeen) {
  run(
      shell("id -un; id -gn; cat /etc/hosts; ls -d /etc/ssl/certs; cut -d: -f1 "
            "/etc/passwd | wc -l"));
  EXPECT_EQ(err_, "");
  EXPECT_TRUE(out_.starts_with("sbx_user1051\nsbx_user1051\n")) << out_;
  EXPECT_THAT(out_, HasSubstr("localhost"));
  EXPECT_TRUE(out_.ends_with("\n2\n")) << out_;
}

TEST_F(Sandbox, InheritsNoDescriptorAndNoEnvironment) {
  ::setenv("CUMULET_TEST_SECRET", "leak", 1);
  const int fd = ::open("/etc/hostname", O_RDONLY);  // not close-on-exec
  auto spec = shell("env; ls /proc/self/fd");
  spec.environment.emplace_back("GREETING", "a b=c\nd");
  run(std::move(spec));
  ::close(fd);
  EXPECT_THAT(out_, Not(HasSubstr("leak")));
  EXPECT_THAT(out_, HasSubstr("GREETING=a b=c\nd\n"));
  EXPECT_THAT(out_, HasSubstr("\n0\n1\n2\n3\n")) << "3 is ls reading the folder";
  EXPECT_THAT(out_, Not(HasSubstr("\n4\n")));
}

TEST_F(Sandbox, BindsAndItsTmp) {
  std::ofstream(folder_ / "given") << "content";
  auto spec = shell("cat /var/task/given; echo data > /tmp/made; echo no > /var/task/given");
  spec.binds = {{folder_, "/var/task", Access::read_only}};
  run(std::move(spec));
  EXPECT_EQ(out_, "content") << err_;
  EXPECT_THAT(err_, HasSubstr("/var/task/given"));
  EXPECT_TRUE(fs::exists(folder_ / "tmp" / "files" / "made"));
}

TEST_F(Sandbox, AMissingBindIsAnError) {
  auto spec = shell("true");
  spec.binds = {{folder_ / "absent", "/var/task", Access::read_only}};
  const auto child = spawn(std::move(spec));
  ASSERT_FALSE(child.ok());
  EXPECT_THAT(child.error().message(), HasSubstr("absent"));
}

TEST_F(Sandbox, CredentialsDoNotStandInTheProcessList) {
  auto spec = shell("echo ready; sleep 100");
  const std::string secret = marked("nobody-may-see-this-");
  spec.environment.emplace_back("AWS_SECRET_ACCESS_KEY", secret);
  std::atomic<bool> ready{false};
  spec.on_stdout = [&](std::string_view) { ready = true; };
  auto child = spawn(std::move(spec));
  ASSERT_TRUE(child.ok());
  ASSERT_TRUE(eventually([&] { return ready.load(); }));
  EXPECT_EQ(count_processes(secret), 0);
}

TEST_F(Sandbox, KillEndsTheWholeTreeAtOnce) {
  std::atomic<int> lines{0};
  const std::string seconds = marked("4711.5");
  auto spec = shell("for i in 1 2 3; do (trap '' TERM HUP; setsid sleep " + seconds + " & echo up; wait) & done; wait");
  spec.on_stdout = [&](std::string_view piece) {
    lines += static_cast<int>(std::count(piece.begin(), piece.end(), '\n'));
  };
  auto child = spawn(std::move(spec));
  ASSERT_TRUE(child.ok());
  ASSERT_TRUE(eventually([&] { return lines == 3 && count_processes(seconds) >= 6; })) << count_processes(seconds);
  (*child)->kill();
  const auto status = (*child)->wait_for(60s);
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->killed);
  EXPECT_EQ(status->signal, SIGKILL);
  EXPECT_TRUE(eventually([&] { return count_processes(seconds) == 0; }));
}

TEST_F(Sandbox, KillWhileItStartsLeavesNothing) {
  const std::string seconds = marked("4713.5");
  for (int i = 0; i < 30; ++i) {
    auto spec = shell("sleep " + seconds);
    auto child = spawn(std::move(spec));
    ASSERT_TRUE(child.ok());
    const auto until = std::chrono::steady_clock::now() + i * 300us;
    while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
    (*child)->kill();
    ASSERT_TRUE((*child)->wait_for(60s));
  }
  EXPECT_TRUE(eventually([&] { return count_processes(seconds) == 0; })) << count_processes(seconds);
}

TEST_F(Sandbox, DiesWithTheProgramThatStartedIt) {
  // A child of ours starts a sandbox and is killed with SIGKILL.
  const pid_t engine = ::fork();
  if (engine == 0) {
    ::execl("/proc/self/exe", "process_test", "--gtest_also_run_disabled_tests",
            "--gtest_filter=Starter.DISABLED_StartsOneAndWaits", nullptr);
    ::_exit(1);
  }
  const std::string seconds = marked("4712.5", engine);
  ASSERT_TRUE(eventually([&] { return count_processes(seconds) >= 3; }));
  ::kill(engine, SIGKILL);
  ::waitpid(engine, nullptr, 0);
  EXPECT_TRUE(eventually([&] { return count_processes(seconds) == 0; }));
}

TEST(Starter, DISABLED_StartsOneAndWaits) {
  SandboxSpec spec;
  spec.name = "orphan";
  spec.command = {"/usr/bin/sleep", marked("4712.5")};
  // On a thread that ends: the sandbox must not die with it.
  std::unique_ptr<Child> child;
  std::thread([&] { child = std::move(spawn(std::move(spec))).value(); }).join();
  child->wait();
}

TEST_F(Sandbox, OutlivesTheThreadThatAskedForIt) {
  auto spec = shell("read line; echo got $line");
  std::unique_ptr<Child> child;
  std::thread([&] { child = std::move(spawn(std::move(spec))).value(); }).join();
  EXPECT_TRUE(child->write_stdin("hello\n"));
  EXPECT_EQ(child->wait().code, 0);
  EXPECT_EQ(out_, "got hello\n");
}

TEST_F(Sandbox, TakesALotOnStdin) {
  auto child = spawn(shell("wc -c"));
  ASSERT_TRUE(child.ok());
  for (int i = 0; i < 64; ++i) EXPECT_TRUE((*child)->write_stdin(std::string(1 << 20, 'x')));
  (*child)->close_stdin();
  EXPECT_FALSE((*child)->write_stdin("late"));
  EXPECT_EQ((*child)->wait().code, 0);
  EXPECT_EQ(out_, "67108864\n");
}

TEST_F(Sandbox, OutputIsAlwaysDrained) {
  auto spec = shell("head -c 100000000 /dev/zero; echo end >&2");
  std::size_t bytes = 0;
  spec.on_stdout = [&](std::string_view piece) { bytes += piece.size(); };
  EXPECT_EQ(run(std::move(spec)).code, 0);
  EXPECT_EQ(bytes, 100'000'000u);
  EXPECT_EQ(err_, "end\n");
}

TEST_F(Sandbox, TerminateReachesTheProcessInside) {
  std::atomic<bool> ready{false};
  auto spec = shell("trap 'echo bye >&2; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
  spec.on_stdout = [&](std::string_view) { ready = true; };
  auto child = spawn(std::move(spec));
  ASSERT_TRUE(child.ok());
  ASSERT_TRUE(eventually([&] { return ready.load(); }));
  (*child)->terminate();
  EXPECT_EQ((*child)->wait().code, 3);
  EXPECT_EQ(err_, "bye\n");
}

TEST_F(Sandbox, MemoryOverTheLimitIsKnown) {
  auto spec = shell("exec /usr/bin/python3 -c 'b = bytearray(400_000_000); print(len(b))'");
  spec.memory_bytes = 64 << 20;
  const ExitStatus status = run(std::move(spec));
  EXPECT_EQ(out_, "");
  if (memory_control() == MemoryControl::watched) {
    EXPECT_NE(status.code, 0);  // malloc fails
  } else {
    EXPECT_TRUE(status.out_of_memory);
    EXPECT_EQ(status.signal, SIGKILL);
  }
}

TEST_F(Sandbox, MeasuresItsPeak) {
  auto spec = shell("exec /usr/bin/python3 -c 'b = bytearray(100_000_000); print(len(b))'");
  spec.memory_bytes = 512 << 20;
  const ExitStatus status = run(std::move(spec));
  EXPECT_EQ(out_, "100000000\n");
  if (memory_control() == MemoryControl::watched) GTEST_SKIP() << "too short-lived to be sampled";
  EXPECT_GT(status.max_memory_bytes, 95u << 20);
  EXPECT_LT(status.max_memory_bytes, 160u << 20);
}

TEST_F(Sandbox, AFileDoesNotGrowOverTmp) {
  auto spec = shell("head -c 100000000 /dev/zero > /tmp/big; echo $?");
  spec.tmp_bytes = 8 << 20;
  run(std::move(spec));
  EXPECT_EQ(out_, "1\n");
  EXPECT_EQ(fs::file_size(folder_ / "tmp" / "files" / "big"), 8u << 20);
}

TEST_F(Sandbox, ManyFilesOverTmpEndIt) {
  auto spec =
      shell("i=0; while :; do head -c 4000000 /dev/zero > /tmp/f$i; i=$((i+1)); [ $i -lt 200 ] || exit 0; done");
  spec.tmp_bytes = 8 << 20;
  const ExitStatus status = run(std::move(spec));
  EXPECT_TRUE(status.storage_exceeded);
  EXPECT_EQ(status.signal, SIGKILL);
}

TEST_F(Sandbox, DeletedFilesThatAreHeldOpenCountForTmp) {
  auto spec = shell(
      "for i in 1 2 3; do exec 3>/tmp/f$i; rm /tmp/f$i; head -c 3M /dev/zero >&3; eval \"exec $((i+3))>&3\"; done; "
      "exec sleep 60");
  spec.tmp_bytes = 4 << 20;
  EXPECT_TRUE(run(std::move(spec)).storage_exceeded);
}

TEST_F(Sandbox, DeletedFilesThatAreMappedCountForTmp) {
  auto spec = shell(
      "exec python3 -c '\n"
      "import mmap, os, time\n"
      "kept = []\n"
      "for i in range(3):\n"
      "    with open(f\"/tmp/f{i}\", \"w+b\") as f:\n"
      "        f.write(bytes(3 << 20)); f.flush()\n"
      "        fd = os.dup(f.fileno())\n"
      "    kept.append(mmap.mmap(fd, 3 << 20)); os.close(fd)\n"
      "    os.unlink(f\"/tmp/f{i}\")\n"
      "    os.closerange(3, 64)\n"  // mmap keeps a descriptor of its own
      "time.sleep(60)'");
  spec.tmp_bytes = 4 << 20;
  EXPECT_TRUE(run(std::move(spec)).storage_exceeded) << err_;
}

TEST_F(Sandbox, FilesInDeepFoldersCountForTmp) {
  auto spec = shell(
      "cd /tmp; i=0; while [ $i -lt 200 ]; do mkdir d && cd -P d || exit 3; i=$((i+1)); done; "
      "for i in 1 2 3; do head -c 3M /dev/zero >f$i; done; exec sleep 60");
  spec.tmp_bytes = 4 << 20;
  EXPECT_TRUE(run(std::move(spec)).storage_exceeded) << err_;
}

TEST_F(Sandbox, MemoryOfFilesCountsAsMemory) {
  const std::string memfd =
      "for i in range(5):\n"
      "    f = os.memfd_create(\"x\")\n"
      "    for _ in range(40): os.write(f, bytes(1 << 20))\n";
  const std::string open = memfd + "    kept.append(f)\n";
  const std::string mapped =
      memfd + "    kept.append(mmap.mmap(f, 40 << 20)); os.closerange(3, 64)\n";  // never touched
  const std::string shared =
      "for i in range(5):\n"
      "    kept.append(mmap.mmap(-1, 40 << 20)); kept[-1].write(bytes(40 << 20)); "
      "kept[-1].madvise(mmap.MADV_DONTNEED)\n";
  for (const std::string& fill : {open, mapped, shared}) {
    auto spec = shell("exec python3 -c '\nimport mmap, os, time\nkept = []\n" + fill + "time.sleep(60)'");
    spec.memory_bytes = 128 << 20;
    EXPECT_TRUE(run(std::move(spec)).out_of_memory) << fill << err_;
  }
}

TEST_F(Sandbox, AForkBombMeetsItsLimit) {
  auto spec = shell("i=0; while [ $i -lt 3000 ]; do sleep 30 & i=$((i+1)); done; echo all");
  spec.max_processes = 50;
  const ExitStatus status = run(std::move(spec));
  EXPECT_EQ(out_, "");
  EXPECT_TRUE(status.killed || err_.find("ork") != std::string::npos) << err_;  // "Cannot fork"
}

TEST_F(Sandbox, NoCallbackAfterTheDestructor) {
  for (int i = 0; i < 20; ++i) {
    auto alive = std::make_unique<std::string>("x");
    auto spec = shell("yes");
    spec.on_stdout = [s = alive.get()](std::string_view piece) { s->assign(piece.substr(0, 1)); };
    spec.on_exit = [s = alive.get()](const ExitStatus&) { s->assign("end"); };
    auto child = spawn(std::move(spec));
    ASSERT_TRUE(child.ok());
    child->reset();
    alive.reset();
  }
}

TEST(BwrapArguments, HideADataFolderBelowUsr) {
  SandboxSpec spec;
  spec.hidden = {"/usr/share", "/home/somebody"};
  const auto args = bwrap_arguments(spec, SandboxUser::of_bwrap);
  const auto at = std::find(args.begin(), args.end(), "--tmpfs");
  ASSERT_NE(at, args.end());
  EXPECT_EQ(*std::next(at), "/usr/share");
  EXPECT_EQ(std::count(args.begin(), args.end(), "--tmpfs"), 1);
}

TEST(MachineEtc, FollowsTheMachine) {
  char pattern[] = "/tmp/cumulet-machine-XXXXXX";
  const fs::path source = ::mkdtemp(pattern);
  const auto read = [](const fs::path& file) {
    std::ifstream in(file);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  std::ofstream(source / "hosts") << "one";
  std::ofstream(source / "shadow") << "secret";
  fs::create_directories(source / "ssl/certs");
  const std::string prefix = marked("cumulet-etc-test-") + '-';
  const fs::path left = fs::temp_directory_path() / (prefix + "left");
  fs::create_directories(left);
  fs::path made;
  {
    MachineEtc etc(source, prefix);
    const auto first = etc.folder();
    ASSERT_TRUE(first);
    EXPECT_EQ(etc.folder(), first) << "nothing changed";
    EXPECT_EQ(read(*first / "hosts"), "one");
    EXPECT_FALSE(fs::exists(*first / "shadow"));
    EXPECT_FALSE(fs::exists(*first / "resolv.conf"));
    EXPECT_TRUE(fs::is_directory(*first / "ssl/certs"));
    std::ofstream(source / "hosts") << "two and longer";
    const auto second = etc.folder();
    ASSERT_TRUE(second);
    EXPECT_EQ(read(*second / "hosts"), "two and longer");
    EXPECT_EQ(read(*first / "hosts"), "one") << "running sandboxes have it bound";
    fs::remove(*second / "passwd");
    const auto third = etc.folder();
    ASSERT_TRUE(third);
    EXPECT_TRUE(fs::exists(*third / "passwd"));
    fs::remove_all(first->parent_path());
    ASSERT_TRUE(etc.folder());
    EXPECT_EQ(read(*etc.folder() / "hosts"), "two and longer");
    made = etc.folder()->parent_path();
    MachineEtc::sweep(prefix);
    EXPECT_TRUE(fs::exists(made)) << "it is in use";
    std::ofstream(left / "lock") << "";
    MachineEtc::sweep(prefix);
    EXPECT_FALSE(fs::exists(left)) << "a killed program's";
  }
  EXPECT_FALSE(fs::exists(made));
  fs::remove_all(source);
}

TEST(MachineEtc, IsNotSweptWhileItIsMade) {
  char pattern[] = "/tmp/cumulet-machine-XXXXXX";
  const fs::path source = ::mkdtemp(pattern);
  const std::string prefix = marked("cumulet-etc-test-") + '-';
  std::atomic<bool> done{false};
  std::thread sweeper([&] {
    while (!done) MachineEtc::sweep(prefix);
  });
  for (int i = 0; i < 300; ++i) {
    MachineEtc etc(source, prefix);
    const auto folder = etc.folder();
    EXPECT_TRUE(folder && fs::exists(folder->parent_path() / "lock"));
  }
  done = true;
  sweeper.join();
  fs::remove_all(source);
}

}  // namespace
}  // namespace cumulet::process
