#include "apps/faceblur/blur-faces/blur_faces.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "apps/faceblur/common/fields.hpp"
#include "sdk/testing/fake_http_server.hpp"

namespace cumulet::faceblur {
namespace {

using Reply = sdk::FakeHttpServer::Reply;
using Received = sdk::FakeHttpServer::Received;

// An S3 with one video in it.
class BlurFaces : public ::testing::Test {
 protected:
  BlurFaces() : server_([this](const Received& request) { return respond(request); }) {}

  void SetUp() override {
    if (std::system("command -v ffmpeg >/dev/null") != 0) GTEST_SKIP() << "the ffmpeg program is not installed";
    std::string pattern = (std::filesystem::temp_directory_path() / "blur_faces_test.XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    std::filesystem::create_directory(folder_ / "scratch");
    settings_ = {"output", folder_ / "scratch"};
    ASSERT_EQ(std::system(("ffmpeg -v error -f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -pix_fmt yuv420p "
                           "-movflags +faststart " +
                           (folder_ / "video.mp4").string())
                              .c_str()),
              0);
    std::ostringstream bytes;
    bytes << std::ifstream(folder_ / "video.mp4", std::ios::binary).rdbuf();
    video_ = bytes.str();
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  sdk::InvocationResponse run(
      const std::string& more = R"("timestamps":{"80":[{"Left":0.4,"Top":0.4,"Width":0.2,"Height":0.2}]})") {
    sdk::ClientOptions options;
    options.region = "us-east-1";
    options.endpoint = server_.url();
    options.max_attempts = 1;
    options.credentials = std::make_shared<sdk::StaticCredentials>(auth::Credentials{"AKIA", "secret", ""});
    auto client = *sdk::Client::create(std::move(options));
    sdk::InvocationRequest request;
    const bool says_response = more.find("\"response\"") != std::string::npos;
    request.payload = std::string(R"({"job_id":"j","s3_object_bucket":"input","s3_object_key":"a b.mp4",)") +
                      (says_response ? "" : R"("response":{"VideoMetadata":{"DurationMillis":2000}},)") + more + "}";
    auto response = blur_faces(client, settings_, request);
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "scratch"));
    return response;
  }
  void expect_failure(const sdk::InvocationResponse& response, const std::string& type, const std::string& words) {
    EXPECT_FALSE(response.is_success());
    EXPECT_EQ(response.error_type(), type);
    EXPECT_NE(response.payload().find(words), std::string::npos) << response.payload();
    EXPECT_TRUE(stored_.empty());
  }

  Reply respond(const Received& request) {
    if (request.method == "PUT") {
      stored_at_ = request.target;
      stored_ = request.body;
      return {.headers = {{"ETag", "\"e\""}}};
    }
    if (request.method == "DELETE") {
      removed_ = request.target;
      return {.status = 204};
    }
    if (request.target == "/input/.faceblur/j.json") {
      return {.body = R"({"80":[{"Left":0.4,"Top":0.4,"Width":0.2,"Height":0.2}]})"};
    }
    if (request.target.starts_with("/input/a%20b.mp4")) return {.headers = {{"ETag", "\"v\""}}, .body = video_};
    return {.status = 404,
            .body = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"};
  }

  std::filesystem::path folder_;
  BlurSettings settings_;
  std::string video_, stored_, stored_at_, removed_;
  sdk::FakeHttpServer server_;
};

TEST_F(BlurFaces, PutsTheBlurredVideoUnderTheSameKey) {
  const auto response = run();
  ASSERT_TRUE(response.is_success()) << response.payload();
  EXPECT_TRUE(stored_at_.starts_with("/output/a%20b.mp4")) << stored_at_;
  EXPECT_EQ(stored_.substr(4, 4), "ftyp");
  const auto body = *json::find(*json::parse(response.payload()), "body");
  EXPECT_EQ(text_member(body, "message"), "Faces in video blurred");
  EXPECT_EQ(json::find(body, "frames")->to_number<int>(), 50);
  EXPECT_EQ(json::find(body, "covered_frames")->to_number<int>(), 8);  // 0 to 280 ms
  EXPECT_EQ(text_member(body, "recall"), "full");
}

TEST_F(BlurFaces, TakesTheFacesFromAnObjectAndRemovesIt) {
  const auto response = run(R"("timestamps_s3_object":{"bucket":"input","key":".faceblur/j.json"})");
  ASSERT_TRUE(response.is_success()) << response.payload();
  EXPECT_EQ(removed_, "/input/.faceblur/j.json");
  EXPECT_FALSE(stored_.empty());
}

TEST_F(BlurFaces, NoFacesIsAVideoAllTheSame) {
  EXPECT_TRUE(run(R"("timestamps":{})").is_success());
  EXPECT_FALSE(stored_.empty());
}

TEST_F(BlurFaces, AnEventWithoutFacesIsRefused) { expect_failure(run(R"("x":1)"), "InvalidInput", "timestamps"); }

TEST_F(BlurFaces, TheSourceBucketIsRefusedAsOutput) {
  settings_.output_bucket = "input";
  expect_failure(run(), "InvalidConfiguration", "again and again");
}

TEST(BlurSettingsTest, ComeFromTheEnvironment) {
  ::unsetenv("OUTPUT_BUCKET");
  ::unsetenv("CARRY_OVER");
  EXPECT_FALSE(blur_settings_from_environment().ok());
  ::setenv("OUTPUT_BUCKET", "output", 1);
  EXPECT_FALSE(blur_settings_from_environment()->carry.location);
  ::setenv("CARRY_OVER", "data,location", 1);
  EXPECT_TRUE(blur_settings_from_environment()->carry.location);
  EXPECT_FALSE(blur_settings_from_environment()->carry.other_video);
  ::setenv("CARRY_OVER", "everything", 1);
  const auto settings = blur_settings_from_environment();
  ASSERT_FALSE(settings.ok());
  EXPECT_NE(settings.error().message().find("CARRY_OVER"), std::string::npos);
  ::unsetenv("CARRY_OVER");
}

TEST_F(BlurFaces, AVideoCutInHalfGivesNoObject) {
  video_.resize(video_.size() / 2);
  expect_failure(run(), "DamagedMedia", "cut short");
}

TEST_F(BlurFaces, TextGivesNoObject) {
  video_ = "no video at all";
  expect_failure(run(), "UnsupportedMedia", "not an MP4 or MOV video");
}

TEST_F(BlurFaces, AnotherVideoThanTheFacesWereFoundInGivesNoObject) {
  expect_failure(run(R"("timestamps":{},"response":{"VideoMetadata":{"DurationMillis":9000}})"), "DamagedMedia", "");
}

TEST_F(BlurFaces, AMissingScratchFolderIsAnError) {
  settings_.scratch = "/no/such/folder";
  expect_failure(run(), "FileError", "/no/such/folder");
}

}  // namespace
}  // namespace cumulet::faceblur
