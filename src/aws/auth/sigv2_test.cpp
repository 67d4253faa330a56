#include "aws/auth/sigv2.hpp"

#include <gtest/gtest.h>

namespace cumulet::auth {
namespace {

const Credentials kKey{"test", "test", ""};
const TimePoint kExpires = from_millis(1'795'385'764'000);

http::RequestHead request(std::string method, std::string target, std::string host = "127.0.0.1:4566") {
  http::RequestHead head;
  head.method = std::move(method);
  head.target = std::move(target);
  head.headers.add("Host", std::move(host));
  return head;
}
Result<void> check(const http::RequestHead& head, TimePoint now = kExpires, std::string_view bucket = {}) {
  CUMULET_TRY(const auto authorization, parse_signing(head).authorization);
  EXPECT_EQ(authorization.scheme, Scheme::v2);
  const std::string front = bucket.empty() ? std::string() : '/' + std::string(bucket);
  return verify_sigv2(authorization, kKey, head, front + std::string(head.raw_path()), now);
}

// As boto3 1.26 presigns.
constexpr const char* kGet =
    "/b/k%20%C3%A9/%2B?response-content-type=a%20b&versionId=null&AWSAccessKeyId=test"
    "&Signature=nDzJ%2BfA%2FsqCAwcKwC%2Bh%2BPBcDYMA%3D&Expires=1795385764";
constexpr const char* kPut =
    "/b/k?AWSAccessKeyId=test&Signature=KXIq6n5J5ZRgxz2O5owTHOdtcTY%3D&content-type=a%2Fb&x-amz-meta-x=y"
    "&Expires=1795385764";

TEST(SigV2, AcceptsWhatBoto3Presigns) {
  const auto get = check(request("GET", kGet));
  EXPECT_TRUE(get.ok()) << get.error().message();
  const auto put = check(request("PUT", kPut));
  EXPECT_TRUE(put.ok()) << put.error().message();
}

TEST(SigV2, SignsTheBucketThatTheHostNames) {
  const auto head =
      request("GET", "/k/%C3%A9?AWSAccessKeyId=test&Signature=nolceX7NpuW5ZhYbQLs%2B4q0HgCc%3D&Expires=1795386083",
              "buck.localhost:4566");
  EXPECT_TRUE(check(head, kExpires, "buck").ok());
  EXPECT_FALSE(check(head, kExpires, "other").ok());
  EXPECT_FALSE(check(head).ok());
  EXPECT_FALSE(check(request("GET", kGet), kExpires, "other").ok());  // a path is no other bucket's
}

TEST(SigV2, SignsWhateverMakesAnotherOperation) {
  for (const char* more : {"&acl", "&attributes", "&ownershipControls", "&policyStatus", "&tagging", "&website"})
    EXPECT_TRUE(check(request("GET", kGet + std::string(more))).error().is(kSignatureDoesNotMatch)) << more;
}

TEST(SigV2, RefusesWhatWasChanged) {
  EXPECT_TRUE(check(request("DELETE", kGet)).error().is(kSignatureDoesNotMatch));
  std::string other = kGet;
  other.replace(other.find("null"), 4, "abcd");
  EXPECT_TRUE(check(request("GET", other)).error().is(kSignatureDoesNotMatch));
  auto more = request("PUT", kPut);
  more.headers.add("x-amz-acl", "public-read");
  EXPECT_TRUE(check(more).error().is(kSignatureDoesNotMatch));
}

TEST(SigV2, ExpiresWithS3sAnswer) {
  const auto late = check(request("GET", kGet), kExpires + Seconds{1});
  ASSERT_FALSE(late.ok());
  EXPECT_TRUE(late.error().is(kAccessDenied));
  EXPECT_EQ(late.error().message(), "Request has expired");
}

TEST(SigV2, NeedsItsThreeParameters) {
  EXPECT_EQ(parse_signing(request("GET", "/b/k?AWSAccessKeyId=a&Signature=b")).authorization.error().message(),
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters");
  EXPECT_EQ(
      parse_signing(request("GET", "/b/k?AWSAccessKeyId=a&Signature=b&Expires=x")).authorization.error().message(),
      "Invalid date (should be seconds since epoch): x");
}

TEST(PresignedHeaders, ComeFromTheQuery) {
  auto head =
      request("PUT", "/b/k?X-Amz-Date=1&x-amz-meta-a=b%20c&x-amz-sdk-checksum-algorithm=CRC32&x-amz-acl=private&y=1");
  head.headers.add("X-Amz-Acl", "bucket-owner-full-control");
  const auto out = with_presigned_headers(head);
  ASSERT_TRUE(out.has_value());
  EXPECT_EQ(out->headers.get_or("x-amz-meta-a", ""), "b c");
  EXPECT_EQ(out->headers.get_or("x-amz-acl", ""), "bucket-owner-full-control");
  EXPECT_FALSE(out->headers.has("x-amz-date"));
  EXPECT_FALSE(out->headers.has("x-amz-sdk-checksum-algorithm"));
  EXPECT_FALSE(with_presigned_headers(request("GET", kGet)).has_value());
}

TEST(PresignedHeaders, AreConditionsTooButNoChecksums) {
  const auto head = request(
      "PUT", "/b/k?If-None-Match=%2A&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-checksum-algorithm=CRC32&if-range=x");
  const auto out = with_presigned_headers(head);
  ASSERT_TRUE(out.has_value());
  EXPECT_EQ(out->headers.get_or("if-none-match", ""), "*");
  EXPECT_EQ(out->headers.get_or("x-amz-checksum-algorithm", ""), "CRC32");
  EXPECT_FALSE(out->headers.has("x-amz-checksum-crc32"));
  EXPECT_FALSE(out->headers.has("if-range"));
}

}  // namespace
}  // namespace cumulet::auth
