#pragma once
#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace cumulet::net {

// Bytes received and not yet consumed, contiguous. Grows only when asked; empty buffers may be released.
class ReceiveBuffer {
 public:
  std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }
  void consume(std::size_t n) {
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Room behind the bytes, at least `wanted` long.
  std::pair<char*, std::size_t> room(std::size_t wanted) {
    if (capacity_ - end_ < wanted) {
      const std::size_t held = size();
      if (capacity_ - held >= wanted) {
        std::memmove(data_.get(), data_.get() + begin_, held);
      } else {
        const std::size_t grown = std::max(capacity_ * 2, held + wanted);
        std::unique_ptr<char[]> bigger(new char[grown]);
        if (held > 0) std::memcpy(bigger.get(), data_.get() + begin_, held);
        data_ = std::move(bigger);
        capacity_ = grown;
      }
      begin_ = 0;
      end_ = held;
    }
    return {data_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t n) { end_ += n; }
  // Gives memory above `keep` back when nothing is held.
  void shrink(std::size_t keep) {
    if (!empty() || capacity_ <= keep) return;
    data_.reset();
    capacity_ = begin_ = end_ = 0;
  }

 private:
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace cumulet::net
