#include "storage/writer.hpp"

#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/log.hpp"
#include "storage/full_disk.hpp"

namespace cumulet::storage {
namespace {

constexpr std::size_t kMaxBatch = 1024;
constexpr std::size_t kJobsBetweenLooks = 16;
constexpr std::int64_t kMostPagesInABatch = 4096;  // 16 MB that the database grows by
// Writers wait while a log of this length is copied into the database. It may pass it by one batch.
constexpr int kLogBound = 16'000;                        // pages: 64 MB
constexpr std::uint64_t kMostLogOnAFullDisk = 2u << 20;  // bytes, for what is no deletion
constexpr std::int64_t kFreePagesToWrite = 256;          // 1 MB
constexpr int kBusyMilliseconds = 10'000;
constexpr int kReaderPatienceMilliseconds = 200;

int note_log_length(void* writer, sqlite3*, const char*, int length) {
  static_cast<Writer*>(writer)->log_grew_to(length);
  return SQLITE_OK;
}

// What a later attempt cannot heal: the state of the file is not known any more.
bool is_fatal(int code) {
  switch (code & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN: return true;
    default: return false;
  }
}

}  // namespace

Writer::Writer(sqlite3* db, Checkpointer& checkpointer, std::optional<DiskReserve> reserve)
    : connection_(db), checkpointer_(checkpointer), reserve_(std::move(reserve)), log_bound_(kLogBound) {
  connection_.execute("PRAGMA cache_size=-32768");
  {
    Statement q = connection_.prepare("PRAGMA page_size");
    if (q.step()) page_size_ = q.integer(0);
  }
  sqlite3_wal_hook(db, &note_log_length, this);
  if (reserve_ && !reserve_->make()) {
    log::warn("the disk is full: only deletions are taken until there is room");
    is_disk_full_ = true;
  }
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "db-writer");
    work();
  });
}

Writer::~Writer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Writer::submit(Database::Job job, std::function<void(Result<void>)> done, Room room) {
  bool was_empty = false;
  {
    std::lock_guard lock(mutex_);
    was_empty = queue_.empty();
    queue_.push_back(Pending{std::move(job), std::move(done), room, {}});
  }
  if (was_empty) wake_.notify_one();
}

// The log's care is left to the writer's thread, which the next job then goes to.
bool Writer::run_here(const Database::Job& job, Room room, Result<void>& result) {
  {
    std::lock_guard lock(mutex_);
    if (is_at_work_ || !queue_.empty() || stopping_ || log_pages_ > log_bound_ || checkpointer_.has_rest()) return false;
    is_at_work_ = true;
  }
  Pending pending{job, {}, room, {}};
  run_batch(Batch(&pending, 1));
  result = std::move(pending.result);
  bool has_queue = false;
  {
    std::lock_guard lock(mutex_);
    is_at_work_ = false;
    has_queue = !queue_.empty() || stopping_;
  }
  if (has_queue) wake_.notify_one();
  return true;
}

void Writer::set_rider(Database::Rider rider) {
  std::lock_guard lock(rider_mutex_);
  rider_ = std::move(rider);
}

void Writer::work() {
  std::vector<Pending> taken;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return !is_at_work_ && (!queue_.empty() || stopping_); });
    if (queue_.empty()) {  // stopping: whoever starts on a disk that others have filled needs the reserve
      if (is_disk_full_) {
        empty_log();
        reserve_->make();
      }
      return;
    }
    if (queue_.size() <= kMaxBatch) {
      taken.swap(queue_);
    } else {
      const auto end = queue_.begin() + kMaxBatch;
      taken.assign(std::move_iterator(queue_.begin()), std::move_iterator(end));
      queue_.erase(queue_.begin(), end);
    }
    is_at_work_ = true;
    lock.unlock();
    for (Batch rest = taken; !rest.empty();) {
      const std::size_t count = run_batch(rest);
      for (Pending& pending : rest.first(count)) pending.done(std::move(pending.result));
      rest = rest.subspan(count);
      bound_log();
    }
    taken.clear();
    lock.lock();
    is_at_work_ = false;
  }
}

