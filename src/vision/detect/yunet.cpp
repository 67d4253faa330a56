#include "vision/detect/yunet.hpp"

#include "vision/detect/yunet_faces.hpp"

namespace cumulet::vision {
namespace {

// Faces below this are noise even where a track expects one.
constexpr double kLowestConfidence = 12;
constexpr double kSameFaceOverlap = 0.4;

}  // namespace

std::vector<Face> YuNet::detect(const Image& image) {
  std::vector<Face> faces;
  detect({image.bgr.data(), image.width, image.height, 3 * static_cast<std::size_t>(image.width)}, kLowestConfidence,
         faces);
  return faces;
}

void YuNet::detect(const rows::PictureView& view, double least_confidence, std::vector<Face>& faces) {
  faces.clear();
  if (view.width <= 0 || view.height <= 0) return;
  workspace_.rewind();
  const YuNetCells cells = run_yunet(*weights_, view, workspace_);
  add_faces(cells, view.width, view.height, least_confidence, faces);
  suppress_overlapping(faces, kSameFaceOverlap);
}

Result<std::unique_ptr<FaceDetector>> make_yunet(const std::string& model_path) {
  CUMULET_TRY(auto weights, load_yunet(model_path));
  return std::unique_ptr<FaceDetector>(std::make_unique<YuNet>(std::move(weights)));
}

}  // namespace cumulet::vision
