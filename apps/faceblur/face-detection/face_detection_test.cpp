#include "apps/faceblur/face-detection/face_detection.hpp"

#include <gtest/gtest.h>

#include "apps/faceblur/common/fields.hpp"
#include "sdk/testing/fake_http_server.hpp"

namespace cumulet::faceblur {
namespace {

using Reply = sdk::FakeHttpServer::Reply;
using Received = sdk::FakeHttpServer::Received;
constexpr const char* kMachine = "arn:aws:states:us-east-1:000000000000:stateMachine:faceblur";

sdk::Client client_at(const std::string& endpoint) {
  sdk::ClientOptions options;
  options.region = "us-east-1";
  options.endpoint = endpoint;
  options.sleep = [](Milliseconds) {};
  options.credentials = std::make_shared<sdk::StaticCredentials>(auth::Credentials{"AKIA", "secret", ""});
  return *sdk::Client::create(std::move(options));
}

std::string record(const std::string& key,
                   const std::string& more = R"(,"sequencer":"0055AED6DCD90281E5","eTag":"e")") {
  return R"({"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"input"},"object":{"key":")" + key +
         R"(","size":1024)" + more + "}}}";
}

// Rekognition and Step Functions, as far as this function sees them.
class Cloud {
 public:
  Cloud() : server_([this](const Received& request) { return respond(request); }) {}
  json::value run(const std::string& records) {
    const auto response = invoke(records);
    EXPECT_TRUE(response.is_success()) << response.payload();
    const auto out = json::parse(response.payload());
    EXPECT_EQ(json::find(*out, "statusCode")->get_int64(), 200);
    return *json::parse(json::text_at(*out, "body"));
  }
  sdk::InvocationResponse invoke(const std::string& records) {
    sdk::InvocationRequest request;
    request.payload = "{\"Records\":[" + records + "]}";
    request.request_id = "request-1";
    auto client = client_at(server_.url());
    return handle_event(client, kMachine, request);
  }
  std::vector<json::value> sent(std::string_view operation) const {
    std::vector<json::value> out;
    for (const auto& request : server_.received())
      if (request.headers.get_or("x-amz-target", "").ends_with(operation)) out.push_back(*json::parse(request.body));
    return out;
  }
  std::string fail_key;  // StartFaceDetection of it fails
  Reply failure{.status = 400,
                .body = R"({"__type":"InvalidS3ObjectException","Message":"Unable to get object metadata from S3."})"};
  Reply execution{.body = R"({"executionArn":"arn:execution","startDate":1})"};

 private:
  Reply respond(const Received& request) {
    if (request.headers.get_or("x-amz-target", "") == "AWSStepFunctions.StartExecution") return execution;
    if (!fail_key.empty() && request.body.find(fail_key) != std::string::npos) return failure;
    return {.body = R"({"JobId":"job-1"})"};
  }
  sdk::FakeHttpServer server_;
};

TEST(FaceDetection, StartsAJobAndAnExecutionForEachVideo) {
  Cloud cloud;
  const auto summary = cloud.run(record("films/My+holiday%21.MP4") + "," + record("clip.mov"));
  EXPECT_EQ(json::find(summary, "successful_records")->get_array().size(), 2u);
  EXPECT_EQ(json::find(summary, "failed_records")->get_array().size(), 0u);
  const auto jobs = cloud.sent("StartFaceDetection");
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_EQ(json::text(*json::find(jobs[0], "Video")),
            R"({"S3Object":{"Bucket":"input","Name":"films/My holiday!.MP4"}})");
  const auto executions = cloud.sent("StartExecution");
  ASSERT_EQ(executions.size(), 2u);
  EXPECT_EQ(json::text_at(executions[0], "stateMachineArn"), kMachine);
  EXPECT_EQ(
      json::text_at(executions[0], "input"),
      R"({"body":{"job_id":"job-1","s3_object_bucket":"input","s3_object_key":"films/My holiday!.MP4","s3_object_etag":"e"}})");
  EXPECT_TRUE(json::text_at(executions[0], "name").starts_with("My-holiday--"));
}

