#include "vision/pipeline/moved_areas.hpp"

#include <algorithm>

namespace cumulet::vision {
namespace {

constexpr int kTile = 32;          // pixels
constexpr int kLookPixels = 4096;  // what a look costs beside its pixels

int pixels(const Area& area) { return area.width * area.height; }

bool touch(const Area& a, const Area& b) {
  return a.left < b.right() && b.left < a.right() && a.top < b.bottom() && b.top < a.bottom();
}

Area around(const Area& a, const Area& b) {
  Area out{std::min(a.left, b.left), std::min(a.top, b.top), 0, 0};
  out.width = std::max(a.right(), b.right()) - out.left;
  out.height = std::max(a.bottom(), b.bottom()) - out.top;
  return out;
}

// Whether one look at both costs no more than two.
bool belong_together(const Area& a, const Area& b) {
  return touch(a, b) || pixels(around(a, b)) <= pixels(a) + pixels(b) + kLookPixels;
}

void add(std::vector<Area>& areas, Area area) {
  for (std::size_t i = 0; i < areas.size();) {
    if (!belong_together(areas[i], area)) {
      ++i;
      continue;
    }
    area = around(areas[i], area);  // it may belong to others now
    areas.erase(areas.begin() + static_cast<std::ptrdiff_t>(i));
    i = 0;
  }
  areas.push_back(area);
}

// The tiles that a cell's surroundings touch.
Area surroundings(int column, int row, int width, int height) {
  const auto down = [](int at) { return std::max(0, at) / kTile * kTile; };
  const auto up = [](int at, int end) { return std::min(end, (at + kTile - 1) / kTile * kTile); };
  Area out{down(column * kCell - kAreaMargin), down(row * kCell - kAreaMargin), 0, 0};
  out.width = up((column + 1) * kCell + kAreaMargin, width) - out.left;
  out.height = up((row + 1) * kCell + kAreaMargin, height) - out.top;
  return out;
}

}  // namespace

std::vector<Area> moved_areas(const CoarsePicture& before, const CoarsePicture& now, int width, int height) {
  const Area whole{0, 0, width, height};
  if (before.columns != now.columns || before.rows != now.rows) return {whole};
  std::vector<Area> areas;
  for (int row = 0; row < now.rows; ++row) {
    for (int column = 0; column < now.columns; ++column) {
      if (!cell_moved(before, now, static_cast<std::size_t>(row) * now.columns + column)) continue;
      const Area area = surroundings(column, row, width, height);
      const bool within = std::any_of(areas.begin(), areas.end(), [&](const Area& a) { return around(a, area) == a; });
      if (!within) add(areas, area);
    }
  }
  int sum = 0;
  for (const Area& area : areas) sum += pixels(area);
  if (sum > kMostOfPicture * pixels(whole)) return {whole};
  return areas;
}

void take_over(CoarsePicture& into, const CoarsePicture& now, const Area& area) {
  for (int row = area.top / kCell; row < std::min(now.rows, (area.bottom() + kCell - 1) / kCell); ++row) {
    const auto first = static_cast<std::ptrdiff_t>(row) * now.columns;
    const int last = std::min(now.columns, (area.right() + kCell - 1) / kCell);
    std::copy(now.means.begin() + first + area.left / kCell, now.means.begin() + first + last,
              into.means.begin() + first + area.left / kCell);
  }
}

}  // namespace cumulet::vision
