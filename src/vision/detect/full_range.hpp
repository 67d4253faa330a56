#pragma once
#include <memory>
#include <string>

#include "vision/detect/detector.hpp"
#include "vision/detect/full_range_network.hpp"

namespace cumulet::vision {

// MediaPipe's full-range face detector (model/full_range_model.hpp). MediaPipe itself looks at the whole picture made
// small (192 pixels) or at tiles of it; here the network runs over the picture at the size given, which finds more with
// fewer false hits than tiles do, and over halves of it, for the faces that are too large to be seen at once there.
// Pictures of at most 320 pixels on a side get the one look: crops around a face, which should be a third of them.
// Callers scale larger ones first (longest side 640, faces from 15 pixels). One for each thread; layers can be shared.
class FullRange final : public FaceDetector {
 public:
  explicit FullRange(std::shared_ptr<const FullRangeLayers> layers) : layers_(std::move(layers)) {}
  std::vector<Face> detect(const Image& image) override;

 private:
  std::shared_ptr<const FullRangeLayers> layers_;
  rows::Workspace workspace_;
  std::vector<FullRangeCell> cells_;
};

// Error kNoDetector when the file is not MediaPipe's full-range model.
Result<std::unique_ptr<FaceDetector>> make_full_range(const std::string& model_path);

}  // namespace cumulet::vision
