#pragma once
#include <cstdint>
#include <filesystem>

namespace cumulet::process {

struct FolderBytes {
  std::uint64_t bytes = 0;  // of disk: blocks, and an inode each
  // All of it was seen. Not when `enough` was reached, when folders of an ordinary user's function may not be read,
  // when folders deeper than 32 levels moved while they were counted, or when there are more than 65,536 levels.
  bool complete = true;
};

// What the files and folders below `folder` take of the disk; stops soon after `enough` bytes. Symbolic links are not
// followed. 34 descriptors and two megabytes at most, whatever is there; it may change meanwhile.
FolderBytes folder_bytes(const std::filesystem::path& folder, std::uint64_t enough);

// Bytes in use on the file system that holds `folder`, whoever uses them; 0 when it cannot be told.
std::uint64_t file_system_bytes(const std::filesystem::path& folder);

}  // namespace cumulet::process
