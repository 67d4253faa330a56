// Every kernel, on every instruction set of this processor, against plain loops in double.
#include "vision/detect/rows.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace cumulet::vision::rows {
namespace {

class Rows : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { use_instruction_set(GetParam()); }
  void TearDown() override { use_instruction_set(""); }

  float any() { return std::uniform_real_distribution<float>(-1, 1)(random_); }
  void fill(AlignedFloats& floats) {
    for (std::size_t i = 0; i < floats.size(); ++i) floats[i] = any();
  }
  // The padding's floats hold numbers as well: none may count.
  AlignedFloats row(int pixels, int channels) {
    AlignedFloats floats(static_cast<std::size_t>(pixels) * padded_channels(channels));
    fill(floats);
    return floats;
  }
  Layer filled(Layer layer) {
    fill(layer.weights);
    fill(layer.biases);
    fill(layer.slopes);
    return layer;
  }
  static double activated(const Layer& layer, int output, double sum) {
    if (layer.activation == Activation::none || sum > 0) return sum;
    return layer.activation == Activation::relu ? 0 : sum * layer.slopes[output];
  }
  // Rows as they lie in a ring, of `pixels` pixels with `floats` floats each.
  struct Ring {
    AlignedFloats above, middle, below;
    ThreeRows rows() const { return {above.data(), middle.data(), below.data()}; }
    const AlignedFloats& row(int y) const { return y == 0 ? above : y == 1 ? middle : below; }
  };
  Ring ring(int pixels, int channels) { return {row(pixels, channels), row(pixels, channels), row(pixels, channels)}; }

  std::mt19937 random_{1};
};

constexpr Activation kActivations[] = {Activation::none, Activation::relu, Activation::prelu};

TEST_P(Rows, Pointwise) {
  const int shapes[][2] = {{16, 16}, {16, 32}, {32, 64}, {64, 64}, {64, 16},
                           {24, 48}, {5, 7},   {80, 96}, {3, 100}, {128, 1}};
  for (const auto& [inputs, outputs] : shapes) {
    for (const Activation activation : kActivations) {
      const Layer layer = filled(pointwise_layer(inputs, outputs, activation));
      for (int pixels = 1; pixels < 40; ++pixels) {
        const AlignedFloats in = row(pixels, inputs);
        AlignedFloats out = row(pixels, outputs);
        pointwise(layer, in.data(), pixels, out.data());
        for (int p = 0; p < pixels; ++p) {
          for (int o = 0; o < outputs; ++o) {
            double sum = layer.biases[o];
            for (int i = 0; i < inputs; ++i) sum += double{in[p * padded_channels(inputs) + i]} * layer.weight(i, o);
            ASSERT_NEAR(out[p * padded_channels(outputs) + o], activated(layer, o, sum), 1e-4)
                << inputs << " to " << outputs << " channels, pixel " << p << " of " << pixels;
          }
        }
      }
    }
  }
}

TEST_P(Rows, Depthwise) {
  for (const int channels : {1, 8, 16, 24, 40, 64}) {
    for (const Activation activation : kActivations) {
      const Layer layer = filled(depthwise_layer(channels, activation));
      for (const int stride : {1, 2}) {
        for (int width = 1; width < 36; ++width) {
          const Ring in = ring((width - 1) * stride + 3, channels);
          AlignedFloats out = row(width, channels);
          depthwise3x3(layer, in.rows(), width, stride, out.data());
          for (int x = 0; x < width; ++x) {
            for (int c = 0; c < channels; ++c) {
              double sum = layer.biases[c];
              for (int tap = 0; tap < 9; ++tap) {
                const float input = in.row(tap / 3)[(x * stride + tap % 3) * padded_channels(channels) + c];
                sum += double{input} * layer.weight(tap, c);
              }
              ASSERT_NEAR(out[x * padded_channels(channels) + c], activated(layer, c, sum), 1e-5)
                  << channels << " channels, stride " << stride << ", pixel " << x << " of " << width;
            }
          }
        }
      }
    }
  }
}

