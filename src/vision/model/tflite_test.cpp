#include "vision/model/tflite.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "vision/model/full_range_model.hpp"
#include "vision/model/tflite_writer.hpp"

namespace cumulet::vision {
namespace {

using test::TfliteWriter;

template <class T>
std::string bytes_of(const std::vector<T>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)};
}

// A picture of 4x4 with one channel, convolved with half-precision weights that an operator makes whole.
std::string small_model() {
  const std::vector<TfliteWriter::Tensor> tensors{
      {{1, 4, 4, 1}, 0, {}}, {{2, 3, 3, 1}, 1, bytes_of(std::vector<std::uint16_t>(18, 0x3800))},
      {{2, 3, 3, 1}, 0, {}}, {{2}, 0, bytes_of(std::vector<float>{0.25F, -1})},
      {{1, 2, 2, 2}, 0, {}},
  };
  const std::vector<TfliteWriter::Operator> operators{
      {6, {1}, {2}},
      {3, {0, 2, 3}, {4}, {{1, 2}, {2, 2}, {4, 1}, {5, 1}}, {{0, 0}, {3, 0}}},
  };
  return TfliteWriter::file(tensors, operators, {0}, {4});
}

std::string refusal(const std::string& bytes) {
  const auto read = read_tflite(bytes);
  return read.ok() ? "read" : read.error().message();
}

TEST(Tflite, TensorsAndOperatorsAreRead) {
  const std::string bytes = small_model();
  ASSERT_TRUE(is_tflite(bytes));
  const auto graph = read_tflite(bytes);
  ASSERT_TRUE(graph.ok()) << graph.error().message();
  EXPECT_EQ(graph->inputs, std::vector<int>{0});
  EXPECT_EQ(graph->outputs, std::vector<int>{4});
  ASSERT_EQ(graph->operators.size(), 2U);
  EXPECT_EQ(graph->operators[0].op, TfliteOp::dequantize);
  const TfliteOperator& conv = graph->operators[1];
  EXPECT_EQ(conv.op, TfliteOp::conv);
  EXPECT_EQ(conv.inputs, (std::vector<int>{0, 2, 3}));
  EXPECT_EQ(conv.stride, 2);
  EXPECT_TRUE(conv.pads_same);
  EXPECT_FALSE(conv.has_unusual_options);
  EXPECT_EQ(constant_numbers(graph->tensors[1]), std::vector<float>(18, 0.5F));
  EXPECT_EQ(constant_numbers(graph->tensors[3]), (std::vector<float>{0.25F, -1}));
  EXPECT_TRUE(constant_numbers(graph->tensors[0]).empty());
}

TEST(Tflite, HalfPrecisionNumbers) {
  const std::vector<std::uint16_t> halves{0x0000, 0x3C00, 0xC000, 0x7BFF, 0x0001,
                                          0x8001, 0x03FF, 0x0400, 0x3555, 0x7C00};
  const TfliteTensor tensor{{10}, TfliteType::f16, {reinterpret_cast<const char*>(halves.data()), 20}};
  const auto numbers = constant_numbers(tensor);
  ASSERT_EQ(numbers.size(), 10U);
  const std::vector<float> expected{0, 1, -2, 65504, 0x1p-24F, -0x1p-24F, 1023 * 0x1p-24F, 0x1p-14F, 0.33325195F};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(numbers[i], expected[i]) << i;
  EXPECT_TRUE(std::isinf(numbers[9]));
}

