#include "vision/cover/cover.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "vision/media/av.hpp"

namespace cumulet::vision {
namespace {

struct Rect {
  int x0, y0, x1, y1;  // x1, y1 exclusive
  int width() const { return x1 - x0; }
  int height() const { return y1 - y0; }
};

// For one axis: the two cells a pixel lies between and the weight (0..256) of the second.
struct Blend {
  int first, second, weight;
};

std::vector<Blend> blends(int length, int cells) {
  std::vector<Blend> result(static_cast<std::size_t>(length));
  for (int i = 0; i < length; ++i) {
    const double at = std::clamp((i + 0.5) * cells / length - 0.5, 0.0, cells - 1.0);
    const int first = static_cast<int>(at);
    result[i] = {first, std::min(first + 1, cells - 1), static_cast<int>((at - first) * 256)};
  }
  return result;
}

void cover_plane(std::uint8_t* plane, int stride, const Rect& rect, int columns, int rows) {
  std::array<std::uint32_t, kMostCells * kMostCells> means{};
  for (int row = 0; row < rows; ++row) {
    const int top = rect.y0 + rect.height() * row / rows, bottom = rect.y0 + rect.height() * (row + 1) / rows;
    for (int column = 0; column < columns; ++column) {
      const int left = rect.x0 + rect.width() * column / columns;
      const int right = rect.x0 + rect.width() * (column + 1) / columns;
      std::uint64_t sum = 0;
      for (int y = top; y < bottom; ++y) {
        const std::uint8_t* line = plane + static_cast<std::ptrdiff_t>(y) * stride;
        for (int x = left; x < right; ++x) sum += line[x];
      }
      const int count = (right - left) * (bottom - top);
      means[row * columns + column] = static_cast<std::uint32_t>((sum + count / 2) / count);
    }
  }
  const auto across = blends(rect.width(), columns), down = blends(rect.height(), rows);
  std::array<std::uint32_t, kMostCells> line_cells{};
  for (int y = 0; y < rect.height(); ++y) {
    for (int column = 0; column < columns; ++column) {
      line_cells[column] = means[down[y].first * columns + column] * (256 - down[y].weight) +
                           means[down[y].second * columns + column] * down[y].weight;
    }
    std::uint8_t* line = plane + static_cast<std::ptrdiff_t>(rect.y0 + y) * stride + rect.x0;
    for (int x = 0; x < rect.width(); ++x) {
      const Blend& blend = across[x];
      line[x] = static_cast<std::uint8_t>(
          (line_cells[blend.first] * (256 - blend.weight) + line_cells[blend.second] * blend.weight + 32768) >> 16);
    }
  }
}

}  // namespace

bool cover(AVFrame& frame, const Box& box, int cells) {
  const int width = frame.width, height = frame.height;
  // Clipped as ratios first, so that no wild number overflows the integers.
  const auto pixels = [](double ratio, int size) { return std::clamp(ratio, 0.0, 1.0) * size; };
  Rect luma{static_cast<int>(pixels(box.left, width)) / 2 * 2, static_cast<int>(pixels(box.top, height)) / 2 * 2,
            (static_cast<int>(std::ceil(pixels(box.right(), width))) + 1) / 2 * 2,
            (static_cast<int>(std::ceil(pixels(box.bottom(), height))) + 1) / 2 * 2};
  const Rect chroma{luma.x0 / 2, luma.y0 / 2, luma.x1 / 2, luma.y1 / 2};
  luma.x1 = std::min(luma.x1, width);
  luma.y1 = std::min(luma.y1, height);
  if (box.right() <= 0 || box.bottom() <= 0 || box.left >= 1 || box.top >= 1) return false;
  if (luma.width() <= 0 || luma.height() <= 0) return false;

  cells = std::clamp(cells, 1, kMostCells);
  // Cells of one chroma sample or more in every plane.
  const int columns = std::min(cells, chroma.width()), rows = std::min(cells, chroma.height());
  cover_plane(frame.data[0], frame.linesize[0], luma, std::min(columns, luma.width()), std::min(rows, luma.height()));
  cover_plane(frame.data[1], frame.linesize[1], chroma, columns, rows);
  cover_plane(frame.data[2], frame.linesize[2], chroma, columns, rows);
  return true;
}

}  // namespace cumulet::vision
