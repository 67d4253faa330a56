#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "vision/face/face.hpp"
#include "vision/media/image.hpp"

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

enum class DetectorKind { yunet, cascades };

struct DetectorChoice {
  DetectorKind kind = DetectorKind::cascades;
  std::string model_path;             // yunet: the ONNX file
  std::string cascade_path;           // cascades: the folder of the Haar cascades
  std::string name() const;           // "YuNet 2023mar", "OpenCV cascades"
  std::string recall() const;         // "full", "reduced"
  std::string description() const;    // "YuNet 2023mar", "OpenCV cascades (recall: reduced)"
  double certain_confidence() const;  // 0..100: a detection as sure as this counts on its own
};

// YuNet when `model_path` names a readable file, else the cascades, from `cascade_path` or else where the system keeps
// them. Error kNoDetector when neither is there, or when a model was named that is not a file: a wrong path must not
// quietly reduce the recall.
Result<DetectorChoice> choose_detector(const std::string& model_path, const std::string& cascade_path = {});

// What a detector threw, said to stderr: OpenCV's words are of source files and assertions, and what is returned here
// ends in an answer to a client. Error kNoDetector.
Error detector_failed(std::string_view thrown);

// Error kNoDetector when its files cannot be loaded. Its words name no file: the caller knows which one it named.
Result<std::unique_ptr<FaceDetector>> make_detector(const DetectorChoice& choice);

}  // namespace cumulet::vision
