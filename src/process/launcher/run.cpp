#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/launcher/launcher.hpp"

extern char** environ;

namespace cumulet::launcher {
namespace {

// Replaces this program by `name`, looked for by PATH where it has no slash. Comes back with the errno of a failure:
// that of the last program which is there, ENOENT where none is. A script without a first line is no program (shells
// think otherwise).
int execute(char* name, char** argv) {
  const char* path = ::strchr(name, '/') != nullptr ? nullptr : ::getenv("PATH");
  if (path == nullptr) {
    ::execve(name, argv, environ);
    return errno;
  }
  int error = ENOENT;
  static char file[4096];
  const size_t length = ::strlen(name);
  for (const char* at = path;;) {
    const char* const end = ::strchrnul(at, ':');
    const auto folder = static_cast<size_t>(end - at);
    if (folder + length + 2 <= sizeof file) {
      ::memcpy(file, at, folder);
      if (folder > 0) file[folder] = '/';
      ::memcpy(file + (folder > 0 ? folder + 1 : 0), name, length + 1);
      ::execve(file, argv, environ);
      if (errno != ENOENT && errno != ENOTDIR) error = errno;
      if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) return error;
    }
    if (*end == '\0') return error;
    at = end + 1;
  }
}

}  // namespace

// run UID GID PROCESSES COMMAND…  (UID 0: bwrap has set the user already. PROCESSES 0: unlimited.)
int run(int argc, char** argv) {
  if (argc < 4) return 126;
  const auto uid = static_cast<uid_t>(number(argv[0]));
  const auto gid = static_cast<gid_t>(number(argv[1]));
  const rlim_t processes = number(argv[2]);
  // Nothing of the engine's may be inherited: namespaces held open would be a way out.
  if (::syscall(SYS_close_range, 3, ~0u, 0u) != 0)
    for (int fd = 3; fd < 1024; ++fd) ::close(fd);
  if (uid != 0) {
    // From here on nothing inside has the host's uid 0: files of root (sysctls, a cgroup's limits) are closed to it.
    // The capabilities that bwrap left for these calls go with the last uid 0, here they go for good.
    for (unsigned long capability = 0; capability < 64; ++capability)
      if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EINVAL) return fail("PR_CAPBSET_DROP", errno);
    if (::setgroups(0, nullptr) != 0) return fail("setgroups", errno);
    if (::setresgid(gid, gid, gid) != 0) return fail("setresgid", errno);
    if (::setresuid(uid, uid, uid) != 0) return fail("setresuid", errno);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2]{};
    if (::syscall(SYS_capset, &header, none) != 0) return fail("capset", errno);
  }
  if (::getuid() == 0 || ::setresuid(0, 0, 0) == 0) return fail("still the host's user", EPERM);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail("PR_SET_NO_NEW_PRIVS", errno);
  if (processes != 0) {
    // Counted for the user inside this user namespace alone: what else the machine's user runs does not matter.
    const rlimit limit{processes, processes};
    if (::setrlimit(RLIMIT_NPROC, &limit) != 0) return fail("RLIMIT_NPROC", errno);
  }
  const int error = execute(argv[3], argv + 3);
  (void)!::write(2, kCannotRun, ::strlen(kCannotRun));
  return fail(argv[3], error);
}

}  // namespace cumulet::launcher
