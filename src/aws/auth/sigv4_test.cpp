#include "aws/auth/sigv4.hpp"

#include <gtest/gtest.h>

#include "aws/auth/canonical.hpp"

namespace cumulet::auth {
namespace {

// The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
const Credentials kKey{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
const Scope kScope{"20130524", "us-east-1", "s3"};
const TimePoint kNow = *parse_iso8601_basic("20130524T000000Z");

http::RequestHead request(std::string method, std::string target) {
  http::RequestHead head;
  head.method = std::move(method);
  head.target = std::move(target);
  head.headers.add("Host", "examplebucket.s3.amazonaws.com");
  return head;
}

http::RequestHead signed_get(std::string target = "/test.txt") {
  auto head = request("GET", std::move(target));
  sign(head, kKey, kScope, kEmptySha256, kNow, PathStyle::s3);
  return head;
}

Result<void> check(const http::RequestHead& head, TimePoint now = kNow, const Credentials& key = kKey) {
  CUMULET_TRY(const auto authorization, parse_signing(head).authorization);
  return verify(authorization, key, head, "", now, path_style(authorization.scope.service));
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

TEST(SigV4Sign, GivesTheSignaturesOfTheS3Guide) {
  auto get = request("GET", "/test.txt");
  get.headers.add("Range", "bytes=0-9");
  sign(get, kKey, kScope, kEmptySha256, kNow, PathStyle::s3);
  EXPECT_EQ(get.headers.get_or("authorization", ""),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

  auto put = request("PUT", "/test$file.text");
  put.headers.add("Date", "Fri, 24 May 2013 00:00:00 GMT");
  put.headers.add("x-amz-storage-class", "REDUCED_REDUNDANCY");
  sign(put, kKey, kScope, sha256_hex("Welcome to Amazon S3."), kNow, PathStyle::s3);
  EXPECT_NE(put.headers.get_or("authorization", "")
                .find("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
            std::string_view::npos);

  auto lifecycle = request("GET", "/?lifecycle");
  sign(lifecycle, kKey, kScope, kEmptySha256, kNow, PathStyle::s3);
  EXPECT_NE(lifecycle.headers.get_or("authorization", "")
                .find("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
            std::string_view::npos);
}

TEST(SigV4Presign, GivesTheUrlOfTheS3Guide) {
  const auto head = request("GET", "/test.txt");
  const std::string target = presign(head, kKey, kScope, Seconds{86400}, kNow, PathStyle::s3);
  EXPECT_EQ(target,
            "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1"
            "%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
  auto presigned = head;
  presigned.target = target;
  EXPECT_TRUE(check(presigned).ok());
  EXPECT_TRUE(check(presigned, kNow + Seconds{86400}).ok());
}

TEST(SigV4Presign, ExpiresWithS3sAnswer) {
  auto head = request("GET", "/test.txt?response-content-type=text%2Fplain");
  head.target = presign(head, kKey, kScope, Seconds{60}, kNow, PathStyle::s3);
  EXPECT_TRUE(check(head).ok());
  const auto late = check(head, kNow + Seconds{61});
  ASSERT_FALSE(late.ok());
  EXPECT_TRUE(late.error().is(kAccessDenied));
  EXPECT_EQ(late.error().message(), "Request has expired");
  EXPECT_EQ(late.error().fields().at(0).second, "60");
  const auto early = check(head, kNow - Seconds{16 * 60});
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().message(), "Request is not valid yet");
}

TEST(SigV4Presign, RefusesMalformedParameters) {
  auto head = request("GET", "/k");
  const std::string good = presign(head, kKey, kScope, Seconds{60}, kNow, PathStyle::s3);
  const auto message = [&](std::string_view from, std::string_view to) {
    auto changed = request("GET", good);
    replace(changed.target, from, to);
    const auto result = check(changed);
    if (result.ok()) return std::string("accepted");
    EXPECT_TRUE(result.error().is(kAuthorizationQueryParametersError)) << result.error().code();
    return result.error().message();
  };
  EXPECT_EQ(message("X-Amz-Expires=60", "X-Amz-Expires=604801"),
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
            "604800 seconds");
  EXPECT_EQ(message("X-Amz-Expires=60", "X-Amz-Expires=-1"), "X-Amz-Expires must be non-negative");
  EXPECT_EQ(message("X-Amz-Expires=60", "X-Amz-Expires=soon"), "X-Amz-Expires should be a number");
  EXPECT_EQ(message("&X-Amz-Expires=60", ""),
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
  EXPECT_EQ(message("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"),
            "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"");
  EXPECT_EQ(message("X-Amz-Date=20130524T000000Z", "X-Amz-Date=yesterday"),
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  EXPECT_EQ(message("%2Faws4_request", ""),
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
            "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
}

TEST(SigV4Presign, CoversEveryParameterAndHeader) {
  auto head = request("PUT", "/k?partNumber=1&uploadId=a%20b");
  head.headers.add("Content-Type", "video/mp4");
  head.target = presign(head, {"A", "s", "token/+="}, kScope, Seconds{60}, kNow, PathStyle::s3);
  const Credentials key{"A", "s", "token/+="};
  EXPECT_TRUE(check(head, kNow, key).ok());
  auto other_part = head;
  replace(other_part.target, "partNumber=1", "partNumber=2");
  EXPECT_FALSE(check(other_part, kNow, key).ok());
  auto more = head;
  more.target += "&acl";
  EXPECT_FALSE(check(more, kNow, key).ok());
  auto other_type = head;
  other_type.headers.set("content-type", "text/html");
  EXPECT_FALSE(check(other_type, kNow, key).ok());
  auto other_order = head;  // the order of parameters is free
  const std::string query(other_order.raw_query());
  other_order.target = "/k?" + query.substr(query.find('&') + 1) + '&' + query.substr(0, query.find('&'));
  EXPECT_TRUE(check(other_order, kNow, key).ok());
}

TEST(SigV4Verify, ExplainsAMismatchAsS3Does) {
  const auto result = check(signed_get(), kNow, {kKey.access_key_id, "another secret", ""});
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(result.error().is(kSignatureDoesNotMatch));
  EXPECT_EQ(result.error().status(), 403);
  EXPECT_EQ(result.error().message(),
            "The request signature we calculated does not match the signature you provided. Check your key and signing "
            "method.");
  EXPECT_EQ(result.error().fields().at(0).first, "AWSAccessKeyId");
  EXPECT_EQ(result.error().fields().at(3).second.substr(0, 11), "41 57 53 34");
}

TEST(SigV4Verify, AllowsFifteenMinutesOfSkew) {
  const auto head = signed_get();
  EXPECT_TRUE(check(head, kNow + Seconds{900}).ok());
  EXPECT_TRUE(check(head, kNow - Seconds{900}).ok());
  for (const auto now : {kNow + Seconds{901}, kNow - Seconds{901}}) {
    const auto result = check(head, now);
    ASSERT_FALSE(result.ok());
    EXPECT_TRUE(result.error().is(kRequestTimeTooSkewed));
    EXPECT_EQ(result.error().message(), "The difference between the request time and the current time is too large.");
  }
}

TEST(SigV4Verify, WordsExpiryOutsideS3AsThoseServicesDo) {
  auto head = request("POST", "/");
  head.headers.add("X-Amz-Target", "AWSStepFunctions.StartExecution");
  sign(head, kKey, {"20130524", "us-east-1", "states"}, sha256_hex("{}"), kNow, PathStyle::normalised);
  const auto authorization = parse_signing(head).authorization;
  ASSERT_TRUE(authorization.ok());
  EXPECT_TRUE(authorization->needs_body_hash);
  EXPECT_TRUE(verify(*authorization, kKey, head, sha256_hex("{}"), kNow, PathStyle::normalised).ok());
  const auto late = verify(*authorization, kKey, head, sha256_hex("{}"), kNow + Seconds{1200}, PathStyle::normalised);
  ASSERT_FALSE(late.ok());
  EXPECT_TRUE(late.error().is(kInvalidSignature));
  EXPECT_EQ(late.error().message(),
            "Signature expired: 20130524T000000Z is now earlier than 20130524T000500Z (20130524T002000Z - 15 min.)");
}

TEST(SigV4Verify, RefusesUnsignedAmzHeadersForS3) {
  auto head = signed_get();
  head.headers.add("x-amz-acl", "public-read");
  const auto result = check(head);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message(), "There were headers present in the request which were not signed");
  EXPECT_EQ(result.error().fields().at(0).second, "x-amz-acl");
}

TEST(SigV4Verify, RefusesAmzHeadersThatChangeARequestUnsigned) {
  const auto verdict = [](std::string name) {
    auto head = request("POST", "/");
    sign(head, kKey, {"20130524", "us-east-1", "lambda"}, sha256_hex("{}"), kNow, PathStyle::normalised);
    head.headers.add(std::move(name), "x");
    const auto authorization = parse_signing(head).authorization;
    return verify(*authorization, kKey, head, sha256_hex("{}"), kNow, PathStyle::normalised);
  };
  EXPECT_TRUE(verdict("X-Other").ok());
  EXPECT_TRUE(verdict("X-Amz-User-Agent").ok());
  for (const char* name : {"X-Amz-Target", "x-amz-invocation-type"}) {
    const auto refused = verdict(name);
    ASSERT_FALSE(refused.ok());
    EXPECT_TRUE(refused.error().is(kInvalidSignature));
    EXPECT_EQ(refused.error().message(),
              '\'' + std::string(name) + "' must be a 'SignedHeader' in the AWS Authorization.");
  }
}

TEST(SigV4Parse, TakesUnsignedPayloadsForS3Only) {
  for (const char* payload : {"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}) {
    for (const char* service : {"s3", "sqs"}) {
      auto head = request("POST", "/");
      head.headers.add("x-amz-content-sha256", payload);
      sign(head, kKey, {"20130524", "us-east-1", service}, payload, kNow, path_style(service));
      const auto authorization = parse_signing(head).authorization;
      ASSERT_TRUE(authorization.ok());
      EXPECT_EQ(authorization->needs_body_hash, std::string_view(service) == "sqs");
      EXPECT_EQ(verify(*authorization, kKey, head, sha256_hex("forged"), kNow, path_style(service)).ok(),
                std::string_view(service) == "s3");
    }
  }
}

TEST(SigV4Verify, ComparesTheSessionToken) {
  const Credentials temporary{"ASIA", "secret", "token"};
  auto head = request("GET", "/k");
  sign(head, temporary, kScope, kEmptySha256, kNow, PathStyle::s3);
  EXPECT_TRUE(check(head, kNow, temporary).ok());
  EXPECT_FALSE(check(head, kNow, {"ASIA", "secret", "another"}).ok());
}

TEST(SigV4Verify, AcceptsDateInPlaceOfXAmzDate) {
  auto head = request("GET", "/k");
  head.headers.add("Date", "Fri, 24 May 2013 00:00:00 GMT");
  head.headers.add("x-amz-content-sha256", std::string(kEmptySha256));
  const std::vector<std::string> names{"date", "host", "x-amz-content-sha256"};
  const auto text =
      string_to_sign("20130524T000000Z", kScope.text(), canonical_request(head, "/k", "", names, kEmptySha256));
  head.headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/" + kScope.text() +
                                        ",SignedHeaders=date;host;x-amz-content-sha256,Signature=" +
                                        signature_of(signing_key(kKey.secret_access_key, kScope), text));
  const auto result = check(head);
  EXPECT_TRUE(result.ok()) << result.error().message();
}

TEST(SigV4Parse, WordsMalformedHeadersAsTheServicesDo) {
  auto head = request("GET", "/k");
  head.headers.add("X-Amz-Date", "20130524T000000Z");
  head.headers.add("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
  const auto message = [&](std::string authorization) {
    head.headers.set("Authorization", std::move(authorization));
    const auto result = parse_signing(head).authorization;
    return result.ok() ? std::string("accepted") : std::string(result.error().code()) + ": " + result.error().message();
  };
  EXPECT_EQ(message("Bearer x"), "InvalidArgument: Unsupported Authorization Type");
  EXPECT_EQ(message("AWS AKID:sig"),
            "InvalidRequest: The authorization mechanism you have provided is not supported. Please use "
            "AWS4-HMAC-SHA256.");
  EXPECT_EQ(message("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00"),
            "AuthorizationHeaderMalformed: The authorization header is malformed; the Credential is mal-formed; "
            "expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
  EXPECT_EQ(
      message("AWS4-HMAC-SHA256 Credential=/20130524/r/s3/aws4_request, SignedHeaders=host, Signature=00"),
      "AuthorizationHeaderMalformed: The authorization header is malformed; a non-empty Access Key (AKID) must be "
      "provided in the credential.");
  head.headers.add("X-Amz-Target", "AWSStepFunctions.StartExecution");
  head.headers.erase("x-amz-date");
  EXPECT_EQ(message("AWS4-HMAC-SHA256"),
            "IncompleteSignature: Authorization header requires 'Credential' parameter. Authorization header requires "
            "'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header "
            "requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256");
}

TEST(SigV4Parse, RefusesUnknownPayloadAnnouncements) {
  auto head = signed_get();
  head.headers.set("x-amz-content-sha256", "not-a-hash");
  const auto result = parse_signing(head).authorization;
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(result.error().is(kInvalidArgument));
  head.headers.erase("x-amz-content-sha256");
  const auto missing = parse_signing(head).authorization;
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().message(), "Missing required header for this request: x-amz-content-sha256");
}

TEST(SigV4Parse, UnsignedRequestsAreAnonymous) {
  const auto result = parse_signing(request("GET", "/k?prefix=a")).authorization;
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->placement, Placement::none);
}

TEST(CanonicalPath, KeepsS3KeysAsTheyAre) {
  EXPECT_EQ(canonical_path("/b/a//b/../c", PathStyle::s3), "/b/a//b/../c");
  EXPECT_EQ(canonical_path("/b/a%2Fb%20c", PathStyle::s3), "/b/a%2Fb%20c");
  EXPECT_EQ(canonical_path("/b/a+(b)", PathStyle::s3), "/b/a%2B%28b%29");
  EXPECT_EQ(canonical_path("/a%20b", PathStyle::normalised), "/a%2520b");
  EXPECT_EQ(canonical_path("/../..", PathStyle::normalised), "/");
}

TEST(CanonicalQuery, SortsByEncodedNameThenValue) {
  EXPECT_EQ(canonical_query("b=2&a=2&a=1&uploads&c=x%2fy&d=%zz"), "a=1&a=2&b=2&c=x%2Fy&d=%25zz&uploads=");
}

TEST(SigV4Verify, SurvivesAnyBytes) {
  for (const auto* text : {"AWS4-HMAC-SHA256 ,,,,",
                           "AWS4-HMAC-SHA256 =,=", "AWS4-HMAC-SHA256 Credential=////,SignedHeaders=,Signature="}) {
    auto head = request("GET", "/%");
    head.headers.add("Authorization", text);
    EXPECT_FALSE(parse_signing(head).authorization.ok());
  }
}

// Whoever is refused is refused by the service that was meant.
TEST(Signing, NamesTheScopeWhateverElseIsMalformed) {
  const auto scope_of = [](http::RequestHead head) {
    return parse_signing(head).scope() ? std::optional(*parse_signing(head).scope()) : std::nullopt;
  };
  const auto with = [&](const char* authorization) {
    auto head = request("GET", "/");
    head.headers.set("Authorization", authorization);
    return scope_of(head);
  };
  for (const char* text :
       {"AWS4-HMAC-SHA256 Credential=AK/ID/20150830/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=x",
        "AWS4-HMAC-SHA256 Credential=AK/ID/20150830/eu-west-1/sqs/aws4_request",
        "AWS4-HMAC-SHA256 nonsense, Credential=A/today/eu-west-1/sqs/aws4_request",
        "OTHER Credential=AKID/20150830/eu-west-1/sqs/aws4_request"}) {
    const auto scope = with(text);
    ASSERT_TRUE(scope) << text;
    EXPECT_EQ(scope->region, "eu-west-1") << text;
    EXPECT_EQ(scope->service, "sqs") << text;
  }
  EXPECT_FALSE(with("Basic abc"));
  EXPECT_FALSE(with("AWS4-HMAC-SHA256 Credential=AKID"));
  EXPECT_FALSE(scope_of(request("GET", "/")));
  const auto presigned =
      scope_of(request("GET", "/b/k?X-Amz-Credential=AKID%2F20150830%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=x"));
  ASSERT_TRUE(presigned);
  EXPECT_EQ(presigned->service, "sts");
  EXPECT_TRUE(parse_signing(request("GET", "/b/k?AWSAccessKeyId=a&Signature=b")).is_v2);
  EXPECT_FALSE(parse_signing(request("GET", "/b/k")).is_v2);
}

}  // namespace
}  // namespace cumulet::auth
