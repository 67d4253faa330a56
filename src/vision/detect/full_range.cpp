#include "vision/detect/full_range.hpp"

#include <algorithm>
#include <fstream>

#include "vision/detect/full_range_faces.hpp"

namespace cumulet::vision {
namespace {

// Faces below this are noise even where a track expects one.
constexpr double kLowestConfidence = 25;
constexpr int kOneLook = 320;                    // pixels: pictures up to this are looked at once
constexpr int kSmallestHalf = 160;               // others down to this
constexpr std::size_t kLargestModel = 8U << 20;  // bytes; this one has 1.1 MB

// The mean of each two by two pixels; an odd last row or column is left out.
Image halved(const Image& from) {
  Image out{from.width / 2, from.height / 2, {}};
  out.bgr.resize(static_cast<std::size_t>(3) * out.width * out.height);
  std::uint8_t* to = out.bgr.data();
  const std::size_t row_bytes = 3 * static_cast<std::size_t>(from.width);
  for (int y = 0; y < out.height; ++y) {
    const std::uint8_t* upper = &from.bgr[2 * row_bytes * y];
    const std::uint8_t* lower = upper + row_bytes;
    for (int x = 0; x < out.width; ++x, upper += 6, lower += 6, to += 3)
      for (int c = 0; c < 3; ++c)
        to[c] = static_cast<std::uint8_t>((upper[c] + upper[c + 3] + lower[c] + lower[c + 3] + 2) / 4);
  }
  return out;
}

}  // namespace

std::vector<Face> FullRange::detect(const Image& image) {
  std::vector<Face> faces;
  if (image.width <= 0 || image.height <= 0) return faces;
  const float lowest = full_range_logit(kLowestConfidence);
  const auto look = [&](const Image& picture, int factor) {
    const rows::PictureView view{picture.bgr.data(), picture.width, picture.height,
                                 3 * static_cast<std::size_t>(picture.width)};
    run_full_range(*layers_, view, lowest, workspace_, cells_);
    std::vector<Face> found;
    add_faces(cells_, picture.width, picture.height, found);
    // A half may lack the last row or column.
    const double x = static_cast<double>(factor) * picture.width / image.width;
    const double y = static_cast<double>(factor) * picture.height / image.height;
    for (Face& face : found) {
      face.box = {face.box.left * x, face.box.top * y, face.box.width * x, face.box.height * y};
      for (Point& point : *face.landmarks) point = {point.x * x, point.y * y};
      faces.push_back(face);
    }
  };
  look(image, 1);
  if (std::max(image.width, image.height) > kOneLook) {
    Image smaller = halved(image);
    for (int factor = 2; smaller.width > 0 && smaller.height > 0; factor *= 2) {
      look(smaller, factor);
      if (std::max(smaller.width, smaller.height) <= kSmallestHalf) break;
      smaller = halved(smaller);
    }
  }
  return merged_faces(std::move(faces));
}

Result<std::unique_ptr<FaceDetector>> make_full_range(const std::string& model_path) {
  std::string bytes(kLargestModel, '\0');
  std::ifstream file(model_path, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  const auto weights = read_full_range(bytes);
  if (!weights.ok())
    return Error{kNoDetector, "The face model cannot be loaded: it " + weights.error().message() + "."};
  auto layers = std::make_shared<const FullRangeLayers>(full_range_layers(*weights));
  return std::unique_ptr<FaceDetector>(std::make_unique<FullRange>(std::move(layers)));
}

}  // namespace cumulet::vision
