#include "services/logs/filter_pattern.hpp"

#include <gtest/gtest.h>

namespace cumulet::logs {
namespace {

bool matches(std::string_view pattern, std::string_view message) {
  auto parsed = FilterPattern::parse(pattern);
  EXPECT_TRUE(parsed.ok()) << pattern << ": " << (parsed.ok() ? "" : parsed.error().message());
  return parsed.ok() && parsed->matches(message);
}

// The examples of AWS's page on the syntax, and what they leave open.
TEST(TermPatterns, FollowTheGuide) {
  EXPECT_TRUE(matches("", "anything"));
  EXPECT_TRUE(matches("  ", "anything"));
  EXPECT_TRUE(matches("ERROR", "[ERROR 400] BAD REQUEST"));
  EXPECT_FALSE(matches("ERROR", "[error 400] BAD REQUEST"));
  EXPECT_TRUE(matches("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS"));
  EXPECT_FALSE(matches("ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST"));
  EXPECT_TRUE(matches("?ERROR ?ARGUMENTS", "[ERROR 400] BAD REQUEST"));
  EXPECT_TRUE(matches("?ERROR ?ARGUMENTS", "too many ARGUMENTS"));
  EXPECT_FALSE(matches("?ERROR ?ARGUMENTS", "fine"));
  EXPECT_TRUE(matches("\"INTERNAL SERVER ERROR\"", "[ERROR 500] INTERNAL SERVER ERROR"));
  EXPECT_FALSE(matches("\"INTERNAL SERVER ERROR\"", "INTERNAL ERROR SERVER"));
  EXPECT_TRUE(matches("ERROR -ARGUMENTS", "[ERROR 400] BAD REQUEST"));
  EXPECT_FALSE(matches("ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS"));
  EXPECT_FALSE(matches("ERROR -\"MISSING ARGUMENTS\"", "[ERROR 419] MISSING ARGUMENTS"));
  EXPECT_TRUE(matches("-ARGUMENTS", "anything else"));
  EXPECT_TRUE(matches("\"say \\\"hi\\\"\"", "they say \"hi\" now"));
  EXPECT_TRUE(matches("%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST"));
  EXPECT_TRUE(matches("%[45][0-9]{2}%", "status 503"));
  EXPECT_FALSE(matches("%^x%", "ax"));
}

TEST(JsonPatterns, FollowTheGuide) {
  const std::string_view event =
      R"({"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],)"
      R"("objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null,"ThisFlag":true,"Other":false,)"
      R"("latency":80.5,"cost":1e3,"a.b":"dotted","deep":{"er":{"x":"y"}}})";
  EXPECT_TRUE(matches(R"({ $.eventType = "UpdateTrail" })", event));
  EXPECT_TRUE(matches("{ $.eventType = UpdateTrail }", event));
  EXPECT_TRUE(matches("{$.eventType=Update*}", event));
  EXPECT_FALSE(matches(R"({ $.eventType = "updatetrail" })", event));
  EXPECT_TRUE(matches("{ $.sourceIPAddress != 123.123.* }", event));
  EXPECT_FALSE(matches("{ $.sourceIPAddress != 111.111.* }", event));
  EXPECT_FALSE(matches("{ $.absent != x }", event));
  EXPECT_TRUE(matches(R"({ $.arrayKey[0] = "value" })", event));
  EXPECT_FALSE(matches(R"({ $.arrayKey[7] = "value" })", event));
  EXPECT_TRUE(matches(R"({ $.objectList[1].id = 2 })", event));
  EXPECT_TRUE(matches(R"({ $.objectList[*].name = "b" })", event));
  EXPECT_TRUE(matches("{ $.SomeObject IS NULL }", event));
  EXPECT_FALSE(matches("{ $.ThisFlag IS NULL }", event));
  EXPECT_TRUE(matches("{ $.SomeOtherObject NOT EXISTS }", event));
  EXPECT_FALSE(matches("{ $.ThisFlag NOT EXISTS }", event));
  EXPECT_TRUE(matches("{ $.ThisFlag IS TRUE && $.Other IS FALSE }", event));
  EXPECT_TRUE(matches("{ $.latency > 80 && $.latency <= 80.5 }", event));
  EXPECT_TRUE(matches("{ $.cost = 1000 }", event));
  EXPECT_TRUE(matches("{ $.cost >= 1e3 }", event));
  EXPECT_FALSE(matches("{ $.eventType > 3 }", event));
  EXPECT_TRUE(matches(R"({ ($.eventType = "x" || $.latency < 100) && $.deep.er.x = "y" })", event));
  EXPECT_FALSE(matches(R"({ $.eventType = "x" || $.latency < 10 })", event));
  EXPECT_TRUE(matches(R"({ $['a.b'] = "dotted" })", event));
  EXPECT_TRUE(matches(R"({ $.['a.b'] = "dot*" })", event));
  EXPECT_TRUE(matches("{ $.eventType = %^Update% }", event));
  EXPECT_FALSE(matches(R"({ $.eventType = "UpdateTrail" })", "no JSON"));
  EXPECT_FALSE(matches(R"({ $.eventType = "UpdateTrail" })", R"({"eventType":"UpdateTrail")"));
}

