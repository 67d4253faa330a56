#include "vision/pipeline/moved_areas.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "vision/pipeline/look_plan.hpp"

namespace cumulet::vision {
namespace {

constexpr int kWidth = 640, kHeight = 360;

CoarsePicture grey() { return {kWidth / kCell, kHeight / kCell, std::vector<std::uint8_t>(80 * 45, 100)}; }

CoarsePicture with(CoarsePicture picture, int column, int row, int columns = 1, int rows = 1) {
  for (int y = row; y < row + rows; ++y) {
    for (int x = column; x < column + columns; ++x)
      picture.means[static_cast<std::size_t>(y) * picture.columns + x] = 150;
  }
  return picture;
}

bool contains(const Area& area, int x, int y) {
  return area.left <= x && x < area.right() && area.top <= y && y < area.bottom();
}

TEST(MovedAreas, AreNoneWhereNothingMoved) { EXPECT_TRUE(moved_areas(grey(), grey(), kWidth, kHeight).empty()); }

TEST(MovedAreas, LieAroundWhatMovedOnTheGrid) {
  const auto areas = moved_areas(grey(), with(grey(), 20, 20), kWidth, kHeight);  // pixels 160..168 both ways
  ASSERT_EQ(areas.size(), 1U);
  EXPECT_EQ(areas[0], (Area{128, 128, 96, 96}));
}

TEST(MovedAreas, EndAtThePicture) {
  const auto areas = moved_areas(grey(), with(with(grey(), 0, 0), 79, 44), kWidth, kHeight);
  ASSERT_EQ(areas.size(), 2U);
  EXPECT_EQ(areas[0], (Area{0, 0, 64, 64}));
  EXPECT_EQ(areas[1], (Area{576, 320, 64, 40}));
}

TEST(MovedAreas, AreOneWhereTheyTouch) {
  const auto areas = moved_areas(grey(), with(with(grey(), 20, 20), 27, 20), kWidth, kHeight);
  ASSERT_EQ(areas.size(), 1U);
  EXPECT_EQ(areas[0], (Area{128, 128, 128, 96}));
}

TEST(MovedAreas, AreTheWholeWhereMostMoved) {
  const auto areas = moved_areas(grey(), with(grey(), 4, 4, 70, 36), kWidth, kHeight);
  ASSERT_EQ(areas.size(), 1U);
  EXPECT_EQ(areas[0], (Area{0, 0, kWidth, kHeight}));
}

TEST(MovedAreas, HoldEveryCellThatMoved) {
  // What a linear congruential generator scatters, by fives.
  std::uint32_t state = 7;
  const auto random = [&](int end) { return static_cast<int>((state = state * 1664525 + 1013904223) >> 8) % end; };
  for (int round = 0; round < 500; ++round) {
    CoarsePicture now = grey();
    std::vector<std::pair<int, int>> cells;
    for (int i = 0; i < 5; ++i) {
      cells.emplace_back(random(80), random(45));
      now = with(std::move(now), cells.back().first, cells.back().second);
    }
    const auto areas = moved_areas(grey(), now, kWidth, kHeight);
    for (const auto& [column, row] : cells) {
      for (const int dx : {-kAreaMargin, kCell - 1 + kAreaMargin}) {
        for (const int dy : {-kAreaMargin, kCell - 1 + kAreaMargin}) {
          const int x = std::clamp(column * kCell + dx, 0, kWidth - 1),
                    y = std::clamp(row * kCell + dy, 0, kHeight - 1);
          EXPECT_TRUE(std::any_of(areas.begin(), areas.end(), [&](const Area& area) { return contains(area, x, y); }));
        }
      }
    }
    for (std::size_t a = 0; a < areas.size(); ++a) {
      for (std::size_t b = a + 1; b < areas.size(); ++b) {
        EXPECT_FALSE(areas[a].left < areas[b].right() && areas[b].left < areas[a].right() &&
                     areas[a].top < areas[b].bottom() && areas[b].top < areas[a].bottom());
      }
    }
  }
}

// What moves a little in each frame, less than a look is worth, is looked at when it has added up.
TEST(LookPlan, LooksWhereSomethingMovedSinceTheLastLookThere) {
  LookRules rules;
  rules.far = rules.turned = false;
  LookPlan plan(rules);
  auto next = [&, time = 0](const CoarsePicture& picture) mutable {
    return plan.next(time += 40, picture, kWidth, kHeight);
  };
  EXPECT_TRUE(next(grey()).looks.near_areas.empty());  // a scene begins: the whole
  CoarsePicture picture = grey();
  const std::size_t here = 20 * 80 + 20, there = 40 * 80 + 70;
  picture.means[here] += 4;
  EXPECT_TRUE(next(picture).still);
  picture.means[there] += 50;
  auto decision = next(picture);
  ASSERT_EQ(decision.looks.near_areas.size(), 1U);
  EXPECT_FALSE(contains(decision.looks.near_areas[0], 164, 164));
  EXPECT_TRUE(next(picture).still);
  picture.means[here] += 4;
  decision = next(picture);
  ASSERT_EQ(decision.looks.near_areas.size(), 1U);
  EXPECT_TRUE(contains(decision.looks.near_areas[0], 164, 164));
}

}  // namespace
}  // namespace cumulet::vision
