#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "vision/detect/detector.hpp"
#include "vision/media/video_info.hpp"
#include "vision/pipeline/look_plan.hpp"

namespace cumulet::vision {

// followed: wherever a cover belongs, by tracks. raw: each certain detection of the looks at whole pictures by itself,
// for checking other people's work; every frame is looked at, still ones too.
enum class Report { followed, raw };

struct DetectOptions {
  DetectorChoice detector;
  int longest_side = 640;  // pixels of the near look
  LookRules looks;
  Report report = Report::followed;
  int threads = 0;  // that look at pictures; 0: one for each core
};

struct VideoFaces {
  VideoInfo info;                // duration and frame count are the measured ones
  std::vector<TimedFace> faces;  // by timestamp, then left to right
};

// Called on the calling thread with the part of the video that is done, 0..1, at most once for each percent.
using Progress = std::function<void(double)>;
// Called once, when the file is open and known to be a video.
using OnInfo = std::function<void(const VideoInfo&)>;

// Finds the faces of a video, in one pass (FaceFinder; errors as its).
Result<VideoFaces> detect_faces_in_video(const std::string& path, const DetectOptions& options,
                                         const Progress& progress = {}, const OnInfo& on_info = {});

}  // namespace cumulet::vision
