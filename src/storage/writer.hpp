#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "storage/checkpointer.hpp"
#include "storage/database.hpp"
#include "storage/disk_reserve.hpp"

namespace cumulet::storage {

// The one thread that writes: takes what is queued, runs each job in a savepoint, commits once, then reports. While it has
// nothing to do another thread may run a job in its place.
class Writer {
 public:
  // `reserve`: none for what is forgotten at the end; a full disk then fails whatever is written.
  Writer(sqlite3* db, Checkpointer& checkpointer, std::optional<DiskReserve> reserve);
  ~Writer();  // runs what is queued, then stops

  void submit(Database::Job job, std::function<void(Result<void>)> done, Room room);
  // Runs and commits the job on the calling thread, where the writer's thread has nothing to do; false: nothing was done.
  bool run_here(const Database::Job& job, Room room, Result<void>& result);
  void set_rider(Database::Rider rider);
  void log_grew_to(int pages);  // told by SQLite on the writer's thread, after a commit that wrote to the log

 private:
  struct Pending {
    Database::Job job;
    std::function<void(Result<void>)> done;
    Room room;
    Result<void> result;
  };
  using Batch = std::span<Pending>;
  void work();
  // How many of the first jobs were dealt with.
  std::size_t run_batch(Batch batch);
  std::size_t commit(Batch batch);
  std::size_t run_jobs(Batch batch);
  void run_job(Pending& pending);
  void run_rider();
  void refuse(Batch batch, const SqlError& error);
  void roll_back(const SqlError& error);
  void stop_acknowledging(const SqlError& error);

  // --- a full disk ---
  bool is_full_disk(const SqlError& error) const;
  void begin_full_disk(const SqlError& error);
  void end_full_disk_if_there_is_room();
  // Room for the database's file to grow into, so that copying the log into it needs none. Throws SQLITE_FULL.
  void empty_log();
  std::uint64_t log_bytes_on_disk() const;
  bool has_room_inside();
  void provide_room();

  // --- the log's length ---
  void bound_log();
  int checkpoint(int mode);
  std::int64_t page_count();

  Transaction connection_;
  Checkpointer& checkpointer_;
  std::optional<DiskReserve> reserve_;
  bool is_disk_full_ = false;
  std::int64_t page_size_ = 0;
  std::int64_t provided_pages_ = 0;
  int log_pages_ = 0;
  int log_bound_;
  std::optional<Error> broken_;  // after an I/O error nothing is acknowledged any more

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Pending> queue_;
  bool is_at_work_ = false;  // one thread at a time has the connection and what belongs to it
  bool stopping_ = false;

  std::mutex rider_mutex_;
  Database::Rider rider_;
  std::thread thread_;  // last: all of the above is there when it begins
};

}  // namespace cumulet::storage
