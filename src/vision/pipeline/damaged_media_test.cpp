// Fail closed: whatever is wrong with the input or the disk, no output and no leftovers appear.
#include <sys/resource.h>

#include <csignal>

#include "vision/media/errors.hpp"
#include "vision/media/media_reader.hpp"
#include "vision/pipeline/blur_video.hpp"
#include "vision/pipeline/detect_video.hpp"
#include "vision/testing/media_test.hpp"

namespace cumulet::vision {
namespace {

class DamagedMedia : public test::MediaTest {
 protected:
  void expect_refused(const ErrorKind& kind, const std::string& words) {
    const auto report = blur_video(path("in.mp4"), path("out.mp4"), {});
    ASSERT_FALSE(report.ok());
    EXPECT_TRUE(report.error().is(kind)) << report.error().code() << ": " << report.error().message();
    EXPECT_NE(report.error().message().find(words), std::string::npos) << report.error().message();
    EXPECT_TRUE(nothing_but("in.mp4"));
  }
  // The file offset and size of video packet number `index`.
  std::pair<std::size_t, std::size_t> packet_at(int index) const {
    const auto text = test::output_of("ffprobe -v error -select_streams v -show_entries packet=pos,size -of csv=p=0 " +
                                      path("in.mp4") + " | sed -n " + std::to_string(index + 1) + "p");
    std::size_t size = 0, offset = 0;
    char comma = 0;
    std::istringstream(text) >> size >> comma >> offset;
    return {offset, size};
  }
};

TEST_F(DamagedMedia, CutInHalfWithItsIndexInFront) {
  make_clip("in.mp4", "320x240", 4, "-movflags +faststart");
  const auto whole = contents(path("in.mp4"));
  write(path("in.mp4"), whole.substr(0, whole.size() / 2));
  expect_refused(kDamagedMedia, "cut short");
}

TEST_F(DamagedMedia, EveryCutIsNoticed) {
  make_clip("in.mp4", "160x120", 1, "-movflags +faststart");
  const auto whole = contents(path("in.mp4"));
  for (std::size_t missing : {1UL, 7UL, 100UL, 1000UL, whole.size() / 3}) {
    write(path("in.mp4"), whole.substr(0, whole.size() - missing));
    expect_refused(kDamagedMedia, "");
  }
}

TEST_F(DamagedMedia, CutInHalfWithItsIndexAtTheEnd) {
  make_clip("in.mp4", "320x240", 4);
  const auto whole = contents(path("in.mp4"));
  write(path("in.mp4"), whole.substr(0, whole.size() / 2));
  expect_refused(kDamagedMedia, "index");
}

TEST_F(DamagedMedia, EveryCutOfAFragmentedFileIsNoticed) {
  make_clip("in.mp4", "160x120", 2, "-g 10 -movflags +frag_keyframe+empty_moov+default_base_moof");
  const auto whole = contents(path("in.mp4"));
  ASSERT_TRUE(blur_video(path("in.mp4"), path("in.mp4.out"), {}).ok());
  std::filesystem::remove(path("in.mp4.out"));
  for (std::size_t left = whole.size() - 1; left > 900; left -= std::min(left, whole.size() / 23)) {
    write(path("in.mp4"), whole.substr(0, left));
    expect_refused(kDamagedMedia, "");
  }
}

TEST_F(DamagedMedia, ACutBetweenFragmentsThatTheIndexKnowsIsNoticed) {
  make_clip("in.mp4", "160x120", 2, "-g 10 -movflags +dash+global_sidx+frag_keyframe+empty_moov+skip_trailer");
  const auto whole = contents(path("in.mp4"));
  const auto last = whole.rfind("moof");
  ASSERT_NE(last, std::string::npos);
  write(path("in.mp4"), whole.substr(0, last - 4));
  expect_refused(kDamagedMedia, "cut short");
}

TEST_F(DamagedMedia, GarbageInFrameOneHundred) {
  make_clip("in.mp4", "320x240", 8);
  const auto [offset, size] = packet_at(100);
  ASSERT_GT(size, 64U);
  auto bytes = contents(path("in.mp4"));
  for (std::size_t i = offset + 8; i < offset + size; ++i) bytes[i] = static_cast<char>(i * 37);
  write(path("in.mp4"), bytes);
  expect_refused(kDamagedMedia, "damaged");
}

// FFmpeg's frame threads would abort the whole program there.
TEST_F(DamagedMedia, GarbageInMpeg4IsAnErrorAndNoCrash) {
  make("in.mp4", "-f lavfi -i testsrc2=size=320x240:rate=25:duration=3 -c:v mpeg4 -q:v 3 -bf 2");
  const auto whole = contents(path("in.mp4"));
  for (const int index : {1, 30}) {
    auto bytes = whole;
    write(path("in.mp4"), whole);
    const auto [offset, size] = packet_at(index);
    for (std::size_t i = offset + size / 2; i < offset + size; ++i) bytes[i] = static_cast<char>(bytes[i] ^ 0x5a);
    write(path("in.mp4"), bytes);
    expect_refused(kDamagedMedia, "damaged");
  }
}

TEST_F(DamagedMedia, ZeroesInFrameOneHundred) {
  make_clip("in.mp4", "320x240", 8);
  const auto [offset, size] = packet_at(100);
  auto bytes = contents(path("in.mp4"));
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), size, '\0');
  write(path("in.mp4"), bytes);
  expect_refused(kDamagedMedia, "damaged");
}

