#include "vision/pipeline/blur_video.hpp"

#include "vision/media/errors.hpp"
#include "vision/testing/media_test.hpp"

namespace cumulet::vision {
namespace {

using test::MediaTest;
using test::still_face;

class BlurVideo : public MediaTest {
 protected:
  std::string blur(const std::string& in, std::vector<TimedFace> faces, const std::string& name = "out.mp4") {
    const auto report = blur_video(in, path(name), std::move(faces));
    EXPECT_TRUE(report.ok()) << report.error().message();
    return path(name);
  }
  void expect_same_timing(const std::string& in, const std::string& out) {
    EXPECT_EQ(frame_times(in), frame_times(out));
    EXPECT_EQ(probe(in, "stream=width,height,time_base,duration_ts"),
              probe(out, "stream=width,height,time_base,duration_ts"));
  }
};

const Box kMiddle{0.4, 0.4, 0.2, 0.2};

TEST_F(BlurVideo, KeepsSizeTimingSoundAndTheRestOfThePicture) {
  const auto in = make_clip("in.mp4");
  const auto out = blur(in, still_face(kMiddle, 0, 2000));
  expect_same_timing(in, out);
  EXPECT_EQ(packets(in, "a"), packets(out, "a"));
  EXPECT_EQ(probe(out, "stream=codec_name,pix_fmt"), "h264\nyuv420p\n");
  EXPECT_GE(psnr(in, out, "crop=80:240:0:0,"), 32);    // left of the cover
  EXPECT_LT(psnr(in, out, "crop=64:48:128:96,"), 25);  // the face itself
  EXPECT_TRUE(std::filesystem::exists(out));
}

TEST_F(BlurVideo, CoversFromBeforeTheFirstToAfterTheLastSighting) {
  const auto in = make("in.mp4", "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -c:v libx264 -qp 0");
  const auto report = blur_video(in, path("out.mp4"), still_face(kMiddle, 800, 1200));
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_EQ(report->frames, 50);
  // The sightings and 200 ms on either side: the frames from 600 to 1400 ms.
  EXPECT_EQ(report->covered_frames, 21);
}

TEST_F(BlurVideo, KeepsVariableFrameTimes) {
  // Frame times of 0, 40, 160, 200 ms, ...: every third frame pair is far apart.
  const auto in = make_clip("in.mp4", "320x240", 2,
                            "-vf \"select='not(between(mod(n,5),1,2))'\" -vsync vfr -video_track_timescale 90000");
  const auto out = blur(in, still_face(kMiddle, 0, 2000));
  expect_same_timing(in, out);
}

TEST_F(BlurVideo, KeepsAStartThatIsNotZero) {
  const auto whole = make_clip("whole.mp4", "320x240", 3);
  const auto in = make("in.mp4", "-itsoffset 0.5 -i " + whole + " -i " + whole + " -map 0:v -map 1:a -c copy");
  const auto out = blur(in, still_face(kMiddle, 0, 3000));
  expect_same_timing(in, out);
  EXPECT_EQ(packets(in, "a"), packets(out, "a"));
}

TEST_F(BlurVideo, KeepsAnEditList) {
  const auto whole = make_clip("whole.mp4", "320x240", 4, "-g 50");
  const auto in = make("in.mp4", "-ss 1.2 -i " + whole + " -c copy");  // begins between keyframes
  const auto out = blur(in, still_face(kMiddle, 0, 3000));
  EXPECT_EQ(frame_times(in), frame_times(out));
  EXPECT_EQ(packets(in, "a"), packets(out, "a"));
}

TEST_F(BlurVideo, RespectsAndKeepsRotation) {
  const auto upright = make_clip("upright.mp4", "320x180", 1);
  const auto in = make("in.mp4", "-i " + upright + " -c copy -metadata:s:v rotate=90");
  ASSERT_NE(probe(in, "stream_side_data=rotation"), "");
  // Top left as displayed.
  const auto out = blur(in, still_face({0.05, 0.05, 0.3, 0.15}, 0, 1000));
  EXPECT_EQ(probe(in, "stream_side_data=rotation"), probe(out, "stream_side_data=rotation"));
  expect_same_timing(in, out);
  // ffmpeg itself turns the picture here: the cover must lie at the displayed top left.
  const auto shown_in = make("shown_in.mp4", "-i " + in + " -c:v libx264 -qp 0");
  const auto shown_out = make("shown_out.mp4", "-i " + out + " -c:v libx264 -qp 0");
  EXPECT_LT(psnr(shown_in, shown_out, "crop=54:48:9:16,"), 25);
  EXPECT_GE(psnr(shown_in, shown_out, "crop=180:200:0:120,"), 32);
}

TEST_F(BlurVideo, KeepsColourTagsAndPixelAspect) {
  const auto in = make_clip("in.mp4", "320x240", 1,
                            "-vf setsar=4/3 -color_range tv -color_primaries bt709 -color_trc bt709 -colorspace bt709");
  const auto out = blur(in, {});
  const std::string tags = "stream=color_range,color_space,color_transfer,color_primaries,sample_aspect_ratio";
  EXPECT_EQ(probe(in, tags), probe(out, tags));
  EXPECT_NE(probe(out, tags).find("4:3"), std::string::npos);
}

TEST_F(BlurVideo, FullRangeStaysFullRange) {
  const auto in = make("in.mp4", "-f lavfi -i testsrc2=size=320x240:rate=25:duration=1 -c:v libx264 -pix_fmt yuvj420p");
  const auto out = blur(in, {});
  EXPECT_EQ(probe(out, "stream=color_range"), "pc\n");
  EXPECT_GE(psnr(in, out), 32);
}

TEST_F(BlurVideo, KeepsOddSizes) {
  // MPEG-4 Part 2 can say odd sizes itself.
  for (const std::string size : {"321x241", "321x240", "320x241"}) {
    const auto in = make("in.mp4", "-f lavfi -i testsrc2=size=" + size + ":rate=25:duration=1 -c:v mpeg4 -q:v 2");
    const auto out = blur(in, still_face({0.8, 0.8, 0.3, 0.3}, 0, 1000));
    expect_same_timing(in, out);
    EXPECT_GE(psnr(in, out, "crop=160:240:0:0,"), 32) << size;
  }
}

TEST_F(BlurVideo, TakesOtherPixelFormats) {
  for (const std::string format : {"yuv444p", "yuv422p", "yuv420p10le"}) {
    const auto in =
        make("in.mp4", "-f lavfi -i testsrc2=size=320x240:rate=25:duration=1 -c:v libx264 -pix_fmt " + format);
    const auto out = blur(in, still_face(kMiddle, 0, 1000));
    EXPECT_EQ(probe(out, "stream=pix_fmt"), "yuv420p\n");
    EXPECT_GE(psnr(in, out, "format=yuv420p,crop=80:240:0:0,"), 30) << format;
  }
}

TEST_F(BlurVideo, PortraitWithoutSoundAndWithoutFaces) {
  const auto in = make("in.mp4", "-f lavfi -i testsrc2=size=180x320:rate=30:duration=1 -c:v libx264 -pix_fmt yuv420p");
  const auto out = blur(in, {});
  expect_same_timing(in, out);
  EXPECT_GE(psnr(in, out), 32);
}

TEST_F(BlurVideo, CopiesSubtitlesAndLeavesLocationDataAndCoverArt) {
  write(path("a.srt"), "1\n00:00:00,200 --> 00:00:01,000\nHello\n\n2\n00:00:01,200 --> 00:00:01,800\nthere\n");
  make("cover.png", "-f lavfi -i testsrc2=size=64x64 -frames:v 1");
  const auto clip = make_clip("clip.mp4");
  const auto in = make("in.mp4", "-i " + clip + " -i " + path("a.srt") + " -i " + path("cover.png") +
                                     " -map 0 -map 1 -map 2 -c copy -c:s mov_text -disposition:v:1 attached_pic"
                                     " -metadata location=+52.5+13.4/ -metadata title=Holiday");
  ASSERT_NE(test::output_of("ffprobe -v error -show_format " + in).find("52.5"), std::string::npos);
  const auto out = blur(in, still_face(kMiddle, 0, 2000));
  EXPECT_EQ(packets(in, "s"), packets(out, "s"));
  EXPECT_EQ(packets(in, "a"), packets(out, "a"));
  const auto streams = test::output_of("ffprobe -v error -show_entries stream=codec_name -of csv=p=0 " + out);
  EXPECT_EQ(streams, "h264\naac\nmov_text\n");
  const auto format = test::output_of("ffprobe -v error -show_format " + out);
  EXPECT_EQ(format.find("52.5"), std::string::npos);
  EXPECT_NE(format.find("Holiday"), std::string::npos);
}

TEST_F(BlurVideo, CarriesLocationWhenAsked) {
  const auto in = make_clip("in.mp4", "320x240", 1, "-metadata location=+52.5+13.4/");
  BlurOptions options;
  options.encode.carry.location = true;
  const auto report = blur_video(in, path("out.mp4"), {}, options);
  ASSERT_TRUE(report.ok());
  EXPECT_NE(test::output_of("ffprobe -v error -show_format " + path("out.mp4")).find("52.5"), std::string::npos);
}

TEST_F(BlurVideo, CarriesWhatIsAskedForAndNothingElse) {
  const auto in = make("in.mp4",
                       "-f lavfi -i testsrc2=size=320x240:rate=25:duration=1 -f lavfi -i testsrc2=size=64x48:rate=25:"
                       "duration=1 -f lavfi -i color=red:size=32x32:duration=0.04 -map 0 -map 1 -map 2 -c:v:0 libx264"
                       " -c:v:1 mpeg4 -c:v:2 png -disposition:v:2 attached_pic");
  const auto codecs = [&](const char* words) {
    BlurOptions options;
    options.encode.carry = parse_carry(words).value();
    const auto report = blur_video(in, path("out.mp4"), {}, options);
    if (!report.ok()) return report.error().message();
    return test::output_of("ffprobe -v error -show_entries stream=codec_name -of csv=p=0 " + path("out.mp4"));
  };
  EXPECT_EQ(codecs(""), "h264\n");
  EXPECT_EQ(codecs("location,data"), "h264\n");
  EXPECT_EQ(codecs("video"), "h264\nmpeg4\n");
  EXPECT_EQ(codecs("cover,video"), "h264\nmpeg4\npng\n");
}

TEST(Carry, NamesTheWordThatItDoesNotKnow) {
  const auto carry = parse_carry("location,faces");
  ASSERT_FALSE(carry.ok());
  EXPECT_NE(carry.error().message().find("\"faces\""), std::string::npos);
}

TEST_F(BlurVideo, QuickTimeStaysQuickTimeWithItsSound) {
  const auto in = make("in.mov",
                       "-f lavfi -i testsrc2=size=320x240:rate=25:duration=1 -f lavfi -i sine=duration=1"
                       " -c:v libx264 -pix_fmt yuv420p -c:a pcm_s16le");
  const auto out = blur(in, {}, "out.mov");
  expect_same_timing(in, out);
  EXPECT_EQ(packets(in, "a"), packets(out, "a"));
  EXPECT_EQ(probe(out, "format_tags=major_brand"), "qt  \n");
}

TEST_F(BlurVideo, CopiesSoundOfEveryCodecThatMp4Holds) {
  for (const std::string codec : {"flac -strict -2", "alac", "libopus", "ac3", "libmp3lame"}) {
    const auto in = make_clip("in.mp4", "160x120", 1, "-c:a " + codec);
    const auto out = blur(in, {});
    EXPECT_NE(packets(in, "a"), "") << codec;
    EXPECT_EQ(packets(in, "a"), packets(out, "a")) << codec;
  }
}

TEST_F(BlurVideo, FacesAtTheBorderAreCoveredToTheLastPixel) {
  const auto in =
      make("in.mp4", "-f lavfi -i testsrc2=size=320x240:rate=25:duration=1 -c:v libx264 -qp 0 -pix_fmt yuv420p");
  const auto out = blur(in, still_face({0.9, 0.85, 0.3, 0.3}, 0, 1000));
  EXPECT_LT(psnr(in, out, "crop=32:36:288:204,"), 25);
  // The two last columns by themselves.
  const auto strip = test::output_of("ffmpeg -v error -i " + out +
                                     " -vf crop=2:20:318:220,format=gray -frames:v 1 -f rawvideo - | od -An -v -tu1");
  std::istringstream values(strip);
  int lowest = 255, highest = 0;
  for (int value; values >> value;) lowest = std::min(lowest, value), highest = std::max(highest, value);
  EXPECT_LT(highest - lowest, 48);
}

TEST_F(BlurVideo, RefusesAnotherVideoThanTheFacesWereFoundIn) {
  const auto in = make_clip("in.mp4");
  BlurOptions options;
  options.expected_duration_ms = 2040;
  EXPECT_TRUE(blur_video(in, path("out.mp4"), {}, options).ok());
  std::filesystem::remove(path("out.mp4"));
  options.expected_duration_ms = 8640;
  const auto report = blur_video(in, path("out.mp4"), {}, options);
  ASSERT_FALSE(report.ok());
  EXPECT_NE(report.error().message().find("not the one"), std::string::npos);
  EXPECT_TRUE(nothing_but("in.mp4"));
}

TEST_F(BlurVideo, ReportsProgress) {
  const auto in = make_clip("in.mp4");
  std::vector<double> steps;
  ASSERT_TRUE(blur_video(in, path("out.mp4"), {}, {}, [&](double done) { steps.push_back(done); }).ok());
  ASSERT_GT(steps.size(), 10U);
  EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end()));
  EXPECT_EQ(steps.back(), 1);
}

}  // namespace
}  // namespace cumulet::vision
