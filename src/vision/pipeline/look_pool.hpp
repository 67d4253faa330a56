#pragma once
#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "vision/detect/detector.hpp"
#include "vision/detect/looks.hpp"
#include "vision/media/frame_scaler.hpp"
#include "vision/pipeline/look_plan.hpp"

namespace cumulet::vision {

// A frame on its way through the pipeline, with what was seen in it so far.
struct LookedFrame {
  std::unique_ptr<FramePicture> picture;
  std::int64_t index = 0;
  std::int64_t time_ms = 0;
  LookPlan::Decision plan;
  bool looked = false;
  // Guarded by the pool's mutex until wait() returned.
  int open_looks = 0;
  std::vector<Seen> near, far;
  std::array<std::vector<Seen>, 3> turned;  // left, upside, right: in one order, whichever look ended first
};

// Looks at pictures on threads of its own, each with a detector.
class LookPool {
 public:
  LookPool(std::vector<std::unique_ptr<FaceDetector>> detectors, const VideoInfo& info, int far_side);
  ~LookPool();

  // Starts the looks of its plan.
  void submit(const std::shared_ptr<LookedFrame>& frame);
  // Until all looks at the frame are done. Error kNoDetector when a detector failed, also at another frame: a picture
  // that was not looked at fails the film.
  Result<void> wait(LookedFrame& frame);

 private:
  enum class Kind { near, far, left, right, upside };
  struct Job {
    std::shared_ptr<LookedFrame> frame;
    Kind kind;
  };
  // Far looks are the first one's: what a detector needs for a large picture, it keeps.
  enum class Worker { first, other };
  void work(FaceDetector& detector, Worker worker);
  static std::vector<Seen>& found_by(const Job& job);
  static std::vector<Seen> look_at(FaceDetector& detector, FrameScaler& far, Image& far_picture, const Job& job);

  const VideoInfo info_;
  const int far_side_;
  std::mutex mutex_;
  std::condition_variable work_, done_;
  std::deque<Job> jobs_;
  std::string failure_;
  bool ended_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace cumulet::vision