TEST_F(DamagedMedia, HalfAFrame) {
  make_clip("in.mp4", "640x360", 8);
  const auto [offset, size] = packet_at(0);
  auto bytes = contents(path("in.mp4"));
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset + size / 2), size / 2, '\0');
  write(path("in.mp4"), bytes);
  expect_refused(kDamagedMedia, "damaged");
}

TEST_F(DamagedMedia, BeginsWithoutAKeyframe) {
  make_clip("whole.mp4", "320x240", 4, "-g 25 -bf 0");
  // Fragmented, the file's first frames are dropped by cutting out its first fragment.
  test::output_of("ffmpeg -v error -y -i " + path("whole.mp4") + " -an -c copy -bsf:v noise=drop=lt\\(n\\\\,10\\) " +
                  path("in.mp4"));
  std::filesystem::remove(path("whole.mp4"));
  expect_refused(kDamagedMedia, "damaged");
}

TEST_F(DamagedMedia, TextNamedMp4) {
  write(path("in.mp4"), "This is no video, whatever its name says.\nNot at all.\n");
  expect_refused(kUnsupportedMedia, "not an MP4 or MOV video");
}

TEST_F(DamagedMedia, PicturesThatAreTooLarge) {
  const auto in = make("in.mov", "-f lavfi -i color=gray:size=9000x9000:rate=1:duration=1 -pix_fmt gray -c:v png");
  const auto blurred = blur_video(in, path("out.mp4"), {});
  ASSERT_FALSE(blurred.ok());
  EXPECT_TRUE(blurred.error().is(kUnsupportedMedia));
  EXPECT_EQ(blurred.error().message(),
            "The video's pictures are too large: 9000 x 9000 pixels, of at most 64 million.");
}

