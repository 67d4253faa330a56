#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/launcher/launcher.hpp"

extern char** environ;

namespace cumulet::launcher {
namespace {

constexpr int kMaxFolders = 16;

struct Path {
  char text[64];
  explicit Path(const char* format, const char* folder, int number) {
    ::snprintf(text, sizeof text, format, folder, number);
  }
};

bool make_folder(const char* path) { return ::mkdir(path, 0755) == 0 || errno == EEXIST; }

bool bind(int fd, const char* target) {
  const Path source("%s%d", "/proc/self/fd/", fd);
  return ::mount(source.text, target, nullptr, MS_BIND | MS_REC, nullptr) == 0;
}

// A bind mount tells its folder's host path to whoever reads /proc/self/mountinfo; an overlay tells only what it was
// given: the numbers of our descriptors. Where the kernel or the file system knows no such overlay: a bind mount.
bool overlay_read_only(int fd, const char* empty, const char* target) {
  char options[160];
  ::snprintf(options, sizeof options, "lowerdir=/proc/self/fd/%d:%s", fd, empty);
  return ::mount("overlay", target, "overlay", MS_RDONLY | MS_NOSUID | MS_NODEV, options) == 0 || bind(fd, target);
}

// All of one file system, so that the overlay has one device number for files and folders.
bool overlay_writable(int files, int work, int empty, const char* target) {
  char options[224];
  ::snprintf(options, sizeof options,
             "lowerdir=/proc/self/fd/%d,upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d,userxattr", empty, files,
             work);
  return ::mount("overlay", target, "overlay", MS_NOSUID | MS_NODEV, options) == 0 || bind(files, target);
}

// The sandbox's folders become STAGE/0, STAGE/1, …; `kinds` has 'r' for a read-only folder (one path) and 'w' for a
// writable one (its files, and two empty folders beside them for the overlay's own use). Takes the paths from `argv`.
int stage_folders(const char* stage, const char* kinds, char**& argv) {
  if (::unshare(CLONE_NEWNS) != 0) return fail("a mount namespace", errno);
  if (::mount(nullptr, "/", nullptr, MS_SLAVE | MS_REC, nullptr) != 0) return fail("private mounts", errno);
  // Opened in this mount namespace (none other's can be mounted here), and before the stage covers anything.
  int folders[3 * kMaxFolders];
  int count = 0;
  for (int i = 0; kinds[i]; ++i) {
    if (i >= kMaxFolders) return fail("folders", E2BIG);
    for (int needed = kinds[i] == 'r' ? 1 : 3; needed > 0; --needed, ++argv)
      if ((folders[count++] = ::open(*argv, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) return fail("a folder", errno);
  }
  if (::mount("tmpfs", stage, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64k") != 0) return fail(stage, errno);
  const Path empty("%s/e%d", stage, 0);
  if (!make_folder(empty.text)) return fail(empty.text, errno);
  const int* folder = folders;
  for (int i = 0; kinds[i]; ++i) {
    const Path target("%s/%d", stage, i);
    if (!make_folder(target.text)) return fail(target.text, errno);
    if (kinds[i] == 'r' ? !overlay_read_only(folder[0], empty.text, target.text)
                        : !overlay_writable(folder[0], folder[1], folder[2], target.text))
      return fail(target.text, errno);
    folder += kinds[i] == 'r' ? 1 : 3;
  }
  return 0;
}

}  // namespace

// enter ENGINE STAGE KINDS PATH… BWRAP…  (ENGINE: its pid)
int enter(int argc, char** argv) {
  if (argc < 4) return 126;
  if (::setns(kUserNamespace, CLONE_NEWUSER) != 0) return fail("the user namespace", errno);
  if (::setns(kNetworkNamespace, CLONE_NEWNET) != 0) return fail("the network namespace", errno);
  // Other credentials may have taken the parent-death signal away.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != static_cast<pid_t>(number(argv[0]))) return 127;
  ::fcntl(kUserNamespace, F_SETFD, FD_CLOEXEC);
  ::fcntl(kNetworkNamespace, F_SETFD, FD_CLOEXEC);
  const char* kinds = argv[2];
  char** rest = argv + 3;
  if (*kinds)
    if (const int failed = stage_folders(argv[1], kinds, rest)) return failed;
  ::execve(*rest, rest, environ);
  return fail(*rest, errno);
}

}  // namespace cumulet::launcher
