#include "services/s3/cors.hpp"

#include <gtest/gtest.h>

namespace cumulet::s3 {
namespace {

std::string document(const std::string& rules) {
  return "<?xml version=\"1.0\"?><CORSConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + rules +
         "</CORSConfiguration>";
}
std::string rule(const std::string& more) {
  return "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>" + more + "</CORSRule>";
}

std::string message_of(const std::string& rules) {
  const auto parsed = parse_cors(document(rules));
  return parsed.ok() ? "taken" : std::string(parsed.error().code()) + ": " + parsed.error().message();
}

// Recorded on AWS: localstack's tests/aws/services/s3/test_s3_cors.snapshot.json
TEST(Cors, ConfigurationsAreChecked) {
  EXPECT_EQ(message_of(rule("<MaxAgeSeconds>3000</MaxAgeSeconds><ID>one</ID>")), "taken");
  EXPECT_EQ(message_of("<CORSRule><AllowedOrigin/><AllowedMethod>GET</AllowedMethod></CORSRule>"), "taken");
  EXPECT_EQ(message_of(rule("<AllowedMethod>MYMETHOD</AllowedMethod>")),
            "InvalidRequest: Found unsupported HTTP method in CORS config. Unsupported method is MYMETHOD");
  EXPECT_EQ(message_of(rule("<AllowedOrigin>http://*.*.com</AllowedOrigin>")),
            "InvalidRequest: AllowedOrigin \"http://*.*.com\" can not have more than one wildcard.");
  EXPECT_EQ(message_of(rule("<AllowedHeader>*a*</AllowedHeader>")),
            "InvalidRequest: AllowedHeader \"*a*\" can not have more than one wildcard.");
  EXPECT_EQ(message_of(rule("<ExposeHeader>x-*</ExposeHeader>")),
            "InvalidRequest: ExposeHeader \"x-*\" contains wildcard. We currently do not support wildcard for "
            "ExposeHeader.");
  const std::string malformed =
      "MalformedXML: The XML you provided was not well-formed or did not validate against our published schema";
  std::string many;
  for (int i = 0; i < 101; ++i) many += rule("");
  for (const std::string& rules :
       {std::string(), std::string("<CORSRule/>"),
        std::string("<CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>"),
        std::string("<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>"),
        rule("<MaxAgeSeconds>soon</MaxAgeSeconds>"), rule("<ExposeHeader>x-a\r\nSet-Cookie: b</ExposeHeader>"),
        rule("<ID>" + std::string(256, 'i') + "</ID>"), many})
    EXPECT_EQ(message_of(rules), malformed) << rules.substr(0, 200);
  EXPECT_FALSE(parse_cors("<CORSConfiguration>").ok());
  EXPECT_FALSE(parse_cors("-").ok());  // a deleted one's mark
}

std::string answer(const CorsConfiguration& configuration, std::string_view origin, std::string_view method,
                   std::string_view headers = {}) {
  const CorsQuestion question{origin, method, requested_headers(headers)};
  const CorsRule* found = matching_rule(configuration, question);
  if (found == nullptr) return "no";
  std::string out;
  for (const auto& [name, value] : cors_headers(*found, question)) out += name + ": " + value + '\n';
  return out;
}

constexpr const char* kVary = "Vary: Origin, Access-Control-Request-Headers, Access-Control-Request-Method\n";

TEST(Cors, TheFirstRuleThatFitsAnswers) {
  const auto parsed = parse_cors(document(
      "<CORSRule><AllowedOrigin>https://one.example</AllowedOrigin><AllowedOrigin>http://*.two.example</AllowedOrigin>"
      "<AllowedMethod>PUT</AllowedMethod><AllowedMethod>POST</AllowedMethod><AllowedHeader>X-Amz-*</AllowedHeader>"
      "<AllowedHeader>content-type</AllowedHeader><ExposeHeader>ETag</ExposeHeader><ExposeHeader>x-amz-id-2</"
      "ExposeHeader>"
      "<MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule>" +
      rule("")));
  ASSERT_TRUE(parsed.ok());
  const auto& rules = *parsed;
  const auto first = [](const std::string& origin, const std::string& headers) {
    return "Access-Control-Allow-Origin: " + origin + "\nAccess-Control-Allow-Methods: PUT, POST\n" +
           (headers.empty() ? "" : "Access-Control-Allow-Headers: " + headers + "\n") +
           "Access-Control-Expose-Headers: ETag, x-amz-id-2\nAccess-Control-Max-Age: 3000\n"
           "Access-Control-Allow-Credentials: true\n" +
           kVary;
  };
  EXPECT_EQ(answer(rules, "https://one.example", "PUT"), first("https://one.example", ""));
  EXPECT_EQ(answer(rules, "http://a.b.two.example", "POST", " X-AMZ-Meta-A,content-type ,"),
            first("http://a.b.two.example", "x-amz-meta-a, content-type"));
  EXPECT_EQ(answer(rules, "https://one.example", "GET"),
            std::string("Access-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: GET\n") + kVary);
  for (const char* origin : {"https://one.example.evil", "https://evil.example", "http://two.example", "null",
                             "HTTPS://one.example", "https://a.two.example"})
    EXPECT_EQ(answer(rules, origin, "PUT"), "no") << origin;
  EXPECT_EQ(answer(rules, "https://one.example", "DELETE"), "no");
  EXPECT_EQ(answer(rules, "https://one.example", "put"), "no");
  EXPECT_EQ(answer(rules, "https://one.example", "HEAD"), "no");  // GET is not HEAD
  EXPECT_EQ(answer(rules, "https://one.example", "PUT", "authorization"), "no");
  EXPECT_EQ(answer(rules, "https://one.example", "GET", "x-amz-date"), "no");  // the second rule names no headers
}

TEST(Cors, AWildcardStandsForAnything) {
  const auto parsed =
      parse_cors(document("<CORSRule><AllowedOrigin>http://app*-test.example</AllowedOrigin>"
                          "<AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader></CORSRule>"));
  ASSERT_TRUE(parsed.ok());
  EXPECT_NE(answer(*parsed, "http://app-test.example", "GET", "anything,else"), "no");
  EXPECT_NE(answer(*parsed, "http://app12-test.example", "GET"), "no");
  EXPECT_EQ(answer(*parsed, "http://app-tes.example", "GET"), "no");
  EXPECT_EQ(answer(*parsed, "http://app-test.example.evil", "GET"), "no");
}

}  // namespace
}  // namespace cumulet::s3
