#include "services/sqs/body_cache.hpp"

namespace cumulet::sqs {
namespace {

constexpr std::size_t kBytes = 16u << 20;
constexpr std::size_t kLargest = 256u << 10;  // of one message; larger ones are read when they are wanted
constexpr std::size_t kOverhead = 600;        // of a message without body and attributes

}  // namespace

void BodyCache::put(StoredMessageRef message) {
  const std::size_t bytes = kOverhead + counted_bytes(message->body, message->attributes);
  if (bytes > kLargest) return;
  const std::int64_t id = message->id;
  std::lock_guard lock(mutex_);
  while (bytes_ + bytes > kBytes && !slots_.empty()) erase(slots_.begin());
  slots_.push_back({std::move(message), bytes});
  by_id_[id] = std::prev(slots_.end());
  bytes_ += bytes;
}

StoredMessageRef BodyCache::find(std::int64_t id) const {
  std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second->message;
}

void BodyCache::remove(std::int64_t id) {
  std::lock_guard lock(mutex_);
  if (const auto found = by_id_.find(id); found != by_id_.end()) erase(found->second);
}

void BodyCache::erase(std::list<Slot>::iterator slot) {
  bytes_ -= slot->bytes;
  by_id_.erase(slot->message->id);
  slots_.erase(slot);
}

}  // namespace cumulet::sqs
