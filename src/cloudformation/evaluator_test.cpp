#include "cloudformation/evaluator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cumulet::cloudformation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class NoResources final : public ResourceValues {
 public:
  std::optional<Node> reference(std::string_view id) const override {
    if (id == "Bucket") return Node::text("the-bucket");
    if (id == "Hidden") return Node::unknown();
    return std::nullopt;
  }
  std::optional<Node> attribute(std::string_view id, std::string_view name) const override {
    if (id == "Hidden") return Node::unknown();
    if (id == "Bucket" && name == "Arn") return Node::text("arn:aws:s3:::the-bucket");
    return std::nullopt;
  }
};

Template template_of(const std::string& text) {
  auto root = parse_yaml(text);
  EXPECT_TRUE(root.ok()) << root.error().message();
  auto t = read_template(*root);
  EXPECT_TRUE(t.ok()) << t.error().message();
  return std::move(*t);
}

constexpr const char* kBase = R"(
Parameters:
  Stage: {Type: String, Default: dev}
  Zones: {Type: CommaDelimitedList, Default: "a, b,c"}
Mappings:
  Sizes: {dev: {memory: 128}, prod: {memory: 2048}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
  Either: !Or [!Condition IsProd, !Condition IsDev]
  Both: !And [!Condition IsProd, !Condition IsDev]
Resources:
  Bucket: {Type: "AWS::S3::Bucket"}
  Hidden: {Type: "AWS::S3::Bucket", Condition: IsProd}
)";

class EvaluatorTest : public testing::Test {
 protected:
  Result<Node> evaluate(const std::string& yaml) {
    auto node = parse_yaml(yaml);
    if (!node) return node;
    return evaluator_.evaluate(*node);
  }
  std::string json_of(const std::string& yaml) {
    const auto value = evaluate(yaml);
    return value ? json::text(to_json(*value)) : value.error().message();
  }

  Template template_ = template_of(kBase);
  std::map<std::string, Node> parameters_ = *parameter_values(template_, {});
  Environment environment_{.account_id = "000000000000", .region = "eu-west-1", .stack_name = "s", .stack_id = "id"};
  NoResources resources_;
  Evaluator evaluator_{template_, parameters_, environment_, resources_};
};

TEST_F(EvaluatorTest, RefOfParametersPseudoParametersAndResources) {
  EXPECT_EQ(json_of("!Ref Stage"), R"("dev")");
  EXPECT_EQ(json_of("{Ref: Zones}"), R"(["a","b","c"])");
  EXPECT_EQ(
      json_of("[!Ref AWS::AccountId, !Ref AWS::Region, !Ref AWS::StackName, !Ref AWS::Partition, !Ref AWS::URLSuffix]"),
      R"(["000000000000","eu-west-1","s","aws","amazonaws.com"])");
  EXPECT_EQ(json_of("!Ref Bucket"), R"("the-bucket")");
  EXPECT_THAT(json_of("a: 1\nb: !Ref Nothing"),
              HasSubstr("line 2: Template format error: Unresolved resource dependencies [Nothing]"));
}

TEST_F(EvaluatorTest, GetAttInItsForms) {
  for (const char* form :
       {"!GetAtt Bucket.Arn", "!GetAtt [Bucket, Arn]", "{\"Fn::GetAtt\": [Bucket, Arn]}", "Fn::GetAtt: Bucket.Arn"})
    EXPECT_EQ(json_of(form), R"("arn:aws:s3:::the-bucket")") << form;
  EXPECT_THAT(json_of("!GetAtt Bucket.Colour"), HasSubstr("does not support attribute type Colour"));
  EXPECT_THAT(json_of("!GetAtt Nobody.Arn"), HasSubstr("references undefined resource Nobody"));
}

TEST_F(EvaluatorTest, SubBothForms) {
  EXPECT_EQ(json_of("!Sub \"${Stage}-${AWS::Region}-${Bucket.Arn}-${!literal}-$x\""),
            R"("dev-eu-west-1-arn:aws:s3:::the-bucket-${literal}-$x")");
  EXPECT_EQ(json_of("!Sub [\"${own}/${Stage}\", {own: !Ref Bucket}]"), R"("the-bucket/dev")");
  EXPECT_THAT(json_of("!Sub \"${Zones}\""), HasSubstr("needs text"));
  EXPECT_THAT(json_of("!Sub \"${open\""), HasSubstr("without its"));
}