TEST_P(Rows, Stem) {
  for (const auto& [inputs, outputs] : {std::pair{3, 16}, {3, 24}, {1, 5}, {4, 32}}) {
    for (const Activation activation : kActivations) {
      const Layer layer = filled(stem_layer(inputs, outputs, activation));
      for (int width = 1; width < 40; ++width) {
        Ring in;
        for (AlignedFloats* row : {&in.above, &in.middle, &in.below}) {
          *row = AlignedFloats(static_cast<std::size_t>(inputs) * (2 * width + 1));
          fill(*row);
        }
        AlignedFloats out = row(width, outputs);
        stem3x3(layer, in.rows(), width, out.data());
        for (int x = 0; x < width; ++x) {
          for (int o = 0; o < outputs; ++o) {
            double sum = layer.biases[o];
            for (int tap = 0; tap < 9 * inputs; ++tap) {
              const int pixel = tap / inputs;
              const float input = in.row(pixel / 3)[(2 * x + pixel % 3) * inputs + tap % inputs];
              sum += double{input} * layer.weight(tap, o);
            }
            ASSERT_NEAR(out[x * padded_channels(outputs) + o], activated(layer, o, sum), 1e-5)
                << outputs << " channels, pixel " << x << " of " << width;
          }
        }
      }
    }
  }
}

TEST_P(Rows, MaxPool) {
  for (const int channels : {3, 16, 24, 64}) {
    for (int width = 1; width < 9; ++width) {
      const AlignedFloats upper = row(2 * width, channels), lower = row(2 * width, channels);
      AlignedFloats out = row(width, channels);
      max_pool2x2(upper.data(), lower.data(), channels, width, out.data());
      const int pixel = padded_channels(channels);
      for (int x = 0; x < width; ++x) {
        for (int c = 0; c < channels; ++c) {
          const int left = 2 * x * pixel + c, right = left + pixel;
          ASSERT_EQ(out[x * pixel + c],
                    std::max(std::max(upper[left], upper[right]), std::max(lower[left], lower[right])));
        }
      }
    }
  }
}

TEST_P(Rows, Sums) {
  for (const int channels : {3, 16, 24, 64}) {
    for (int width = 1; width < 9; ++width) {
      const AlignedFloats a = row(width, channels), b = row(width, channels);
      AlignedFloats sum = row(width, channels), doubled = row(width, channels);
      add(a.data(), b.data(), channels, width, sum.data());
      add_doubled(a.data(), b.data(), channels, width, doubled.data());
      const int pixel = padded_channels(channels);
      for (int x = 0; x < width; ++x) {
        for (int c = 0; c < channels; ++c) {
          const int here = x * pixel + c;
          ASSERT_EQ(sum[here], a[here] + b[here]);
          ASSERT_EQ(doubled[here], a[here] + b[x / 2 * pixel + c]);
        }
      }
    }
  }
}

TEST_P(Rows, FloatsOfBytesAtAnyAddress) {
  std::vector<std::uint8_t> bytes(300);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  for (int from = 0; from < 5; ++from) {
    for (int count = 0; count < 290; ++count) {
      std::vector<float> out(300, -7);
      floats_of(bytes.data() + from, count, 2, -1, out.data() + from);
      for (int i = 0; i < count; ++i) ASSERT_EQ(out[from + i], 2.F * bytes[from + i] - 1);
      ASSERT_EQ(out[from + count], -7) << "beyond the last of " << count;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(On, Rows, ::testing::ValuesIn(instruction_sets()), [](const auto& set) { return set.param; });

TEST(RowInstructionSets, TheWidestIsFirst) { EXPECT_FALSE(instruction_sets().empty()); }

TEST(AlignedFloatsTest, BeginAtVectors) {
  for (const std::size_t count : {0, 1, 17, 1000}) {
    const AlignedFloats floats(count);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(floats.data()) % 64, 0U);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(floats[i], 0);
  }
}

}  // namespace
}  // namespace cumulet::vision::rows
