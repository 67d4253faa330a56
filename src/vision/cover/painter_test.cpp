#include "vision/cover/painter.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>

namespace cumulet::vision {
namespace {

VideoInfo info(int width = 128, int height = 128) {
  VideoInfo info;
  info.width = width;
  info.height = height;
  info.aspect = static_cast<double>(width) / height;
  return info;
}

av::Frame blank(int width, int height, int value) {
  av::Frame frame = av::new_frame();
  frame->width = width;
  frame->height = height;
  frame->format = AV_PIX_FMT_YUV420P;
  av_frame_get_buffer(frame.get(), 0);
  for (int plane = 0; plane < 3; ++plane) {
    const int h = plane == 0 ? height : (height + 1) / 2;
    std::fill_n(frame->data[plane], static_cast<std::ptrdiff_t>(h) * frame->linesize[plane],
                static_cast<std::uint8_t>(value));
  }
  return frame;
}

av::Frame noise(unsigned seed, int width = 128, int height = 128) {
  av::Frame frame = blank(width, height, 0);
  std::mt19937 random(seed);
  for (int plane = 0; plane < 3; ++plane) {
    const int h = plane == 0 ? height : (height + 1) / 2;
    for (int i = 0; i < h * frame->linesize[plane]; ++i) {
      frame->data[plane][i] = static_cast<std::uint8_t>(88 + random() % 81);
    }
  }
  return frame;
}

int at(const av::Frame& frame, int plane, int x, int y) { return frame->data[plane][y * frame->linesize[plane] + x]; }

Placement placement(double x = 0.5, double y = 0.5, double size = 0.4, double roll = 0) {
  Placement placement;
  placement.track = 1;
  placement.oval = {{x, y}, size, size, roll};
  return placement;
}

// Whether (x, y) of the luma lies in the drawn ellipse itself, fading left out.
bool inside(const Placement& p, int x, int y, double scale, int size = 128) {
  const double radius = p.oval.width / 2 * scale * size;
  return std::hypot(x + 0.5 - p.oval.centre.x * size, y + 0.5 - p.oval.centre.y * size) < radius;
}

TEST(CoverPainter, TwoFacesOfTheSameCoarseColoursBecomeTheSame) {
  for (const CoverStyle style : {CoverStyle::blur, CoverStyle::mosaic, CoverStyle::solid}) {
    for (const int cells : {1, 2, kMostCells}) {
      CoverLook look;
      look.style = style;
      look.cells = cells;
      av::Frame a = noise(1), b = noise(2);
      ASSERT_TRUE(CoverPainter(look, info()).paint(*a, placement(0.5, 0.5, 0.6)));
      ASSERT_TRUE(CoverPainter(look, info()).paint(*b, placement(0.5, 0.5, 0.6)));
      std::set<int> values;
      for (int y = 0; y < 128; ++y) {
        for (int x = 0; x < 128; ++x) {
          if (!inside(placement(0.5, 0.5, 0.6), x, y, look.scale)) continue;
          ASSERT_EQ(at(a, 0, x, y), at(b, 0, x, y)) << x << ',' << y;
          values.insert(at(a, 0, x, y));
        }
      }
      if (style != CoverStyle::blur) {
        EXPECT_LE(values.size(), static_cast<std::size_t>(cells * cells));
      }
    }
  }
}

TEST(CoverPainter, LeavesTheOutsideAlone) {
  av::Frame before = noise(3), after = noise(3);
  ASSERT_TRUE(CoverPainter({}, info()).paint(*after, placement(0.5, 0.5, 0.3)));
  int changed = 0;
  for (int y = 0; y < 128; ++y) {
    for (int x = 0; x < 128; ++x) {
      const bool may = inside(placement(0.5, 0.5, 0.3), x, y, 1.35 * 1.25 + 0.2);
      if (!may) {
        ASSERT_EQ(at(before, 0, x, y), at(after, 0, x, y)) << x << ',' << y;
      }
      changed += at(before, 0, x, y) != at(after, 0, x, y);
    }
  }
  // Precision: an ellipse of 1.35 of the face, with its fading edge less than three faces.
  EXPECT_LT(changed, 3 * 0.3 * 0.3 * 128 * 128);
}

TEST(CoverPainter, TurnsWithTheFace) {
  av::Frame frame = blank(128, 128, 200);
  for (int y = 60; y < 68; ++y) std::fill_n(frame->data[0] + y * frame->linesize[0], 128, std::uint8_t{20});
  Placement lying = placement();
  lying.oval = {{0.5, 0.5}, 0.2, 0.6, 90};
  CoverLook solid;
  solid.style = CoverStyle::solid;
  ASSERT_TRUE(CoverPainter(solid, info()).paint(*frame, lying));
  EXPECT_EQ(at(frame, 0, 30, 64), at(frame, 0, 98, 64));  // long along the rows
  EXPECT_NE(at(frame, 0, 30, 64), 20);
  EXPECT_EQ(at(frame, 0, 64, 100), 200);
}

TEST(CoverPainter, FollowsTheOrientationOfTheFilm) {
  VideoInfo turned = info(64, 128);  // displayed upright, coded lying
  turned.orientation.quarter_turns = 1;
  av::Frame frame = blank(128, 64, 200);
  frame->data[0][10 * frame->linesize[0] + 20] = 0;
  Placement top_left = placement(0.1, 0.1, 0.1);
  ASSERT_TRUE(CoverPainter({}, turned).paint(*frame, top_left));
  // The coded picture's bottom left is displayed at the top left.
  bool changed = false;
  av::Frame dark = noise(5, 128, 64), again = noise(5, 128, 64);
  ASSERT_TRUE(CoverPainter({}, turned).paint(*dark, top_left));
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 128; ++x) {
      if (at(dark, 0, x, y) == at(again, 0, x, y)) continue;
      changed = true;
      ASSERT_TRUE(x < 32 && y > 32) << x << ',' << y;
    }
  }
  EXPECT_TRUE(changed);
}