TEST_F(EvaluatorTest, ListsAndMaps) {
  EXPECT_EQ(json_of("!Join [\"-\", [x, !Ref Stage, 3]]"), R"("x-dev-3")");
  EXPECT_EQ(json_of("!Join [\",\", !Ref Zones]"), R"("a,b,c")");
  EXPECT_EQ(json_of("!Select [1, !Split [\"/\", \"a/b/c\"]]"), R"("b")");
  EXPECT_THAT(json_of("!Select [3, !Ref Zones]"), HasSubstr("cannot select nonexistent value at index 3"));
  EXPECT_EQ(json_of("!FindInMap [Sizes, !Ref Stage, memory]"), "128");
  EXPECT_THAT(json_of("!FindInMap [Sizes, other, memory]"), HasSubstr("Unable to get mapping for Sizes::other"));
}

TEST_F(EvaluatorTest, ConditionsAndNoValue) {
  EXPECT_EQ(json_of("!If [IsProd, big, small]"), R"("small")");
  EXPECT_EQ(json_of("{a: !If [IsProd, 1, !Ref AWS::NoValue], b: [!Ref AWS::NoValue, 2]}"), R"({"b":[2]})");
  EXPECT_TRUE(*evaluator_.condition("IsDev", 0));
  EXPECT_TRUE(*evaluator_.condition("Either", 0));
  EXPECT_FALSE(*evaluator_.condition("Both", 0));
  EXPECT_FALSE(evaluator_.condition("Unknown", 7).ok());
}

TEST_F(EvaluatorTest, DependenciesOfTheBranchThatCounts) {
  const auto of = [&](const char* yaml) { return *evaluator_.dependencies(*parse_yaml(yaml)); };
  EXPECT_THAT(of("{a: !Ref Bucket, b: !Ref Stage}"), UnorderedElementsAre("Bucket"));
  EXPECT_THAT(of("!Sub \"${Bucket.Arn}/*\""), UnorderedElementsAre("Bucket"));
  EXPECT_THAT(of("!If [IsProd, !Ref Hidden, !GetAtt Bucket.Arn]"), UnorderedElementsAre("Bucket"));
  EXPECT_FALSE(evaluator_.dependencies(*parse_yaml("!Ref Hidden")).ok());
}

TEST_F(EvaluatorTest, WhatHangsOnAnUnknownValueIsUnknown) {
  for (const char* yaml :
       {"!Ref Hidden", "!GetAtt Hidden.Arn", "!Sub \"a-${Hidden}\"", "!Join [\"-\", [a, !Ref Hidden]]",
        "!Split [\":\", !GetAtt Hidden.Arn]", "!Select [1, !Split [\":\", !Ref Hidden]]"}) {
    const auto value = evaluate(yaml);
    ASSERT_TRUE(value.ok()) << value.error().message();
    EXPECT_TRUE(value->is(Node::Kind::unknown)) << yaml;
  }
  EXPECT_EQ(json_of("{a: !Ref Hidden, b: [!Ref Stage]}"), R"({"a":"{{changeSet:KNOWN_AFTER_APPLY}}","b":["dev"]})");
}

std::string why_refused(const std::string& yaml) {
  const Template t = template_of(yaml);
  const auto parameters = *parameter_values(t, {});
  const Environment environment{.account_id = "0", .region = "r", .stack_name = "s", .stack_id = "id"};
  const NoResources resources;
  const Evaluator evaluator(t, parameters, environment, resources);
  for (const Resource& r : t.resources) {
    if (const auto wanted = evaluator.condition(r.condition, r.line); !wanted.ok()) return wanted.error().message();
    if (const auto value = evaluator.evaluate(r.properties); !value.ok()) return value.error().message();
  }
  return "fine";
}

TEST(HostileTemplates, ConditionsThatNameEachOtherTwiceAreTestedOnce) {
  std::string text = "Conditions:\n  C0: !Equals [a, a]\n";
  for (int i = 1; i <= 90; ++i) {
    const std::string before = "!Condition C" + std::to_string(i - 1);
    text += "  C" + std::to_string(i) + ": !And [" + before + ", " + before + "]\n";
  }
  EXPECT_EQ(why_refused(text + "Resources: {B: {Type: 'AWS::S3::Bucket', Condition: C90}}"), "fine");
}

