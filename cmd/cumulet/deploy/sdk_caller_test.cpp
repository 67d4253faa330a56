#include "cmd/cumulet/deploy/sdk_caller.hpp"

#include <gtest/gtest.h>

namespace cumulet::deploy {
namespace {

TEST(LambdaRequest, MembersGoIntoPathQueryAndBody) {
  const auto update = lambda_request("UpdateFunctionCode", {{"FunctionName", "a:b"}, {"S3Bucket", "x"}});
  ASSERT_TRUE(update.ok());
  EXPECT_EQ(update->method, "PUT");
  EXPECT_EQ(update->path, "/2015-03-31/functions/a%3Ab/code");
  EXPECT_EQ(update->body, R"({"S3Bucket":"x"})");
  EXPECT_EQ(update->headers.get_or("Content-Type", ""), "application/json");
  const auto untag = lambda_request("UntagResource", {{"Resource", "arn:f"}, {"TagKeys", json::array{"a", "b c"}}});
  EXPECT_EQ(untag->path, "/2017-03-31/tags/arn%3Af");
  EXPECT_EQ(untag->query, "tagKeys=a&tagKeys=b%20c");
  EXPECT_EQ(untag->body, "");
  const auto config = lambda_request("PutFunctionEventInvokeConfig",
                                     {{"FunctionName", "f"}, {"Qualifier", "$LATEST"}, {"MaximumRetryAttempts", 1}});
  EXPECT_EQ(config->query, "Qualifier=%24LATEST");
  EXPECT_EQ(config->body, R"({"MaximumRetryAttempts":1})");
  const auto remove = lambda_request("RemovePermission", {{"FunctionName", "f"}, {"StatementId", "s"}});
  EXPECT_EQ(remove->method + " " + remove->path, "DELETE /2015-03-31/functions/f/policy/s");
  EXPECT_EQ(lambda_request("Invoke", {}).error().message(),
            "UnknownOperationException: Invoke of lambda is not called from here");
}

TEST(S3Request, Buckets) {
  const auto create =
      s3_request("CreateBucket",
                 {{"Bucket", "b"}, {"CreateBucketConfiguration", json::object{{"LocationConstraint", "eu-west-1"}}}});
  EXPECT_EQ(create->method + " " + create->bucket + create->path, "PUT b/");
  EXPECT_EQ(create->body,
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>eu-west-1"
            "</LocationConstraint></CreateBucketConfiguration>");
  EXPECT_EQ(s3_request("CreateBucket", {{"Bucket", "b"}})->body, "");
  EXPECT_EQ(s3_request("HeadBucket", {{"Bucket", "a name/with?signs"}}).error().message(),
            "InvalidBucketName: The specified bucket is not valid.");
  EXPECT_EQ(s3_request("PutBucketPolicy", {{"Bucket", "b"}, {"Policy", "{}"}})->query, "policy=");
  EXPECT_FALSE(s3_request("PutBucketTagging", {{"Bucket", "b"}}).ok());
}

TEST(S3Request, Objects) {
  const auto put = s3_request(
      "PutObject", {{"Bucket", "b"}, {"Key", "a/b c"}, {"Body", "x"}, {"IfNoneMatch", "*"}, {"ContentType", "t/x"}});
  EXPECT_EQ(put->path, "/a/b%20c");
  EXPECT_EQ(put->body, "x");
  EXPECT_EQ(put->headers.get_or("If-None-Match", ""), "*");
  EXPECT_EQ(put->headers.get_or("Content-Type", ""), "t/x");
  const auto list = s3_request("ListObjectsV2", {{"Bucket", "b"}, {"Prefix", "p/"}, {"ContinuationToken", "t=="}});
  EXPECT_EQ(list->query, "list-type=2&encoding-type=url&prefix=p%2F&continuation-token=t%3D%3D");
}

TEST(S3Request, Notifications) {
  const auto value = json::parse(R"({"Bucket": "b", "NotificationConfiguration": {
    "LambdaFunctionConfigurations": [{"LambdaFunctionArn": "arn:f", "Events": ["s3:ObjectCreated:*"],
      "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": "<.mp4>"}]}}}],
    "QueueConfigurations": [{"QueueArn": "arn:q", "Events": ["s3:ObjectRemoved:*"]}]}})");
  const auto request = s3_request("PutBucketNotificationConfiguration", value->as_object());
  EXPECT_EQ(request->query, "notification=");
  EXPECT_EQ(
      request->body,
      "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><CloudFunctionConfiguration>"
      "<CloudFunction>arn:f</CloudFunction><Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule><Name>suffix"
      "</Name><Value>&lt;.mp4&gt;</Value></FilterRule></S3Key></Filter></CloudFunctionConfiguration>"
      "<QueueConfiguration><Queue>arn:q</Queue><Event>s3:ObjectRemoved:*</Event></QueueConfiguration>"
      "</NotificationConfiguration>");
}

TEST(QueryOutput, ElementsBecomeMembers) {
  const std::string xml =
      "<GetRoleResponse><GetRoleResult><Role><Arn>arn:r</Arn><Tags><member><Key>a</Key></member></Tags></Role>"
      "</GetRoleResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetRoleResponse>";
  EXPECT_EQ(json::text(query_output(xml, "GetRole")), R"({"Role":{"Arn":"arn:r","Tags":[{"Key":"a"}]}})");
  EXPECT_EQ(json::text(query_output("<DeleteRoleResponse/>", "DeleteRole")), "{}");
  EXPECT_EQ(json::text(query_output("not xml", "DeleteRole")), "{}");
}

}  // namespace
}  // namespace cumulet::deploy
