#include "apps/faceblur/blur-faces/blur_faces.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
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

  // S3's answer to a condition on what stands there; an empty `etag`: nothing does.
  static int refused(const Received& request, const std::string& etag) {
    const auto match = request.headers.get_or("if-match", ""), none = request.headers.get_or("if-none-match", "");
    if (!match.empty() && etag.empty()) return 404;
    const bool fine = (match.empty() || match == etag) && (none.empty() || etag.empty());
    return fine ? 0 : 412;
  }
  Reply respond(const Received& request) {
    if (before_) before_(request);
    if (request.target.starts_with("/output/")) return output(request);
    if (request.target.starts_with("/input/a%20b.mp4")) {
      if (const int status = refused(request, input_etag_)) return {.status = status};
      if (input_etag_.empty()) return {.status = 404, .body = "<Error><Code>NoSuchKey</Code></Error>"};
      return {.headers = {{"ETag", input_etag_}}, .body = request.method == "HEAD" ? "" : video_};
    }
    if (request.method == "DELETE") {
      removed_ = request.target;
      return {.status = 204};
    }
    if (request.target == "/input/.faceblur/j.json") {
      return {.body = R"({"80":[{"Left":0.4,"Top":0.4,"Width":0.2,"Height":0.2}]})"};
    }
    if (request.target == "/input/.faceblur/a.tracks.json") {
      if (const int status = refused(request, "\"t\"")) return {.status = status};
      return {.headers = {{"ETag", "\"t\""}}, .body = request.method == "HEAD" ? "" : tracks_};
    }
    return {.status = 404,
            .body = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"};
  }
  Reply output(const Received& request) {
    if (request.method == "HEAD" && output_etag_.empty()) return {.status = 404};
    if (request.method == "HEAD") return {.headers = {{"ETag", output_etag_}}};
    if (const int status = refused(request, output_etag_)) return {.status = status};
    stored_at_ = request.target;
    stored_ = request.body;
    output_etag_ = "\"ours\"";
    return {.headers = {{"ETag", output_etag_}}};
  }

  std::filesystem::path folder_;
  BlurSettings settings_;
  std::string video_, stored_, stored_at_, removed_;
  std::string input_etag_ = "\"v\"", output_etag_;
  std::string tracks_ = R"({"format":"cumulet-tracks","version":1,"video":{"width":320,"height":240,"frame_rate":25,)"
                        R"("duration_ms":2000},"detector":"a person","tracks":[{"id":1,"faces":)"
                        R"([[80,0.4,0.4,0.2,0.2,0,99],[400,0.4,0.4,0.2,0.2,0,99]]}]})";
  std::function<void(const Received&)> before_;  // what others do before a request is answered
  sdk::FakeHttpServer server_;
};

TEST_F(BlurFaces, PutsTheBlurredVideoUnderTheSameKey) {
  const auto response = run();
  ASSERT_TRUE(response.is_success()) << response.payload();
  EXPECT_TRUE(stored_at_.starts_with("/output/a%20b.mp4")) << stored_at_;
  EXPECT_EQ(stored_.substr(4, 4), "ftyp");
  const auto body = *json::find(*json::parse(response.payload()), "body");
  EXPECT_EQ(json::text_at(body, "message"), "Faces in video blurred");
  EXPECT_EQ(json::find(body, "frames")->to_number<int>(), 50);
  EXPECT_EQ(json::find(body, "covered_frames")->to_number<int>(), 8);  // 0 to 280 ms
  EXPECT_EQ(json::text_at(body, "recall"), "full");
}

TEST_F(BlurFaces, TakesTheFacesFromAnObjectAndRemovesIt) {
  const auto response = run(R"("timestamps_s3_object":{"bucket":"input","key":".faceblur/j.json","etag":"f"})");
  ASSERT_TRUE(response.is_success()) << response.payload();
  EXPECT_EQ(removed_, "/input/.faceblur/j.json");
  EXPECT_FALSE(stored_.empty());
}

constexpr const char* kReviewed = R"("tracks_s3_object":{"bucket":"input","key":".faceblur/a.tracks.json"})";

