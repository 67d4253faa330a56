#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "vision/cover/painter.hpp"
#include "vision/detect/looks.hpp"
#include "vision/media/frame_scaler.hpp"

namespace cumulet::vision {

// off: covered frames are not looked at again. sample: near a track's begin, end or doubt, and the whole picture now
// and then. all: the whole picture of every frame.
enum class Verification { off, sample, all };

// A face that is seen in spite of its cover, also after another one was put over it. The message names the frames.
inline constexpr ErrorKind kFaceShows{"FaceShows", 500};

struct VerificationReport {
  std::int64_t looked_at = 0;  // frames, wholly or around a cover
  std::int64_t mended = 0;     // frames that got a cover more
};

// Looks at covered frames before they are encoded, otherwise than before: mirrored and in another size. What is found
// is covered, and so are the frames beside it where it is seen too. Frames go in and come out in order, a few later.
class Verifier {
 public:
  Verifier(Verification mode, std::unique_ptr<FaceDetector> detector, double certain_confidence, const VideoInfo& info,
           CoverPainter& painter);

  struct Frame {
    av::Frame frame;
    std::int64_t index = 0;
    std::int64_t time_ms = 0;
    std::vector<Placement> covers;
  };
  // A covered frame. Error kFaceShows.
  Result<void> add(Frame frame);
  // The next frame that is done; nullopt: none until more are added, or, with `all`, until none is left.
  enum class Take { done, all };
  std::optional<Frame> take(Take which = Take::done);
  const VerificationReport& report() const { return report_; }

 private:
  Result<std::vector<Oval>> shown_in(Frame& frame);
  Result<FramePicture> picture_of(Frame& frame);
  void around_covers(FramePicture& picture, const Frame& frame, std::vector<Oval>& shown);
  void whole(FramePicture& picture, const Frame& frame, std::vector<Oval>& shown);
  bool is_shown(FramePicture& picture, const Seen& seen);
  Result<bool> cover_and_look_again(Frame& frame, const Oval& oval);
  Result<void> mend_neighbours(const Oval& oval);

  const Verification mode_;
  std::unique_ptr<FaceDetector> detector_;
  std::optional<CropLook> crops_;  // none: off
  const double certain_;
  const VideoInfo info_;
  CoverPainter& painter_;
  FrameScaler scaler_;
  std::deque<Frame> held_;
  std::vector<Oval> suspects_;  // found in the frame before
  VerificationReport report_;
  std::int64_t next_id_ = -1;  // of covers of our own
};

}  // namespace cumulet::vision
