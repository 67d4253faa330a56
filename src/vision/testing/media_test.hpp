#pragma once
// What the tests of this folder share: media made by the ffmpeg program, looked at by ffprobe. Test-only.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/user_data.hpp"
#include "vision/face/face.hpp"
#include "vision/model/detector_kind.hpp"

namespace cumulet::vision::test {

// What the command prints; fails the test when the command fails.
inline std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(("( " + command + " ) 2>&1").c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 4096> buffer{};
  while (const auto n = fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), n);
  EXPECT_EQ(pclose(pipe), 0) << command << "\n" << text;
  return text;
}

inline bool has_ffmpeg() {
  static const bool has = std::system("command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null") == 0;
  return has;
}

// The folder of material beside the checkout; empty when it is not there.
inline std::string shared_folder() {
  if (const char* named = std::getenv("CUMULET_SHARED")) return named;
  const auto sibling =
      std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path().parent_path() / "shared";
  return std::filesystem::is_directory(sibling) ? sibling.string() : std::string();
}
inline std::string shared_file(const std::string& name) {
  const std::string path = shared_folder() + "/" + name;
  return std::filesystem::is_regular_file(path) ? path : std::string();
}
inline std::string contents(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

// The detector's file: the one that is named, that set-up fetched, or that lies beside the checkout. Empty when it is
// not there.
inline std::string model_path(DetectorKind kind) {
  const bool is_yunet = kind == DetectorKind::yunet;
  const std::string name = is_yunet ? "face_detection_yunet_2023mar.onnx" : "face_detection_full_range.tflite";
  const char* named = std::getenv("CUMULET_FACE_MODEL");
  if (named != nullptr && *named != '\0' && detector_kind(contents(named)) == kind) return named;
  const auto fetched = user_data_folder() / "models" / name;
  if (std::filesystem::is_regular_file(fetched)) return fetched.string();
  return shared_file("models/" + name);
}
// The file of YuNet, else of MediaPipe's detector.
inline std::string model_path() {
  const std::string yunet = model_path(DetectorKind::yunet);
  return yunet.empty() ? model_path(DetectorKind::mediapipe) : yunet;
}

class MediaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_ffmpeg()) GTEST_SKIP() << "the ffmpeg program is not installed: media tests did not run";
    std::string pattern = (std::filesystem::temp_directory_path() / "vision_test.XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  // `input_and_options` is the ffmpeg command line between the global options and the output.
  std::string make(const std::string& name, const std::string& input_and_options) const {
    output_of("ffmpeg -v error -y " + input_and_options + " '" + path(name) + "'");
    return path(name);
  }
  // A moving test picture with a tone.
  std::string make_clip(const std::string& name, const std::string& size = "320x240", double seconds = 2,
                        const std::string& options = "") const {
    const std::string length = std::to_string(seconds);
    return make(name, "-f lavfi -i testsrc2=size=" + size + ":rate=25:duration=" + length +
                          " -f lavfi -i sine=frequency=440:duration=" + length +
                          " -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac " + options);
  }
  static std::string probe(const std::string& file, const std::string& entries, const std::string& stream = "v:0") {
    return output_of("ffprobe -v error -select_streams " + stream + " -show_entries " + entries +
                     " -of default=nk=1:nw=1 '" + file + "'");
  }
  static std::string frame_times(const std::string& file) {
    return output_of("ffprobe -v error -select_streams v:0 -show_entries frame=pts_time -of csv=p=0 '" + file +
                     "' | tr -d ',' | grep .");
  }
  // One line for each packet: times, size, hash.
  static std::string packets(const std::string& file, const std::string& streams) {
    return output_of("ffmpeg -v error -i '" + file + "' -map 0:" + streams + " -c copy -f framemd5 - | grep -v '^#'");
  }
  // Worst PSNR over the frames, luma; `crop` is a filter to look at a part ("crop=100:100:0:0,").
  static double psnr(const std::string& a, const std::string& b, const std::string& crop = "") {
    const std::string text =
        output_of("ffmpeg -v info -autorotate 0 -i '" + a + "' -autorotate 0 -i '" + b + "' -lavfi '[0:v]" + crop +
                  "null[a];[1:v]" + crop + "null[b];[a][b]psnr' -f null - 2>&1 | grep -o 'min:[0-9.inf]*'");
    return text.find("inf") != std::string::npos ? 100 : std::atof(text.c_str() + 4);
  }
  bool nothing_but(const std::string& name) const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().filename() != name) return false;
    }
    return true;
  }
  static std::string contents(const std::string& file) { return test::contents(file); }
  static void write(const std::string& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
  }

  std::filesystem::path folder_;
};

// A face that stays at `box` from `from_ms` to `to_ms`, sighted every 80 ms.
inline std::vector<TimedFace> still_face(Box box, std::int64_t from_ms, std::int64_t to_ms) {
  std::vector<TimedFace> faces;
  for (std::int64_t time = from_ms; time <= to_ms; time += 80) {
    Face face;
    face.box = box;
    face.confidence = 90;
    faces.push_back({time, face});
  }
  return faces;
}

}  // namespace cumulet::vision::test
