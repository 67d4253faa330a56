#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "vision/cover/cover_plan.hpp"
#include "vision/cover/painter.hpp"
#include "vision/media/media_writer_options.hpp"
#include "vision/pipeline/face_finder.hpp"
#include "vision/pipeline/verifier.hpp"

namespace cumulet::vision {

struct BlurOptions {
  // How long the video was in which the faces were found: another one, put there since, is refused (kDamagedMedia).
  std::optional<std::int64_t> expected_duration_ms;
  CoverOptions cover;
  EncodeOptions encode;
  CoverLook look;
  Verification verification = Verification::sample;
  // That looks at covered frames. Not set, in blur_video: they are not looked at.
  std::optional<DetectorChoice> detector;
};

struct BlurReport {
  std::int64_t frames = 0;          // all of them decoded, covered and encoded
  std::int64_t covered_frames = 0;  // that hold a cover at least
  std::int64_t duration_ms = 0;
  VerificationReport verification;
};

// Copies the video at `in` to `out` with the faces covered: H.264, yuv420p, the same size, frame times, orientation and
// colour tags; sound and subtitles copied packet by packet. `faces` may be dense or sparse in time and in any order;
// where they do not know their tracks and there is a detector, they are followed from one to the next.
// `progress`: called on the calling thread with 0..1, at most once for each percent.
//
// `out` appears only when every frame was decoded, covered and encoded, and all was written; on any error it is not
// there (a file of that name from before is left as it was), nor anything temporary.
// Errors: kUnsupportedMedia, kDamagedMedia, kReadFailed, kWriteFailed, kNoDetector, kFaceShows.
Result<BlurReport> blur_video(const std::string& in, const std::string& out, std::vector<TimedFace> faces,
                              const BlurOptions& options = {}, const std::function<void(double)>& progress = {});

// The same in one pass: the faces are found on the way.
Result<BlurReport> find_and_blur(const std::string& in, const std::string& out, FinderOptions find,
                                 const BlurOptions& options = {}, const std::function<void(double)>& progress = {});

}  // namespace cumulet::vision
