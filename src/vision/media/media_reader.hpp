#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "vision/media/av.hpp"
#include "vision/media/video_info.hpp"

namespace cumulet::vision {

// Reads an MP4 or MOV file and decodes its main video stream, strictly: a frame that is missing, damaged or concealed,
// a packet cut short and a file that ends early are errors (kDamagedMedia), never silently skipped.
// The main stream is the best video stream that is no cover picture.
class MediaReader {
 public:
  // video_only: the packets of other streams are not even read. with_sound_and_subtitles, all: they are handed out
  // untouched.
  enum class Streams { video_only, with_sound_and_subtitles, all };

  // Exactly one is set; neither at the end of the file. Valid until the next call.
  struct Item {
    AVFrame* frame = nullptr;
    AVPacket* packet = nullptr;
  };

  static Result<std::unique_ptr<MediaReader>> open(const std::string& path, Streams streams, int decoder_threads);

  const VideoInfo& info() const { return info_; }
  AVFormatContext* container() const { return container_.get(); }
  AVStream* video_stream() const { return video_; }
  const AVCodecContext* decoder() const { return decoder_.get(); }

  Result<Item> next();

  // Of a frame from next(): its presentation time in the stream's time base, and in milliseconds from the first frame.
  static std::int64_t pts(const AVFrame& frame) { return frame.best_effort_timestamp; }
  std::int64_t milliseconds(const AVFrame& frame) const;
  std::int64_t frames_decoded() const { return frames_; }

 private:
  MediaReader() = default;
  Result<void> open_container(const std::string& path);
  Result<void> open_decoder(int threads);
  void describe();
  Result<bool> receive();  // true: frame_ holds the next frame
  Result<void> check_complete() const;
  Error damaged(const std::string& what) const;

  av::InputFormat container_;
  av::Codec decoder_;
  av::Frame frame_ = av::new_frame();
  av::Packet packet_ = av::new_packet();
  AVStream* video_ = nullptr;
  VideoInfo info_;
  std::vector<std::int64_t> packets_;  // read so far, by stream
  std::int64_t expected_frames_ = 0;   // packets sent that must become frames
  std::int64_t frames_ = 0;
  std::int64_t first_pts_ = AV_NOPTS_VALUE;
  bool reading_ended_ = false;
};

}  // namespace cumulet::vision
