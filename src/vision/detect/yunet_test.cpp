// YuNet as a whole: against cv::dnn, which runs the same file, and against files that are not it.
#include "vision/detect/yunet.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>
#include <random>
#include <sstream>
#include <thread>

#include "vision/detect/yunet_faces.hpp"
#include "vision/testing/media_test.hpp"

namespace cumulet::vision {
namespace {

// YuNet in all but its numbers (tests/models/make_bright_spots.py).
std::string bright_spots() {
  return (std::filesystem::path(__FILE__).parent_path() / "../../../tests/models/bright_spots.onnx").string();
}

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string refusal(std::string_view onnx) {
  const auto read = read_yunet(onnx);
  if (read.ok()) return "none";
  EXPECT_TRUE(read.error().is(kNoDetector));
  return read.error().message();
}
constexpr const char* kDamaged = "The face model cannot be loaded: it is no ONNX model, or damaged.";
constexpr const char* kOther = "The face model cannot be loaded: it is not YuNet 2023mar (ONNX).";

// Waves of several lengths, bright patches, and noise; `stride` bytes a row, what lies between rows is noise as well.
struct Picture {
  int width, height;
  std::size_t stride;
  std::vector<std::uint8_t> bytes;
  rows::PictureView view() const { return {bytes.data(), width, height, stride}; }
};
Picture picture(int width, int height, std::size_t beyond = 0) {
  Picture made{width, height, 3 * static_cast<std::size_t>(width) + beyond, {}};
  made.bytes.resize(made.stride * static_cast<std::size_t>(height));
  std::mt19937 random(static_cast<unsigned>(width * 10007 + height));
  for (std::size_t i = 0; i < made.bytes.size(); ++i) {
    const auto x = static_cast<double>(i % made.stride) / 3, y = static_cast<double>(i / made.stride);
    const double wave = std::sin(x / 11 + static_cast<double>(i % 3)) + std::cos(y / 17);
    const bool patch = std::fmod(x, 90) < 40 && std::fmod(y, 70) < 40;
    made.bytes[i] = static_cast<std::uint8_t>(patch ? 250 : 80 + 40 * wave + random() % 80);
  }
  return made;
}

int padded(int size) { return (size + 31) / 32 * 32; }

// The network's twelve outputs by OpenCV, of the picture with its padding.
class Oracle {
 public:
  explicit Oracle(const std::string& path) : net_(cv::dnn::readNetFromONNX(path)) {
    for (const char* kind : {"cls_", "obj_", "bbox_", "kps_"}) {
      for (const int stride : kYuNetStrides) names_.push_back(kind + std::to_string(stride));
    }
  }
  std::vector<cv::Mat> run(const Picture& picture) {
    cv::Mat input(padded(picture.height), padded(picture.width), CV_8UC3, cv::Scalar::all(0));
    const cv::Mat image(picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t*>(picture.bytes.data()),
                        picture.stride);
    image.copyTo(input(cv::Rect(0, 0, picture.width, picture.height)));
    net_.setInput(cv::dnn::blobFromImage(input));
    std::vector<cv::Mat> outputs;
    net_.forward(outputs, names_);
    return outputs;
  }

