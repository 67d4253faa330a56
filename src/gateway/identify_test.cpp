#include "gateway/identify.hpp"

#include <gtest/gtest.h>

namespace cumulet::gateway {
namespace {

const std::vector<std::string> kSuffixes = {"localhost.localstack.cloud", "amazonaws.com", "localhost"};

http::RequestHead head_with(std::string name, std::string value, std::string target = "/") {
  http::RequestHead head;
  head.method = "GET";
  head.target = std::move(target);
  if (!name.empty()) head.headers.add(std::move(name), std::move(value));
  return head;
}

TEST(ReadHost, TellsServiceAndBucket) {
  struct Case {
    const char* host;
    const char* service;
    const char* bucket;
  };
  const Case cases[] = {
      {"localhost:4566", "", ""},
      {"127.0.0.1:4566", "", ""},
      {"[::1]:4566", "", ""},
      {"example.org", "", ""},
      {"photos.localhost:4566", "", "photos"},
      {"my.dotted.bucket.localhost:4566", "", "my.dotted.bucket"},
      {"s3.localhost:4566", "s3", ""},
      {"s3.eu-west-1.localhost", "s3", ""},
      {"photos.s3.localhost:4566", "s3", "photos"},
      {"a.b.s3.localhost:4566", "s3", "a.b"},
      {"photos.s3.us-east-1.localhost:4566", "s3", "photos"},
      {"photos.s3.localhost.localstack.cloud:4566", "s3", "photos"},
      {"photos.S3.localhost", "", "photos.S3"},
      {"photos.s3.amazonaws.com", "s3", "photos"},
      {"photos.s3.us-west-2.amazonaws.com", "s3", "photos"},
      {"lambda.us-east-1.localhost:4566", "lambda", ""},
      {"states.us-east-1.amazonaws.com", "states", ""},
      {"iam.amazonaws.com", "iam", ""},
      {"", "", ""},
  };
  for (const auto& c : cases) {
    const NamedHost named = read_host(c.host, kSuffixes);
    EXPECT_EQ(named.service, c.service) << c.host;
    EXPECT_EQ(named.bucket, c.bucket) << c.host;
  }
}

TEST(ClaimedScope, ReadsHeaderAndPresignedQuery) {
  const auto signed_ = claimed_scope(head_with(
      "Authorization",
      "AWS4-HMAC-SHA256 Credential=AK/ID/20150830/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=x"));
  ASSERT_TRUE(signed_);
  EXPECT_EQ(signed_->region, "eu-west-1");
  EXPECT_EQ(signed_->service, "s3");
  const auto presigned = claimed_scope(
      head_with("", "", "/b/k?X-Amz-Credential=AKID%2F20150830%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=x"));
  ASSERT_TRUE(presigned);
  EXPECT_EQ(presigned->service, "sts");
  EXPECT_FALSE(claimed_scope(head_with("", "")));
  EXPECT_FALSE(claimed_scope(head_with("Authorization", "Basic abc")));
  EXPECT_FALSE(claimed_scope(head_with("Authorization", "AWS4-HMAC-SHA256 Credential=AKID")));
}

}  // namespace
}  // namespace cumulet::gateway