TEST_F(BlurFaces, CoversWhatAPersonCorrectedFromTheFirstToTheLastOfATrack) {
  const auto response = run(kReviewed);
  EXPECT_TRUE(response.is_success()) << response.payload();
  EXPECT_EQ(stored_at_, "/output/a%20b.mp4");
  EXPECT_NE(response.payload().find("\"covered_frames\":9"), std::string::npos) << response.payload();
  EXPECT_NE(response.payload().find("a person, reviewed"), std::string::npos) << response.payload();
  EXPECT_TRUE(removed_.empty());  // it is the person's
}

TEST_F(BlurFaces, CorrectedTracksThatAreNoneOrOthersOrOfAnotherFilmAreRefused) {
  const std::string right = tracks_;
  tracks_ = "{}";
  expect_failure(run(kReviewed), "InvalidTracks", "");
  tracks_ = right;
  tracks_.replace(tracks_.find("2000"), 4, "9000");
  expect_failure(run(kReviewed), "DamagedMedia", "");
  tracks_ = right;
  expect_failure(run(R"("tracks_s3_object":{"bucket":"input"})"), "InvalidInput", "key");
  expect_failure(run(R"("tracks_s3_object":{"bucket":"input","key":"none.json"})"), "NotFound", "");
  expect_failure(run(R"("tracks_s3_object":{"bucket":"input","key":".faceblur/a.tracks.json","etag":"other"})"), "PreconditionFailed", "");
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

// An event with the ETag that the job looked at.
constexpr const char* kPinned = R"("timestamps":{},"s3_object_etag":"v")";

TEST_F(BlurFaces, ReadsWhatTheJobLookedAtOrNothing) {
  ASSERT_TRUE(run(kPinned).is_success());
  stored_.clear();
  input_etag_ = "\"w\"";
  expect_failure(run(kPinned), "Superseded", "replaced");
  input_etag_.clear();
  expect_failure(run(kPinned), "Superseded", "deleted");
}

TEST_F(BlurFaces, AnInputReplacedWhileItIsBlurredGivesNoObject) {
  // Also where no ETag was passed on: what was fetched is what has to stand there at the end.
  for (const char* event : {kPinned, R"("timestamps":{})"}) {
    for (const char* then : {"\"w\"", ""}) {
      input_etag_ = "\"v\"";
      before_ = [this, then](const Received& request) {
        if (request.target.starts_with("/output/")) input_etag_ = then;
      };
      expect_failure(run(event), "Superseded", *then == '\0' ? "deleted" : "replaced");
    }
  }
}

TEST_F(BlurFaces, TheFacesOfASupersededVideoAreRemoved) {
  input_etag_ = "\"w\"";
  expect_failure(
      run(R"("timestamps_s3_object":{"bucket":"input","key":".faceblur/j.json","etag":"f"},"s3_object_etag":"v")"),
      "Superseded", "replaced");
  EXPECT_EQ(removed_, "/input/.faceblur/j.json");
}

TEST_F(BlurFaces, ANewerVideosResultIsNotWrittenOver) {
  // The newer film comes and is blurred after this one's last look at the input, before its PUT.
  before_ = [this](const Received& request) {
    if (request.method != "PUT") return;
    input_etag_ = "\"w\"";
    output_etag_ = "\"newer\"";
  };
  for (const char* stood_before : {"", "\"old\""}) {
    input_etag_ = "\"v\"";
    output_etag_ = stood_before;
    expect_failure(run(kPinned), "Superseded", "replaced");
    EXPECT_EQ(output_etag_, "\"newer\"");
  }
}

TEST_F(BlurFaces, WhatAnotherAttemptAtTheSameVideoWroteIsWrittenOver) {
  bool once = false;
  before_ = [&](const Received& request) {
    if (request.method != "PUT" || std::exchange(once, true)) return;
    output_etag_ = "\"of another attempt\"";
  };
  ASSERT_TRUE(run(kPinned).is_success());
  EXPECT_EQ(output_etag_, "\"ours\"");
}

TEST_F(BlurFaces, AMissingScratchFolderIsAnError) {
  settings_.scratch = "/no/such/folder";
  expect_failure(run(), "FileError", "/no/such/folder");
}

}  // namespace
}  // namespace cumulet::faceblur
