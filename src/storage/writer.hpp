#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/database.hpp"

namespace cumulet::storage {

// The one thread that writes: takes what is queued, runs each job in a savepoint, commits once, then reports.
class Writer {
 public:
  // `wrap_wanted`: somebody asks for the rest of the log to be checkpointed between two batches.
  // `log_grew_to`: told the log's length in pages after each commit.
  Writer(sqlite3* db, std::atomic<bool>& wrap_wanted, std::function<void(int)> log_grew_to);
  ~Writer();  // runs what is queued, then stops

  void submit(Database::Job job, std::function<void(Result<void>)> done);

 private:
  struct Pending {
    Database::Job job;
    std::function<void(Result<void>)> done;
    Result<void> result;
  };
  void work();
  void run_batch(std::vector<Pending>& batch);
  void run_jobs(std::vector<Pending>& batch);
  void run_job(Pending& pending);
  void stop_acknowledging(const SqlError& error);

  Transaction connection_;
  std::atomic<bool>& wrap_wanted_;
  std::function<void(int)> log_grew_to_;
  int log_pages_ = 0;
  std::optional<Error> broken_;  // after an I/O error nothing is acknowledged any more

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Pending> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cumulet::storage
