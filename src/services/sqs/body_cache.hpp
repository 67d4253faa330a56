#pragma once
#include <list>
#include <mutex>
#include <unordered_map>

#include "services/sqs/message.hpp"

namespace cumulet::sqs {

// The messages sent last, so that a queue that is kept short is served without reading the disk. Thread-safe; bounded
// in bytes, the oldest go first.
class BodyCache {
 public:
  void put(StoredMessageRef message);
  StoredMessageRef find(std::int64_t id) const;
  void remove(std::int64_t id);

 private:
  struct Slot {
    StoredMessageRef message;
    std::size_t bytes;
  };
  void erase(std::list<Slot>::iterator slot);

  mutable std::mutex mutex_;
  std::list<Slot> slots_;  // oldest first
  std::unordered_map<std::int64_t, std::list<Slot>::iterator> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace cumulet::sqs
