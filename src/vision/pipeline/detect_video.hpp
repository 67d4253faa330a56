#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "vision/detect/detector.hpp"
#include "vision/media/video_info.hpp"

namespace cumulet::vision {

// believed: what `believed_faces` makes of the detections over time. raw: each certain detection by itself, for
// checking other people's work.
enum class Report { believed, raw };

struct DetectOptions {
  DetectorChoice detector;
  int longest_side = 640;  // pixels the detector sees
  std::int64_t interval_ms =
      85;  // a still picture is looked at this often; YuNet sees each frame in which anything moves
  // Larger videos are looked at in this size too, for small faces, twice as seldom. 0: never; not set: `far_side_for`.
  std::optional<int> far_side;
  Report report = Report::believed;
  int threads = 0;  // detectors at work; 0: one for each core
};

struct VideoFaces {
  VideoInfo info;                // duration and frame count are the measured ones
  std::vector<TimedFace> faces;  // by timestamp
};

// Longest side of the looks for small faces at pictures whose longest side is `longest` pixels, beside those at
// `longest_side`; 0 where they would show no more.
int far_side_for(int longest, int longest_side);

// Called on the calling thread with the part of the video that is done, 0..1, at most once for each percent.
using Progress = std::function<void(double)>;
// Called once, when the file is open and known to be a video.
using OnInfo = std::function<void(const VideoInfo&)>;

// Finds the faces of a video. Every frame is decoded (errors as MediaReader's); looked at are those that differ from
// the last one looked at, so that a face in a single frame is seen. The result is what `believed_faces` makes of it,
// unless raw was asked for.
Result<VideoFaces> detect_faces_in_video(const std::string& path, const DetectOptions& options,
                                         const Progress& progress = {}, const OnInfo& on_info = {});

}  // namespace cumulet::vision
