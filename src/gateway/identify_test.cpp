#include "gateway/identify.hpp"

#include <gtest/gtest.h>

namespace cumulet::gateway {
namespace {

const std::vector<std::string> kSuffixes = {"localhost.localstack.cloud", "amazonaws.com", "localhost"};

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
    const NamedHost named = read_host(c.host, kSuffixes, "s3");
    EXPECT_EQ(named.service, c.service) << c.host;
    EXPECT_EQ(named.bucket, c.bucket) << c.host;
  }
  EXPECT_EQ(read_host("photos.s3.localhost", kSuffixes, "").service, "");  // no service has virtual hosts
}

}  // namespace
}  // namespace cumulet::gateway
