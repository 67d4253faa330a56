#include "server/face_model.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/user_data.hpp"

namespace cumulet::server {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return std::move(out).str();
}

// YuNet in all but its numbers (tests/models/make_bright_spots.py).
const fs::path kModel = fs::path(__FILE__).parent_path() / "../../tests/models/bright_spots.onnx";

const std::string kNeither = "is neither an ONNX nor a TensorFlow Lite model";

class FaceModelTest : public testing::Test {
 protected:
  FaceModelTest() {
    std::string pattern = (fs::temp_directory_path() / "face_model_test.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    ::unsetenv("CUMULET_FACE_MODEL");
    ::setenv("XDG_DATA_HOME", folder_.c_str(), 1);
  }
  ~FaceModelTest() override {
    ::unsetenv("XDG_DATA_HOME");
    fs::remove_all(folder_);
  }
  fs::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return folder_ / name;
  }
  static std::string refusal(const std::optional<fs::path>& given) {
    const auto found = find_face_model(given);
    return found.ok() ? "found" : found.error().message();
  }
  void expect_refused(const fs::path& file, const std::string& words) {
    EXPECT_EQ(refusal(file), "the face model " + file.string() + ' ' + words);
  }
  fs::path folder_;
};

TEST_F(FaceModelTest, IsTheNamedOneElseTheEnvironmentsElseTheKeptOne) {
  EXPECT_FALSE(find_face_model({})->has_value());
  fs::create_directories(folder_ / "cumulet/models");
  const fs::path kept = folder_ / "cumulet/models/face_detection_yunet_2023mar.onnx";
  fs::copy_file(kModel, kept);
  EXPECT_EQ((*find_face_model({}))->file, kept);
  const fs::path of_environment = write("environment", bytes_of(kModel)), named = write("named", bytes_of(kModel));
  ::setenv("CUMULET_FACE_MODEL", of_environment.c_str(), 1);
  EXPECT_EQ((*find_face_model({}))->file, of_environment);
  EXPECT_EQ((*find_face_model(named))->file, named);
  ::setenv("CUMULET_FACE_MODEL", "", 1);
  EXPECT_EQ((*find_face_model({}))->file, kept);
  ::unsetenv("CUMULET_FACE_MODEL");
}

TEST_F(FaceModelTest, WhatIsNoModelIsRefusedInOneSentence) {
  expect_refused(folder_ / "absent", "cannot be read: No such file or directory");
  expect_refused(folder_, "is a folder");
  expect_refused(write("empty", ""), "is empty");
  expect_refused(write("README.md", "# Cumulet\n\nA small serverless cloud.\n"), kNeither);
  expect_refused(write("nulls", std::string(5000, '\0')), kNeither);
  expect_refused(__FILE__, kNeither);
  expect_refused("/dev/null", "is no regular file");
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  expect_refused(folder_ / "fifo", "is no regular file");  // and is not waited for
  fs::create_symlink(folder_ / "loop", folder_ / "loop");
  expect_refused(folder_ / "loop", "cannot be read: Too many levels of symbolic links");
  if (::geteuid() != 0) {
    fs::permissions(write("secret", bytes_of(kModel)), fs::perms::none);
    expect_refused(folder_ / "secret", "cannot be read: Permission denied");
  }
  const fs::path large = write("large", "");
  fs::resize_file(large, (64U << 20) + 1);
  expect_refused(large, "is no face model: it has more than 64 MB");
}

TEST_F(FaceModelTest, AWrongOneIsRefusedWhereverItIsNamed) {
  const fs::path wrong = write("README.md", "# Cumulet\n");
  ::setenv("CUMULET_FACE_MODEL", wrong.c_str(), 1);
  EXPECT_EQ(refusal({}), "the face model " + wrong.string() + ' ' + kNeither);
  ::unsetenv("CUMULET_FACE_MODEL");
  fs::create_directories(folder_ / "cumulet/models");
  const fs::path kept = folder_ / "cumulet/models/face_detection_yunet_2023mar.onnx";
  std::ofstream(kept) << "version https://git-lfs.github.com/spec/v1\n";
  EXPECT_EQ(refusal({}), "the face model " + kept.string() + ' ' + kNeither);
  fs::remove(kept);
  fs::create_symlink(folder_ / "gone", kept);
  EXPECT_NE(refusal({}), "found");
}

TEST_F(FaceModelTest, EveryTruncationIsRefused) {
  const std::string whole = bytes_of(kModel);
  ASSERT_TRUE(check_face_model(whole).ok());
  const auto of_use = [&](std::size_t length) { return length < 2000 || whole.size() - length < 2000; };
  for (std::size_t length = 0; length < whole.size(); length += of_use(length) ? 1 : 331)
    EXPECT_FALSE(check_face_model(whole.substr(0, length)).ok()) << length;
}

TEST_F(FaceModelTest, AModelOfSomethingElseIsRefused) {
  std::string other = bytes_of(kModel);
  for (std::size_t at = 0; (at = other.find("kps_32", at)) != std::string::npos; ++at) other[at] = 'q';
  const auto checked = check_face_model(other);
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().message(), "is an ONNX model of something else: it is not YuNet 2023mar");
}

TEST_F(FaceModelTest, MediaPipesIsTakenWhereYuNetsIsNotKept) {
  fs::create_directories(folder_ / "cumulet/models");
  const fs::path kept = folder_ / "cumulet/models/face_detection_full_range.tflite";
  std::ofstream(kept) << "version https://git-lfs.github.com/spec/v1\n";
  EXPECT_EQ(refusal({}), "the face model " + kept.string() + ' ' + kNeither);
  std::ofstream(kept, std::ios::binary) << std::string("\0\0\0\0TFL3", 8) << "and no more of it";
  EXPECT_EQ(refusal({}).find("the face model " + kept.string() + " is "), 0U) << refusal({});
  const fs::path yunet = folder_ / "cumulet/models/face_detection_yunet_2023mar.onnx";
  fs::copy_file(kModel, yunet);
  EXPECT_EQ((*find_face_model({}))->file, yunet);
}

TEST_F(FaceModelTest, TheRealFullRangeOneIsTaken) {
  ::unsetenv("XDG_DATA_HOME");
  const fs::path real = user_data_folder() / "models/face_detection_full_range.tflite";
  if (!fs::exists(real)) GTEST_SKIP() << "MediaPipe's full-range model is not here: that it passes was not tested";
  const auto found = find_face_model(real);
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_EQ((*found)->kind, vision::DetectorKind::mediapipe);
}

TEST_F(FaceModelTest, TheRealOneIsTaken) {
  const char* named = std::getenv("CUMULET_SHARED");
  const fs::path shared = named != nullptr ? named : fs::path(__FILE__).parent_path() / "../../../shared";
  const fs::path real = shared / "models/face_detection_yunet_2023mar.onnx";
  if (!fs::exists(real)) GTEST_SKIP() << "YuNet's file is not here: that it passes the check was not tested";
  const auto found = find_face_model(real);
  EXPECT_TRUE(found.ok()) << found.error().message();
}

}  // namespace
}  // namespace cumulet::server
