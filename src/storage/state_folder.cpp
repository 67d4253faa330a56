#include "storage/state_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>

#include "base/ids.hpp"
#include "base/log.hpp"

namespace cumulet::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTable =
    "CREATE TABLE folder_identity(one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, starts INTEGER NOT NULL)";

bool has_content(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return !error && size > 0;
}

std::size_t count_blobs(const fs::path& folder) {
  std::size_t count = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    count += entry.path().extension() != ".part" && entry.is_regular_file(error) ? 1 : 0;
  return count;
}

Error lost(const fs::path& folder, const std::string& database, const std::string& what) {
  return Error{kStateLost,
               "The data folder " + folder.string() + " is damaged: " + what + ". Nothing was changed. Put back the " +
                   database + " that belongs to it (with its -wal file), or start once with --start-anew (everything " +
                   "that is there is moved into " + (folder / "set-aside").string() + ", and a new database begins)"};
}

Error unfit(const fs::path& folder, const std::string& database, const std::string& what) {
  return Error{kStateLost, lost(folder, database, what).message() +
                               ", or with --trust-database (this database counts; files that it does not name are "
                               "moved aside, not deleted)"};
}

}  // namespace

Result<fs::path> make_aside_folder(const fs::path& folder) {
  const fs::path parent = folder / "set-aside";
  std::error_code error;
  fs::create_directories(parent, error);
  for (int n = 1; !error; ++n) {
    const fs::path made = parent / std::to_string(n);
    if (fs::create_directory(made, error)) return made;
  }
  return Error{kStorageFailure, "cannot create a folder in " + parent.string() + ": " + error.message()};
}

Result<std::optional<StateFolder::Identity>> StateFolder::read_identity(const fs::path& file) {
  std::ifstream in(file);
  if (!in) return std::optional<Identity>();
  Identity found;
  std::string state;
  // What cannot be read says nothing: the database alone counts then, and few files are swept without a look.
  if (!(in >> found.id >> found.starts >> state) || (state != "running" && state != "stopped"))
    return std::optional<Identity>();
  found.is_running = state == "running";
  return std::optional<Identity>(std::move(found));
}

Result<void> StateFolder::write_identity() const {
  const fs::path file = folder_ / "identity";
  // Always of one length, and written over what is there: on a full disk there is no room for another file.
  char starts[24];
  std::snprintf(starts, sizeof starts, " %010lld ", static_cast<long long>(identity_->starts));
  const std::string text = identity_->id + starts + (identity_->is_running ? "running\n" : "stopped\n");
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const bool written =
      fd >= 0 && ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) && ::fdatasync(fd) == 0;
  const int cause = errno;
  if (fd >= 0) ::close(fd);
  if (written) return {};
  return Error{kStorageFailure, "cannot write " + file.string() + ": " + std::generic_category().message(cause)};
}

std::string StateFolder::missing(const Layout& layout, const std::optional<Identity>& noted) const {
  const fs::path file = folder_ / layout.database;
  if (has_content(file)) {
    std::error_code error;
    if (!noted || !noted->is_running || fs::exists(file.string() + "-wal", error)) return {};
    return "the last run was killed, and what it wrote last is missing (" + layout.database + "-wal)";
  }
  std::size_t blobs = 0;
  for (const auto& holding : layout.holding) blobs += count_blobs(folder_ / holding);
  std::error_code error;
  const std::string how = fs::exists(file, error) ? " is empty" : " is missing";
  if (blobs > 0)
    return "its database " + layout.database + how + ", but there are " + std::to_string(blobs) +
           " files of stored data";
  if (noted) return "its database " + layout.database + how;
  return {};
}

Result<void> StateFolder::set_everything_aside(const Layout& layout) const {
  CUMULET_TRY(const fs::path aside, make_aside_folder(folder_));
  std::vector<fs::path> all{"identity", "reserve", layout.database, layout.database + "-wal", layout.database + "-shm"};
  all.insert(all.end(), layout.holding.begin(), layout.holding.end());
  all.insert(all.end(), layout.derived.begin(), layout.derived.end());
  for (const fs::path& one : all) {
    std::error_code error;
    if (!fs::exists(folder_ / one, error)) continue;
    fs::create_directories((aside / one).parent_path(), error);
    fs::rename(folder_ / one, aside / one, error);
    if (error) return Error{kStorageFailure, "cannot move " + (folder_ / one).string() + " aside: " + error.message()};
  }
  log::warn("what was in {} is in {} now", folder_.string(), aside.string());
  return {};
}

