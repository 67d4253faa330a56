#include "storage/writer.hpp"

#include <pthread.h>
#include <sqlite3.h>

#include "base/log.hpp"

namespace cumulet::storage {
namespace {

constexpr std::size_t kMaxBatch = 1024;

int note_log_length(void* pages, sqlite3*, const char*, int length) {
  *static_cast<int*>(pages) = length;
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

Writer::Writer(sqlite3* db, std::atomic<bool>& wrap_wanted, std::function<void(int)> log_grew_to)
    : connection_(db), wrap_wanted_(wrap_wanted), log_grew_to_(std::move(log_grew_to)) {
  connection_.execute("PRAGMA cache_size=-32768");
  sqlite3_wal_hook(db, &note_log_length, &log_pages_);
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

void Writer::submit(Database::Job job, std::function<void(Result<void>)> done) {
  bool was_empty = false;
  {
    std::lock_guard lock(mutex_);
    was_empty = queue_.empty();
    queue_.push_back(Pending{std::move(job), std::move(done), {}});
  }
  if (was_empty) wake_.notify_one();
}

void Writer::work() {
  std::vector<Pending> batch;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return !queue_.empty() || stopping_; });
    if (queue_.empty()) return;
    if (queue_.size() <= kMaxBatch) {
      batch.swap(queue_);
    } else {
      const auto end = queue_.begin() + kMaxBatch;
      batch.assign(std::move_iterator(queue_.begin()), std::move_iterator(end));
      queue_.erase(queue_.begin(), end);
    }
    lock.unlock();
    run_batch(batch);
    for (Pending& pending : batch) pending.done(std::move(pending.result));
    batch.clear();
    if (wrap_wanted_.exchange(false) && !broken_)
      sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    lock.lock();
  }
}

void Writer::run_batch(std::vector<Pending>& batch) {
  if (!broken_) {
    try {
      connection_.run("BEGIN IMMEDIATE");
      run_jobs(batch);
      connection_.run("COMMIT");
      for (auto& action : connection_.pending_actions()) action();
      connection_.pending_actions().clear();
      log_grew_to_(log_pages_);
      return;
    } catch (const SqlError& error) {
      log::error("commit failed ({}): {}", error.code, error.message);
      connection_.pending_actions().clear();
      if (sqlite3_get_autocommit(connection_.handle()) == 0)
        sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
      const Error failed{kStorageFailure, error.message};
      for (Pending& pending : batch) pending.result = failed;
      if (is_fatal(error.code)) stop_acknowledging(error);
      return;
    }
  }
  for (Pending& pending : batch) pending.result = *broken_;
}

void Writer::stop_acknowledging(const SqlError& error) {
  broken_.emplace(kStorageFailure, "storage stopped after an I/O error: " + error.message);
  log::error("no write is acknowledged from here on: {}", error.message);
}

void Writer::run_jobs(std::vector<Pending>& batch) {
  for (Pending& pending : batch) run_job(pending);
}

// Throws only when the whole transaction is lost.
void Writer::run_job(Pending& pending) {
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
  pending.job = nullptr;  // what it captured is not needed any longer
  const bool rolled_back = sqlite3_get_autocommit(connection_.handle()) != 0;
  if (sql_error && (rolled_back || is_fatal(sql_error->code))) throw *sql_error;
  if (!pending.result.ok()) {
    connection_.pending_actions().resize(actions_before);
    connection_.run("ROLLBACK TO job");
  }
  connection_.run("RELEASE job");
}

}  // namespace cumulet::storage
