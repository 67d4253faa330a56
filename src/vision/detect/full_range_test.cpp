// MediaPipe's full-range network against the plain loops of full_range_reference.hpp, on every instruction set of this
// processor; what is made of its cells; and its file, where that is here.
#include "vision/detect/full_range.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "vision/detect/full_range_faces.hpp"
#include "vision/detect/full_range_reference.hpp"
#include "vision/detect/row_sums.hpp"
#include "vision/model/tflite.hpp"
#include "vision/testing/media_test.hpp"

namespace cumulet::vision {
namespace {

std::vector<float> random_numbers(std::size_t count, float most, std::mt19937& random) {
  std::uniform_real_distribution<float> any(-most, most);
  std::vector<float> out(count);
  for (float& number : out) number = any(random);
  return out;
}

// Weights of the right shapes, so that sums stay near 1.
class AnyWeights {
 public:
  FullRangeWeights make() {
    FullRangeWeights out;
    out.stem = conv(3, 32, 3);
    int channels = 32;
    const std::array<std::vector<std::array<int, 3>>, 4> stages{{{{8, 32, 1}, {12, 48, 2}, {16, 64, 1}},
                                                                 {{24, 96, 2}, {32, 128, 1}},
                                                                 {{36, 144, 2}, {64, 256, 1}},
                                                                 {{96, 384, 2}, {96, 384, 1}}}};
    std::array<int, 4> ends{};
    for (std::size_t stage = 0; stage < stages.size(); ++stage) {
      for (const auto& [narrow, wide, stride] : stages[stage]) {
        out.stages[stage].push_back(block(channels, narrow, wide, stride));
        channels = wide;
      }
      ends[stage] = channels;
    }
    const int merged[] = {96, 64, 48};
    for (std::size_t merge = 0; merge < out.merges.size(); ++merge) {
      const int wide = merged[merge];
      out.merges[merge].coarse = conv(channels, wide, 1);
      out.merges[merge].fine = conv(ends[2 - merge], wide, 1);
      out.merges[merge].blocks.push_back(block(wide, wide / 2, wide, 1));
      channels = wide;
    }
    out.score = conv(channels, 1, 1);
    out.box = conv(channels, 16, 1);
    return out;
  }

