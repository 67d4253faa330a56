#include "vision/cover/painter.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cumulet::vision {
namespace {

constexpr double kRadians = std::numbers::pi / 180;
constexpr float kFeather = 0.2F;         // of the half width: how far the cover fades beyond its edge
constexpr float kLearning = 1 / 12.F;    // of a new frame's means in the running ones
constexpr float kLevel = 16;             // between two quantised values of brightness
constexpr float kColourLevel = 8;        // and of colour: coarser ones turn skin green
constexpr float kStay = 0.75F;           // of that: a level is kept until the mean is so far away from it
constexpr float kFade = 0.2F;            // of a new level in what is shown, a frame
constexpr std::int64_t kForgotten = 50;  // frames
constexpr int kSamples = 48;             // a side, from which the means are taken

}  // namespace

// One plane of a frame and the cover in it: u and v are -1..1 across and along the cover.
struct CoverPainter::Plane {
  std::uint8_t* data;
  std::ptrdiff_t stride;
  int width, height;
  int x0, y0, x1, y1;  // pixels that the cover may touch; x1, y1 exclusive
  float u, v;          // of pixel (0, 0)
  float u_right, v_right, u_down, v_down;
  // The inverse: pixel positions of (u, v).
  double centre_x, centre_y, x_u, y_u, x_v, y_v;
};

bool CoverPainter::paint(AVFrame& frame, const Placement& placement) {
  const Oval& oval = placement.oval;
  if (!(oval.width > 0) || !(oval.height > 0) || !std::isfinite(oval.width * oval.height) ||
      !std::isfinite(oval.centre.x + oval.centre.y + oval.roll)) {
    return false;
  }
  const double c = std::cos(oval.roll * kRadians), s = std::sin(oval.roll * kRadians);
  // Displayed square coordinates to coded ratios are affine: three points tell the map.
  const auto coded = [&](double x, double y) { return info_.orientation.to_coded(Point{x / info_.aspect, y}); };
  // Two pixels more all around: small faces have edges that wide.
  const double pixel = 2.0 / std::max(1, info_.height);
  const double half_width = oval.width / 2 * look_.scale + pixel, half_height = oval.height / 2 * look_.scale + pixel;
  const Point centre = coded(oval.centre.x, oval.centre.y);
  const Point along_u = coded(oval.centre.x + half_width * c, oval.centre.y + half_width * s);
  const Point along_v = coded(oval.centre.x - half_height * s, oval.centre.y + half_height * c);

  Colours& colours = colours_[placement.track];
  const bool first = colours.last_frame < 0;
  bool inside = false;
  for (int index = 0; index < 3; ++index) {
    Plane plane{};
    plane.data = frame.data[index];
    plane.stride = frame.linesize[index];
    plane.width = index == 0 ? frame.width : (frame.width + 1) / 2;
    plane.height = index == 0 ? frame.height : (frame.height + 1) / 2;
    const double scale_x = index == 0 ? frame.width : frame.width / 2.0;
    const double scale_y = index == 0 ? frame.height : frame.height / 2.0;
    plane.centre_x = centre.x * scale_x, plane.centre_y = centre.y * scale_y;
    plane.x_u = (along_u.x - centre.x) * scale_x, plane.y_u = (along_u.y - centre.y) * scale_y;
    plane.x_v = (along_v.x - centre.x) * scale_x, plane.y_v = (along_v.y - centre.y) * scale_y;
    const double area = plane.x_u * plane.y_v - plane.x_v * plane.y_u;
    if (area == 0) return inside;
    plane.u_right = static_cast<float>(plane.y_v / area), plane.u_down = static_cast<float>(-plane.x_v / area);
    plane.v_right = static_cast<float>(-plane.y_u / area), plane.v_down = static_cast<float>(plane.x_u / area);
    const double from_x = 0.5 - plane.centre_x, from_y = 0.5 - plane.centre_y;
    plane.u = static_cast<float>(from_x * plane.y_v / area - from_y * plane.x_v / area);
    plane.v = static_cast<float>(-from_x * plane.y_u / area + from_y * plane.x_u / area);
    const double reach = 1 + kFeather;
    const double reach_x = reach * (look_.shape == CoverShape::box ? std::abs(plane.x_u) + std::abs(plane.x_v)
                                                                   : std::hypot(plane.x_u, plane.x_v));
    const double reach_y = reach * (look_.shape == CoverShape::box ? std::abs(plane.y_u) + std::abs(plane.y_v)
                                                                   : std::hypot(plane.y_u, plane.y_v));
    const auto pixels = [](double at, int size) {
      return static_cast<int>(std::clamp(at, 0.0, static_cast<double>(size)));
    };
    plane.x0 = pixels(std::floor(plane.centre_x - reach_x), plane.width);
    plane.x1 = pixels(std::ceil(plane.centre_x + reach_x), plane.width);
    plane.y0 = pixels(std::floor(plane.centre_y - reach_y), plane.height);
    plane.y1 = pixels(std::ceil(plane.centre_y + reach_y), plane.height);
    if (plane.x0 >= plane.x1 || plane.y0 >= plane.y1) return inside;
    inside = true;
    learn(colours, plane, index, first);
    fill(colours, plane, index);
  }
  colours.last_frame = frame_;
  return true;
}

