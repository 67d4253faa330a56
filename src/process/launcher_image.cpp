#include "process/launcher_image.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/launch.hpp"

// CUMULET_LAUNCHER: the program's path in the build folder, needed no more once this is compiled.
asm(".section .rodata\n"
    ".balign 16\n"
    ".global cumulet_launcher_begin\n"
    ".global cumulet_launcher_end\n"
    "cumulet_launcher_begin:\n"
    ".incbin \"" CUMULET_LAUNCHER
    "\"\n"
    "cumulet_launcher_end:\n"
    ".byte 0\n"
    ".previous\n");
extern "C" const char cumulet_launcher_begin[];
extern "C" const char cumulet_launcher_end[];

namespace cumulet::process {
namespace {

int make() {
  int fd = ::memfd_create("cumulet-launcher", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return -1;
  for (const char* at = cumulet_launcher_begin; at < cumulet_launcher_end;) {
    const ssize_t n = ::write(fd, at, static_cast<std::size_t>(cumulet_launcher_end - at));
    if (n <= 0) {
      ::close(fd);
      return -1;
    }
    at += n;
  }
  ::fchmod(fd, 0555);
  ::fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  return above_stdio(fd);
}

}  // namespace

int launcher_fd() {
  static const int fd = make();
  return fd;
}

}  // namespace cumulet::process