TEST_F(DamagedMedia, MoreStreamsThanAnybodyHas) {
  make_clip("in.mp4", "64x48", 0.4, "-an -movflags +faststart");
  const auto whole = contents(path("in.mp4"));
  const auto size_at = [&](std::size_t at) {
    std::uint32_t size = 0;
    for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<std::uint8_t>(whole[at + i]);
    return size;
  };
  const std::size_t moov = whole.find("moov") - 4, track = whole.find("trak") - 4;
  const std::string one = whole.substr(track, size_at(track));
  for (const std::uint32_t copies : {150U, 10'000U}) {
    std::string many = whole.substr(0, track);
    for (std::uint32_t i = 0; i <= copies; ++i) many += one;
    many += whole.substr(track + one.size());
    const auto size = static_cast<std::uint32_t>(size_at(moov) + copies * one.size());
    for (int i = 0; i < 4; ++i) many[moov + i] = static_cast<char>(size >> (24 - 8 * i));
    write(path("in.mp4"), many);
    expect_refused(kUnsupportedMedia, "too many streams: more than 100");
  }
}

TEST_F(DamagedMedia, PicturesOfOnePixel) {
  for (const std::string size : {"1:1", "2:2", "3:1", "2:1000"}) {
    const auto in =
        make("in.mov", "-f lavfi -i testsrc2=size=64x64:rate=10:duration=0.5 -vf scale=" + size + " -c:v png");
    const auto blurred = blur_video(in, path("out.mp4"), {});
    EXPECT_TRUE(blurred.ok()) << size << ": " << blurred.error().message();
    EXPECT_EQ(blurred.ok() ? blurred->frames : 0, 5) << size;
  }
}

// All frames within a millisecond.
TEST_F(DamagedMedia, AbsurdRates) {
  const auto in = make("in.mp4", "-f lavfi -i testsrc2=size=64x64:rate=100000:duration=0.0005 -c:v libx264");
  EXPECT_TRUE(blur_video(in, path("out.mp4"), {}).ok());
}

TEST_F(DamagedMedia, AFolder) {
  std::filesystem::create_directory(path("in.mp4"));
  expect_refused(kUnsupportedMedia, "It is a folder");
}

TEST_F(DamagedMedia, EmptyFile) {
  write(path("in.mp4"), "");
  expect_refused(kUnsupportedMedia, "not an MP4 or MOV video");
}

TEST_F(DamagedMedia, SoundOnly) {
  make("in.mp4", "-f lavfi -i sine=duration=1 -c:a aac");
  expect_refused(kUnsupportedMedia, "no video");
}

TEST_F(DamagedMedia, NoSuchFile) {
  const auto report = blur_video(path("absent.mp4"), path("out.mp4"), {});
  ASSERT_FALSE(report.ok());
  EXPECT_TRUE(report.error().is(kReadFailed));
}

TEST_F(DamagedMedia, DetectionRefusesThemToo) {
  make_clip("in.mp4", "320x240", 4, "-movflags +faststart");
  const auto whole = contents(path("in.mp4"));
  write(path("in.mp4"), whole.substr(0, whole.size() / 2));
  const auto choice = choose_detector(test::model_path());
  if (!choice.ok()) GTEST_SKIP() << "no detector is here: " << choice.error().message();
  DetectOptions options;
  options.detector = *choice;
  const auto faces = detect_faces_in_video(path("in.mp4"), options);
  ASSERT_FALSE(faces.ok());
  EXPECT_TRUE(faces.error().is(kDamagedMedia));
}

// A disk that is full after `limit` bytes, stood in for by the limit on a file's size.
void blur_with_file_limit(const std::string& in, const std::string& out, rlim_t limit) {
  const rlimit small{limit, limit};
  setrlimit(RLIMIT_FSIZE, &small);
  std::signal(SIGXFSZ, SIG_IGN);
  const auto report = blur_video(in, out, {});
  const bool as_told = !report.ok() && report.error().is(kWriteFailed) &&
                       report.error().message().find("no space left") != std::string::npos;
  std::_Exit(as_told && !std::filesystem::exists(out) ? 0 : 1);
}

TEST_F(DamagedMedia, FullDisk) {
  make_clip("in.mp4", "320x240", 4);
  for (rlim_t limit : {0UL, 1000UL, 20'000UL, 60'000UL}) {
    EXPECT_EXIT(blur_with_file_limit(path("in.mp4"), path("out.mp4"), limit), ::testing::ExitedWithCode(0), "")
        << limit;
    EXPECT_TRUE(nothing_but("in.mp4")) << limit;
  }
}

TEST_F(DamagedMedia, AnEarlierResultIsLeftAsItWas) {
  write(path("in.mp4"), "text");
  write(path("out.mp4"), "earlier");
  EXPECT_FALSE(blur_video(path("in.mp4"), path("out.mp4"), {}).ok());
  EXPECT_EQ(contents(path("out.mp4")), "earlier");
}

}  // namespace
}  // namespace cumulet::vision
