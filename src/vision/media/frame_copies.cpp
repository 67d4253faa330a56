#include "vision/media/frame_copies.hpp"

#include "vision/media/errors.hpp"

namespace cumulet::vision {
namespace {

constexpr int kAligned = 64, kAfter = 64;  // bytes: for vectors, and read by some after the last pixel

}  // namespace

Result<void> FrameCopies::make_writable(AVFrame& frame) {
  const Error no_memory{kWriteFailed, "There is not enough memory for a frame."};
  if (av_frame_is_writable(&frame) > 0) return {};
  const auto format = static_cast<AVPixelFormat>(frame.format);
  if (!pool_ || frame.width != width_ || frame.height != height_) {
    const int size = av_image_get_buffer_size(format, frame.width, frame.height, kAligned);
    if (size < 0) return no_memory;
    pool_.reset(av_buffer_pool_init(static_cast<std::size_t>(size) + kAfter, nullptr));
    width_ = frame.width, height_ = frame.height;
  }
  av::Frame copy = av::new_frame();
  if (!pool_ || !copy) return no_memory;
  copy->buf[0] = av_buffer_pool_get(pool_.get());
  if (copy->buf[0] == nullptr) return no_memory;
  copy->format = frame.format, copy->width = frame.width, copy->height = frame.height;
  if (av_image_fill_arrays(copy->data, copy->linesize, copy->buf[0]->data, format, frame.width, frame.height,
                           kAligned) < 0 ||
      av_frame_copy(copy.get(), &frame) < 0 || av_frame_copy_props(copy.get(), &frame) < 0) {
    return no_memory;
  }
  av_frame_unref(&frame);
  av_frame_move_ref(&frame, copy.get());
  return {};
}

}  // namespace cumulet::vision