 private:
  ConvWeights conv(int inputs, int outputs, int kernel) {
    const int taps = inputs * kernel * kernel;
    return {
        inputs, outputs, kernel,
        random_numbers(static_cast<std::size_t>(outputs) * taps, 1.5F / std::sqrt(static_cast<float>(taps)), random_),
        random_numbers(outputs, 0.1F, random_)};
  }
  DepthwiseWeights depthwise(int channels) {
    return {channels, random_numbers(9 * static_cast<std::size_t>(channels), 0.5F, random_),
            random_numbers(channels, 0.1F, random_)};
  }
  BlockWeights block(int inputs, int narrow, int wide, int stride) {
    return {stride, depthwise(inputs), conv(inputs, narrow, 1), depthwise(narrow), conv(narrow, wide, 1)};
  }
  std::mt19937 random_{1};
};

struct Picture {
  int width, height;
  std::vector<std::uint8_t> bgr;
  Picture(int w, int h) : width(w), height(h), bgr(static_cast<std::size_t>(3) * w * h) {
    std::mt19937 random(2);
    for (std::uint8_t& byte : bgr) byte = static_cast<std::uint8_t>(random());
  }
  rows::PictureView view() const { return {bgr.data(), width, height, 3 * static_cast<std::size_t>(width)}; }
  // With black to its right and below it.
  Picture grown(int w, int h) const {
    Picture out(w, h);
    std::fill(out.bgr.begin(), out.bgr.end(), std::uint8_t{0});
    for (int y = 0; y < height; ++y)
      std::copy_n(&bgr[static_cast<std::size_t>(3) * y * width], 3 * width,
                  &out.bgr[static_cast<std::size_t>(3) * y * w]);
    return out;
  }
};

class FullRangeNetwork : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { rows::use_instruction_set(GetParam()); }
  void TearDown() override { rows::use_instruction_set(""); }
};

TEST_P(FullRangeNetwork, SaysWhatThePlainLoopsSay) {
  const FullRangeWeights weights = AnyWeights().make();
  const FullRangeLayers layers = full_range_layers(weights);
  rows::Workspace workspace;
  std::vector<FullRangeCell> cells;
  const int sizes[][2] = {{96, 64}, {32, 32}, {50, 33}, {1, 1}};
  for (const auto& [width, height] : sizes) {
    const Picture picture(width, height);
    const int w = (width + 31) / 32 * 32, h = (height + 31) / 32 * 32;
    const auto expected = reference::run(weights, picture.grown(w, h).bgr.data(), w, h);
    run_full_range(layers, picture.view(), -INFINITY, workspace, cells);
    ASSERT_EQ(cells.size(), expected.scores.values.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
      ASSERT_EQ(static_cast<std::size_t>(cells[i].row) * (w / 4) + cells[i].column, i);
      ASSERT_NEAR(cells[i].score, expected.scores.values[i], 2e-3) << width << 'x' << height << ", cell " << i;
      for (std::size_t n = 0; n < 16; ++n) ASSERT_NEAR(cells[i].numbers[n], expected.boxes.values[16 * i + n], 2e-3);
    }
  }
}

TEST_P(FullRangeNetwork, OnlyCellsOfTheLeastScoreAreGiven) {
  const FullRangeLayers layers = full_range_layers(AnyWeights().make());
  rows::Workspace workspace;
  std::vector<FullRangeCell> all, some;
  const Picture picture(64, 64);
  run_full_range(layers, picture.view(), -INFINITY, workspace, all);
  const float middle = all[all.size() / 2].score;
  run_full_range(layers, picture.view(), middle, workspace, some);
  EXPECT_EQ(some.size(), static_cast<std::size_t>(std::count_if(
                             all.begin(), all.end(), [&](const FullRangeCell& cell) { return cell.score >= middle; })));
}

TEST_P(FullRangeNetwork, SumsOfRows) {
  const int channels = 40, fewer = 20, width = 5;
  const auto pixel = static_cast<std::size_t>(rows::padded_channels(channels));
  const auto fewer_pixel = static_cast<std::size_t>(rows::padded_channels(fewer));
  std::mt19937 random(3);
  const auto filled = [&](std::size_t count) {
    rows::AlignedFloats out(count);
    const auto numbers = random_numbers(count, 1, random);
    std::copy(numbers.begin(), numbers.end(), out.data());
    return out;
  };
  const auto near = filled(pixel * width), far = filled(pixel * width), before = filled(pixel * width * 2);
  rows::AlignedFloats out(before.size());
  std::copy_n(before.data(), before.size(), out.data());
  rows::add_enlarged(near.data(), far.data(), channels, width, out.data());
  for (int x = 0; x < 2 * width; ++x) {
    const int other = std::clamp(x / 2 + (x % 2 == 0 ? -1 : 1), 0, width - 1);
    for (int c = 0; c < channels; ++c) {
      const auto at = [&](const rows::AlignedFloats& row, int p) {
        return row[static_cast<std::size_t>(p) * pixel + c];
      };
      const auto blend = [&](int p) { return 0.75F * at(near, p) + 0.25F * at(far, p); };
      EXPECT_NEAR(at(out, x), at(before, x) + 0.75F * blend(x / 2) + 0.25F * blend(other), 1e-5);
    }
  }
  auto beside = filled(fewer_pixel * width);
  for (int p = 0; p < width; ++p)  // what lies behind the channels is 0 where rows come from layers
    for (std::size_t c = fewer; c < fewer_pixel; ++c) beside[p * fewer_pixel + c] = 0;
  std::copy_n(before.data(), pixel * width, out.data());
  rows::add_and_relu(beside.data(), fewer, channels, width, out.data());
  for (int p = 0; p < width; ++p)
    for (int c = 0; c < channels; ++c) {
      const float sum = before[p * pixel + c] + (c < fewer ? beside[p * fewer_pixel + c] : 0);
      EXPECT_NEAR(out[p * pixel + c], std::max(0.0F, sum), 1e-6);
    }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, FullRangeNetwork, ::testing::ValuesIn(rows::instruction_sets()),
                         [](const auto& made) { return made.param; });

FullRangeCell cell_at(int column, int row, float score) {
  FullRangeCell cell{column, row, score, {}};
  cell.numbers = {2, -2, 40, 40, -8, -4, 12, -4, 2, 4, 2, 14, -20, 0, 24, 0};
  return cell;
}

TEST(FullRangeFaces, ACellBecomesAFace) {
  std::vector<Face> faces;
  add_faces({cell_at(24, 11, full_range_logit(80))}, 200, 100, faces);
  ASSERT_EQ(faces.size(), 1U);
  const Face& face = faces[0];
  EXPECT_NEAR(face.confidence, 80, 1e-4);
  EXPECT_NEAR(face.box.centre().x, 100.0 / 200, 1e-9);
  EXPECT_NEAR(face.box.centre().y, 44.0 / 100, 1e-9);
  EXPECT_NEAR(face.box.width, 40.0 / 200, 1e-9);
  EXPECT_GT(face.box.height * 100, 40);
  ASSERT_TRUE(face.landmarks.has_value());
  EXPECT_NEAR((*face.landmarks)[kEyeLeft].x, 90.0 / 200, 1e-9);
  EXPECT_NEAR((*face.landmarks)[kEyeRight].x, 110.0 / 200, 1e-9);
  EXPECT_NEAR((*face.landmarks)[kNose].y, 50.0 / 100, 1e-9);
  EXPECT_NEAR((*face.landmarks)[kMouthLeft].x, 92.0 / 200, 1e-9);
  EXPECT_NEAR((*face.landmarks)[kMouthRight].x, 108.0 / 200, 1e-9);
  EXPECT_NEAR((*face.landmarks)[kMouthLeft].y, 60.0 / 100, 1e-9);
  EXPECT_NEAR(face.pose(2)->roll, 0, 1e-6);
}

TEST(FullRangeFaces, WhatIsNoNumberIsNoFace) {
  for (const float number : {NAN, INFINITY, -INFINITY}) {
    FullRangeCell cell = cell_at(24, 11, 3);
    cell.numbers[5] = number;
    std::vector<Face> faces;
    add_faces({cell}, 200, 100, faces);
    EXPECT_TRUE(faces.empty());
  }
}

TEST(FullRangeFaces, CellsOfOneFaceBecomeOne) {
  std::vector<Face> faces;
  add_faces({cell_at(20, 10, 1), cell_at(21, 10, 3), cell_at(22, 11, 0), cell_at(60, 10, 2)}, 400, 100, faces);
  const auto merged = merged_faces(faces);
  ASSERT_EQ(merged.size(), 2U);
  EXPECT_NEAR(merged[0].confidence, faces[1].confidence, 1e-9);
  EXPECT_GT(merged[0].box.left, faces[0].box.left);
  EXPECT_LT(merged[0].box.left, faces[2].box.left);
  EXPECT_NEAR(merged[1].box.left, faces[3].box.left, 1e-9);
  // A face within a face is the same, seen at another scale.
  Face inner = faces[3];
  inner.box.width /= 3;
  inner.box.height /= 3;
  inner.confidence = 30;
  EXPECT_EQ(merged_faces({faces[3], inner}).size(), 1U);
  EXPECT_TRUE(merged_faces({}).empty());
}

TEST(FullRange, WhatIsNotItsModelIsRefused) {
  const auto refused = make_full_range(__FILE__);
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().is(kNoDetector));
  EXPECT_EQ(refused.error().message(), "The face model cannot be loaded: it is no TensorFlow Lite model.");
}

