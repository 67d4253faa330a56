#include "asl/expression.hpp"

#include <gtest/gtest.h>

#include "asl/choice_operator.hpp"

namespace cumulet::asl {
namespace {

json::value parsed(std::string_view text) { return std::move(json::parse(text)).value(); }

class TestEnvironment final : public Environment {
 public:
  explicit TestEnvironment(std::string input) : input_(Payload::from_text(make_text(std::move(input)))) {
    variables_["v"] = Payload::from_text(make_text(R"({"x":[1,2]})"));
  }
  const Payload& input() const override { return input_; }
  const json::value& context() const override { return context_; }
  const Variables& variables() const override { return variables_; }
  Random& random() const override { return random_; }

 private:
  Payload input_;
  json::value context_ = parsed(R"({"State":{"Name":"S"}})");
  Variables variables_;
  mutable SeededRandom random_{1};
};

std::string called(const std::string& text,
                   const std::string& input = R"({"s":"héllo","n":3,"a":[1,2,2,"2"],"o":{"k":1}})") {
  const auto call = Intrinsic::parse(text);
  if (!call) return "syntax";
  const auto value = call->call(TestEnvironment(input), "f.$");
  return value ? json::text(*value) : std::string(value.error().code()) + ": " + value.error().message();
}

TEST(Intrinsic, Computes) {
  const std::pair<const char*, const char*> cases[] = {
      {"States.Format('a{}b{}c\\{\\}', $.n, $.o)", R"("a3b{\"k\":1}c{}")"},
      {"States.Format('it\\'s {}', 'x')", R"("it's x")"},
      {"States.Array(1, 'b', $.o, null, true)", R"([1,"b",{"k":1},null,true])"},
      {"States.ArrayPartition($.a, 3)", R"([[1,2,2],["2"]])"},
      {"States.ArrayContains($.a, 2)", "true"},
      {"States.ArrayContains($.a, 7)", "false"},
      {"States.ArrayRange(1, 9, 3)", "[1,4,7]"},
      {"States.ArrayRange(5, 1, -2)", "[5,3,1]"},
      {"States.ArrayGetItem($.a, 3)", R"("2")"},
      {"States.ArrayLength($v.x)", "2"},
      {"States.ArrayUnique($.a)", R"([1,2,"2"])"},
      {"States.Base64Encode($.s)", R"("aMOpbGxv")"},
      {"States.Base64Decode('aMOpbGxv')", R"("héllo")"},
      {"States.Hash('input data', 'SHA-1')", R"("aaff4a450a104cd177d28d18d74485e8cae074b7")"},
      {"States.JsonToString($.o)", R"("{\"k\":1}")"},
      {"States.StringToJson('{\"a\":[1]}')", R"({"a":[1]})"},
      {"States.MathAdd($.n, -5)", "-2"},
      {"States.StringSplit('1.2,3..4', '.,')", R"(["1","2","3","4"])"},
      {"States.ArrayGetItem(States.StringSplit($$.State.Name, '-'), 0)", R"("S")"},
  };
  for (const auto& [text, want] : cases) EXPECT_EQ(called(text), want) << text;
}

TEST(Intrinsic, RefusesArgumentsAndSyntax) {
  for (const char* text : {"States.Format()", "States.Nothing(1)", "States.MathAdd(1)", "States.MathAdd(1,2",
                           "Format('x')", "States.Array($.)", "States.Array({})", "States.Array('x)"})
    EXPECT_EQ(called(text), "syntax") << text;
  for (const char* text : {"States.Format('{} {}', 1)", "States.ArrayGetItem($.a, 4)", "States.MathAdd('1', 2)",
                           "States.Base64Decode('%')", "States.ArrayRange(1, 5000, 1)", "States.Hash('x', 'SHA-3')",
                           "States.JsonMerge($.o, $.o, true)", "States.StringToJson('{')"})
    EXPECT_TRUE(called(text).starts_with("States.IntrinsicFailure: ")) << text << called(text);
  std::string nested = "1";
  for (int i = 0; i < 30; ++i) nested = "States.MathAdd(" + nested + ", 1)";
  EXPECT_EQ(called(nested), "syntax");
}

TEST(Template, FillsPathsAndCallsAtAnyDepth) {
  const auto whole = Template::parse(parsed(
      R"json({"a.$":"$.n","b":{"c.$":"$$.State.Name","d":[{"e.$":"$v.x[1]"},"$.n"]},"f.$":"States.MathAdd($.n,1)","g":"$.n"})json"));
  ASSERT_TRUE(whole.ok());
  const auto filled = whole->fill(TestEnvironment(R"({"n":3})"));
  ASSERT_TRUE(filled.ok());
  EXPECT_EQ(json::text(*filled), R"({"a":3,"b":{"c":"S","d":[{"e":2},"$.n"]},"f":4,"g":"$.n"})");
  EXPECT_TRUE(Template::parse(parsed(R"({"a":[1,{"b":"$.x"}]})"))->is_static());
  EXPECT_EQ(Template::parse(parsed(R"({"a":{"b.$":"x"}})")).error().message(),
            "The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call");
  const auto missing = Template::parse(parsed(R"({"a":{"b.$":"$.x"}})"))->fill(TestEnvironment("{\"n\": 3}"));
  EXPECT_EQ(missing.error().message(),
            "The JSONPath '$.x' specified for the field 'b.$' could not be found in the input '{\"n\":3}'");
}

// A definition may name its input as often as fits into a megabyte.
TEST(Template, WhatAnExpressionTakesIsBounded) {
  const TestEnvironment large("\"" + std::string(200'000, 'x') + "\"");
  json::object members;
  for (int i = 0; i < 20; ++i) members[std::to_string(i) + ".$"] = "$";
  EXPECT_TRUE(Template::parse(members)->fill(large).ok());
  members["more.$"] = "$";
  EXPECT_TRUE(Template::parse(members)->fill(large).error().is(kDataLimitExceeded));
  EXPECT_TRUE(Template::parse(json::array{members})->fill(large).error().is(kDataLimitExceeded));

  std::string call = "States.Array($";
  for (int i = 0; i < 40; ++i) call += ",$";
  const auto calls = Template::parse(json::object{{"a.$", call + ")"}});
  ASSERT_TRUE(calls.ok());
  EXPECT_TRUE(calls->fill(large).error().is(kDataLimitExceeded));
  EXPECT_TRUE(calls->fill(TestEnvironment("1")).ok());
}

TEST(Choice, ComparesStringsWithWildcards) {
  const auto matches = [](const char* text, const char* pattern) {
    Rule rule;
    rule.op = Operator::string_matches;
    rule.variable = std::move(Path::parse("$")).value();
    rule.operand = pattern;
    return holds(rule, TestEnvironment(json::text(json::value(text)))).value();
  };
  EXPECT_TRUE(matches("log-2020.txt", "log-*.txt"));
  EXPECT_TRUE(matches("a", "*a*"));
  EXPECT_FALSE(matches("log-2020.txt", "log-*.log"));
  EXPECT_TRUE(matches("5*6", "5\\*6"));
  EXPECT_FALSE(matches("516", "5\\*6"));
  EXPECT_TRUE(matches("a\\b", "a\\\\b"));
  EXPECT_FALSE(matches(std::string(2000, 'a').c_str(), "*a*a*a*a*a*a*a*b"));
}

TEST(Choice, FailsOnAVariableThatIsNotThere) {
  Rule rule;
  rule.op = Operator::numeric_equals;
  rule.variable = std::move(Path::parse("$.x")).value();
  rule.operand = 1;
  EXPECT_EQ(holds(rule, TestEnvironment("{}")).error().message(),
            "Invalid path '$.x': The choice state's condition path references an invalid value.");
  rule.op = Operator::is_present;
  rule.operand = false;
  EXPECT_TRUE(holds(rule, TestEnvironment("{}")).value());
}

}  // namespace
}  // namespace cumulet::asl
