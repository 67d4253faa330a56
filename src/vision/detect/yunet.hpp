#pragma once
#include <memory>
#include <string>
#include <vector>

#include "vision/detect/detector.hpp"
#include "vision/detect/yunet_network.hpp"

namespace cumulet::vision {

// The face detector YuNet (yunet_network.hpp). Five landmarks. A picture is looked at in the size given, so callers
// scale it first (longest side 640): faces of 10 to 300 pixels are found. One for each thread; the weights can be
// shared.
class YuNet final : public FaceDetector {
 public:
  explicit YuNet(std::shared_ptr<const YuNetWeights> weights) : weights_(std::move(weights)) {}

  std::vector<Face> detect(const Image& image) override;

  // Replaces `faces` by those of at least that confidence (0..100), positions as ratios of the view. After the largest
  // view allocates nothing but what `faces` needs, so looks at small parts of a picture are cheap.
  void detect(const rows::PictureView& view, double least_confidence, std::vector<Face>& faces);

 private:
  std::shared_ptr<const YuNetWeights> weights_;
  rows::Workspace workspace_;
};

// Error kNoDetector when the file is not YuNet 2023mar.
Result<std::unique_ptr<FaceDetector>> make_yunet(const std::string& model_path);

}  // namespace cumulet::vision
