#include "vision/cover/cover.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "vision/media/av.hpp"

namespace cumulet::vision {
namespace {

av::Frame noise(int width, int height, unsigned seed) {
  av::Frame frame = av::new_frame();
  frame->width = width;
  frame->height = height;
  frame->format = AV_PIX_FMT_YUV420P;
  av_frame_get_buffer(frame.get(), 0);
  std::mt19937 random(seed);
  for (int plane = 0; plane < 3; ++plane) {
    const int h = plane == 0 ? height : (height + 1) / 2, w = plane == 0 ? width : (width + 1) / 2;
    for (int y = 0; y < h; ++y) {
      for (int x = 0; x < w; ++x) frame->data[plane][y * frame->linesize[plane] + x] = static_cast<uint8_t>(random());
    }
  }
  return frame;
}

int at(const av::Frame& frame, int plane, int x, int y) { return frame->data[plane][y * frame->linesize[plane] + x]; }

// Two pictures with the same cell means inside the box must become the same inside it, whatever they were: swapping
// pixels within one cell changes nothing. This is the contract "at most N x N values, edges included" itself.
TEST(Cover, KeepsNothingButTheMeansOfItsCells) {
  for (const int cells : {1, 2, 4, 8}) {
    av::Frame a = noise(64, 64, 1);
    av::Frame b = noise(64, 64, 1);
    const int luma_cell = 32 / cells, chroma_cell = 16 / cells;
    for (int plane = 0; plane < 3; ++plane) {
      const int from = plane == 0 ? 16 : 8, length = plane == 0 ? 32 : 16, cell = plane == 0 ? luma_cell : chroma_cell;
      for (int y = 0; y < length; ++y) {
        for (int x = 0; x < length; ++x) {  // mirrored within each cell
          const int mx = x / cell * cell + cell - 1 - x % cell, my = y / cell * cell + cell - 1 - y % cell;
          b->data[plane][(from + y) * b->linesize[plane] + from + x] =
              static_cast<uint8_t>(at(a, plane, from + mx, from + my));
        }
      }
    }
    const Box box{0.25, 0.25, 0.5, 0.5};
    ASSERT_TRUE(cover(*a, box, cells));
    ASSERT_TRUE(cover(*b, box, cells));
    for (int plane = 0; plane < 3; ++plane) {
      const int size = plane == 0 ? 64 : 32;
      for (int y = 0; y < size; ++y) {
        for (int x = 0; x < size; ++x) ASSERT_EQ(at(a, plane, x, y), at(b, plane, x, y)) << cells << ' ' << plane;
      }
    }
  }
}

TEST(Cover, LeavesTheOutsideAlone) {
  av::Frame frame = noise(64, 48, 2), original = noise(64, 48, 2);
  ASSERT_TRUE(cover(*frame, {0.5, 0.5, 0.25, 0.25}, 4));
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 64; ++x) {
      const bool inside = x >= 32 && x < 48 && y >= 24 && y < 36;
      if (inside) continue;
      ASSERT_EQ(at(frame, 0, x, y), at(original, 0, x, y)) << x << ',' << y;
    }
  }
}

TEST(Cover, ClipsAtEveryBorderAndCoversTheLastPixels) {
  for (const Box box : {Box{-0.2, -0.2, 0.4, 0.4}, Box{0.8, 0.8, 0.4, 0.4}, Box{-1, -1, 3, 3}}) {
    for (const auto& [width, height] : {std::pair{65, 49}, std::pair{64, 48}, std::pair{2, 2}, std::pair{1, 1}}) {
      av::Frame frame = noise(width, height, 3);
      ASSERT_TRUE(cover(*frame, box, 1));
      const bool first = box.left < 0;
      std::set<int> corner;
      for (int i = 0; i < std::min(8, std::min(width, height)); ++i) {
        corner.insert(first ? at(frame, 0, i, i) : at(frame, 0, width - 1 - i, height - 1 - i));
      }
      EXPECT_EQ(corner.size(), 1U) << width << 'x' << height;
    }
  }
}

TEST(Cover, OutsideThePictureThereIsNothingToDo) {
  av::Frame frame = noise(64, 48, 4);
  EXPECT_FALSE(cover(*frame, {1.1, 0.2, 0.2, 0.2}, 4));
  EXPECT_FALSE(cover(*frame, {0.2, -0.4, 0.2, 0.3}, 4));
}

TEST(Cover, NeverMoreThanEightCellsASide) {
  av::Frame asked = noise(64, 64, 5), eight = noise(64, 64, 5);
  cover(*asked, {0, 0, 1, 1}, 64);
  cover(*eight, {0, 0, 1, 1}, 8);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) ASSERT_EQ(at(asked, 0, x, y), at(eight, 0, x, y));
  }
}

}  // namespace
}  // namespace cumulet::vision
