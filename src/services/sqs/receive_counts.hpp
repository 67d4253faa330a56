#pragma once
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "services/sqs/queue.hpp"
#include "storage/database.hpp"

namespace cumulet::sqs {

// A message that takes the engine down with it must not come back forever: how often it was received gets to the disk
// a moment later, without the receive waiting for it. What is deleted by then costs no write. Thread-safe.
class ReceiveCounts : public std::enable_shared_from_this<ReceiveCounts> {
 public:
  ReceiveCounts(storage::Database& database, Timers& timers) : database_(database), timers_(timers) {}

  void note(const QueueRef& queue, const std::vector<Taken>& taken);
  // Writes what is not on disk yet; nothing more is noted.
  void stop();

 private:
  void write();
  void write_soon();

  storage::Database& database_;
  Timers& timers_;
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::weak_ptr<Queue>> unwritten_;
  bool is_due_ = false;
  bool is_stopped_ = false;
};

}  // namespace cumulet::sqs
