#include "base/text.hpp"

#include <gtest/gtest.h>

namespace cumulet {
namespace {

TEST(Text, OnlyAsciiLettersHaveTwoCases) {
  EXPECT_EQ(lower("AZaz[@ \xC3\x84"), "azaz[@ \xC3\x84");
  EXPECT_TRUE(iequals("Content-TYPE", "content-type"));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_FALSE(iequals("@", "`"));  // 32 apart, and no letters
}

TEST(Wildcards, StandForText) {
  const auto matches = [](std::string_view pattern, std::string_view text) {
    return matches_wildcard(pattern, text, Wildcards::star_question);
  };
  for (const auto& [pattern, text] : {std::pair{"*", ""},
                                      {"", ""},
                                      {"a*", "a"},
                                      {"*b*", "abc"},
                                      {"a*c*e", "abcde"},
                                      {"?", "x"},
                                      {"a?c", "abc"},
                                      {"**", "x"},
                                      {"*ab", "aab"},
                                      {"arn:*:s3:::b/*", "arn:aws:s3:::b/k/l"}}) {
    EXPECT_TRUE(matches(pattern, text)) << pattern << ' ' << text;
  }
  for (const auto& [pattern, text] :
       {std::pair{"", "a"}, {"?", ""}, {"a*", "b"}, {"*b", "abc"}, {"a?c", "ac"}, {"a*c*e", "abcd"}, {"A", "a"}}) {
    EXPECT_FALSE(matches(pattern, text)) << pattern << ' ' << text;
  }
}

TEST(Wildcards, MayTakeQuestionMarksAsTheyAre) {
  EXPECT_FALSE(matches_wildcard("a?", "ab", Wildcards::star));
  EXPECT_TRUE(matches_wildcard("a?", "a?", Wildcards::star));
  EXPECT_TRUE(matches_wildcard("SQS:*", "sqs:SendMessage", Wildcards::star_question, Letters::any_case));
}

// A star in the text is no star.
TEST(Wildcards, AreThoseOfThePattern) { EXPECT_FALSE(matches_wildcard("a", "*", Wildcards::star_question)); }

TEST(Wildcards, TakeNoLongerForHostilePatterns) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(matches_wildcard(pattern + "b", std::string(10'000, 'a'), Wildcards::star_question));
}

}  // namespace
}  // namespace cumulet