TEST(HostileTemplates, ChainsAndCirclesOfConditionsEnd) {
  std::string text = "Conditions:\n";
  for (int i = 0; i < 15'000; ++i)
    text += "  C" + std::to_string(i) + ": !Equals [a, !If [C" + std::to_string(i + 1) + ", a, b]]\n";
  text += "  C15000: !Equals [a, a]\nResources: {B: {Type: 'AWS::S3::Bucket', Condition: C0}}";
  EXPECT_THAT(why_refused(text), HasSubstr("functions and conditions are nested too deeply"));
  EXPECT_THAT(why_refused("Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}\n"
                          "Resources: {B: {Type: 'AWS::S3::Bucket', Condition: A}}"),
              HasSubstr("Circular dependency between conditions at A"));
}

TEST(HostileTemplates, ConditionsDoNotSeeResources) {
  EXPECT_THAT(
      why_refused("Conditions:\n  C: !Equals [!Ref Bucket, a]\n"
                  "Resources: {Bucket: {Type: 'AWS::S3::Bucket', Condition: C}}"),
      HasSubstr("line 2: Template format error: Unresolved dependencies [Bucket]. Cannot reference resources in "
                "the Conditions block of the template"));
}

TEST(HostileTemplates, TextThatDoublesIsStopped) {
  std::string value = "x";
  for (int i = 0; i < 40; ++i) value = "!Sub ['${a}${a}', {a: " + value + "}]";
  EXPECT_THAT(why_refused("Resources:\n  B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: " + value + "}}"),
              HasSubstr("line 2: the template's functions make too many values"));
  std::string text = "Parameters: {P: {Type: String, Default: " + std::string(4096, 'p') + "}}\nResources:\n";
  text += "  B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !Sub '";
  for (int i = 0; i < 20'000; ++i) text += "${P}";
  EXPECT_THAT(why_refused(text + "'}}"), HasSubstr("line 3: the template's functions make too much text"));
}

TEST(HostileTemplates, CopiesOfLargeMappingsAreCounted) {
  std::string text = "Mappings: {M: {a: {b: [";
  for (int i = 0; i < 1000; ++i) text += "x,";
  text += "x]}}}\nResources:\n  B: {Type: 'AWS::S3::Bucket', Properties: {Tags: [";
  for (int i = 0; i < 2000; ++i) text += "!FindInMap [M, a, b],";
  EXPECT_THAT(why_refused(text + "x]}}"), HasSubstr("line 3: the template's functions make too many values"));
}

TEST(HostileTemplates, NumbersAndPatternsAreBounded) {
  std::string many = "Resources:\n";
  for (int i = 0; i < 501; ++i) many += "  B" + std::to_string(i) + ": {Type: 'AWS::S3::Bucket'}\n";
  EXPECT_EQ(read_template(*parse_yaml(many)).error().message(),
            "Template format error: Number of resources, 501, is greater than maximum allowed, 500");
  const Template t =
      template_of("Parameters: {P: {Type: String, AllowedPattern: '(a+)+b', Default: " + std::string(2000, 'a') +
                  "}}\nResources: {B: {Type: 'AWS::S3::Bucket'}}");
  EXPECT_THAT(parameter_values(t, {}).error().message(), HasSubstr("must match pattern (a+)+b"));
  EXPECT_THAT(parameter_values(t, {{"P", std::string(5000, 'b')}}).error().message(),
              HasSubstr("must have length less than or equal to 4096"));
}

TEST(FromJson, GivesTheSameBack) {
  const auto value = json::parse(R"({"a":[1,-2,0.5,1e+300,true,false,null,"x","012"],"b":{"c":{}}})");
  EXPECT_EQ(to_json(from_json(*value)), *value);
}

TEST(CreationOrder, FollowsDependenciesAndNamesACircle) {
  EXPECT_THAT(*creation_order({"a", "b", "c"}, {{"a", {"c"}}, {"c", {"b"}}}), ElementsAre("b", "c", "a"));
  const auto circle = creation_order({"x", "a", "b"}, {{"x", {"a"}}, {"a", {"b"}}, {"b", {"a"}}});
  ASSERT_FALSE(circle.ok());
  EXPECT_EQ(circle.error().message(), "Circular dependency between resources: [a, b]");
}

TEST(ParseYaml, ScalarsKeepTheirKind) {
  const auto node = parse_yaml("{a: 12, b: '12', c: true, d: \"true\", e: 000000000000, f: 1.5, g: ~, h: 2012-10-17}");
  ASSERT_TRUE(node.ok());
  EXPECT_EQ(json::text(to_json(*node)),
            R"({"a":12,"b":"12","c":true,"d":"true","e":"000000000000","f":1.5,"g":null,"h":"2012-10-17"})");
}

TEST(ParseYaml, ErrorsHaveTheirLine) {
  EXPECT_THAT(parse_yaml("a: 1\nb: [1, 2").error().message(), HasSubstr("line "));
  EXPECT_EQ(parse_yaml("a: 1\nb: 2\na: 3").error().message(), "line 3: the key \"a\" stands twice");
  EXPECT_EQ(parse_yaml("a: 1\nb: !Wrong x").error().message(), "line 2: !Wrong is no function of CloudFormation");
  EXPECT_EQ(parse_yaml("a: 1\nb: [x, y\xFF]").error().message(), "line 2: a value is not UTF-8");
  EXPECT_EQ(parse_yaml("a: 1\nb\xC3: x").error().message(), "line 2: a key is not UTF-8");
}

TEST(ParseYaml, AliasesDoNotExplode) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += (j ? ", " : "") + before;
    text += "]\n";
  }
  EXPECT_THAT(parse_yaml(text).error().message(), HasSubstr("more than 100,000 values"));
}

