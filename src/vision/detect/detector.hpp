#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "vision/face/face.hpp"
#include "vision/media/image.hpp"
#include "vision/model/detector_kind.hpp"

namespace cumulet::vision {

// Its words end up as the cause of a failed execution.
inline constexpr ErrorKind kNoDetector{"NoDetector", 500};

// Finds the faces in one picture. Not thread-safe: each thread has its own.
class FaceDetector {
 public:
  virtual ~FaceDetector() = default;
  // Every candidate down to the detector's lowest useful confidence, non-maximum suppressed, in no order. What to
  // believe is decided over time (tracks.hpp), for single pictures by `certain_confidence`.
  virtual std::vector<Face> detect(const Image& image) = 0;
};

struct DetectorChoice {
  DetectorKind kind = DetectorKind::yunet;
  std::string model_path;
  std::string name() const { return detector_name(kind); }
  std::string recall() const { return detector_recall(kind); }
  std::string description() const { return detector_description(kind); }
  // 0..100: a detection as sure as this counts on its own. Confidences are worth the same with all detectors.
  double certain_confidence() const { return 60; }
};

// By what the named file begins with. Error kNoDetector when none is named, or when it is not there: a wrong path must
// not quietly reduce the recall.
Result<DetectorChoice> choose_detector(const std::string& model_path);

// What a detector threw, said to stderr: OpenCV's words are of source files and assertions, and what is returned here
// ends in an answer to a client. Error kNoDetector.
Error detector_failed(std::string_view thrown);

// Error kNoDetector when its file cannot be loaded. The words name no file: the caller knows which one it named.
Result<std::unique_ptr<FaceDetector>> make_detector(const DetectorChoice& choice);

}  // namespace cumulet::vision
