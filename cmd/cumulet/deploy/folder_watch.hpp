#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <utility>

namespace cumulet::deploy {

// Sees when files below a folder change: by looking at their times and sizes, which works on every file system and
// whatever way an editor saves. Hidden files and folders (.git) are not looked at.
class FolderWatch {
 public:
  explicit FolderWatch(std::filesystem::path folder) : folder_(std::move(folder)), seen_(look()) {}

  // Whether anything changed since the last time it said so. Files that are being written are waited for: it is true
  // once two looks in a row see the same.
  bool has_changed();

 private:
  using State = std::map<std::string, std::pair<std::int64_t, std::uintmax_t>>;  // path: time, size
  State look() const;

  std::filesystem::path folder_;
  State seen_;  // when it said so last
  State last_;  // in the look before
};

}  // namespace cumulet::deploy