TEST(CoverPainter, ClipsAtEveryBorderAndCoversTheLastPixels) {
  for (const Point corner : {Point{0, 0}, Point{1, 0}, Point{0, 1}, Point{1, 1}}) {
    av::Frame frame = noise(4), before = noise(4);
    CoverLook solid;
    solid.style = CoverStyle::solid;
    ASSERT_TRUE(CoverPainter(solid, info()).paint(*frame, placement(corner.x, corner.y)));
    const int x = corner.x > 0 ? 127 : 0, y = corner.y > 0 ? 127 : 0;
    for (const int inwards : {0, 5, 10}) {
      EXPECT_EQ(at(frame, 0, std::abs(x - inwards), y), at(frame, 0, x, y));
    }
  }
}

TEST(CoverPainter, OutsideThePictureAndWithoutSizeThereIsNothingToDo) {
  av::Frame frame = noise(6);
  CoverPainter painter({}, info());
  EXPECT_FALSE(painter.paint(*frame, placement(3, 3)));
  EXPECT_FALSE(painter.paint(*frame, placement(0.5, 0.5, 0)));
  EXPECT_FALSE(painter.paint(*frame, placement(0.5, 0.5, std::numeric_limits<double>::quiet_NaN())));
  EXPECT_FALSE(painter.paint(*frame, placement(std::numeric_limits<double>::infinity())));
  EXPECT_TRUE(painter.paint(*frame, placement(0.5, 0.5, 1e6)));
}

// A face that is bright in one frame and dark in the next must not be told from its cover.
TEST(CoverPainter, AveragesOverTime) {
  CoverLook solid;
  solid.style = CoverStyle::solid;
  CoverPainter painter(solid, info());
  std::set<int> values;
  for (int i = 0; i < 20; ++i) {
    av::Frame frame = blank(128, 128, i % 2 == 0 ? 110 : 150);
    ASSERT_TRUE(painter.paint(*frame, placement()));
    painter.next_frame();
    values.insert(at(frame, 0, 64, 64));
  }
  EXPECT_LE(*values.rbegin() - *values.begin(), 20);
}

}  // namespace
}  // namespace cumulet::vision
