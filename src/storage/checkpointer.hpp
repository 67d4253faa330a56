#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "storage/database.hpp"

namespace cumulet::storage {

// What is known of the write-ahead log beside SQLite: its length and how much of it is in the database, in pages.
//
// SQLite before 3.51.3 can lose commits when a checkpoint begins while the whole log is copied already and a commit begins
// it anew at that very moment: the checkpoint then marks pages as copied that the new log does not have yet
// (https://sqlite.org/wal.html#walresetbug). A log with pages that are not copied never begins anew, so a checkpoint
// beside the writer begins only while there are some.
class LogProgress {
 public:
  // After a commit that wrote to the log.
  void committed(int length);
  bool has_uncopied() const { return length_ > copied_; }
  int length() const { return length_; }

  // A checkpoint: what begin() gave is handed to end(). A log that began anew in between has nothing copied.
  int begin() const { return beginnings_; }
  void end(int begun, int copied);
  // After a checkpoint that no commit ran beside and that left an empty log.
  void emptied();

 private:
  int length_ = 0;
  int copied_ = 0;
  int beginnings_ = 0;
};

// Copies the write-ahead log into the database on its own thread, so that commits do not wait for it.
class Checkpointer {
 public:
  explicit Checkpointer(std::unique_ptr<Connection> connection);
  ~Checkpointer();

  // After a commit that wrote to the log; its length in pages.
  void log_grew_to(int pages);
  // Copies it now, where it is long.
  void copy_if_long();
  // Asked for once: the log stays long, and what is left of it is to be copied between two batches.
  bool wants_rest() { return wants_rest_.exchange(false); }
  bool has_rest() const { return wants_rest_; }

  // Checkpoints on the writer's thread, between two commits. The first waits for a checkpoint that runs, the second is not
  // made beside one. SQLite's result code.
  int empty_log(sqlite3* writer, int mode);
  void copy_rest(sqlite3* writer);

 private:
  void work();
  void copy();
  int run(sqlite3* db, int mode);

  std::unique_ptr<Connection> connection_;
  std::atomic<bool> wants_rest_ = false;
  std::mutex running_;  // held while a checkpoint runs
  std::mutex mutex_;    // of what follows
  std::condition_variable wake_;
  LogProgress log_;
  bool due_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cumulet::storage
