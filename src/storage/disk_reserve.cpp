#include "storage/disk_reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace cumulet::storage {
namespace {

constexpr std::uint64_t kNextToNothing = 1u << 20;

}  // namespace

bool DiskReserve::make() {
  const int fd = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  struct stat info {};
  const bool is_there = ::fstat(fd, &info) == 0 && static_cast<std::uint64_t>(info.st_size) == bytes_ &&
                        static_cast<std::uint64_t>(info.st_blocks) * 512 >= bytes_;
  bool made = is_there || ::posix_fallocate(fd, 0, static_cast<off_t>(bytes_)) == 0;
  if (!made && ::ftruncate(fd, 0) != 0) made = false;  // half a reserve is none
  ::close(fd);
  return made;
}

void DiskReserve::release() {
  // Cut, not removed: to make the file anew could need room too.
  if (::truncate(file_.c_str(), 0) != 0) ::unlink(file_.c_str());
}

std::uint64_t DiskReserve::free_bytes() const {
  struct statvfs disk {};
  if (::statvfs(file_.parent_path().c_str(), &disk) != 0) return 0;
  const std::uint64_t blocks = ::geteuid() == 0 ? disk.f_bfree : disk.f_bavail;
  return blocks * disk.f_frsize;
}

bool DiskReserve::is_disk_full() const { return free_bytes() < kNextToNothing; }

bool DiskReserve::fits(std::uint64_t given_back) const { return free_bytes() + given_back >= bytes_ + kNextToNothing; }

}  // namespace cumulet::storage
