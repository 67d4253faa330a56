#pragma once
#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  bool is_ephemeral() const { return is_ephemeral_; }
  // Where this engine answers, for running_engine() of other processes.
  void note_endpoint(const std::string& endpoint) const;
  // Everything but the lock, the log and the root's key goes; removed by and by, at the latest at the next start. Nobody
  // uses the folder meanwhile. What a kill interrupts, the next open() completes. Blocking, briefly.
  Result<void> empty();
  // Waits until what killed engines left is gone.
  void finish_sweep();

 private:
  DataFolder(std::filesystem::path path, int lock, bool is_ephemeral)
      : path_(std::move(path)), lock_(lock), is_ephemeral_(is_ephemeral) {}
  void discard();

  std::filesystem::path path_;
  int lock_;
  bool is_ephemeral_;
  std::unique_ptr<FolderRemover> remover_;
};

// The engine that holds a data folder's lock. The kernel tells its process, so that no number of a process that is gone
// is ever taken for it.
struct RunningEngine {
  pid_t process = 0;
  std::filesystem::path data;
  std::string endpoint;  // empty: it is still starting
};
std::optional<RunningEngine> running_engine(const std::filesystem::path& data);
// Those of this user with a temporary folder (--ephemeral).
std::vector<RunningEngine> running_ephemeral_engines();

// Where the registry's blobs lie in the data folder.
inline constexpr std::string_view kRegistryBlobs = "registry/blobs";
inline constexpr std::string_view kRegistryTrees = "registry/trees";  // of images that functions run; may be lost

// What stands in the engine's data folder.
storage::StateFolder::Layout state_layout();

}  // namespace cumulet::server
