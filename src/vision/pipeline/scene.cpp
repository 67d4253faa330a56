#include "vision/pipeline/scene.hpp"

#include <algorithm>
#include <cstdlib>

namespace cumulet::vision {
namespace {

constexpr int kMoved = 6;         // grey levels of a cell's mean; noise and coding change it by two or three
constexpr int kOther = 20;        // grey levels by which a cell of another scene differs
constexpr double kCutPart = 0.5;  // of the cells

}  // namespace

CoarsePicture coarse(const Image& image) {
  CoarsePicture out;
  out.columns = (image.width + kCell - 1) / kCell;
  out.rows = (image.height + kCell - 1) / kCell;
  out.means.reserve(static_cast<std::size_t>(out.columns) * out.rows);
  for (int row = 0; row < out.rows; ++row) {
    const int top = row * kCell, bottom = std::min(image.height, top + kCell);
    for (int column = 0; column < out.columns; ++column) {
      const int left = column * kCell, right = std::min(image.width, left + kCell);
      int sum = 0;
      for (int y = top; y < bottom; ++y) {
        const std::uint8_t* green = &image.bgr[3 * (static_cast<std::size_t>(y) * image.width + left) + 1];
        for (int x = left; x < right; ++x, green += 3) sum += *green;
      }
      out.means.push_back(static_cast<std::uint8_t>(sum / ((bottom - top) * (right - left))));
    }
  }
  return out;
}

bool has_moved(const CoarsePicture& before, const CoarsePicture& now) {
  if (before.columns != now.columns || before.rows != now.rows) return true;
  for (std::size_t i = 0; i < now.means.size(); ++i) {
    if (cell_moved(before, now, i)) return true;
  }
  return false;
}

bool cell_moved(const CoarsePicture& before, const CoarsePicture& now, std::size_t cell) {
  return std::abs(before.means[cell] - now.means[cell]) >= kMoved;
}

bool is_cut(const CoarsePicture& before, const CoarsePicture& now) {
  if (before.columns != now.columns || before.rows != now.rows) return true;
  std::size_t other = 0;
  for (std::size_t i = 0; i < now.means.size(); ++i) other += std::abs(before.means[i] - now.means[i]) >= kOther;
  return static_cast<double>(other) >= kCutPart * static_cast<double>(now.means.size());
}

}  // namespace cumulet::vision
