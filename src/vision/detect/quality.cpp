#include "vision/detect/quality.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace cumulet::vision {

Quality quality_at(const Image& image, const Box& box) {
  const auto pixel = [](double ratio, int size) { return static_cast<int>(std::clamp(ratio, 0.0, 1.0) * size); };
  const int x0 = pixel(box.left, image.width), x1 = pixel(box.right(), image.width);
  const int y0 = pixel(box.top, image.height), y1 = pixel(box.bottom(), image.height);
  const auto grey = [&](int x, int y) {
    const std::uint8_t* p = &image.bgr[3 * (static_cast<std::size_t>(y) * image.width + x)];
    return (29 * p[0] + 150 * p[1] + 77 * p[2]) >> 8;
  };
  std::int64_t sum = 0, edges = 0, count = 0;
  for (int y = y0; y + 1 < y1; ++y) {
    for (int x = x0; x + 1 < x1; ++x) {
      const int here = grey(x, y);
      sum += here;
      edges += std::abs(here - grey(x + 1, y)) + std::abs(here - grey(x, y + 1));
      ++count;
    }
  }
  if (count == 0) return {};
  const double mean_edge = static_cast<double>(edges) / static_cast<double>(2 * count);
  return {static_cast<double>(sum) / static_cast<double>(count) * 100 / 255, std::min(100.0, mean_edge * 8)};
}

}  // namespace cumulet::vision