TEST(FullRange, ItsFileIsReadAndNothingIsFoundWhereNothingIs) {
  const std::string model = test::model_path(DetectorKind::mediapipe);
  if (model.empty()) GTEST_SKIP() << "MediaPipe's full-range model is not here: its file was not tested";
  const auto detector = make_full_range(model);
  ASSERT_TRUE(detector.ok()) << detector.error().message();
  for (const auto& [width, height] : {std::pair{640, 360}, std::pair{160, 160}, std::pair{1, 1}, std::pair{5, 700}}) {
    const Image grey{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(3) * width * height, 128)};
    EXPECT_TRUE((*detector)->detect(grey).empty()) << width << 'x' << height;
  }
  EXPECT_TRUE((*detector)->detect(Image{}).empty());
}

TEST(FullRange, ItsFileDamagedIsRefusedOrReadWithoutHarm) {
  const std::string model = test::model_path(DetectorKind::mediapipe);
  if (model.empty()) GTEST_SKIP() << "MediaPipe's full-range model is not here: its file was not tested";
  const std::string whole = test::contents(model);
  ASSERT_TRUE(read_full_range(whole).ok());
  for (std::size_t length = 0; length < whole.size(); length += 1 + whole.size() / 500)
    EXPECT_FALSE(read_full_range(whole.substr(0, length)).ok()) << length;
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    std::string bytes = whole;
    bytes[random() % bytes.size()] ^= static_cast<char>(1 + random() % 255);
    const auto read = read_full_range(bytes);  // a weight may be another one
    EXPECT_TRUE(read.ok() || read.error().is(kBadModel));
  }
}

}  // namespace
}  // namespace cumulet::vision
