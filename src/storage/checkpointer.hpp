#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "storage/database.hpp"

namespace cumulet::storage {

// Copies the write-ahead log into the database on its own thread, so that commits do not wait for it.
class Checkpointer {
 public:
  explicit Checkpointer(std::unique_ptr<Connection> connection);
  ~Checkpointer();

  // After a commit, with the log's length.
  void log_grew_to(int pages);
  // Asked for once: the log stays long, and what is left of it is to be copied between two batches.
  bool wants_rest() { return wants_rest_.exchange(false); }
  // Held while a checkpoint runs: who holds it has the log to himself.
  std::mutex& running() { return running_; }

 private:
  void work();

  std::unique_ptr<Connection> connection_;
  std::atomic<bool> wants_rest_ = false;
  std::mutex running_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool due_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cumulet::storage
