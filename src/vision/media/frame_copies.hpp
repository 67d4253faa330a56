#pragma once
#include "base/result.hpp"
#include "vision/media/av.hpp"

namespace cumulet::vision {

// Copies of frames that others hold, too, in memory that is used again: fresh memory for each would cost as much as the
// copying.
class FrameCopies {
 public:
  // A yuv420p frame's picture becomes the caller's own to change, as by av_frame_make_writable. Its copies may outlive
  // this. Error kWriteFailed.
  Result<void> make_writable(AVFrame& frame);

 private:
  struct FreePool {
    void operator()(AVBufferPool* pool) const { av_buffer_pool_uninit(&pool); }
  };
  std::unique_ptr<AVBufferPool, FreePool> pool_;
  int width_ = 0, height_ = 0;
};

}  // namespace cumulet::vision
