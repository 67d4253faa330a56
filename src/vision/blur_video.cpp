#include "vision/blur_video.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "vision/cover.hpp"
#include "vision/errors.hpp"
#include "vision/media_reader.hpp"
#include "vision/media_writer.hpp"

namespace cumulet::vision {
namespace {

// Brings decoded frames into yuv420p of the first frame's size, writable, with as little copying as possible.
class ToYuv420 {
 public:
  ToYuv420(int width, int height) : width_(width), height_(height) {}

  Result<AVFrame*> convert(AVFrame& frame) {
    const bool fits = frame.width == width_ && frame.height == height_ &&
                      (frame.format == AV_PIX_FMT_YUV420P || frame.format == AV_PIX_FMT_YUVJ420P);
    if (fits) {
      // Not av_frame_make_writable: the decoder still refers to its picture.
      if (av_frame_is_writable(&frame) != 0) {
        frame.format = AV_PIX_FMT_YUV420P;
        return &frame;
      }
      CUMULET_CHECK(prepare(frame));
      av_image_copy(own_->data, own_->linesize, const_cast<const std::uint8_t**>(frame.data), frame.linesize,
                    AV_PIX_FMT_YUV420P, width_, height_);
      return own_.get();
    }
    CUMULET_CHECK(prepare(frame));
    scaler_.reset(sws_getCachedContext(scaler_.release(), frame.width, frame.height,
                                       static_cast<AVPixelFormat>(frame.format), width_, height_, AV_PIX_FMT_YUV420P,
                                       SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nullptr, nullptr, nullptr));
    if (!scaler_) return Error{kUnsupportedMedia, "The video's pixel format is not supported."};
    keep_range(frame);
    if (sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, own_->data, own_->linesize) != height_) {
      return Error{kUnsupportedMedia, "The video's pictures cannot be converted."};
    }
    return own_.get();
  }

 private:
  Result<void> prepare(const AVFrame& frame) {
    // The encoder may still hold the last one: a buffer that is shared is left to it.
    if (!own_ || av_frame_is_writable(own_.get()) == 0) {
      own_ = av::new_frame();
      own_->width = width_;
      own_->height = height_;
      own_->format = AV_PIX_FMT_YUV420P;
      if (av_frame_get_buffer(own_.get(), 0) < 0) return Error{kWriteFailed, "There is not enough memory for a frame."};
    }
    if (av_frame_copy_props(own_.get(), &frame) < 0) {
      return Error{kWriteFailed, "There is not enough memory for a frame."};
    }
    return {};
  }

  // Limited stays limited, full stays full: the range is a tag that is kept, not a conversion.
  void keep_range(const AVFrame& frame) {
    int *inverse = nullptr, *table = nullptr, source_range = 0, target_range = 0, brightness = 0, contrast = 0,
        saturation = 0;
    const auto* pixels = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
    if ((pixels->flags & AV_PIX_FMT_FLAG_RGB) != 0) return;
    if (sws_getColorspaceDetails(scaler_.get(), &inverse, &source_range, &table, &target_range, &brightness, &contrast,
                                 &saturation) < 0) {
      return;
    }
    const int range = frame.color_range == AVCOL_RANGE_JPEG ? 1 : 0;
    sws_setColorspaceDetails(scaler_.get(), inverse, range, table, range, brightness, contrast, saturation);
  }

  int width_, height_;
  av::Frame own_;
  av::Scaler scaler_;
};

// Two programs may take the length of a video for slightly different.
Result<void> check_duration(std::int64_t duration_ms, std::optional<std::int64_t> expected_ms) {
  constexpr std::int64_t kTolerance = 1000;
  if (!expected_ms || std::abs(duration_ms - *expected_ms) <= std::max(kTolerance, *expected_ms / 100)) return {};
  return Error{kDamagedMedia, "The video is not the one in which the faces were found: it lasts " +
                                  std::to_string(duration_ms) + " ms, that one lasted " + std::to_string(*expected_ms) +
                                  " ms."};
}

}  // namespace

Result<BlurReport> blur_video(const std::string& in, const std::string& out, std::vector<TimedFace> faces,
                              const BlurOptions& options, const std::function<void(double)>& progress) {
  const Carry& carry = options.encode.carry;
  const bool everything = carry.data_streams || carry.cover_art || carry.other_video;
  CUMULET_TRY(const auto reader,
              MediaReader::open(
                  in, everything ? MediaReader::Streams::all : MediaReader::Streams::with_sound_and_subtitles, 0));
  CUMULET_CHECK(check_duration(reader->info().duration_ms, options.expected_duration_ms));
  CUMULET_TRY(const auto writer, MediaWriter::create(*reader, out, options.encode));
  const CoverPlan plan(std::move(faces), options.cover);
  const Orientation orientation = reader->info().orientation;
  ToYuv420 to_yuv420(reader->decoder()->width, reader->decoder()->height);

  BlurReport report;
  report.duration_ms = reader->info().duration_ms;
  int percent = -1;
  for (;;) {
    CUMULET_TRY(const MediaReader::Item item, reader->next());
    if (item.packet != nullptr) {
      CUMULET_CHECK(writer->copy_packet(*item.packet));
      continue;
    }
    if (item.frame == nullptr) break;
    const std::int64_t now = reader->milliseconds(*item.frame);
    CUMULET_TRY(AVFrame* const frame, to_yuv420.convert(*item.frame));
    bool covered = false;
    for (const Box& box : plan.at(now)) covered |= cover(*frame, orientation.to_coded(box), options.cells);
    report.covered_frames += covered ? 1 : 0;
    ++report.frames;
    CUMULET_CHECK(writer->write_frame(*frame));
    const int reached =
        report.duration_ms > 0 ? static_cast<int>(std::clamp<std::int64_t>(100 * now / report.duration_ms, 0, 99)) : 0;
    if (progress && reached > percent) progress((percent = reached) / 100.0);
  }
  CUMULET_CHECK(writer->commit());
  if (progress) progress(1);
  return report;
}

}  // namespace cumulet::vision
