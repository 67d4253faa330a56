#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"
#include "vision/detect/detector.hpp"

namespace cumulet::vision {

// Of one picture: JPEG or PNG bytes, turned upright by its EXIF orientation. Errors kInvalidImage, kImageTooLarge.
struct ImageFaces {
  int width = 0;
  int height = 0;
  std::vector<Face> faces;  // the certain ones, largest first
};
Result<ImageFaces> detect_faces_in_image(const std::string& bytes, FaceDetector& detector,
                                         const DetectorChoice& choice);

}  // namespace cumulet::vision
