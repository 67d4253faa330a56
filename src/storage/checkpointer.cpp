#include "storage/checkpointer.hpp"

#include <sqlite3.h>

#include "base/log.hpp"

namespace cumulet::storage {
namespace {

constexpr int kPagesBeforeCheckpoint = 2000;  // 8 MB
constexpr int kPagesBeforeWrap = 8000;        // 32 MB

}  // namespace

void LogProgress::committed(int length) {
  if (length <= length_) {  // every commit adds to the log, unless it begins it anew
    copied_ = 0;
    ++beginnings_;
  }
  length_ = length;
}

void LogProgress::end(int begun, int copied) {
  if (begun == beginnings_) copied_ = copied;
}

void LogProgress::emptied() {
  length_ = 0;
  copied_ = 0;
}

Checkpointer::Checkpointer(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)), thread_([this] { work(); }) {}

Checkpointer::~Checkpointer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Checkpointer::log_grew_to(int pages) {
  std::lock_guard lock(mutex_);
  log_.committed(pages);
}

void Checkpointer::copy_if_long() {
  {
    std::lock_guard lock(mutex_);
    if (log_.length() < kPagesBeforeCheckpoint) return;
    due_ = true;
  }
  wake_.notify_one();
}

void Checkpointer::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return due_ || stopping_; });
    if (stopping_) return;
    due_ = false;
    lock.unlock();
    copy();
    lock.lock();
  }
}

void Checkpointer::copy() {
  std::lock_guard alone(running_);
  {
    std::lock_guard lock(mutex_);
    if (!log_.has_uncopied()) return;
  }
  const int code = run(connection_->handle(), SQLITE_CHECKPOINT_PASSIVE);
  if (code != SQLITE_OK && code != SQLITE_BUSY)
    log::warn("checkpoint failed: {}", sqlite3_errmsg(connection_->handle()));
}

int Checkpointer::empty_log(sqlite3* writer, int mode) {
  std::lock_guard alone(running_);
  const int code = run(writer, mode);
  if (code != SQLITE_OK) return code;
  std::lock_guard lock(mutex_);
  log_.emptied();
  return code;
}

void Checkpointer::copy_rest(sqlite3* writer) {
  const std::unique_lock alone(running_, std::try_to_lock);
  if (alone.owns_lock()) run(writer, SQLITE_CHECKPOINT_PASSIVE);
}

// running_ is held.
int Checkpointer::run(sqlite3* db, int mode) {
  int begun = 0;
  {
    std::lock_guard lock(mutex_);
    begun = log_.begin();
  }
  int length = -1;  // as it was found; -1: there was nothing to look at
  int copied = -1;
  const int code = sqlite3_wal_checkpoint_v2(db, nullptr, mode, &length, &copied);
  if (length > kPagesBeforeWrap) wants_rest_ = true;
  if (copied >= 0) {
    std::lock_guard lock(mutex_);
    log_.end(begun, copied);
  }
  return code;
}

}  // namespace cumulet::storage
