#pragma once
#include <cstdint>
#include <filesystem>

namespace cumulet::storage {

// A file that only takes up room, so that there is some when the disk is full: deleting needs a little before it gives
// any back. Used on one thread.
class DiskReserve {
 public:
  DiskReserve(std::filesystem::path file, std::uint64_t bytes) : file_(std::move(file)), bytes_(bytes) {}

  // Takes the room up, if it has not already. False: there is not as much.
  bool make();
  // Gives it to whoever writes next.
  void release();
  // Whether next to nothing is left.
  bool is_disk_full() const;
  // Whether make() may succeed and leave room to work in (1 MB), when `given_back` bytes of other files come back
  // before.
  bool fits(std::uint64_t given_back) const;

 private:
  std::uint64_t free_bytes() const;
  std::filesystem::path file_;
  std::uint64_t bytes_;
};

}  // namespace cumulet::storage