 private:
  cv::dnn::Net net_;
  std::vector<cv::String> names_;
};

// The largest difference between an output of the network and the oracle's. Boxes and points may be large: by their
// size.
double worst_difference(const YuNetCells& cells, const std::vector<cv::Mat>& wanted) {
  struct Output {
    int first, count;
    bool probability;
  };
  constexpr Output kOutputs[] = {
      {kCellFace, 1, true}, {kCellObject, 1, true}, {kCellBox, 4, false}, {kCellPoints, 10, false}};
  double worst = 0;
  for (std::size_t kind = 0; kind < std::size(kOutputs); ++kind) {
    for (std::size_t level = 0; level < cells.size(); ++level) {
      const auto& [first, count, probability] = kOutputs[kind];
      const rows::FeatureMap& map = cells[level];
      const cv::Mat& oracle = wanted[3 * kind + level];
      const int total = map.shape.height * map.shape.width;
      EXPECT_EQ(oracle.total(), static_cast<std::size_t>(total) * count);
      for (int i = 0; i < total * count; ++i) {
        const double mine = map.floats[i / count * static_cast<int>(map.shape.pixel()) + first + i % count];
        const double theirs = oracle.ptr<float>()[i];
        const double size = std::max(1.0, std::abs(theirs));
        worst = std::max(worst, std::abs((probability ? 1 / (1 + std::exp(-mine)) : mine) - theirs) / size);
      }
    }
  }
  return worst;
}

constexpr int kSizes[][2] = {{640, 360}, {320, 192}, {480, 544}, {128, 128}, {64, 64},  {96, 96},
                             {160, 128}, {256, 224}, {1, 1},     {31, 33},   {33, 31},  {97, 130},
                             {500, 3},   {2, 700},   {192, 65},  {353, 287}, {255, 257}};

void expect_agreement(const std::string& model) {
  const auto weights = load_yunet(model);
  ASSERT_TRUE(weights.ok()) << weights.error().message();
  Oracle oracle(model);
  rows::Workspace workspace;  // one for all, so that what earlier pictures left is there to be tripped over
  for (const auto& [width, height] : kSizes) {
    const Picture made = picture(width, height, static_cast<std::size_t>(width % 5));
    const auto wanted = oracle.run(made);
    for (const std::string& set : rows::instruction_sets()) {
      rows::use_instruction_set(set);
      workspace.rewind();
      EXPECT_LT(worst_difference(run_yunet(**weights, made.view(), workspace), wanted), 1e-4)
          << width << 'x' << height << " on " << set;
    }
  }
  rows::use_instruction_set("");
}

TEST(YuNetNetwork, AgreesWithOpenCvOnEveryOutputForManySizes) {
  const std::string model = test::model_path(DetectorKind::yunet);
  if (model.empty()) GTEST_SKIP() << "YuNet's file is not here: the engine was not compared with OpenCV on it";
  expect_agreement(model);
}

TEST(YuNetNetwork, AgreesWithOpenCvOnTheModelOfBrightSpots) { expect_agreement(bright_spots()); }

TEST(YuNetNetwork, ThreadsShareTheWeights) {
  const auto weights = load_yunet(bright_spots());
  ASSERT_TRUE(weights.ok());
  const Picture made = picture(320, 180);
  std::vector<std::vector<Face>> found(4);
  {
    std::vector<std::jthread> threads;
    for (auto& faces : found) {
      threads.emplace_back([&] {
        YuNet detector(*weights);
        for (int i = 0; i < 5; ++i) detector.detect(made.view(), 12, faces);
      });
    }
  }
  ASSERT_FALSE(found[0].empty());
  for (const auto& faces : found) {
    ASSERT_EQ(faces.size(), found[0].size());
    for (std::size_t i = 0; i < faces.size(); ++i) {
      EXPECT_EQ(faces[i].box.left, found[0][i].box.left);
      EXPECT_EQ(faces[i].confidence, found[0][i].confidence);
    }
  }
}

TEST(YuNetDetector, FindsABrightPatchWhereItIs) {
  const auto weights = load_yunet(bright_spots());
  ASSERT_TRUE(weights.ok());
  Image image{200, 150, std::vector<std::uint8_t>(200 * 150 * 3)};
  for (int y = 60; y < 100; ++y) std::fill_n(&image.bgr[3 * (y * 200 + 90)], 3 * 40, std::uint8_t{255});
  YuNet detector(*weights);
  const auto faces = detector.detect(image);
  ASSERT_FALSE(faces.empty());
  EXPECT_GT(faces[0].confidence, 99);
  EXPECT_NEAR(faces[0].box.centre().x * 200, 110, 24);
  EXPECT_NEAR(faces[0].box.centre().y * 150, 80, 24);
  EXPECT_NEAR(faces[0].box.width * 200, 64, 0.1);
  ASSERT_TRUE(faces[0].landmarks.has_value());
  EXPECT_LT((*faces[0].landmarks)[kEyeLeft].x, (*faces[0].landmarks)[kEyeRight].x);
  EXPECT_TRUE(detector.detect(Image{}).empty());
}

TEST(YuNetFaces, OnlySureOnesAreTakenAndTheSurestOfDoublesStays) {
  std::vector<float> floats(3 * 16 * kCellChannels, -20);  // no face anywhere
  const auto map = [&](int level, int side) {
    return rows::FeatureMap{{side, side, kCellChannels}, &floats[static_cast<std::size_t>(level) * 16 * kCellChannels]};
  };
  const YuNetCells cells{map(0, 4), map(1, 2), map(2, 1)};
  const auto face = [&](int level, int cell, float logit) {
    float* at = cells[level].floats + cell * kCellChannels;
    std::fill_n(at, kCellChannels, 0.F);
    at[kCellFace] = at[kCellObject] = logit;
  };
  face(0, 0, 2);
  face(0, 15, -1);
  face(1, 0, -5);
  cells[2].floats[kCellFace] = 20;  // a face that is no object
  std::vector<Face> faces;
  add_faces(cells, 32, 32, 12, faces);
  ASSERT_EQ(faces.size(), 2U);
  EXPECT_NEAR(faces[0].confidence, 100 / (1 + std::exp(-2)), 1e-3);
  EXPECT_NEAR(faces[0].box.left, -4.0 / 32, 1e-6);
  EXPECT_NEAR(faces[0].box.width, 8.0 / 32, 1e-6);
  EXPECT_NEAR(faces[1].box.left, 20.0 / 32, 1e-6);
  faces.clear();
  add_faces(cells, 32, 32, 0, faces);
  EXPECT_EQ(faces.size(), 21U) << "a floor of 0 takes every cell";
  faces.clear();
  add_faces(cells, 32, 32, 50, faces);
  EXPECT_EQ(faces.size(), 1U);
  for (const auto& [channel, value] : {std::pair{kCellFace, NAN}, {kCellBox, NAN}, {kCellPoints, INFINITY}}) {
    cells[0].floats[channel] = value;
    faces.clear();
    add_faces(cells, 32, 32, 50, faces);
    EXPECT_TRUE(faces.empty()) << "channel " << channel;
    cells[0].floats[channel] = 2;
  }
  cells[0].floats[kCellBox + 2] = 1000;  // too wide for a number
  faces.clear();
  add_faces(cells, 32, 32, 50, faces);
  EXPECT_TRUE(faces.empty());
}

TEST(YuNetFaces, SuppressionIsOpenCvs) {
  std::mt19937 random(3);
  const auto any = [&](double most) { return std::uniform_real_distribution<double>(0, most)(random); };
  for (int round = 0; round < 50; ++round) {
    std::vector<Face> faces(static_cast<std::size_t>(round * 4));
    std::vector<cv::Rect2d> rects;
    std::vector<float> scores;
    for (Face& face : faces) {
      face.box = {any(1), any(1), any(0.4), any(0.4)};
      scores.push_back(static_cast<float>(1 + random() % 9) / 10);  // many are equally sure
      face.confidence = 100.0 * scores.back();
      rects.emplace_back(face.box.left, face.box.top, face.box.width, face.box.height);
    }
    std::vector<int> kept;
    cv::dnn::NMSBoxes(rects, scores, 0.01F, 0.4F, kept);
    suppress_overlapping(faces, 0.4);
    ASSERT_EQ(faces.size(), kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i)
      EXPECT_EQ(faces[i].box.left, rects[static_cast<std::size_t>(kept[i])].x);
  }
}

TEST(YuNetFile, TheTestsModelIsTaken) { EXPECT_EQ(refusal(contents(bright_spots())), "none"); }

TEST(YuNetFile, WhatIsNoModelIsRefused) {
  EXPECT_EQ(refusal(""), kDamaged);
  EXPECT_EQ(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:8f23\nsize 232589\n"), kDamaged);
  EXPECT_EQ(refusal(std::string(1000, '\0')), kDamaged);
  EXPECT_EQ(refusal(std::string(1000, '\xFF')), kDamaged);
  const auto absent = load_yunet("/no/such/model.onnx");
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().message(), "The face model cannot be read, or is empty.");
  EXPECT_FALSE(load_yunet(std::filesystem::path(__FILE__).parent_path()).ok()) << "a folder";
}

TEST(YuNetFile, EveryTruncationIsRefused) {
  const std::string whole = contents(bright_spots());
  for (std::size_t length = 0; length < whole.size();
       length += length < 2000 || whole.size() - length < 2000 ? 1 : 331) {
    EXPECT_EQ(refusal(std::string_view(whole).substr(0, length)), kDamaged) << length;
  }
}

// One word, number or shape another: what is changed stands in the file's bytes with its length or tag before it.
TEST(YuNetFile, AnotherNetworkIsRefused) {
  const std::string whole = contents(bright_spots());
  const std::pair<std::string, std::string> changes[] = {
      {"\x22\x04Relu", "\x22\x04Rely"},  // another operation
      {"\x22\x04"
       "Conv",
       "\x22\x04"
       "Conw"},
      {"\x22\x07MaxPool", "\x22\x07MinPool"},
      {std::string("pads\x40\1\x40\1", 8), std::string("pads\x40\0\x40\1", 8)},
      {std::string("strides\x40\2", 9), std::string("strides\x40\1", 9)},
      {std::string("kernel_shape\x40\3", 14), std::string("kernel_shape\x40\5", 14)},
      {std::string("dilations\x40\1", 11), std::string("dilations\x40\2", 11)},
      {std::string("perm\x40\0\x40\2", 8), std::string("perm\x40\2\x40\0", 8)},
      {"\x22\x07nearest", "\x22\x07nearezt"},  // another way to enlarge
      {"kps_32", "qps_32"},                    // another output
      {"\x0A\x05input", "\x0A\x05inpux"},
      {std::string("\x08\x10\x08\3\x08\3\x08\3", 8), std::string("\x08\x10\x08\3\x08\3\x08\2", 8)}};  // of other sizes
  for (const auto& [from, to] : changes) {
    std::string changed = whole;
    const std::size_t at = changed.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    changed.replace(at, from.size(), to);
    EXPECT_NE(refusal(changed), "none") << "at " << at;
  }
}

TEST(YuNetFile, NumbersThatAreNoneAreRefused) {
  std::string whole = contents(bright_spots());
  const std::string log_four("\x18\x72\xB1\x3F", 4);  // the box's size, in a bias of its head
  const std::size_t at = whole.find(log_four);
  ASSERT_NE(at, std::string::npos);
  for (const std::string& bits :
       {std::string("\0\0\xC0\x7F", 4), std::string("\0\0\x80\xFF", 4)}) {  // not a number, -infinity
    whole.replace(at, 4, bits);
    EXPECT_EQ(refusal(whole), kOther);
  }
}

// Whichever byte is another: it is refused, or it is a weight, a name, or a word that says nothing.
TEST(YuNetFile, AnyByteMayBeWrong) {
  const std::string whole = contents(bright_spots());
  std::mt19937 random(5);
  for (int round = 0; round < 1000; ++round) {
    std::string changed = whole;
    // Nodes come first, and constants after them.
    changed[random() % (round % 2 == 0 ? 15'000 : changed.size())] = static_cast<char>(random());
    (void)read_yunet(changed);
  }
}

}  // namespace
}  // namespace cumulet::vision
