#include "apps/faceblur/common/faces.hpp"

#include <gtest/gtest.h>

#include "sdk/testing/fake_http_server.hpp"

namespace cumulet::faceblur {
namespace {

sdk::S3 s3_at(const std::string& endpoint) {
  sdk::ClientOptions options;
  options.region = "us-east-1";
  options.endpoint = endpoint;
  options.max_attempts = 1;
  options.credentials = std::make_shared<sdk::StaticCredentials>(auth::Credentials{"AKIA", "secret", ""});
  return sdk::S3(*sdk::Client::create(std::move(options)));
}

json::value event(std::string_view more) {
  return *json::parse(R"({"job_id":"j","s3_object_bucket":"b","s3_object_key":"k.mp4")" + std::string(more) + "}");
}

TEST(Timestamps, KeepTheFormOfTheExercise) {
  Timestamps faces;
  faces[1000] = {{0.5, 0.25, 0.125, 0.0625}};
  faces[40] = {};
  const auto text = json::text(to_json(faces));
  EXPECT_EQ(text, R"({"40":[],"1000":[{"Width":0.125,"Height":0.0625,"Left":0.5,"Top":0.25}]})");
  const auto back = parse_timestamps(*json::parse(text));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(json::text(to_json(*back)), text);
}

TEST(Timestamps, RefuseWhatIsNoListOfFaces) {
  for (const char* text :
       {"[]", "7", R"({"x":[]})", R"({"-1":[]})", R"({"1":{}})", R"({"1":[{"Left":0}]})",
        R"({"1":[{"Left":0,"Top":0,"Width":-1,"Height":1}]})", R"({"1":[{"Left":"0","Top":0,"Width":1,"Height":1}]})"})
    EXPECT_FALSE(parse_timestamps(*json::parse(text)).ok()) << text;
}

TEST(BlurInput, ReadsFacesFromTheEvent) {
  auto s3 = s3_at("http://127.0.0.1:1");
  const auto input = read_blur_input(
      event(
          R"(,"timestamps":{"0":[{"Left":0,"Top":0,"Width":1,"Height":1}]},"detector":"YuNet 2023mar","recall":"full","response":{"VideoMetadata":{"FrameRate":25,"DurationMillis":8720}})"),
      s3);
  ASSERT_TRUE(input.ok()) << input.error().message();
  EXPECT_EQ(input->faces.at(0).size(), 1u);
  EXPECT_EQ(input->detector.detector, "YuNet 2023mar");
  EXPECT_EQ(input->frame_rate, 25.0);
  EXPECT_EQ(input->duration_ms, 8720);
}

TEST(BlurInput, ReadsFacesFromS3) {
  sdk::FakeHttpServer server([](const auto& request) {
    sdk::FakeHttpServer::Reply reply;
    if (request.target == "/b/.faceblur/j.json" && request.headers.get_or("if-match", "") == "\"e\"")
      reply.body = R"({"40":[{"Left":0,"Top":0,"Width":1,"Height":1}]})";
    else
      reply.status = 404;
    return reply;
  });
  auto s3 = s3_at(server.url());
  const auto input =
      read_blur_input(event(R"(,"timestamps_s3_object":{"bucket":"b","key":".faceblur/j.json","etag":"\"e\""})"), s3);
  ASSERT_TRUE(input.ok()) << input.error().message();
  EXPECT_EQ(input->faces.at(40).size(), 1u);
  EXPECT_EQ(input->faces_object->key, ".faceblur/j.json");
  EXPECT_FALSE(read_blur_input(event(R"(,"timestamps_s3_object":{"bucket":"b","key":"gone","etag":"e"})"), s3).ok());
  // Written over by somebody: these are not the faces that were found.
  EXPECT_FALSE(
      read_blur_input(event(R"(,"timestamps_s3_object":{"bucket":"b","key":".faceblur/j.json","etag":"x"})"), s3).ok());
  EXPECT_FALSE(read_blur_input(event(R"(,"timestamps_s3_object":{"bucket":"b","key":".faceblur/j.json"})"), s3).ok());
}

TEST(BlurInput, NeverTakesMissingFacesForNone) {
  auto s3 = s3_at("http://127.0.0.1:1");
  EXPECT_EQ(read_blur_input(event(""), s3).error().message(),
            "the event has neither \"timestamps\" nor \"timestamps_s3_object\"");
  EXPECT_FALSE(read_blur_input(event(R"(,"timestamps":null)"), s3).ok());
  EXPECT_TRUE(read_blur_input(event(R"(,"timestamps":{})"), s3)->faces.empty());
  const auto bare = *json::parse(R"({"timestamps":{},"job_id":"j","s3_object_bucket":"b"})");
  EXPECT_EQ(read_blur_input(bare, s3).error().message(), "the event has no field \"s3_object_key\"");
}

}  // namespace
}  // namespace cumulet::faceblur