TEST(Tflite, UnusualOptionsAreSaid) {
  const auto with = [](TfliteWriter::Operator made) {
    const std::vector<TfliteWriter::Tensor> tensors(4, {{1, 4, 4, 1}, 0, {}});
    made.inputs = {0, 1, 2};
    made.outputs = {3};
    const std::string bytes = TfliteWriter::file(tensors, {made}, {0}, {3});
    return read_tflite(bytes)->operators[0].has_unusual_options;
  };
  EXPECT_FALSE(with({4, {}, {}, {{1, 1}, {2, 1}, {3, 1}, {5, 1}, {6, 1}}, {{0, 0}}}));
  EXPECT_TRUE(with({4, {}, {}, {{1, 1}, {2, 1}, {3, 2}, {5, 1}, {6, 1}}, {{0, 0}}}));  // multiplier
  EXPECT_TRUE(with({3, {}, {}, {{1, 1}, {2, 2}}, {}}));                                // unequal strides
  EXPECT_TRUE(with({3, {}, {}, {{1, 1}, {2, 1}, {4, 2}}, {}}));                        // dilation
  EXPECT_TRUE(with({3, {}, {}, {{1, 1}, {2, 1}}, {{3, 1}}}));                          // fused activation
  EXPECT_TRUE(with({3, {}, {}, {{1, 1000}, {2, 1000}}, {}}));
  EXPECT_TRUE(with({23, {}, {}, {}, {{2, 1}}}));  // aligned corners
  EXPECT_FALSE(with({23, {}, {}, {}, {{2, 0}, {3, 1}}}));
}

TEST(Tflite, ASparseTensorHasNoNumbers) {
  const std::string bytes = TfliteWriter::file({{{2}, 0, bytes_of(std::vector<float>{1, 2}), true}}, {}, {0}, {0});
  const auto graph = read_tflite(bytes);
  ASSERT_TRUE(graph.ok()) << graph.error().message();
  EXPECT_TRUE(constant_numbers(graph->tensors[0]).empty());
}

TEST(Tflite, WhatIsNoneIsRefused) {
  EXPECT_EQ(refusal(""), "is no TensorFlow Lite model");
  EXPECT_EQ(refusal("TFL3"), "is no TensorFlow Lite model");
  EXPECT_EQ(refusal(std::string("\0\0\0\0TFL2....", 12)), "is no TensorFlow Lite model");
  EXPECT_NE(refusal(std::string("\0\0\0\0TFL3", 8)), "read");
  EXPECT_EQ(refusal(std::string("\xFF\xFF\xFF\xFFTFL3", 8) + std::string(100, '\xFF')), "is damaged or cut short");
  EXPECT_EQ(refusal(TfliteWriter::file({}, {}, {}, {}, 2)), "is a TensorFlow Lite model of another version");
  EXPECT_EQ(refusal(TfliteWriter::file({{{1, 0}, 0, {}}}, {}, {}, {})), "is damaged or cut short");
  EXPECT_EQ(refusal(TfliteWriter::file({{{1 << 20}, 0, {}}}, {}, {}, {})), "is damaged or cut short");
  EXPECT_EQ(refusal(TfliteWriter::file({{std::vector<std::int32_t>(9, 1), 0, {}}}, {}, {}, {})),
            "is damaged or cut short");
  EXPECT_EQ(refusal(TfliteWriter::file({{{1}, 0, {}}}, {{3, {0, 1}, {0}}}, {}, {})), "is damaged or cut short");
  EXPECT_EQ(refusal(TfliteWriter::file({{{1}, 0, {}}}, {{3, {0, -2}, {0}}}, {}, {})), "is damaged or cut short");
}

// The last bytes are a buffer's, so that every cut hits something.
TEST(Tflite, EveryTruncationIsRefused) {
  std::string whole = TfliteWriter::file({{{2}, 0, bytes_of(std::vector<float>{1, 2})}}, {}, {0}, {0});
  ASSERT_EQ(refusal(whole), "read");
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(refusal(whole.substr(0, length)), "read") << length;
}

TEST(Tflite, DamagedBytesAreReadToTheirEndAndNoFurther) {
  const std::string whole = small_model();
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (int i = 0; i < 1 + round % 4; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto graph = read_tflite(bytes);
    if (!graph.ok()) continue;
    for (const TfliteTensor& tensor : graph->tensors) (void)constant_numbers(tensor);
    EXPECT_FALSE(read_full_range(bytes).ok());
  }
}

TEST(FullRangeModel, AModelOfSomethingElseIsRefused) {
  const auto read = read_full_range(small_model());
  ASSERT_FALSE(read.ok());
  EXPECT_TRUE(read.error().is(kBadModel));
  EXPECT_EQ(read.error().message(),
            "is a TensorFlow Lite model of something else: it is not MediaPipe's full-range face detector");
}

}  // namespace
}  // namespace cumulet::vision
