#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>

// Removing folders that somebody else filled: a function's /tmp, a client's package. std::filesystem::remove_all keeps
// a descriptor and a frame for each level, and never comes back before its end.
namespace cumulet {

// Removes a folder and everything in it a piece at a time, whatever its depth, width, permissions and names (paths may
// be longer than PATH_MAX). Memory and descriptors (18 at most) do not depend on what is there: what lies too deep is
// moved up first. Symbolic links are removed, not followed; nothing outside is touched. One thread at a time.
class FolderRemoval {
 public:
  enum class Progress {
    unfinished,
    gone,   // also when it was not there
    stuck,  // what is left cannot be removed (somebody else's without the right to, a damaged disk)
  };

  explicit FolderRemoval(std::filesystem::path folder);
  ~FolderRemoval();
  FolderRemoval(const FolderRemoval&) = delete;
  FolderRemoval& operator=(const FolderRemoval&) = delete;

  // Goes on with at most `entries` entries.
  Progress step(std::size_t entries);
  // Closes what is open between steps; the next one begins at the top again.
  void rest();

 private:
  class Walk;
  std::filesystem::path folder_;
  std::unique_ptr<Walk> walk_;
};

// To the end, on the calling thread: for folders whose number of entries the caller has bounded. False: stuck.
bool remove_folder(const std::filesystem::path& folder);

// Removes folders on a thread of its own, in turns, so that a huge one holds up neither other work nor other folders.
// What is not gone when it ends stays on disk, for a sweep at the next start. Thread-safe.
class FolderRemover {
 public:
  FolderRemover();
  ~FolderRemover();  // waits for the turn that runs
  FolderRemover(const FolderRemover&) = delete;
  FolderRemover& operator=(const FolderRemover&) = delete;

  void remove(std::filesystem::path folder);  // returns at once
  void wait();                                // until nothing is left to do

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cumulet
