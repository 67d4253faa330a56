// Lines through pictures, on every instruction set of this processor, against plain loops in double.
#include "vision/media/sampling.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "vision/media/instruction_sets.hpp"

namespace cumulet::vision {
namespace {

class Sampling : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { use_instruction_set(GetParam()); }
  void TearDown() override { use_instruction_set(""); }
  int random(int least, int most) { return std::uniform_int_distribution(least, most)(random_); }

  std::mt19937 random_{11};
};

// What `value(column, row)` is at a position, blended from the nearest four.
template <class Value>
double blended(double x, double y, int width, int height, Value value) {
  const double column = std::floor(x), row = std::floor(y);
  const auto at = [&](double c, double r) {
    return value(static_cast<int>(std::clamp<double>(c, 0, width - 1)),
                 static_cast<int>(std::clamp<double>(r, 0, height - 1)));
  };
  const double upper = at(column, row) * (1 - (x - column)) + at(column + 1, row) * (x - column);
  const double lower = at(column, row + 1) * (1 - (x - column)) + at(column + 1, row + 1) * (x - column);
  return upper * (1 - (y - row)) + lower * (y - row);
}

double pixels(std::int32_t position) { return static_cast<double>(position) / (1 << kSampleFraction); }

TEST_P(Sampling, OfAPicture) {
  for (int round = 0; round < 200; ++round) {
    Image image;
    image.width = random(2, 40), image.height = random(1, 30);
    image.bgr.resize(static_cast<std::size_t>(3) * image.width * image.height);
    for (auto& byte : image.bgr) byte = static_cast<std::uint8_t>(random(0, 255));
    const SampleLine line{random(-20 << 12, 60 << 12), random(-20 << 12, 50 << 12), random(-2 << 12, 2 << 12),
                          random(-2 << 12, 2 << 12)};
    const int count = random(1, 70);
    std::vector<std::uint8_t> out(3 * static_cast<std::size_t>(count) + 1, 77);
    sample_line(image, line, count, out.data());
    ASSERT_EQ(out.back(), 77) << "written beyond the line";
    for (int i = 0; i < count; ++i) {
      for (int c = 0; c < 3; ++c) {
        const double expected =
            blended(pixels(line.x + i * line.step_x), pixels(line.y + i * line.step_y), image.width, image.height,
                    [&](int x, int y) { return image.bgr[3 * (static_cast<std::size_t>(y) * image.width + x) + c]; });
        // Weights have 8 bits, and each of the two directions is rounded down.
        ASSERT_NEAR(out[3 * static_cast<std::size_t>(i) + c], expected - 1, 3) << round << ' ' << i << ' ' << c;
      }
    }
  }
}

TEST_P(Sampling, OfAFrame) {
  for (int round = 0; round < 200; ++round) {
    const int width = random(1, 40), height = random(1, 30);
    const int chroma_width = (width + 1) / 2, chroma_height = (height + 1) / 2;
    const auto plane = [&](int w, int h) {
      std::vector<std::uint8_t> bytes(static_cast<std::size_t>(w) * h + 4);
      for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random(0, 255));
      return bytes;
    };
    const auto y_plane = plane(width, height), u_plane = plane(chroma_width, chroma_height),
               v_plane = plane(chroma_width, chroma_height);
    YuvPlanes planes;
    planes.data[0] = y_plane.data(), planes.data[1] = u_plane.data(), planes.data[2] = v_plane.data();
    planes.stride[0] = width, planes.stride[1] = planes.stride[2] = chroma_width;
    planes.width = width, planes.height = height;
    planes.full_range = round % 2 == 1;
    const SampleLine line{random(-20 << 12, 60 << 12), random(-20 << 12, 50 << 12), random(-2 << 12, 2 << 12),
                          random(-2 << 12, 2 << 12)};
    const int count = random(1, 70);
    std::vector<std::uint8_t> out(3 * static_cast<std::size_t>(count) + 1, 77);
    sample_line(planes, line, count, out.data());
    ASSERT_EQ(out.back(), 77) << "written beyond the line";
    for (int i = 0; i < count; ++i) {
      const std::int32_t x = line.x + i * line.step_x, y = line.y + i * line.step_y;
      const double grey = blended(pixels(x), pixels(y), width, height, [&](int column, int row) {
        return y_plane[static_cast<std::size_t>(row) * width + column];
      });
      const auto chroma = static_cast<std::size_t>(std::clamp(y >> 13, 0, chroma_height - 1)) * chroma_width +
                          std::clamp(x >> 13, 0, chroma_width - 1);
      const double u = u_plane[chroma] - 128.0, v = v_plane[chroma] - 128.0;
      const double scale = planes.full_range ? 1 : 255.0 / 224;
      const double luma = planes.full_range ? grey : (grey - 16) * 255 / 219;
      const double expected[] = {luma + 1.772 * scale * u, luma - (0.34414 * u + 0.71414 * v) * scale,
                                 luma + 1.402 * scale * v};
      for (int c = 0; c < 3; ++c) {
        ASSERT_NEAR(out[3 * static_cast<std::size_t>(i) + c], std::clamp(expected[c], 0.0, 255.0), 3)
            << round << ' ' << i << ' ' << c;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(On, Sampling, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return set.param; });

}  // namespace
}  // namespace cumulet::vision
