#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/blob_store.hpp"
#include "storage/database.hpp"

namespace cumulet::storage {

// What to do with a folder whose database is lost or does not fit it. Without effect on one that is whole.
enum class Recovery {
  refuse,
  start_anew,      // everything is moved into <folder>/set-aside; an empty database takes its place
  trust_database,  // the database that is there counts; files that it does not name are moved aside, never deleted
};

inline constexpr ErrorKind kStateLost{"StateLost", 500};

// A database and the files that its rows name belong together: beside an empty, an older or another folder's database
// the files look like leftovers, and the sweep at start would delete them. So the folder carries a name and the number
// of its starts, once in a file and once in the database, and opening compares them.
//
// The file <folder>/identity: "<id> <starts> running|stopped". The database is written first: it may be one start
// ahead, after a kill between the two (or by more: on a full disk the file may stay behind). "running": the last run
// did not end by itself, so that the write-ahead log must be there.
class StateFolder {
 public:
  struct Layout {
    std::string database;                        // file name: "state.db"
    std::vector<std::filesystem::path> holding;  // folders of blobs, relative
    std::vector<std::filesystem::path> derived;  // made from the others; moved along when starting anew
  };
  // Opens or creates the database. Blocking; the folder is there and locked by the caller. Errors: kStateLost, saying
  // what is missing and how to go on; kStorageFailure.
  static Result<std::unique_ptr<StateFolder>> open(std::filesystem::path folder, const Layout& layout,
                                                   Durability durability, Recovery recovery);
  // Notes that this run ended by itself, then closes the database.
  ~StateFolder();

  Database& database() { return *database_; }
  // How sweeps treat what no row names.
  Orphans orphans() const { return orphans_; }

 private:
  struct Identity {
    std::string id;
    std::int64_t starts = 0;
    bool is_running = false;
  };
  explicit StateFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}
  static Result<std::optional<Identity>> read_identity(const std::filesystem::path& file);
  Result<void> write_identity() const;
  // What is wrong before the database is opened, empty: nothing.
  std::string missing(const Layout& layout, const std::optional<Identity>& noted) const;
  Result<void> set_everything_aside(const Layout& layout) const;
  Result<std::optional<Identity>> stored_identity();
  Result<void> count_start(const std::optional<Identity>& before);

  std::filesystem::path folder_;
  std::unique_ptr<Database> database_;
  std::optional<Identity> identity_;  // none: ephemeral
  Orphans orphans_ = Orphans::deleted_when_few;
};

// The first of <folder>/set-aside/1, 2, ... that does not exist yet, created.
Result<std::filesystem::path> make_aside_folder(const std::filesystem::path& folder);

}  // namespace cumulet::storage