TEST(Parameters, AreCheckedAgainstTheirConstraints) {
  const Template t = template_of(R"(
Parameters:
  Size: {Type: Number, MinValue: 1, MaxValue: 10, Default: 5}
  Kind: {Type: String, AllowedValues: [a, b], Default: a}
  Name: {Type: String, AllowedPattern: "[a-z]+", MinLength: 2, ConstraintDescription: be lower case}
Resources: {B: {Type: "AWS::S3::Bucket"}}
)");
  const auto why = [&](std::map<std::string, std::string> given) {
    const auto values = parameter_values(t, given);
    return values ? std::string("fine") : values.error().message();
  };
  EXPECT_EQ(why({{"Name", "abc"}}), "fine");
  EXPECT_THAT(why({}), HasSubstr("Parameters: [Name] must have values"));
  EXPECT_THAT(why({{"Name", "ABC"}}), HasSubstr("line 5: Parameter 'Name' must satisfy: be lower case"));
  EXPECT_THAT(why({{"Name", "abc"}, {"Size", "11"}}), HasSubstr("not greater than its MaxValue"));
  EXPECT_THAT(why({{"Name", "abc"}, {"Size", "x"}}), HasSubstr("must be a number"));
  EXPECT_THAT(why({{"Name", "abc"}, {"Kind", "\xFF"}}), HasSubstr("must be UTF-8"));
  EXPECT_THAT(why({{"Name", "abc"}, {"Kind", "c"}}), HasSubstr("AllowedValues [a, b]"));
  EXPECT_THAT(why({{"Name", "abc"}, {"Other", "c"}}), HasSubstr("Parameters: [Other] do not exist in the template"));
}

TEST(ReadTemplate, RefusesWhatIsNotATemplate) {
  const auto why = [](const char* yaml) { return read_template(*parse_yaml(yaml)).error().message(); };
  EXPECT_THAT(why("Resources: {}"), HasSubstr("At least one Resources member must be defined."));
  EXPECT_THAT(why("Resource: {}"), HasSubstr("Invalid template property or properties [Resource]"));
  EXPECT_THAT(why("Resources:\n  A:\n    Properties: {}"), HasSubstr("line 2: Template format error: [/Resources/A]"));
  EXPECT_THAT(why("Resources: {a_b: {Type: x}}"), HasSubstr("Resource name a_b is non alphanumeric."));
  EXPECT_THAT(why("Transform: Mine\nResources: {A: {Type: x}}"), HasSubstr("the transform Mine is not understood"));
}

}  // namespace
}  // namespace cumulet::cloudformation
