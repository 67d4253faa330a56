#include "cloudformation/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cumulet::cloudformation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Environment kEnvironment{
    .account_id = "000000000000", .region = "us-east-1", .stack_name = "st", .stack_id = "arn:stack/st/1"};

constexpr const char* kTemplate = R"(
Parameters: {Size: {Type: Number, Default: 128}, Name: {Type: String, Default: one}}
Resources:
  Work:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: work, Code: "s3://b/k", Role: !GetAtt Role.Arn, MemorySize: !Ref Size}
  Role:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {}, Path: !Sub "/${Name}/"}
  Queue: {Type: "AWS::SQS::Queue", Properties: {QueueName: !Sub "${Name}-${AWS::StackName}"}}
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {Action: a, Principal: p, FunctionName: !Ref Work, SourceArn: !GetAtt Queue.Arn}
Outputs: {Arn: {Value: !GetAtt Work.Arn}}
)";

// As if the plan had been carried out.
Stack made(const Plan& plan) {
  Stack stack;
  stack.name = "st";
  stack.status = "CREATE_COMPLETE";
  stack.parameters = plan.recorded_parameters;
  for (const Change& c : plan.changes) {
    StackResource r{.logical_id = c.logical_id,
                    .type = c.type,
                    .name = {},
                    .physical_id = "id-" + c.logical_id,
                    .attributes = {},
                    .properties = {},
                    .depends_on = c.depends_on};
    for (const std::string_view attribute : resource_type(c.type)->attributes)
      r.attributes[std::string(attribute)] = c.logical_id + "." + std::string(attribute);
    stack.resources.push_back(std::move(r));
  }
  const RecordedValues values(stack);
  const Evaluator evaluator(plan.source, plan.parameters, plan.environment, values);
  NoArtifacts none;
  for (StackResource& r : stack.resources) {
    Node properties = *evaluator.evaluate(plan.source.resource(r.logical_id)->properties);
    EXPECT_TRUE(finish_properties(*resource_type(r.type), 0, properties, none, nullptr).ok());
    r.properties = to_json(properties).as_object();
  }
  return stack;
}

Result<Plan> plan_of(const std::string& text, const Stack& stack, std::map<std::string, std::string> parameters = {},
                     const std::set<std::string>& gone = {}) {
  NoArtifacts none;
  return make_plan({.template_text = text, .parameters = std::move(parameters)}, kEnvironment, stack, gone, none);
}

TEST(Plan, OfANewStackAddsInOrderWithWhatIsKnown) {
  const auto plan = plan_of(kTemplate, {});
  ASSERT_TRUE(plan.ok()) << plan.error().message();
  EXPECT_EQ(describe(*plan),
            "Add Role AWS::IAM::Role\n"
            "Add Work AWS::Lambda::Function\n"
            "Add Queue AWS::SQS::Queue\n"
            "Add Permission AWS::Lambda::Permission\n");
  EXPECT_EQ(json::text(to_json(plan->changes[1].properties)),
            R"({"FunctionName":"work","Code":{"S3Bucket":"b","S3Key":"k"},"Role":"{{changeSet:KNOWN_AFTER_APPLY}}",)"
            R"("MemorySize":"128"})");
  EXPECT_EQ(json::text(to_json(plan->changes[2].properties)), R"({"QueueName":"one-st"})");
  EXPECT_THAT(plan->changes[3].depends_on, ElementsAre("Queue", "Work"));
}

TEST(Plan, OfTheSameTemplateKeepsEverything) {
  const Stack stack = made(*plan_of(kTemplate, {}));
  const auto plan = plan_of(kTemplate, stack);
  ASSERT_TRUE(plan.ok());
  EXPECT_FALSE(changes_anything(*plan)) << describe(*plan);
  EXPECT_EQ(json::text(to_json(*plan)), "[]");
}

TEST(Plan, SaysWhichPropertiesChange) {
  const Stack stack = made(*plan_of(kTemplate, {}));
  const auto plan = plan_of(kTemplate, stack, {{"Size", "256"}});
  EXPECT_EQ(json::text(to_json(*plan)),
            R"([{"Type":"Resource","ResourceChange":{"Action":"Modify","LogicalResourceId":"Work",)"
            R"("ResourceType":"AWS::Lambda::Function","PhysicalResourceId":"id-Work","Replacement":"False",)"
            R"("Scope":["Properties"],"Details":[{"Target":{"Attribute":"Properties","Name":"MemorySize",)"
            R"("RequiresRecreation":"Never"},"Evaluation":"Static"}],"AfterContext":"{\"Properties\":)"
            R"({\"FunctionName\":\"work\",\"Code\":{\"S3Bucket\":\"b\",\"S3Key\":\"k\"},\"Role\":\"Role.Arn\",)"
            R"(\"MemorySize\":\"256\"}}"}}])");
  EXPECT_EQ(plan->recorded_parameters.at("Size").as_string(), "256");
}

