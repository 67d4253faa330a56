#include "storage/checkpointer.hpp"

#include <sqlite3.h>

#include "base/log.hpp"

namespace cumulet::storage {
namespace {

constexpr int kPagesBeforeCheckpoint = 2000;  // 8 MB
constexpr int kPagesBeforeWrap = 8000;        // 32 MB

}  // namespace

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
  if (pages < kPagesBeforeCheckpoint) return;
  {
    std::lock_guard lock(mutex_);
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
    int log_pages = 0;
    int copied = 0;
    {
      std::lock_guard alone(running_);
      const int code =
          sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &log_pages, &copied);
      if (code != SQLITE_OK && code != SQLITE_BUSY)
        log::warn("checkpoint failed: {}", sqlite3_errmsg(connection_->handle()));
    }
    if (log_pages > kPagesBeforeWrap) wants_rest_ = true;
    lock.lock();
  }
}

}  // namespace cumulet::storage
