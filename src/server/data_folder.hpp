#pragma once
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/folder_removal.hpp"
#include "base/result.hpp"
#include "storage/state_folder.hpp"

namespace cumulet::server {

// The folder that holds everything: mode 0700, and locked (flock on <folder>/lock) while this object lives, so that a
// second engine is refused. Blocking; for start-up.
class DataFolder {
 public:
  // Errors: kDataFolder, saying what is wrong and what to do.
  static Result<std::unique_ptr<DataFolder>> open(std::filesystem::path folder);
  // A fresh folder under the system's temporary folder, removed at the end. What earlier ephemeral engines left when
  // they were killed is removed meanwhile, on a thread of its own.
  static Result<std::unique_ptr<DataFolder>> open_ephemeral();
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Waits until what killed engines left is gone.
  void finish_sweep();

 private:
  DataFolder(std::filesystem::path path, int lock, bool is_ephemeral)
      : path_(std::move(path)), lock_(lock), is_ephemeral_(is_ephemeral) {}
  std::filesystem::path path_;
  int lock_;
  bool is_ephemeral_;
  std::unique_ptr<FolderRemover> remover_;
};

// Where the registry's blobs lie in the data folder.
inline constexpr std::string_view kRegistryBlobs = "registry/blobs";

// What stands in the engine's data folder.
storage::StateFolder::Layout state_layout();

}  // namespace cumulet::server
