#include <algorithm>

#include "vision/media/errors.hpp"
#include "vision/pipeline/blur_video.hpp"
#include "vision/pipeline/detect_image.hpp"
#include "vision/pipeline/detect_video.hpp"
#include "vision/pipeline/scene.hpp"
#include "vision/testing/media_test.hpp"

namespace cumulet::vision {
namespace {

class Detect : public test::MediaTest {
 protected:
  void SetUp() override {
    MediaTest::SetUp();
    if (IsSkipped()) return;
    sample_ = test::shared_file("media/sample-video.mp4");
    if (sample_.empty()) GTEST_SKIP() << "shared/media/sample-video.mp4 is not here: detection was not tested on it";
  }
  // With the detector whose model is here, YuNet where it is.
  static DetectOptions options() { return options_of(*choose_detector(test::model_path())); }
  static DetectOptions options_of(const DetectorChoice& choice) {
    DetectOptions options;
    options.detector = choice;
    return options;
  }
  // From here on what a look at a covered frame finds is a face: of less, MediaPipe's detector sees some where none
  // are.
  static double doubtless() { return options().detector.kind == DetectorKind::yunet ? 60 : 85; }
  static bool has_model() { return !test::model_path().empty(); }
  std::string sample_;
};

// Whether a face lies over `point` at about `time`.
bool found_at(const VideoFaces& found, std::int64_t time, Point point) {
  for (const TimedFace& timed : found.faces) {
    const Box& box = timed.face.box;
    if (std::abs(timed.timestamp_ms - time) <= 40 && box.left < point.x && point.x < box.right() && box.top < point.y &&
        point.y < box.bottom()) {
      return true;
    }
  }
  return false;
}

TEST_F(Detect, YuNetFindsTheFacesOfTheSampleThroughout) {
  const std::string model = test::model_path(DetectorKind::yunet);
  if (model.empty()) GTEST_SKIP() << "the YuNet model is not here: its detections were not tested";
  const auto found = detect_faces_in_video(sample_, options_of({DetectorKind::yunet, model}));
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_EQ(found->info.codec, "h264");
  EXPECT_EQ(found->info.width, 640);
  EXPECT_EQ(found->info.height, 360);
  EXPECT_EQ(found->info.frames, 216);
  EXPECT_NEAR(found->info.frame_rate, 25, 0.01);
  for (std::int64_t time = 0; time < 8600; time += 80) {
    EXPECT_TRUE(found_at(*found, time, {0.375, 0.38})) << "the large face at " << time;
  }
  EXPECT_TRUE(found_at(*found, 4000, {176.0 / 640, 188.0 / 360})) << "the man walking up";
  EXPECT_TRUE(found_at(*found, 8400, {90.0 / 640, 190.0 / 360})) << "the man walking up, near";
  const Face& face = found->faces[found->faces.size() / 2].face;
  ASSERT_TRUE(face.landmarks.has_value());
}

TEST_F(Detect, RotationIsRespected) {
  if (!has_model()) GTEST_SKIP() << "no face model is here: detections were not tested";
  for (const int turn : {90, 180, 270}) {
    // Coded lying or standing on its head, displayed upright.
    const auto turned =
        make("turned.mp4", "-t 0.4 -i " + sample_ + " -an -vf rotate=" + std::to_string(turn) + "*PI/180" +
                               (turn == 180 ? "" : ":ow=ih:oh=iw") + " -c:v libx264 -qp 18");
    const auto in = make("in.mp4", "-i " + turned + " -c copy -metadata:s:v rotate=" + std::to_string(turn));
    const auto found = detect_faces_in_video(in, options());
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->info.width, 640) << turn;
    EXPECT_TRUE(found_at(*found, 0, {0.375, 0.38})) << turn;
  }
}

TEST_F(Detect, NothingOfTheFacesIsFoundAfterBlurring) {
  if (!has_model()) GTEST_SKIP() << "no face model is here: detections were not tested";
  const auto in = make("in.mp4", "-t 2 -i " + sample_ + " -c copy");
  auto found = detect_faces_in_video(in, options());
  ASSERT_TRUE(found.ok());
  ASSERT_TRUE(blur_video(in, path("out.mp4"), found->faces).ok());
  DetectOptions every_frame = options();
  const auto left = detect_faces_in_video(path("out.mp4"), every_frame);
  ASSERT_TRUE(left.ok());
  for (const TimedFace& face : left->faces) {
    EXPECT_LT(face.face.confidence, doubtless())
        << face.timestamp_ms << " at " << face.face.box.left << ',' << face.face.box.top;
  }
}

// A face that is there for one frame, whichever: on a grey ground, cut out of the sample's first frame.
TEST_F(Detect, AFaceInASingleFrameIsFound) {
  if (!has_model()) GTEST_SKIP() << "no face model is here: detections were not tested";
  const auto in =
      make("in.mp4", "-f lavfi -i color=gray:size=640x360:rate=25:duration=1.2 -i " + sample_ +
                         " -filter_complex \"[1:v]select=eq(n\\,0),crop=120:120:190:80,loop=-1:1,"
                         "setpts=N/25/TB[f];[0:v][f]overlay=400:150:shortest=1:enable='eq(n,7)+eq(n,18)'\"" +
                         " -c:v libx264 -qp 18 -t 1.2");
  const auto found = detect_faces_in_video(in, options());
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_TRUE(found_at(*found, 280, {457.0 / 640, 206.0 / 360}));
  EXPECT_TRUE(found_at(*found, 720, {457.0 / 640, 206.0 / 360}));
  EXPECT_FALSE(found_at(*found, 1000, {457.0 / 640, 206.0 / 360}));
}

// Faster than one look follows the next: further from frame to frame than the face is wide.
TEST_F(Detect, AFaceThatRushesThroughIsCoveredInEveryFrame) {
  if (!has_model()) GTEST_SKIP() << "no face model is here: detections were not tested";
  const auto in = make("in.mp4", "-f lavfi -i color=gray:size=640x360:rate=25:duration=1 -i " + sample_ +
                                     " -filter_complex \"[1:v]select=eq(n\\,0),crop=120:120:190:80,loop=-1:1,"
                                     "setpts=N/25/TB[f];[0:v][f]overlay=mod(n*83\\,760)-120:120:shortest=1\"" +
                                     " -c:v libx264 -qp 18 -t 1");
  DetectOptions every_frame = options();
  every_frame.report = Report::raw;
  const auto there = detect_faces_in_video(in, every_frame);
  ASSERT_TRUE(there.ok()) << there.error().message();
  EXPECT_GE(there->faces.size(), 12U);
  auto found = detect_faces_in_video(in, options());
  ASSERT_TRUE(found.ok());
  ASSERT_TRUE(blur_video(in, path("out.mp4"), found->faces).ok());
  const auto left = detect_faces_in_video(path("out.mp4"), every_frame);
  ASSERT_TRUE(left.ok());
  for (const TimedFace& face : left->faces) {
    EXPECT_LT(face.face.confidence, doubtless()) << face.timestamp_ms << " at " << face.face.box.left;
  }
}

TEST_F(Detect, SmallFacesOfALargeVideoAreFound) {
  if (!has_model()) GTEST_SKIP() << "no face model is here: detections were not tested";
  // The sample as a corner of a picture three times as large: its faces are a third of their size, 18 pixels and less
  // at the usual 640.
  const auto in = make(
      "in.mp4", "-t 0.6 -i " + sample_ + " -an -vf pad=1920:1080:900:500:gray -c:v libx264 -preset ultrafast -qp 18");
  const auto found = detect_faces_in_video(in, options());
  ASSERT_TRUE(found.ok()) << found.error().message();
  DetectOptions without = options();
  without.looks.far = without.looks.turned = false;
  const auto fewer = detect_faces_in_video(in, without);
  ASSERT_TRUE(fewer.ok());
  const auto at_start = [](const VideoFaces& faces) {
    return std::count_if(faces.faces.begin(), faces.faces.end(), [](const auto& f) { return f.timestamp_ms == 0; });
  };
  EXPECT_TRUE(found_at(*found, 0, {(900 + 240.0) / 1920, (500 + 137.0) / 1080}));
  EXPECT_GT(at_start(*found), at_start(*fewer));
}

TEST(Scene, MovementAndCuts) {
  const auto picture = [](int level, int spot) {
    Image image{320, 180, std::vector<std::uint8_t>(320 * 180 * 3, static_cast<std::uint8_t>(level))};
    for (int y = 100; y < 112; ++y) {
      for (int x = 203; x < 215; ++x) image.bgr[3 * (y * 320 + x) + 1] = static_cast<std::uint8_t>(spot);
    }
    return coarse(image);
  };
  EXPECT_FALSE(has_moved(picture(100, 100), picture(102, 103)));
  EXPECT_TRUE(has_moved(picture(100, 100), picture(100, 130)));
  EXPECT_FALSE(is_cut(picture(100, 100), picture(100, 250)));
  EXPECT_TRUE(is_cut(picture(100, 100), picture(140, 140)));
  EXPECT_TRUE(has_moved(CoarsePicture{}, picture(100, 100)));
}

TEST_F(Detect, TheFullRangeDetectorFindsTheFacesOfTheSampleThroughout) {
  const std::string model = test::model_path(DetectorKind::mediapipe);
  if (model.empty()) GTEST_SKIP() << "MediaPipe's full-range model is not here: its detections were not tested";
  const auto choice = choose_detector(model);
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(choice->description(), "MediaPipe full range (recall: reduced)");
  const auto found = detect_faces_in_video(sample_, options_of(*choice));
  ASSERT_TRUE(found.ok()) << found.error().message();
  for (std::int64_t time = 0; time < 8600; time += 80) {
    EXPECT_TRUE(found_at(*found, time, {0.375, 0.38})) << "the large face at " << time;
  }
  EXPECT_TRUE(found_at(*found, 4000, {176.0 / 640, 188.0 / 360})) << "the man walking up";
  EXPECT_TRUE(found_at(*found, 8400, {90.0 / 640, 190.0 / 360})) << "the man walking up, near";
  EXPECT_TRUE(found->faces[found->faces.size() / 2].face.landmarks.has_value());
}

TEST_F(Detect, PicturesWithAndWithoutFaces) {
  if (!has_model()) GTEST_SKIP() << "no face model is here: detections were not tested";
  const DetectorChoice choice = *choose_detector(test::model_path());
  const auto detector = make_detector(choice);
  ASSERT_TRUE(detector.ok());
  for (const std::string name : {"a.jpg", "a.png"}) {
    const auto bytes = contents(make(name, "-i " + sample_ + " -frames:v 1 -q:v 2"));
    const auto found = detect_faces_in_image(bytes, **detector, choice);
    ASSERT_TRUE(found.ok()) << found.error().message();
    ASSERT_FALSE(found->faces.empty());
    EXPECT_NEAR(found->faces[0].box.left, 210.0 / 640, 0.02);
    EXPECT_TRUE(found->faces[0].pose(640.0 / 360).has_value());
  }
  const auto none = detect_faces_in_image(contents(make("b.png", "-f lavfi -i color=blue:size=64x64 -frames:v 1")),
                                          **detector, choice);
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->faces.empty());
}

