#include <algorithm>
#include <cmath>

#include "vision/media/errors.hpp"
#include "vision/pipeline/blur_video.hpp"
#include "vision/pipeline/detect_image.hpp"
#include "vision/pipeline/detect_video.hpp"
#include "vision/testing/media_test.hpp"

// The paths that a video takes from its first frame to its covered one, with a model of our own that finds bright spots
// (tests/models/make_bright_spots.py), so that they are tested where YuNet's file is not. How well faces are found is
// YuNet's and detect_test's.
namespace cumulet::vision {
namespace {

class BrightSpots : public test::MediaTest {
 protected:
  static std::string model() {
    return (std::filesystem::path(__FILE__).parent_path() / "../../../tests/models/bright_spots.onnx").string();
  }
  static DetectOptions options() {
    DetectOptions options;
    options.detector = {DetectorKind::yunet, model()};
    return options;
  }
  // White squares of 48 pixels on black; `squares` are drawbox filters without colour.
  std::string film(const std::string& name, const std::string& squares, const std::string& size = "320x240") const {
    return make(name, "-f lavfi -i \"color=black:size=" + size + ":rate=25:duration=1.2," + squares +
                          "\" -c:v libx264 -qp 12 -pix_fmt yuv420p");
  }
  static std::string square(int x, int y, const std::string& when = "", int side = 48) {
    const std::string length = std::to_string(side);
    return "drawbox=x=" + std::to_string(x) + ":y=" + std::to_string(y) + ":w=" + length + ":h=" + length +
           ":color=white:t=fill" + (when.empty() ? "" : ":enable='" + when + "'");
  }
  static bool found_at(const VideoFaces& found, std::int64_t time, Point point) {
    return std::ranges::any_of(found.faces, [&](const TimedFace& timed) {
      const Box& box = timed.face.box;
      return std::abs(timed.timestamp_ms - time) <= 40 && box.left < point.x && point.x < box.right() &&
             box.top < point.y && point.y < box.bottom();
    });
  }
};

TEST_F(BrightSpots, AreFoundThroughoutWithTheVideosFacts) {
  const auto found = detect_faces_in_video(film("in.mp4", square(200, 80)), options());
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_EQ(found->info.codec, "h264");
  EXPECT_EQ(found->info.width, 320);
  EXPECT_EQ(found->info.height, 240);
  EXPECT_EQ(found->info.frames, 30);
  EXPECT_NEAR(found->info.frame_rate, 25, 0.01);
  for (std::int64_t time = 0; time <= 1120; time += 80)
    EXPECT_TRUE(found_at(*found, time, {224.0 / 320, 104.0 / 240})) << time;
  EXPECT_FALSE(found_at(*found, 0, {60.0 / 320, 104.0 / 240}));
  EXPECT_TRUE(found->faces.at(0).face.landmarks.has_value());
}

TEST_F(BrightSpots, AreFoundWhereTheyAreDisplayed) {
  for (const int turn : {90, 180, 270}) {
    const auto turned =
        make("turned.mp4", "-i " + film("upright.mp4", square(200, 80)) + " -vf rotate=" + std::to_string(turn) +
                               "*PI/180" + (turn == 180 ? "" : ":ow=ih:oh=iw") + " -c:v libx264 -qp 12");
    const auto in = make("in.mp4", "-i " + turned + " -c copy -metadata:s:v rotate=" + std::to_string(turn));
    const auto found = detect_faces_in_video(in, options());
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->info.width, 320) << turn;
    EXPECT_TRUE(found_at(*found, 0, {224.0 / 320, 104.0 / 240})) << turn;
  }
}

TEST_F(BrightSpots, InASingleFrameAreFound) {
  const auto found = detect_faces_in_video(film("in.mp4", square(200, 80, "eq(n,7)+eq(n,18)")), options());
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_TRUE(found_at(*found, 280, {224.0 / 320, 104.0 / 240}));
  EXPECT_TRUE(found_at(*found, 720, {224.0 / 320, 104.0 / 240}));
  EXPECT_FALSE(found_at(*found, 1000, {224.0 / 320, 104.0 / 240}));
}

TEST_F(BrightSpots, AreGoneWhenTheyWereCovered) {
  const auto in = film("in.mp4", square(40, 80) + "," + square(200, 120, "gte(n,10)"));
  auto found = detect_faces_in_video(in, options());
  ASSERT_TRUE(found.ok());
  const auto report = blur_video(in, path("out.mp4"), found->faces);
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_EQ(report->frames, 30);
  EXPECT_EQ(report->covered_frames, 30);
  DetectOptions every_frame = options();
  every_frame.report = Report::raw;
  const auto left = detect_faces_in_video(path("out.mp4"), every_frame);
  ASSERT_TRUE(left.ok());
  EXPECT_TRUE(left->faces.empty()) << left->faces.size() << ", the first at " << left->faces[0].timestamp_ms;
}

TEST_F(BrightSpots, SmallOnesOfALargeVideoAreFoundAtTheSecondLook) {
  // 12 pixels where 1920 are shown on 640, which fill no cell; 18 on the second look's 960.
  const auto in = film("in.mp4", square(960, 480, "", 36), "1920x1080");
  const auto found = detect_faces_in_video(in, options());
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_TRUE(found_at(*found, 0, {978.0 / 1920, 498.0 / 1080}));
  DetectOptions without = options();
  without.looks.far = without.looks.turned = false;
  const auto fewer = detect_faces_in_video(in, without);
  ASSERT_TRUE(fewer.ok());
  EXPECT_TRUE(fewer->faces.empty());
}

// As Amazon Rekognition tells them, twice a second: between two looks the square swings out and back, where a straight
// line does not lead.
TEST_F(BrightSpots, SparseOnesAreFollowedFromOneToTheNext) {
  const auto in = make("in.mp4",
                       "-f lavfi -i \"color=black:size=320x240:rate=25:duration=1.2[b];"
                       "color=white:size=48x48:rate=25:duration=1.2[w];[b][w]overlay=x='130+80*sin(6*t)':y=90\""
                       " -c:v libx264 -qp 12 -pix_fmt yuv420p");
  std::vector<TimedFace> sparse;
  for (const std::int64_t time : {0, 500, 1000}) {
    TimedFace sighting;
    sighting.timestamp_ms = time;
    sighting.face.box = {(130 + 80 * std::sin(6 * static_cast<double>(time) / 1000)) / 320, 90.0 / 240, 0.15, 0.2};
    sparse.push_back(sighting);
  }
  const auto shown_after = [&](const BlurOptions& blur) {
    const auto blurred = blur_video(in, path("out.mp4"), sparse, blur);
    EXPECT_TRUE(blurred.ok()) << blurred.error().message();
    DetectOptions every_frame = options();
    every_frame.report = Report::raw;
    const auto left = detect_faces_in_video(path("out.mp4"), every_frame);
    EXPECT_TRUE(left.ok());
    return left.ok() ? left->faces.size() : 0;
  };
  BlurOptions without, with;
  with.detector = options().detector;
  EXPECT_GT(shown_after(without), 0U);
  EXPECT_EQ(shown_after(with), 0U);
}

TEST_F(BrightSpots, InPictures) {
  const DetectorChoice choice = options().detector;
  const auto detector = make_detector(choice);
  ASSERT_TRUE(detector.ok()) << detector.error().message();
  for (const std::string name : {"a.jpg", "a.png"}) {
    const auto bytes = contents(make(name, "-i " + film("in.mp4", square(200, 80)) + " -frames:v 1 -q:v 2"));
    const auto found = detect_faces_in_image(bytes, **detector, choice);
    ASSERT_TRUE(found.ok()) << found.error().message();
    ASSERT_FALSE(found->faces.empty());
    EXPECT_NEAR(found->faces[0].box.left, 200.0 / 320, 0.1);
  }
  const auto none = detect_faces_in_image(contents(make("b.png", "-f lavfi -i color=blue:size=64x64 -frames:v 1")),
                                          **detector, choice);
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->faces.empty());
  for (const std::string text : {"", "text", "\xFF\xD8\xFF"}) {
    const auto refused = detect_faces_in_image(text, **detector, choice);
    ASSERT_FALSE(refused.ok());
    EXPECT_TRUE(refused.error().is(kInvalidImage));
  }
}

