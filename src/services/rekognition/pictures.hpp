#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/http.hpp"
#include "services/rekognition/vision.hpp"

namespace cumulet::rekognition {

// Looks at pictures on threads of its own, so that pictures hold up nothing but pictures. A few kilobytes may declare a
// hundred megapixels: what is declared is read before a child is started for it, one large picture at most is looked at
// at a time, and small ones do not wait for it.
class Pictures {
 public:
  struct Limits {
    std::size_t threads = 2;  // 2 or more
    std::uint32_t longest_side = 10'000;
    std::uint64_t large_pixels = 16'000'000;        // over it a picture is large
    std::size_t most_waiting = 256;                 // more are refused: kTooManyPictures
    std::uint64_t most_waiting_bytes = 128u << 20;  // of pictures that came in the request
  };
  // The picture's bytes; called on a thread of the pool, twice for a picture of another place that has to wait.
  using Read = std::function<Result<std::string>()>;

  Pictures(Limits limits, Vision& vision) : limits_(limits), vision_(vision) {}
  ~Pictures();  // after vision.cancel_all(); who still waits is dropped

  // Waits without a thread. Errors: what the reading or looking brought, kBadImage, kBigImage, kTooManyPictures;
  // kCancelled when the caller was cancelled.
  awaitable<Result<Analysis>> look(std::string bytes);
  awaitable<Result<Analysis>> look_at(Read read);

 private:
  struct Task;
  using TaskRef = std::shared_ptr<Task>;
  awaitable<Result<Analysis>> wait_for(TaskRef task);
  Result<void> add(TaskRef task);
  void work();
  TaskRef next(std::unique_lock<std::mutex>& lock);
  void run(const TaskRef& task);
  void finish(const TaskRef& task, Result<Analysis> result);

  const Limits limits_;
  Vision& vision_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<TaskRef> new_;    // not measured yet
  std::deque<TaskRef> large_;  // wait for the one that is being looked at
  bool looks_at_large_ = false;
  std::uint64_t waiting_bytes_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // begun at the first picture
};

inline constexpr ErrorKind kTooManyPictures{"TooManyPictures", 400};

}  // namespace cumulet::rekognition
