#include "vision/pipeline/detect_image.hpp"

#include <algorithm>
#include <cmath>

#include "vision/detect/quality.hpp"
#include "vision/media/picture.hpp"
#include "vision/media/resize.hpp"
#include "vision/pipeline/detect_video.hpp"
#include "vision/track/tracks.hpp"

namespace cumulet::vision {
namespace {

constexpr int kLargestSide = 10'000;  // Rekognition refuses larger pictures
constexpr int kDetectorSide = 640;
constexpr int kLargestLook = 2 * kDetectorSide;  // several pictures are looked at at a time: their memory is bounded

// What the detector sees in the picture scaled to that longest side (enlarged at most twofold).
std::vector<Face> look(const Picture& picture, int side, FaceDetector& detector) {
  const double factor = std::min(2.0, static_cast<double>(side) / std::max(picture.width, picture.height));
  const auto scaled_side = [&](int whole) { return std::max(1, static_cast<int>(std::lround(whole * factor))); };
  const Image scaled = resized(picture.image, scaled_side(picture.width), scaled_side(picture.height));
  std::vector<Face> faces = detector.detect(scaled);
  for (Face& face : faces) face.quality = quality_at(scaled, face.box);
  return faces;
}

}  // namespace

Result<ImageFaces> detect_faces_in_image(const std::string& bytes, FaceDetector& detector,
                                         const DetectorChoice& choice) {
  CUMULET_TRY(const Picture picture, decode_picture(bytes, kLargestSide, kLargestLook));
  ImageFaces result;
  result.width = picture.width;
  result.height = picture.height;
  const int longest = std::max(picture.width, picture.height);
  try {
    result.faces = look(picture, kDetectorSide, detector);
    const bool enlarged_fully = 2 * longest <= kDetectorSide;  // a second look would be the same
    if (const int far = std::min(kLargestLook, far_side_for(longest, kDetectorSide)); !enlarged_fully) {
      auto small = look(picture, far, detector);
      result.faces.insert(result.faces.end(), small.begin(), small.end());
      result.faces = without_doubles(std::move(result.faces), choice.certain_confidence());
    }
  } catch (const std::exception& error) {
    return detector_failed(error.what());
  }
  std::erase_if(result.faces, [&](const Face& face) { return face.confidence < choice.certain_confidence(); });
  std::sort(result.faces.begin(), result.faces.end(),
            [](const Face& a, const Face& b) { return a.box.area() > b.box.area(); });
  return result;
}

}  // namespace cumulet::vision