TEST(SpaceDelimitedPatterns, FollowTheGuide) {
  const std::string line = R"(127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534)";
  const std::string head = "[ip, user, username, timestamp, request";
  EXPECT_TRUE(matches(head + " =*.html*, status_code = 4*, bytes]", line));
  EXPECT_FALSE(matches(head + " =*.html*, status_code = 5*, bytes]", line));
  EXPECT_TRUE(matches(head + ", status_code, bytes > 1000]", line));
  EXPECT_FALSE(matches(head + ", status_code, bytes > 2000]", line));
  EXPECT_TRUE(matches(head + ", status_code = 404 || status_code = 410, bytes]", line));
  EXPECT_FALSE(matches(head + ", status_code = 404 && status_code != 404, bytes]", line));
  EXPECT_TRUE(matches("[..., status_code = 404.0, bytes]", line));
  EXPECT_TRUE(matches("[ip=%127\\.0\\.0\\.[1-9]%, ..., bytes]", line));
  EXPECT_TRUE(matches("[ip, user=!Dev, ...]", line));
  EXPECT_TRUE(matches("[...]", line));
  EXPECT_FALSE(matches(head + ", status_code]", line)) << "as many fields as words";
  EXPECT_TRUE(matches(R"([level = "ERROR", ...])", "ERROR disk full"));
  EXPECT_FALSE(matches("[level = ERROR, ...]", "error disk full"));
  EXPECT_TRUE(matches("[a, ..., b]", "two words"));
  EXPECT_FALSE(matches("[a, ..., b]", "one"));
  for (const char* bad : {"[", "[a", "[a=]", "[a=1", "[a>x]", "[a, ..., ...]", "[a] b", "[a=%(%]", "[a=1 || b=2]"})
    EXPECT_FALSE(FilterPattern::parse(bad).ok()) << bad;
}

TEST(FilterPatterns, RefuseWhatTheyDoNotUnderstand) {
  for (const std::string_view bad :
       {"\"open", "{ $.a = }", "{ $.a }", "{ a = 1 }", "{ $.a = 1", "{ $.a = 1 } x", "{ ($.a = 1 }", "{ $.a < b }",
        "{}", "%[%", "%(a)%", "{ $. = 1 }", "{ $.a = \"x }"})
    EXPECT_FALSE(FilterPattern::parse(bad).ok()) << bad;
  EXPECT_EQ(FilterPattern::parse("{").error().code(), "InvalidParameterException");
  EXPECT_FALSE(FilterPattern::parse("{" + std::string(500, '(')).ok());
  EXPECT_FALSE(FilterPattern::parse(std::string(1025, 'a')).ok());
}

TEST(FilterPatterns, StayFastOnHostileWildcards) {
  std::string pattern = "{ $.a = \"";
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(matches(pattern + "b\" }", R"({"a":")" + std::string(20'000, 'a') + "\"}"));
}

}  // namespace
}  // namespace cumulet::logs