Result<std::optional<StateFolder::Identity>> StateFolder::stored_identity() {
  return database_->read_value<std::optional<Identity>>([](Connection& c) -> Result<std::optional<Identity>> {
    {
      Statement table = c.prepare("SELECT 1 FROM sqlite_master WHERE name = 'folder_identity'");
      if (!table.step()) return std::optional<Identity>();
    }
    Statement q = c.prepare("SELECT id, starts FROM folder_identity");
    if (!q.step()) return std::optional<Identity>();
    return std::optional<Identity>(Identity{q.string(0), q.integer(1), false});
  });
}

Result<void> StateFolder::count_start(const std::optional<Identity>& before) {
  CUMULET_CHECK(database_->migrate("folder", {kTable}));
  identity_ = Identity{before ? before->id : random_hex(32), (before ? before->starts : 0) + 1, true};
  CUMULET_CHECK(database_->write_blocking(
      [this](Transaction& tx) -> Result<void> {
        tx.run("INSERT OR REPLACE INTO folder_identity(one, id, starts) VALUES(1, ?1, ?2)", identity_->id,
               identity_->starts);
        return {};
      },
      Room::reserved));
  // Without it the next start has less to go by; that is no reason not to run.
  if (Result<void> noted = write_identity(); !noted.ok()) log::warn("{}", noted.error().message());
  return {};
}

Result<std::unique_ptr<StateFolder>> StateFolder::open(fs::path folder, const Layout& layout, Durability durability,
                                                       Recovery recovery) {
  std::unique_ptr<StateFolder> state(new StateFolder(std::move(folder)));
  const fs::path file = state->folder_ / layout.database;
  const bool is_kept = durability == Durability::full;
  std::optional<Identity> noted;
  if (is_kept) {
    CUMULET_TRY(noted, read_identity(state->folder_ / "identity"));
    if (const std::string what = state->missing(layout, noted); !what.empty()) {
      const bool is_there = has_content(file);
      if (recovery == Recovery::start_anew) {
        CUMULET_CHECK(state->set_everything_aside(layout));
        noted.reset();
      } else if (recovery == Recovery::trust_database && is_there) {
        state->orphans_ = Orphans::set_aside;
      } else {
        return is_there ? unfit(state->folder_, layout.database, what) : lost(state->folder_, layout.database, what);
      }
    }
  }
  CUMULET_TRY(state->database_, Database::open(file, durability));
  if (!is_kept) return state;

  CUMULET_TRY(auto stored, state->stored_identity());
  std::string what;
  if (noted && !stored)
    what = layout.database + " is not this folder's, or is older than this program's first start in it";
  if (noted && stored && noted->id != stored->id) what = layout.database + " belongs to another data folder";
  if (noted && stored && noted->id == stored->id && stored->starts < noted->starts)
    what = layout.database + " is older than the folder";
  if (!what.empty()) {
    if (recovery == Recovery::refuse) {
      state->database_.reset();
      return unfit(state->folder_, layout.database, what);
    }
    if (recovery == Recovery::start_anew) {
      state->database_.reset();
      CUMULET_CHECK(state->set_everything_aside(layout));
      CUMULET_TRY(state->database_, Database::open(file, durability));
      stored.reset();
    } else {
      log::warn("{}; it is trusted all the same", what);
      state->orphans_ = Orphans::set_aside;
      // Never again behind what was noted.
      if (!stored) stored = noted;
      stored->starts = std::max(stored->starts, noted->starts);
    }
  }
  CUMULET_CHECK(state->count_start(stored));
  return state;
}

StateFolder::~StateFolder() {
  if (identity_ && database_) {
    // Before the log is gone: a kill in between must not look like a log that was lost.
    identity_->is_running = false;
    if (Result<void> noted = write_identity(); !noted.ok()) log::warn("{}", noted.error().message());
  }
  database_.reset();
}

}  // namespace cumulet::storage