TEST_F(Detect, SmallFacesOfALargePictureAreFound) {
  if (!has_model()) GTEST_SKIP() << "no face model is here: detections were not tested";
  const DetectorChoice choice = *choose_detector(test::model_path());
  const auto detector = make_detector(choice);
  ASSERT_TRUE(detector.ok());
  // The large face is 55 pixels wide: 12 where 3,000 are shown on 640.
  const auto bytes = contents(make("a.jpg", "-i " + sample_ + " -frames:v 1 -q:v 2 -vf pad=3000:2000:1200:800:gray"));
  const auto found = detect_faces_in_image(bytes, **detector, choice);
  ASSERT_TRUE(found.ok()) << found.error().message();
  ASSERT_FALSE(found->faces.empty());
  EXPECT_NEAR(found->faces[0].box.left, (1200 + 210.0) / 3000, 0.01);
}

TEST_F(Detect, PicturesThatAreNone) {
  const auto choice = choose_detector(test::model_path());
  if (!choice.ok()) GTEST_SKIP() << "no detector is here";
  const auto detector = make_detector(*choice);
  ASSERT_TRUE(detector.ok());
  const auto error = [&](const std::string& bytes) {
    const auto found = detect_faces_in_image(bytes, **detector, *choice);
    return found.ok() ? std::string("ok") : std::string(found.error().code());
  };
  EXPECT_EQ(error(""), "InvalidImageFormat");
  EXPECT_EQ(error("text"), "InvalidImageFormat");
  EXPECT_EQ(error("\xFF\xD8\xFF"), "InvalidImageFormat");
  EXPECT_EQ(error(std::string("\x89PNG\r\n\x1A\n") + std::string(40, 'x')), "ImageTooLarge");
  const auto png = contents(make("a.png", "-f lavfi -i color=blue:size=64x64 -frames:v 1"));
  EXPECT_EQ(error(png.substr(0, 40)), "InvalidImageFormat");
}

TEST(ChooseDetector, AWrongModelPathDoesNotQuietlyReduceRecall) {
  EXPECT_FALSE(choose_detector("/no/such/model.onnx").ok());
  const auto none = choose_detector("");
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().message(), kNoModelText);
  const auto wrong = make_detector({DetectorKind::yunet, __FILE__});
  ASSERT_FALSE(wrong.ok());
  EXPECT_TRUE(wrong.error().is(kNoDetector));
}

}  // namespace
}  // namespace cumulet::vision
