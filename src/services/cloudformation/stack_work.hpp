#pragma once
#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

namespace cumulet::cloudformation::service {

// Where changes of stacks are carried out: on threads of their own, since each waits for one answer after the other.
class StackWork {
 public:
  StackWork();
  ~StackWork();

  void post(std::function<void()> work);
  // What runs ends at its next answer, as if killed; nothing runs after it. Idempotent.
  void stop();
  const std::atomic<bool>& is_over() const { return is_over_; }
  // Until the time has passed, or all is over.
  void pause(std::chrono::milliseconds time);

 private:
  std::atomic<bool> is_over_ = false;
  std::mutex mutex_;
  std::condition_variable over_;
  std::unique_ptr<boost::asio::thread_pool> threads_;  // made with the first work
};

}  // namespace cumulet::cloudformation::service