void CoverPainter::next_frame() {
  ++frame_;
  if (frame_ % kForgotten == 0) {
    std::erase_if(colours_, [&](const auto& entry) { return entry.second.last_frame + kForgotten < frame_; });
  }
}

void CoverPainter::learn(Colours& colours, const Plane& plane, int index, bool first) const {
  const int cells = this->cells();
  std::array<float, kMostCells * kMostCells> sums{};
  std::array<int, kMostCells * kMostCells> counts{};
  for (int row = 0; row < kSamples; ++row) {
    for (int column = 0; column < kSamples; ++column) {
      const double u = (column + 0.5) * 2 / kSamples - 1, v = (row + 0.5) * 2 / kSamples - 1;
      if (look_.shape == CoverShape::ellipse && u * u + v * v > 1) continue;
      const double x = plane.centre_x + u * plane.x_u + v * plane.x_v,
                   y = plane.centre_y + u * plane.y_u + v * plane.y_v;
      if (!(x >= 0 && y >= 0 && x < plane.width && y < plane.height)) continue;
      const int cell = row * cells / kSamples * cells + column * cells / kSamples;
      sums[cell] += plane.data[static_cast<int>(y) * plane.stride + static_cast<int>(x)];
      ++counts[cell];
    }
  }
  float all = 0;
  int counted = 0;
  for (int i = 0; i < cells * cells; ++i) all += sums[i], counted += counts[i];
  const float step = index == 0 ? kLevel : kColourLevel;
  const float common = counted > 0 ? all / static_cast<float>(counted) : 128;
  for (int i = 0; i < cells * cells; ++i) {
    const float now = counts[i] > 0 ? sums[i] / static_cast<float>(counts[i]) : common;
    float &mean = colours.mean[index][i], &level = colours.level[index][i], &shown = colours.shown[index][i];
    mean = first ? now : mean + (now - mean) * kLearning;
    if (first || std::abs(mean - level) > kStay * step) level = std::round(mean / step) * step;
    shown = first ? level : shown + (level - shown) * kFade;
  }
}

void CoverPainter::fill(const Colours& colours, const Plane& plane, int index) const {
  const int cells = this->cells();
  const auto& values = colours.shown[index];
  const bool ellipse = look_.shape == CoverShape::ellipse, flat = look_.style == CoverStyle::mosaic;
  const float outer = (1 + kFeather) * (1 + kFeather);
  for (int y = plane.y0; y < plane.y1; ++y) {
    float u = plane.u + static_cast<float>(plane.x0) * plane.u_right + static_cast<float>(y) * plane.u_down;
    float v = plane.v + static_cast<float>(plane.x0) * plane.v_right + static_cast<float>(y) * plane.v_down;
    std::uint8_t* line = plane.data + y * plane.stride;
    for (int x = plane.x0; x < plane.x1; ++x, u += plane.u_right, v += plane.v_right) {
      const float square = ellipse ? u * u + v * v : std::max(u * u, v * v);
      if (square >= outer) continue;
      float column = (u + 1) / 2 * static_cast<float>(cells), row = (v + 1) / 2 * static_cast<float>(cells);
      const auto most = static_cast<float>(cells - 1);
      float value = 0;
      if (flat) {
        const int i =
            static_cast<int>(std::clamp(row, 0.F, most)) * cells + static_cast<int>(std::clamp(column, 0.F, most));
        value = values[i];
      } else {
        column = std::clamp(column - 0.5F, 0.F, most), row = std::clamp(row - 0.5F, 0.F, most);
        const int left = static_cast<int>(column), top = static_cast<int>(row);
        const int right = std::min(left + 1, cells - 1), bottom = std::min(top + 1, cells - 1);
        const float across = column - static_cast<float>(left), down = row - static_cast<float>(top);
        const float upper = values[top * cells + left] * (1 - across) + values[top * cells + right] * across;
        const float lower = values[bottom * cells + left] * (1 - across) + values[bottom * cells + right] * across;
        value = upper * (1 - down) + lower * down;
      }
      if (square > 1) {
        const float fade = (std::sqrt(square) - 1) / kFeather;
        const float weight = 1 - fade * fade * (3 - 2 * fade);
        value = value * weight + static_cast<float>(line[x]) * (1 - weight);
      }
      line[x] = static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.F, 255.F));
    }
  }
}

}  // namespace cumulet::vision
