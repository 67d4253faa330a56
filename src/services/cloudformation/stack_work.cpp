#include "services/cloudformation/stack_work.hpp"

#include <boost/asio/post.hpp>

namespace cumulet::cloudformation::service {
namespace {

constexpr std::size_t kStacksAtOnce = 4;

}  // namespace

StackWork::StackWork() = default;
StackWork::~StackWork() { stop(); }

void StackWork::post(std::function<void()> work) {
  std::lock_guard lock(mutex_);
  if (is_over_) return;
  if (!threads_) threads_ = std::make_unique<boost::asio::thread_pool>(kStacksAtOnce);
  boost::asio::post(*threads_, [this, work = std::move(work)] {
    if (!is_over_) work();
  });
}

void StackWork::stop() {
  {
    std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  over_.notify_all();
  if (threads_) threads_->join();
}

void StackWork::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  over_.wait_for(lock, time, [this] { return is_over_.load(); });
}

}  // namespace cumulet::cloudformation::service
