#pragma once
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "vision/media/av.hpp"
#include "vision/media/media_reader.hpp"
#include "vision/media/media_writer_options.hpp"

namespace cumulet::vision {

// Writes an MP4 (or MOV, when the source is QuickTime or holds what MP4 cannot): the picture encoded as H.264, yuv420p,
// other streams copied packet by packet. Written beside the target under a temporary name, which the target gets by
// commit() alone; without it nothing remains.
class MediaWriter {
 public:
  static Result<std::unique_ptr<MediaWriter>> create(const MediaReader& source, const std::string& target,
                                                     const EncodeOptions& options);
  ~MediaWriter();

  // A frame of the source in yuv420p, of the first frame's size, in the source's time base. Times that do not grow are
  // moved on by one tick.
  Result<void> write_frame(AVFrame& frame);
  // A packet of another stream of the source; ignored where that stream is not carried.
  Result<void> copy_packet(AVPacket& packet);
  // Flushes, checks that every frame given is in the file, and moves it to its place.
  Result<void> commit();

 private:
  MediaWriter() = default;
  Result<void> open(const MediaReader& source, const std::string& target, const EncodeOptions& options);
  Result<void> add_picture(const MediaReader& source, const EncodeOptions& options);
  Result<void> add_copies(const MediaReader& source, const Carry& carry);
  Result<void> write_header();
  Result<void> drain();
  Error write_failed(int code) const;

  av::Codec encoder_;
  AVFormatContext* container_ = nullptr;
  std::string target_, temporary_;
  std::vector<int> outputs_;            // by stream of the source: its stream here, or -1
  std::vector<AVRational> time_bases_;  // by stream of the source
  int picture_ = -1;
  int width_ = 0, height_ = 0;  // as shown; the encoder's are even
  std::int64_t last_pts_ = AV_NOPTS_VALUE;
  std::int64_t frames_ = 0, packets_ = 0;
  std::map<std::int64_t, std::int64_t> durations_;  // by presentation time, of frames inside the encoder
  av::Packet packet_ = av::new_packet();
  av::Frame even_;  // for odd sizes
  bool committed_ = false;
};

}  // namespace cumulet::vision
