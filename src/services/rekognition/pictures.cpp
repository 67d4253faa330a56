#include "services/rekognition/pictures.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "base/log.hpp"
#include "services/rekognition/picture_size.hpp"

namespace cumulet::rekognition {

namespace asio = boost::asio;

struct Pictures::Task {
  Read read;  // empty: `bytes` are the picture
  std::string bytes;
  std::uint64_t counted_bytes = 0;  // of most_waiting_bytes
  std::atomic<bool> abandoned{false};
  std::function<void(Result<Analysis>)> done;  // once, on any thread
};

Pictures::~Pictures() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

awaitable<Result<Analysis>> Pictures::look(std::string bytes) {
  auto task = std::make_shared<Task>();
  task->bytes = std::move(bytes);
  task->counted_bytes = task->bytes.size();
  return wait_for(std::move(task));
}

awaitable<Result<Analysis>> Pictures::look_at(Read read) {
  auto task = std::make_shared<Task>();
  task->read = std::move(read);
  return wait_for(std::move(task));
}

awaitable<Result<Analysis>> Pictures::wait_for(TaskRef task) {
  struct Waiting {
    explicit Waiting(const asio::any_io_executor& executor) : timer(executor) {}
    std::optional<Result<Analysis>> result;
    asio::steady_timer timer;  // never fires: it is cancelled, by the result or by whoever cancels the caller
  };
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  auto waiting = std::make_shared<Waiting>(home);
  waiting->timer.expires_at(asio::steady_timer::time_point::max());
  // Hands over what it holds: the thread that looked must not be the last to have a timer of the caller's, who may be
  // gone by then, and with it all that the timer needs to go.
  task->done = [held = waiting, home](Result<Analysis> result) mutable {
    if (!held) return;  // told already
    auto shared = std::make_shared<Result<Analysis>>(std::move(result));
    asio::post(home, [waiting = std::move(held), shared] {
      waiting->result = std::move(*shared);
      waiting->timer.cancel();
    });
  };
  CUMULET_CO_CHECK(add(task));
  const auto token = asio::as_tuple(asio::use_awaitable);
  co_await waiting->timer.async_wait(token);
  if (waiting->result) co_return std::move(*waiting->result);
  task->abandoned = true;
  co_return Error{kCancelled, "The client is gone."};
}

Result<void> Pictures::add(TaskRef task) {
  std::lock_guard lock(mutex_);
  if (new_.size() + large_.size() >= limits_.most_waiting ||
      waiting_bytes_ + task->counted_bytes > limits_.most_waiting_bytes)
    return Error{kTooManyPictures, "Too many pictures wait to be looked at."};
  waiting_bytes_ += task->counted_bytes;
  new_.push_back(std::move(task));
  if (threads_.size() < limits_.threads && threads_.size() < new_.size() + (threads_.empty() ? 0 : 1))
    threads_.emplace_back([this] { work(); });
  wake_.notify_one();
  return {};
}

// The next task; a large one only when no other is being looked at. Null: the end.
Pictures::TaskRef Pictures::next(std::unique_lock<std::mutex>& lock) {
  const auto may_take_large = [this] { return !large_.empty() && !looks_at_large_; };
  wake_.wait(lock, [&] { return stopping_ || !new_.empty() || may_take_large(); });
  if (stopping_) return nullptr;
  std::deque<TaskRef>& from = may_take_large() ? large_ : new_;
  TaskRef task = std::move(from.front());
  from.pop_front();
  return task;
}

void Pictures::work() {
  std::unique_lock lock(mutex_);
  while (const TaskRef task = next(lock)) {
    lock.unlock();
    try {
      run(task);
    } catch (const std::exception& error) {
      log::error("looking at a picture: {}", error.what());
      finish(task, Error{kVisionFailed, error.what()});
    }
    lock.lock();
  }
}

void Pictures::finish(const TaskRef& task, Result<Analysis> result) {
  {
    std::lock_guard lock(mutex_);
    waiting_bytes_ -= std::exchange(task->counted_bytes, 0);
  }
  task->done(std::move(result));
}

void Pictures::run(const TaskRef& task) {
  if (task->abandoned) return finish(task, Error{kCancelled, "The client is gone."});
  if (task->read) {
    auto bytes = task->read();
    if (!bytes.ok()) return finish(task, std::move(bytes).error());
    task->bytes = std::move(bytes).value();
  }
  const auto size = picture_size(task->bytes);
  if (!size) return finish(task, Error{kBadImage, "The image is neither JPEG nor PNG, or is damaged."});
  if (size->width > limits_.longest_side || size->height > limits_.longest_side)
    return finish(task, Error{kBigImage, "The image is larger than 10,000 pixels on a side."});
  const bool large = size->pixels() > limits_.large_pixels;
  if (large) {
    std::lock_guard lock(mutex_);
    if (looks_at_large_) {
      if (task->read) std::string().swap(task->bytes);  // it is read again: fifteen megabytes each would add up
      large_.push_back(task);
      return;
    }
    looks_at_large_ = true;
  }
  struct LargeEnds {
    Pictures* pictures;
    ~LargeEnds() {
      if (pictures == nullptr) return;
      std::lock_guard lock(pictures->mutex_);
      pictures->looks_at_large_ = false;
      pictures->wake_.notify_all();
    }
  };
  const LargeEnds large_ends{large ? this : nullptr};
  finish(task, vision_.image(task->bytes));
}

}  // namespace cumulet::rekognition