TEST(Plan, AReplacementMakesWhatHangsOnItUnknown) {
  const Stack stack = made(*plan_of(kTemplate, {}));
  const auto plan = plan_of(kTemplate, stack, {{"Name", "two"}});
  ASSERT_TRUE(plan.ok()) << plan.error().message();
  EXPECT_EQ(describe(*plan),
            "Modify Role AWS::IAM::Role (replacement): Path\n"
            "Modify Work AWS::Lambda::Function: Role (known after apply)\n"
            "Modify Queue AWS::SQS::Queue (replacement): QueueName\n"
            "Modify Permission AWS::Lambda::Permission (perhaps a replacement): SourceArn (known after apply)\n");
}

TEST(Plan, WhatTheTemplateLostIsRemovedDependentsFirst) {
  const Stack stack = made(*plan_of(kTemplate, {}));
  const auto plan = plan_of("Resources: {Queue: {Type: 'AWS::SQS::Queue', Properties: {QueueName: one-st}}}", stack);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(describe(*plan),
            "Keep Queue AWS::SQS::Queue\n"
            "Remove Permission AWS::Lambda::Permission\n"
            "Remove Work AWS::Lambda::Function\n"
            "Remove Role AWS::IAM::Role\n");
}

TEST(Plan, WhatIsGoneIsAddedAgain) {
  const Stack stack = made(*plan_of(kTemplate, {}));
  const auto plan = plan_of(kTemplate, stack, {}, {"Queue"});
  EXPECT_THAT(describe(*plan), HasSubstr("Add Queue AWS::SQS::Queue: it was gone\n"));
}

TEST(Plan, OtherTypeOrIncomplete) {
  Stack stack = made(*plan_of("Resources: {A: {Type: 'AWS::SQS::Queue'}, B: {Type: 'AWS::SQS::Queue'}}", {}));
  stack.find("B")->incomplete = true;
  const auto plan = plan_of("Resources: {A: {Type: 'AWS::S3::Bucket'}, B: {Type: 'AWS::SQS::Queue'}}", stack);
  EXPECT_EQ(describe(*plan),
            "Modify A AWS::S3::Bucket (replacement): Type\n"
            "Modify B AWS::SQS::Queue: finished what failed before\n");
}

TEST(Plan, DefinitionsInS3AreKnownWhenTheyAreFetched) {
  const std::string text =
      "Resources: {M: {Type: 'AWS::StepFunctions::StateMachine', Properties: {RoleArn: r, DefinitionUri: 's3://b/k'}}}";
  const auto plan = plan_of(text, {});
  ASSERT_TRUE(plan.ok()) << plan.error().message();
  EXPECT_TRUE(plan->changes[0].properties.find("DefinitionString")->has_unknown());
}

TEST(Plan, ErrorsComeBeforeAnythingIsDone) {
  const auto why = [](const std::string& text, const Stack& stack = {}) {
    const auto plan = plan_of(text, stack);
    return plan ? std::string("fine") : plan.error().message();
  };
  EXPECT_EQ(why("Resources:\n  A: {Type: 'AWS::SQS::Queue'}\n  B:\n    Type: AWS::SQS::Queue\n    Properties:\n      "
                "QueueName: !GetAtt A.Colour"),
            "line 6: resource B: Template error: resource A does not support attribute type Colour in Fn::GetAtt");
  EXPECT_EQ(why("Resources:\n  A: {Type: 'AWS::SQS::Queue'}\nOutputs: {O: {Value: !GetAtt A.Colour}}"),
            "line 3: Template error: resource A does not support attribute type Colour in Fn::GetAtt");
  EXPECT_EQ(why("Resources:\n  F: {Type: 'AWS::Lambda::Function', Properties: {Role: r, Code: ./f}}"),
            "line 2: resource F: \"./f\" must be an object in S3: s3://bucket/key or S3Bucket and S3Key");
  const std::string fifo = "Resources:\n  Q: {Type: 'AWS::SQS::Queue', Properties: {QueueName: q, FifoQueue: true}}";
  const Stack stack = made(*plan_of("Resources:\n  Q: {Type: 'AWS::SQS::Queue', Properties: {QueueName: q}}", {}));
  EXPECT_EQ(why(fifo, stack),
            "line 2: resource Q: CloudFormation cannot update a stack when a custom-named resource requires replacing. "
            "Rename q and update the stack again.");
  EXPECT_EQ(why(std::string(1'000'001, ' ')), "Template may not exceed 1000000 bytes in size.");
}

}  // namespace
}  // namespace cumulet::cloudformation