TEST(FaceDetection, TheSameEventTwiceIsTheSameJobAndExecution) {
  Cloud cloud;
  cloud.run(record("a.mp4"));
  cloud.execution = {.status = 400,
                     .body = R"({"__type":"ExecutionAlreadyExists","message":"Execution Already Exists"})"};
  const auto again = cloud.run(record("a.mp4"));
  EXPECT_EQ(json::find(again, "successful_records")->get_array().size(), 1u);
  cloud.run(record("a.mp4", R"(,"sequencer":"0055AED6DCD90281E6","eTag":"e")"));
  const auto jobs = cloud.sent("StartFaceDetection");
  const auto executions = cloud.sent("StartExecution");
  const auto token = [&](int i) { return json::text_at(jobs.at(i), "ClientRequestToken"); };
  EXPECT_EQ(token(0), token(1));
  EXPECT_NE(token(0), token(2));
  EXPECT_LE(token(0).size(), 64u);
  EXPECT_EQ(json::text_at(executions.at(0), "name"), json::text_at(executions.at(1), "name"));
  EXPECT_NE(json::text_at(executions.at(0), "name"), json::text_at(executions.at(2), "name"));
}

TEST(FaceDetection, NamesTheVersionOfABucketThatKeepsThem) {
  Cloud cloud;
  cloud.run(record("a.mp4", R"(,"sequencer":"1","eTag":"e","versionId":"v1")"));
  const auto job = cloud.sent("StartFaceDetection").at(0);
  EXPECT_EQ(json::text(*json::find(*json::find(job, "Video"), "S3Object")),
            R"({"Bucket":"input","Name":"a.mp4","Version":"v1"})");
  const auto input = *json::parse(json::text_at(cloud.sent("StartExecution").at(0), "input"));
  EXPECT_EQ(json::text_at(*json::find(input, "body"), "s3_object_version"), "v1");
}

TEST(FaceDetection, OneBadRecordNeverStopsTheOthers) {
  Cloud cloud;
  cloud.fail_key = "broken.mp4";
  const auto summary =
      cloud.run(R"({"foo":1},)" + record("notes.txt") + "," + record("broken.mp4") + "," +
                record("good.mp4", R"(,"sequencer":"1")") +
                R"(,{"s3":{"bucket":{"name":"input"},"object":{"key":"big.mp4","size":10737418241}}})");
  const auto& bad = json::find(summary, "failed_records")->get_array();
  ASSERT_EQ(bad.size(), 4u);
  EXPECT_EQ(json::text_at(bad[0], "error_message"),
            "Lambda invoked without S3 event data. Event needs to reference a S3 bucket and object key.");
  EXPECT_EQ(json::text_at(bad[1], "error_message"),
            "Unsupported file type. Amazon Rekognition Video support MOV and MP4 lower than 10 GB in size");
  EXPECT_TRUE(
      json::text_at(bad[2], "error_message").starts_with("InvalidS3ObjectException: Unable to get object metadata"));
  EXPECT_EQ(json::text_at(bad[3], "key"), "big.mp4");
  const auto& good = json::find(summary, "successful_records")->get_array();
  ASSERT_EQ(good.size(), 1u);
  EXPECT_EQ(json::text_at(good[0], "key"), "good.mp4");
}

TEST(FaceDetection, APassingFailureLetsLambdaRetryAfterTheOthersWereStarted) {
  Cloud cloud;
  cloud.fail_key = "broken.mp4";
  cloud.failure = {.status = 500, .body = R"({"__type":"InternalServerError","Message":"busy"})"};
  const auto response = cloud.invoke(record("broken.mp4") + "," + record("good.mp4"));
  EXPECT_FALSE(response.is_success());
  EXPECT_EQ(response.error_type(), "RecordsNotStarted");
  EXPECT_NE(response.payload().find("input/broken.mp4"), std::string::npos);
  EXPECT_EQ(cloud.sent("StartExecution").size(), 1u);
}

TEST(FaceDetection, TenGigabytesAreAllowed) {
  const auto at = [](std::int64_t size) {
    const auto read =
        read_record(json::object{{"s3", json::object{{"bucket", json::object{{"name", "b"}}},
                                                     {"object", json::object{{"key", "a.mp4"}, {"size", size}}}}}},
                    "id");
    return std::holds_alternative<Video>(read);
  };
  EXPECT_TRUE(at(10737418240));
  EXPECT_FALSE(at(10737418241));
}

TEST(FaceDetection, TheTestEventOfS3IsNoError) {
  Cloud cloud;
  sdk::InvocationRequest request;
  request.payload = R"({"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"input"})";
  auto client = client_at("http://127.0.0.1:1");
  EXPECT_TRUE(handle_event(client, kMachine, request).is_success());
}

TEST(ExecutionName, IsWhatStepFunctionsAccepts) {
  const auto name = execution_name({"b", "x/" + std::string(200, 'a') + "é?*.mp4", std::string(64, 'f')});
  EXPECT_LE(name.size(), 80u);
  EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
            std::string::npos);
  EXPECT_EQ(execution_name({"b", ".mp4", std::string(64, 'f')}), "video-" + std::string(32, 'f'));
}

}  // namespace
}  // namespace cumulet::faceblur
