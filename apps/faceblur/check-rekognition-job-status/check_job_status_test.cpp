#include "apps/faceblur/check-rekognition-job-status/check_job_status.hpp"

#include <gtest/gtest.h>

#include "sdk/testing/fake_http_server.hpp"

namespace cumulet::faceblur {
namespace {

using Reply = sdk::FakeHttpServer::Reply;

sdk::InvocationResponse check(const Reply& answer,
                              std::string event = R"({"job_id":"j","s3_object_bucket":"b","s3_object_key":"k.mp4"})") {
  sdk::FakeHttpServer server([&](const auto& request) {
    EXPECT_EQ(request.headers.get_or("x-amz-target", ""), "RekognitionService.GetFaceDetection");
    EXPECT_EQ(request.body, R"({"JobId":"j","MaxResults":1})");
    return answer;
  });
  sdk::ClientOptions options;
  options.region = "us-east-1";
  options.endpoint = server.url();
  options.max_attempts = 1;
  options.credentials = std::make_shared<sdk::StaticCredentials>(auth::Credentials{"AKIA", "secret", ""});
  auto client = *sdk::Client::create(std::move(options));
  sdk::InvocationRequest request;
  request.payload = std::move(event);
  return check_job_status(client, request);
}

TEST(CheckJobStatus, PassesTheStatusOn) {
  for (const std::string status : {"IN_PROGRESS", "SUCCEEDED"}) {
    const auto out = check({.body = R"({"JobStatus":")" + status + R"("})"});
    EXPECT_EQ(
        out.payload(),
        R"({"statusCode":200,"body":{"job_id":"j","s3_object_bucket":"b","s3_object_key":"k.mp4","job_status":")" +
            status + R"("}})");
  }
}

TEST(CheckJobStatus, SaysWhyAJobFailed) {
  const auto out = check({.body = R"({"JobStatus":"FAILED","StatusMessage":"The video could not be decoded"})"});
  EXPECT_TRUE(out.is_success());
  EXPECT_EQ(
      out.payload(),
      R"({"statusCode":200,"Error":"FaceDetectionFailed","Cause":"Face detection of s3://b/k.mp4 failed: The video could not be decoded","body":{"job_id":"j","s3_object_bucket":"b","s3_object_key":"k.mp4","job_status":"FAILED","status_message":"The video could not be decoded"}})");
  const auto replaced = check({.body = R"({"JobStatus":"FAILED","StatusMessage":"m","FailureCode":"Superseded"})"});
  EXPECT_NE(replaced.payload().find(R"("Error":"Superseded")"), std::string::npos);
  const auto silent = check({.body = R"({"JobStatus":"FAILED"})"});
  EXPECT_NE(silent.payload().find("the job's status is FAILED"), std::string::npos);
}

TEST(CheckJobStatus, FailsWithTheServicesErrorOrTheMissingField) {
  const auto unknown =
      check({.status = 400, .body = R"({"__type":"ResourceNotFoundException","Message":"Could not find JobId"})"});
  EXPECT_FALSE(unknown.is_success());
  EXPECT_EQ(unknown.error_type(), "ResourceNotFoundException");
  const auto missing = check({}, R"({"s3_object_bucket":"b","s3_object_key":"k"})");
  EXPECT_EQ(missing.error_type(), "InvalidInput");
  EXPECT_NE(missing.payload().find("no field \\\"job_id\\\""), std::string::npos);
}

}  // namespace
}  // namespace cumulet::faceblur