std::size_t Writer::run_batch(Batch batch) {
  if (broken_) {
    for (Pending& pending : batch) pending.result = *broken_;
    return batch.size();
  }
  if (is_disk_full_) end_full_disk_if_there_is_room();
  try {
    return commit(batch);
  } catch (const SqlError& error) {
    roll_back(error);
    if (is_disk_full_ || !reserve_ || !is_full_disk(error)) {
      refuse(batch, error);
      return batch.size();
    }
    begin_full_disk(error);
  }
  try {
    return commit(batch);  // again, for those that the reserve is kept for
  } catch (const SqlError& error) {
    roll_back(error);
    refuse(batch, error);
    return batch.size();
  }
}

std::size_t Writer::commit(Batch batch) {
  connection_.run("BEGIN IMMEDIATE");
  const int changes_before = sqlite3_total_changes(connection_.handle());
  const std::size_t count = run_jobs(batch);
  if (sqlite3_total_changes(connection_.handle()) != changes_before) run_rider();
  provide_room();
  connection_.run("COMMIT");
  for (auto& action : connection_.pending_actions()) action();
  connection_.pending_actions().clear();
  for (Pending& pending : batch.first(count)) pending.job = nullptr;
  if (!is_disk_full_) checkpointer_.copy_if_long();
  return count;
}

void Writer::roll_back(const SqlError& error) {
  log::error("commit failed ({}): {}", error.code, error.message);
  connection_.pending_actions().clear();
  if (sqlite3_get_autocommit(connection_.handle()) == 0)
    sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Writer::refuse(Batch batch, const SqlError& error) {
  const bool is_full = is_full_disk(error);
  const Error failed = is_full ? full_disk() : Error{kStorageFailure, error.message};
  for (Pending& pending : batch) pending.result = failed;
  if (!is_full && is_fatal(error.code)) stop_acknowledging(error);
}

void Writer::stop_acknowledging(const SqlError& error) {
  broken_.emplace(kStorageFailure, "storage stopped after an I/O error: " + error.message);
  log::error("no write is acknowledged from here on: {}", error.message);
}

// Ends early when the database grew by much: the log is to stay within its bound.
std::size_t Writer::run_jobs(Batch batch) {
  const std::int64_t pages = page_count();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    run_job(batch[i]);
    const bool looks = (i + 1) % kJobsBetweenLooks == 0;
    if (looks && page_count() - pages > kMostPagesInABatch) return i + 1;
  }
  return batch.size();
}

// Throws only when the whole transaction is lost.
void Writer::run_job(Pending& pending) {
  if (is_disk_full_ && pending.room == Room::ordinary && !has_room_inside()) {
    pending.result = full_disk();
    pending.job = nullptr;
    return;
  }
  const std::size_t actions_before = connection_.pending_actions().size();
  connection_.run("SAVEPOINT job");
  std::optional<SqlError> sql_error;
  try {
    pending.result = pending.job(connection_);
  } catch (const SqlError& error) {
    log::error("write failed ({}): {}", error.code, error.message);
    pending.result = Error{kStorageFailure, error.message};
    sql_error = error;
  } catch (const std::exception& error) {
    log::error("write failed: {}", error.what());
    pending.result = Error{kInternalFailure, error.what()};
  }
  if (pending.room == Room::ordinary) pending.job = nullptr;  // what it captured is not needed any longer
  const bool rolled_back = sqlite3_get_autocommit(connection_.handle()) != 0;
  if (sql_error && (rolled_back || is_fatal(sql_error->code) || is_full_disk(*sql_error))) throw *sql_error;
  if (!pending.result.ok()) {
    connection_.pending_actions().resize(actions_before);
    connection_.run("ROLLBACK TO job");
  }
  connection_.run("RELEASE job");
}

void Writer::run_rider() {
  if (is_disk_full_) return;
  std::lock_guard lock(rider_mutex_);
  if (!rider_) return;
  const std::size_t actions_before = connection_.pending_actions().size();
  connection_.run("SAVEPOINT rider");
  try {
    rider_(connection_);
  } catch (const std::exception& error) {
    log::error("what was to go along with a commit failed: {}", error.what());
    // The jobs' own room may be enough; where it is not, or the transaction is lost, COMMIT says so.
    if (sqlite3_get_autocommit(connection_.handle()) != 0) throw;
    connection_.pending_actions().resize(actions_before);
    connection_.run("ROLLBACK TO rider");
  }
  connection_.run("RELEASE rider");
}