// Named like YuNet's, of other sizes: it must fail when it is loaded, not read beyond what the model gave.
TEST_F(BrightSpots, AModelWhoseOutputsHaveOtherSizesIsRefused) {
  std::string bytes = contents(model());  // cells of 16 and 32 pixels take each other's name
  const std::string from = "cls_16", to = "cls_32";
  for (std::size_t at = 0; at + 6 <= bytes.size(); ++at) {
    if (bytes.compare(at, 6, from) == 0)
      bytes.replace(at, 6, to);
    else if (bytes.compare(at, 6, to) == 0)
      bytes.replace(at, 6, from);
  }
  write(path("other.onnx"), bytes);
  const auto refused = make_detector({DetectorKind::yunet, path("other.onnx")});
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().is(kNoDetector));
  EXPECT_EQ(refused.error().message(), "The face model cannot be loaded: it is not YuNet 2023mar (ONNX).");
}

// The shipped sample: a portrait at the left from 1.5 to 3 s.
TEST_F(BrightSpots, TheFullRangeDetectorFindsThePortraitOfTheShippedSample) {
  const auto choice = choose_detector(test::model_path(DetectorKind::mediapipe));
  if (!choice.ok()) GTEST_SKIP() << "MediaPipe's full-range model is not here: its detections were not tested";
  const auto sample = std::filesystem::path(__FILE__).parent_path() / "../../../samples/faces.mp4";
  const auto in = make("in.mp4", "-ss 1.5 -t 1 -i " + sample.string() + " -an -c:v libx264 -qp 18");
  DetectOptions options;
  options.detector = *choice;
  const auto found = detect_faces_in_video(in, options);
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_TRUE(std::ranges::any_of(found->faces, [](const TimedFace& timed) { return timed.face.box.left < 0.3; }));
}

}  // namespace
}  // namespace cumulet::vision
