#include "vision/detect/looks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "vision/detect/quality.hpp"

namespace cumulet::vision {
namespace {

constexpr double kBlack = 3, kDark = 90, kLight = 200, kMostGain = 8;  // grey levels
constexpr double kFaceWidth = 44;                                      // pixels: where the detectors are surest
constexpr double kSameFace = 0.5;                                      // nearness
constexpr double kOpinionCrop = 2;                                     // face widths
constexpr int kEnough = 3;                                             // second looks
constexpr double kClearlyOne = 75, kClearlyNone = 30;                  // confidences

Image turned(const Image& from, int quarter_turns) {
  Image out;
  const bool swap = quarter_turns % 2 == 1;
  out.width = swap ? from.height : from.width;
  out.height = swap ? from.width : from.height;
  out.bgr.resize(from.bgr.size());
  const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(3) * from.width;
  // Where the target's first pixel lies in the source, and the steps along its rows and columns.
  std::ptrdiff_t first = 0, along = 3, down = stride;
  switch (quarter_turns) {
    case 1: first = (from.height - 1) * stride, along = -stride, down = 3; break;
    case 2: first = (from.height - 1) * stride + stride - 3, along = -3, down = -stride; break;
    case 3: first = stride - 3, along = stride, down = -3; break;
    default: break;
  }
  std::uint8_t* to = out.bgr.data();
  for (int row = 0; row < out.height; ++row) {
    const std::uint8_t* source = from.bgr.data() + first + row * down;
    for (int column = 0; column < out.width; ++column, source += along, to += 3) {
      to[0] = source[0], to[1] = source[1], to[2] = source[2];
    }
  }
  return out;
}

void mirror(Image& image) {
  for (int row = 0; row < image.height; ++row) {
    std::uint8_t* left = &image.bgr[static_cast<std::size_t>(3) * row * image.width];
    for (std::uint8_t* right = left + 3 * (image.width - 1); left < right; left += 3, right -= 3) {
      std::swap_ranges(left, left + 3, right);
    }
  }
}

// Detectors miss what is dark. The gain that makes the lightest parts light; 1 where they are.
double gain_for(const Image& image) {
  constexpr std::size_t kStep = 3 * 13;  // every 13th pixel tells enough
  std::array<int, 256> counts{};
  int all = 0;
  for (std::size_t i = 1; i < image.bgr.size(); i += kStep, ++all) ++counts[image.bgr[i]];
  int level = 255;
  for (int above = 0; level > 0 && (above += counts[level]) * 50 < all;) --level;  // a 50th is lighter
  return level < kDark && level > kBlack ? std::min(kMostGain, kLight / level) : 1;
}

void brighten(Image& image, double gain) {
  std::array<std::uint8_t, 256> levels{};
  for (int i = 0; i < 256; ++i) levels[i] = static_cast<std::uint8_t>(std::min(255.0, i * gain + 0.5));
  for (std::uint8_t& value : image.bgr) value = levels[value];
}

// A point of the picture turned clockwise by quarter turns, in the picture itself; ratios.
Point turned_back(Point p, int quarter_turns) {
  for (int turn = 0; turn < quarter_turns; ++turn) p = {p.y, 1 - p.x};
  return p;
}

Seen turned_back(const Face& found, double aspect, int quarter_turns) {
  Seen seen;
  const double turned_aspect = quarter_turns % 2 == 1 ? 1 / aspect : aspect;
  seen.oval = oval_of(found, turned_aspect);
  // Lengths are in heights of the turned picture.
  const double height = quarter_turns % 2 == 1 ? aspect : 1;
  seen.oval.width *= height;
  seen.oval.height *= height;
  const Point centre = turned_back(found.box.centre(), quarter_turns);
  seen.oval.centre = {centre.x * aspect, centre.y};
  seen.oval.roll = turn_within_half(seen.oval.roll - 90.0 * quarter_turns);
  seen.face = found;
  if (quarter_turns == 0) return seen;
  const Point a = turned_back(Point{found.box.left, found.box.top}, quarter_turns);
  const Point b = turned_back(Point{found.box.right(), found.box.bottom()}, quarter_turns);
  seen.face.box = {std::min(a.x, b.x), std::min(a.y, b.y), std::abs(a.x - b.x), std::abs(a.y - b.y)};
  if (seen.face.landmarks) {
    for (Point& point : *seen.face.landmarks) point = turned_back(point, quarter_turns);
  }
  return seen;
}

}  // namespace

std::vector<Seen> look(FaceDetector& detector, const Image& picture, double aspect, int quarter_turns) {
  std::vector<Seen> seen;
  const double gain = gain_for(picture);
  std::vector<Face> faces;
  if (quarter_turns == 0 && gain == 1) {
    faces = detector.detect(picture);
  } else {
    Image changed = quarter_turns == 0 ? picture : turned(picture, quarter_turns);
    if (gain > 1) brighten(changed, gain);
    faces = detector.detect(changed);
  }
  for (const Face& face : faces) {
    seen.push_back(turned_back(face, aspect, quarter_turns));
    if (quarter_turns == 0) seen.back().face.quality = quality_at(picture, face.box);
  }
  return seen;
}

std::vector<Seen> CropLook::look(FramePicture& picture, const Oval& where, double search) {
  const int side = std::max(1, static_cast<int>(search * kFaceWidth / 32)) * 32;
  picture.sample(where, kFaceWidth, side, crop_);
  if (const double gain = gain_for(crop_); gain > 1) brighten(crop_, gain);
  const double aspect = picture.aspect();
  const double step = where.width / kFaceWidth * side;  // the crop's side, in picture heights
  std::vector<Seen> all;
  for (const Face& found : detector_.detect(crop_)) {
    Seen seen;
    seen.oval = oval_of(found, 1);
    const auto at = [&](Point p) { return FramePicture::displayed(p, where, kFaceWidth, side, aspect); };
    const Point centre = at(found.box.centre());
    seen.oval.centre = {centre.x * aspect, centre.y};
    seen.oval.width *= step;
    seen.oval.height *= step;
    seen.oval.roll = turn_within_half(seen.oval.roll + where.roll);
    seen.face.confidence = found.confidence;
    seen.face.box = box_around(seen.oval, aspect);
    if (found.landmarks) {
      seen.face.landmarks.emplace();
      for (int i = 0; i < kLandmarkCount; ++i) (*seen.face.landmarks)[i] = at((*found.landmarks)[i]);
    }
    all.push_back(seen);
  }
  return all;
}

double CropLook::opinion(FramePicture& picture, const Oval& where) {
  struct Variant {
    double width, turn;
    bool mirrored;
  };
  static constexpr Variant kVariants[] = {{34, 12, true},  {44, -12, true},  {64, 12, true},
                                          {44, 12, false}, {64, -12, false}, {90, 0, true}};
  double sum = 0;
  int asked = 0;
  for (const Variant& variant : kVariants) {
    // Where the first three agree, the others, which cost more, would change nothing.
    if (asked == kEnough && (sum > kClearlyOne * asked || sum < kClearlyNone * asked)) break;
    ++asked;
    const int side = static_cast<int>(std::ceil(kOpinionCrop * variant.width / 32)) * 32;
    Oval turned = where;
    turned.roll = turn_within_half(where.roll + variant.turn);
    picture.sample(turned, variant.width, side, crop_);
    if (variant.mirrored) mirror(crop_);
    if (const double gain = gain_for(crop_); gain > 1) brighten(crop_, gain);
    double best = 0;
    for (const Face& face : detector_.detect(crop_)) {
      const Point at = face.box.centre();
      const double away = std::hypot(at.x - 0.5, at.y - 0.5) * side / variant.width;
      const double size = face.box.width * side / variant.width;
      if (away < 0.5 && size > 0.5 && size < 2) best = std::max(best, face.confidence);
    }
    sum += best;
  }
  return sum / asked;
}

std::vector<Seen> each_once(std::vector<Seen> seen, double certain_confidence) {
  std::stable_sort(seen.begin(), seen.end(), [&](const Seen& a, const Seen& b) {
    return std::min(a.face.confidence, certain_confidence) > std::min(b.face.confidence, certain_confidence);
  });
  std::vector<Seen> kept;
  for (Seen& one : seen) {
    const bool doubled =
        std::any_of(kept.begin(), kept.end(), [&](const Seen& k) { return nearness(k.oval, one.oval) > kSameFace; });
    if (!doubled) kept.push_back(std::move(one));
  }
  return kept;
}

}  // namespace cumulet::vision
