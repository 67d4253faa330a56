#pragma once
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "storage/database.hpp"

namespace cumulet::sqs {

// Removes the rows of messages that are gone already: expired, purged, or of a deleted queue. A few at a time, so that
// the writer serves others in between. What a crash leaves is found again at the next start.
class Sweeper : public std::enable_shared_from_this<Sweeper> {
 public:
  explicit Sweeper(storage::Database& database) : database_(database) {}
  // Any thread; does not block.
  void sweep(std::vector<std::int64_t> messages);
  void stop();

 private:
  void next();

  storage::Database& database_;
  std::mutex mutex_;
  std::deque<std::vector<std::int64_t>> pending_;
  bool is_running_ = false;
  bool is_stopped_ = false;
};

}  // namespace cumulet::sqs
