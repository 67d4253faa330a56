#include "vision/detect/yunet_faces.hpp"

#include <algorithm>
#include <cmath>

namespace cumulet::vision {
namespace {

float probability(float logit) { return 1 / (1 + std::exp(-logit)); }

Face face_at(const float* cell, int column, int row, int stride, int width, int height) {
  const float* box = cell + kCellBox;
  const double w = std::exp(box[2]) * stride, h = std::exp(box[3]) * stride;
  const double x = (column + box[0]) * stride - w / 2, y = (row + box[1]) * stride - h / 2;
  Face face;
  face.box = {x / width, y / height, w / width, h / height};
  face.landmarks.emplace();
  for (int point = 0; point < kLandmarkCount; ++point) {
    // The model's order is the subject's right eye first, which is the left one in the picture.
    const float* place = cell + kCellPoints + 2 * point;
    (*face.landmarks)[point] = {(place[0] + column) * stride / width, (place[1] + row) * stride / height};
  }
  return face;
}

// Weights that are no YuNet's can make anything of a picture.
bool is_finite(const Face& face) {
  double sum = face.box.left + face.box.top + face.box.width + face.box.height;
  for (const Point& point : *face.landmarks) sum += point.x + point.y;
  return std::isfinite(sum);
}

}  // namespace

void add_faces(const YuNetCells& cells, int width, int height, double least_confidence, std::vector<Face>& faces) {
  // The score is the geometric mean of two probabilities, so neither may be below the least score's square. That is
  // asked of the logits, as nearly all cells are hopeless; a little less, for what rounding does.
  const double least_score = least_confidence / 100, least = least_score * least_score;
  const auto hopeless = static_cast<float>(std::log(least / (1 - least)) - 1e-3);
  for (std::size_t level = 0; level < cells.size(); ++level) {
    const rows::FeatureMap& map = cells[level];
    for (int row = 0; row < map.shape.height; ++row) {
      const float* cell = map.row(row);
      for (int column = 0; column < map.shape.width; ++column, cell += map.shape.pixel()) {
        if (cell[kCellFace] < hopeless || cell[kCellObject] < hopeless) continue;
        const float score = std::sqrt(probability(cell[kCellFace]) * probability(cell[kCellObject]));
        if (!(score >= least_score)) continue;
        Face face = face_at(cell, column, row, kYuNetStrides[level], width, height);
        face.confidence = 100.0 * score;
        if (is_finite(face)) faces.push_back(face);
      }
    }
  }
}

void suppress_overlapping(std::vector<Face>& faces, double most_overlap) {
  if (faces.size() < 2) return;
  std::stable_sort(faces.begin(), faces.end(),
                   [](const Face& a, const Face& b) { return a.confidence > b.confidence; });
  std::size_t kept = 0;
  for (const Face& face : faces) {
    const auto covers = [&](const Face& surer) { return overlap(surer.box, face.box) > most_overlap; };
    if (std::none_of(faces.begin(), faces.begin() + static_cast<std::ptrdiff_t>(kept), covers)) faces[kept++] = face;
  }
  faces.resize(kept);
}

}  // namespace cumulet::vision
