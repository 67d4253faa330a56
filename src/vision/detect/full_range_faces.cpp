#include "vision/detect/full_range_faces.hpp"

#include <algorithm>
#include <cmath>

namespace cumulet::vision {
namespace {

constexpr int kCell = 4;             // pixels
constexpr double kRaise = 0.7;       // of logits
constexpr double kTaller = 1.18;     // YuNet's boxes on the same faces: as wide, and so much taller
constexpr double kMouthWidth = 0.8;  // in distances of the eyes
constexpr double kSameFace = 0.3;    // intersection over union, as in MediaPipe's graph
// Or so much of the smaller box lies in the other: a face within a face is one seen at another scale.
constexpr double kWithin = 0.7;
constexpr std::size_t kMostFaces = 2000;

Face face_of(const FullRangeCell& cell, int width, int height) {
  const double x = (cell.column + 0.5) * kCell, y = (cell.row + 0.5) * kCell;
  const auto& n = cell.numbers;
  const auto point = [&](std::size_t index) { return Point{(x + n[index]) / width, (y + n[index + 1]) / height}; };
  Face face;
  const double w = std::max(0.F, n[2]), h = kTaller * std::max(0.F, n[3]);
  face.box = {(x + n[0] - w / 2) / width, (y + n[1] - h / 2) / height, w / width, h / height};
  face.confidence = 100 / (1 + std::exp(-(cell.score + kRaise)));
  // The subject's right eye is the left one in the picture.
  const Point eye_left = point(4), eye_right = point(6), mouth = point(10);
  const Point half{kMouthWidth / 2 * (eye_right.x - eye_left.x), kMouthWidth / 2 * (eye_right.y - eye_left.y)};
  face.landmarks = Landmarks{eye_left, eye_right, point(8), Point{mouth.x - half.x, mouth.y - half.y},
                             Point{mouth.x + half.x, mouth.y + half.y}};
  return face;
}

double within(const Box& a, const Box& b) {
  const double width = std::min(a.right(), b.right()) - std::max(a.left, b.left);
  const double height = std::min(a.bottom(), b.bottom()) - std::max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  return width * height / std::min(a.area(), b.area());
}

// The mean of faces, weighted by confidence.
class Mean {
 public:
  void add(const Face& face) {
    const double w = face.confidence;
    weight_ += w;
    box_ = {box_.left + w * face.box.left, box_.top + w * face.box.top, box_.width + w * face.box.width,
            box_.height + w * face.box.height};
    for (std::size_t i = 0; i < points_.size(); ++i) {
      points_[i].x += w * (*face.landmarks)[i].x;
      points_[i].y += w * (*face.landmarks)[i].y;
    }
  }
  void give(Face& face) const {
    face.box = {box_.left / weight_, box_.top / weight_, box_.width / weight_, box_.height / weight_};
    for (std::size_t i = 0; i < points_.size(); ++i)
      (*face.landmarks)[i] = {points_[i].x / weight_, points_[i].y / weight_};
  }

 private:
  Box box_;
  Landmarks points_{};
  double weight_ = 0;
};

}  // namespace

float full_range_logit(double confidence) {
  return static_cast<float>(std::log(confidence / (100 - confidence)) - kRaise);
}

void add_faces(const std::vector<FullRangeCell>& cells, int width, int height, std::vector<Face>& faces) {
  for (const FullRangeCell& cell : cells) {
    // A file with such weights is no model of anybody's, but it may be given.
    if (!std::all_of(cell.numbers.begin(), cell.numbers.end(), [](float number) { return std::isfinite(number); }))
      continue;
    faces.push_back(face_of(cell, width, height));
  }
}

std::vector<Face> merged_faces(std::vector<Face> faces) {
  std::stable_sort(faces.begin(), faces.end(),
                   [](const Face& a, const Face& b) { return a.confidence > b.confidence; });
  if (faces.size() > kMostFaces) faces.resize(kMostFaces);
  std::vector<Face> merged;
  while (!faces.empty()) {
    Face face = faces.front();
    Mean mean;
    std::vector<Face> rest;
    for (std::size_t i = 0; i < faces.size(); ++i) {
      const bool same = i == 0 || overlap(face.box, faces[i].box) > kSameFace;
      if (same)
        mean.add(faces[i]);
      else if (within(face.box, faces[i].box) <= kWithin)
        rest.push_back(faces[i]);
    }
    mean.give(face);
    merged.push_back(face);
    faces = std::move(rest);
  }
  return merged;
}

}  // namespace cumulet::vision