// --- a full disk ---

// What failed for want of room, and left the files as they were.
bool Writer::is_full_disk(const SqlError& error) const {
  if ((error.code & 0xff) == SQLITE_FULL) return true;
  if (error.code != SQLITE_IOERR_WRITE && error.code != SQLITE_IOERR_SHMSIZE) return false;
  const int cause = sqlite3_system_errno(connection_.handle());
  return cause == ENOSPC || cause == EDQUOT;
}

void Writer::begin_full_disk(const SqlError& error) {
  log::warn("the disk is full ({}): only deletions are taken until there is room", error.message);
  is_disk_full_ = true;
  reserve_->release();
}

void Writer::end_full_disk_if_there_is_room() {
  if (!reserve_) return;
  const std::uint64_t log_bytes = log_bytes_on_disk();
  const bool fits = reserve_->fits(log_bytes);
  // What the reserve was lent to is mostly the log: copied into the database, it gives its room back.
  if (fits || log_bytes > kMostLogOnAFullDisk / 2) empty_log();
  if (!fits || !reserve_->make()) return;
  log::info("there is room on the disk again");
  is_disk_full_ = false;
}

void Writer::empty_log() {
  if (checkpoint(SQLITE_CHECKPOINT_TRUNCATE) == SQLITE_OK) log_pages_ = 0;
}

// What was deleted leaves pages in the database; a write that fits there needs the reserve for its log alone, and gives
// it back with the next checkpoint. Not while the log cannot be emptied: then the rest is the deletions'.
bool Writer::has_room_inside() {
  if (log_bytes_on_disk() > kMostLogOnAFullDisk) return false;
  Statement q = connection_.prepare("PRAGMA freelist_count");
  return q.step() && q.integer(0) >= kFreePagesToWrite;
}

// Not the pages in it: each has a head of its own, and what a longer log left is still there.
std::uint64_t Writer::log_bytes_on_disk() const {
  struct stat log {};
  const char* file = sqlite3_filename_wal(sqlite3_db_filename(connection_.handle(), "main"));
  return file != nullptr && ::stat(file, &log) == 0 ? static_cast<std::uint64_t>(log.st_blocks) * 512 : 0;
}

void Writer::provide_room() {
  if (!reserve_) return;
  const std::int64_t pages = page_count();
  if (pages <= provided_pages_) return;
  sqlite3_int64 bytes = pages * page_size_;
  const int code = sqlite3_file_control(connection_.handle(), "main", SQLITE_FCNTL_SIZE_HINT, &bytes);
  // Told as a full disk whatever it was: only an attempt was made.
  if (code != SQLITE_OK) throw SqlError(SQLITE_FULL, "no room for the database to grow");
  provided_pages_ = pages;
}

// --- the log's length ---

std::int64_t Writer::page_count() {
  Statement q = connection_.prepare("PRAGMA page_count");
  return q.step() ? q.integer(0) : 0;
}

void Writer::log_grew_to(int pages) {
  log_pages_ = pages;
  checkpointer_.log_grew_to(pages);
}

int Writer::checkpoint(int mode) {
  sqlite3_busy_timeout(connection_.handle(), kReaderPatienceMilliseconds);
  const int code = checkpointer_.empty_log(connection_.handle(), mode);
  sqlite3_busy_timeout(connection_.handle(), kBusyMilliseconds);
  return code;
}

// Between two batches. A reader that holds on to an old snapshot keeps the log from beginning anew: writers do not wait
// for it for long, and the log grows until it ends.
void Writer::bound_log() {
  if (broken_ || is_disk_full_) return;
  if (log_pages_ > log_bound_) {
    if (checkpoint(SQLITE_CHECKPOINT_RESTART) == SQLITE_OK) {
      log_pages_ = 0;
      log_bound_ = kLogBound;
    } else {
      log::warn("the write-ahead log has {} pages and cannot begin anew: a long read holds it", log_pages_);
      log_bound_ = log_pages_ + kLogBound / 4;
    }
  } else if (checkpointer_.wants_rest()) {
    checkpointer_.copy_rest(connection_.handle());
  }
}

}  // namespace cumulet::storage
