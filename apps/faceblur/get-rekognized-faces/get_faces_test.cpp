#include "apps/faceblur/get-rekognized-faces/get_faces.hpp"

#include <gtest/gtest.h>

#include "sdk/testing/fake_http_server.hpp"

namespace cumulet::faceblur {
namespace {

using Reply = sdk::FakeHttpServer::Reply;
using Received = sdk::FakeHttpServer::Received;

// A finished job with `faces` faces, two in each frame, and a bucket.
class Cloud {
 public:
  explicit Cloud(int faces) : faces_(faces), server_([this](const Received& request) { return respond(request); }) {}

  sdk::InvocationResponse run() {
    sdk::ClientOptions options;
    options.region = "us-east-1";
    options.endpoint = server_.url();
    options.max_attempts = 1;
    options.credentials = std::make_shared<sdk::StaticCredentials>(auth::Credentials{"AKIA", "secret", ""});
    auto client = *sdk::Client::create(std::move(options));
    sdk::InvocationRequest request;
    request.payload = R"({"job_id":"j","s3_object_bucket":"input","s3_object_key":"k.mp4")" + of_event + "}";
    return get_faces(client, request);
  }
  json::value body() {
    const auto response = run();
    EXPECT_TRUE(response.is_success()) << response.payload();
    return *json::find(*json::parse(response.payload()), "body");
  }
  std::string status = "SUCCEEDED", extra, of_event;
  std::string stored_key, stored;
  int pages = 0;
  bool loops = false;

 private:
  Reply respond(const Received& request) {
    if (request.method == "PUT") {
      stored_key = request.target;
      stored = request.body;
      return {.headers = {{"ETag", "\"e\""}}};
    }
    ++pages;
    const auto input = *json::parse(request.body);
    EXPECT_EQ(json::find(input, "MaxResults")->get_int64(), 1000);
    const std::string token = json::text_at(input, "NextToken");
    const int from = token.empty() ? 0 : std::stoi(token), to = std::min(from + 1000, faces_);
    std::string out =
        R"({"JobStatus":")" + status + R"(","VideoMetadata":{"FrameRate":25.0})" + extra + R"(,"Faces":[)";
    for (int i = from; i < to; ++i)
      out += std::string(i > from ? "," : "") + R"({"Timestamp":)" + std::to_string(i / 2 * 40) +
             R"(,"Face":{"Confidence":99.5,"BoundingBox":{"Left":0.125,"Top":0.25,"Width":0.5,"Height":0.0625}}})";
    out += "]";
    if (to < faces_ || loops) out += R"(,"NextToken":")" + std::to_string(loops ? 0 : to) + '"';
    return {.body = out + "}"};
  }
  int faces_;
  sdk::FakeHttpServer server_;
};

TEST(GetFaces, GathersTheFacesByTimestamp) {
  Cloud cloud(3);
  EXPECT_EQ(
      json::text(cloud.body()),
      R"({"job_id":"j","s3_object_bucket":"input","s3_object_key":"k.mp4",)"
      R"("response":{"JobStatus":"SUCCEEDED","VideoMetadata":{"FrameRate":25.0}},"detector":"Amazon Rekognition","recall":"full",)"
      R"("timestamps":{"0":[{"Width":0.5,"Height":0.0625,"Left":0.125,"Top":0.25},{"Width":0.5,"Height":0.0625,"Left":0.125,"Top":0.25}],)"
      R"("40":[{"Width":0.5,"Height":0.0625,"Left":0.125,"Top":0.25}]}})");
}

TEST(GetFaces, ReadsEveryPageOnce) {
  Cloud cloud(2500);
  const auto faces = parse_timestamps(*json::find(cloud.body(), "timestamps"));
  ASSERT_TRUE(faces.ok());
  std::size_t count = 0;
  for (const auto& [time, boxes] : *faces) count += boxes.size();
  EXPECT_EQ(count, 2500u);
  EXPECT_EQ(cloud.pages, 3);
}

TEST(GetFaces, NoFacesAreAnEmptyObject) {
  Cloud cloud(0);
  EXPECT_EQ(json::text(*json::find(cloud.body(), "timestamps")), "{}");
}

TEST(GetFaces, ManyFacesTravelByS3) {
  Cloud cloud(5000);
  const auto body = cloud.body();
  EXPECT_EQ(json::find(body, "timestamps"), nullptr);
  EXPECT_EQ(json::text(*json::find(body, "timestamps_s3_object")),
            R"({"bucket":"input","key":".faceblur/j.json","etag":"\"e\""})");
  EXPECT_EQ(cloud.stored_key, "/input/.faceblur/j.json");
  EXPECT_EQ(parse_timestamps(*json::parse(cloud.stored))->size(), 2500u);
  EXPECT_LT(json::text(body).size(), 1000u);
}

TEST(GetFaces, SaysWhichDetectorWorked) {
  Cloud cloud(1);
  cloud.extra = R"(,"Detector":"MediaPipe full range","Recall":"reduced")";
  const auto body = cloud.body();
  EXPECT_EQ(json::text_at(body, "detector"), "MediaPipe full range");
  EXPECT_EQ(json::text_at(body, "recall"), "reduced");
}

TEST(GetFaces, PassesOnWhatTheJobLookedAt) {
  Cloud cloud(1);
  cloud.of_event = R"(,"s3_object_version":"v1")";
  cloud.extra = R"(,"VideoETag":"looked-at")";
  EXPECT_EQ(json::text_at(cloud.body(), "s3_object_etag"), "looked-at");
  EXPECT_EQ(json::text_at(cloud.body(), "s3_object_version"), "v1");
  cloud.of_event = R"(,"s3_object_etag":"looked-at")";
  EXPECT_EQ(json::text_at(cloud.body(), "s3_object_etag"), "looked-at");
}

TEST(GetFaces, AJobThatLookedAtAnotherUploadIsSuperseded) {
  Cloud cloud(1);
  cloud.of_event = R"(,"s3_object_etag":"told-of")";
  cloud.extra = R"(,"VideoETag":"looked-at")";
  const auto out = cloud.run();
  EXPECT_FALSE(out.is_success());
  EXPECT_EQ(out.error_type(), "Superseded");
}

TEST(GetFaces, AJobThatHasNotSucceededIsAnError) {
  Cloud cloud(0);
  cloud.status = "FAILED";
  cloud.extra = R"(,"StatusMessage":"no video")";
  const auto out = cloud.run();
  EXPECT_EQ(out.error_type(), "FaceDetectionFailed");
  EXPECT_NE(out.payload().find("no video"), std::string::npos);
}

TEST(GetFaces, PagesThatRepeatAreAnError) {
  Cloud cloud(10);
  cloud.loops = true;
  EXPECT_EQ(cloud.run().error_type(), "ResponseParserError");
  EXPECT_LE(cloud.pages, 3);
}

}  // namespace
}  // namespace cumulet::faceblur
