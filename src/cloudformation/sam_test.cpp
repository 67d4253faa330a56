#include "cloudformation/sam.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cumulet::cloudformation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<Template> transformed(const std::string& resources, const std::string& globals = "{}") {
  CUMULET_TRY(const Node root,
              parse_yaml("Transform: AWS::Serverless-2016-10-31\nGlobals: " + globals + "\nResources:\n" + resources));
  CUMULET_TRY(Template t, read_template(root));
  CUMULET_CHECK(apply_sam_transform(t));
  return t;
}

std::string properties(const Template& t, std::string_view id) {
  const Resource* r = t.resource(id);
  return r ? json::text(to_json(r->properties)) : "no resource " + std::string(id);
}

TEST(SamFunction, MakesItsRoleAndMergesGlobals) {
  const auto t = transformed(R"(
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/
      Handler: bootstrap
      Environment: {Variables: {OWN: "1", SHARED: mine}}
      Policies: [AmazonS3FullAccess, {Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}, {S3ReadPolicy: {BucketName: b}}]
      Tags: {team: blur}
)",
                             "{Function: {Timeout: 30, Environment: {Variables: {SHARED: global, OTHER: x}}}}");
  ASSERT_TRUE(t.ok()) << t.error().message();
  EXPECT_EQ(
      properties(*t, "Fn"),
      R"({"Code":"code/","Handler":"bootstrap","Environment":{"Variables":{"OWN":"1","SHARED":"mine","OTHER":"x"}},)"
      R"("Tags":[{"Key":"team","Value":"blur"}],"Timeout":30,"Role":{"Fn::GetAtt":["FnRole","Arn"]}})");
  const std::string role = properties(*t, "FnRole");
  EXPECT_THAT(role, HasSubstr("policy/service-role/AWSLambdaBasicExecutionRole"));
  EXPECT_THAT(role, HasSubstr("iam::aws:policy/AmazonS3FullAccess"));
  EXPECT_THAT(role, HasSubstr(R"("PolicyName":"FnRolePolicy0")"));
  EXPECT_THAT(role, HasSubstr("s3:ListBucket"));
  EXPECT_THAT(role, HasSubstr(R"("Service":["lambda.amazonaws.com"])"));
}

TEST(SamFunction, AnSqsEventBecomesAMapping) {
  const auto t = transformed(R"(
  Jobs: {Type: "AWS::SQS::Queue"}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: c.zip
      Events:
        Job:
          Type: SQS
          Properties:
            Queue: !GetAtt Jobs.Arn
            BatchSize: 1
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: {MaximumConcurrency: 4}
)");
  ASSERT_TRUE(t.ok()) << t.error().message();
  EXPECT_EQ(properties(*t, "FnJob"),
            R"({"FunctionName":{"Ref":"Fn"},"EventSourceArn":{"Fn::GetAtt":["Jobs","Arn"]},"BatchSize":1,)"
            R"("FunctionResponseTypes":["ReportBatchItemFailures"],"ScalingConfig":{"MaximumConcurrency":4}})");
  EXPECT_THAT(properties(*t, "FnRole"), HasSubstr("service-role/AWSLambdaSQSQueueExecutionRole"));
  const auto wrong = transformed(R"(
  Fn: {Type: "AWS::Serverless::Function", Properties: {CodeUri: c, Events: {E: {Type: SQS, Properties: {Queue: q, Color: red}}}}}
)");
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(wrong.error().message(), HasSubstr("Encountered unsupported property Color in the event E"));
}

TEST(SamFunction, AnS3EventAllowsByAccountAndNotifiesFromTheBucket) {
  const auto t = transformed(R"(
  In: {Type: "AWS::S3::Bucket"}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: c.zip
      Role: r
      Events:
        Mp4: {Type: S3, Properties: {Bucket: !Ref In, Events: "s3:ObjectCreated:*", Filter: {S3Key: {Rules: [{Name: suffix, Value: .mp4}]}}}}
        All: {Type: S3, Properties: {Bucket: !Ref In, Events: ["s3:ObjectRemoved:*"]}}
)");
  ASSERT_TRUE(t.ok()) << t.error().message();
  EXPECT_EQ(properties(*t, "FnMp4Permission"),
            R"({"Action":"lambda:InvokeFunction","FunctionName":{"Ref":"Fn"},"Principal":"s3.amazonaws.com",)"
            R"("SourceAccount":{"Ref":"AWS::AccountId"}})");
  EXPECT_EQ(
      properties(*t, "In"),
      R"({"NotificationConfiguration":{"LambdaConfigurations":[)"
      R"({"Function":{"Fn::GetAtt":["Fn","Arn"]},"Event":"s3:ObjectCreated:*","Filter":{"S3Key":{"Rules":[{"Name":"suffix","Value":".mp4"}]}}},)"
      R"({"Function":{"Fn::GetAtt":["Fn","Arn"]},"Event":"s3:ObjectRemoved:*"}]}})");
  EXPECT_THAT(t->resource("In")->depends_on, ElementsAre("FnMp4Permission", "FnAllPermission"));
}

TEST(SamFunction, AConditionGoesToAllItMakes) {
  const auto t = transformed(R"(
  In: {Type: "AWS::S3::Bucket"}
  Fn:
    Type: AWS::Serverless::Function
    Condition: Wanted
    Properties:
      CodeUri: c.zip
      EventInvokeConfig: {MaximumRetryAttempts: 1, DestinationConfig: {OnFailure: {Type: Lambda, Destination: x}}}
      Events: {E: {Type: S3, Properties: {Bucket: !Ref In, Events: "s3:ObjectCreated:*"}}}
)");
  ASSERT_TRUE(t.ok()) << t.error().message();
  for (const char* id : {"Fn", "FnRole", "FnEPermission", "FnEventInvokeConfig"})
    EXPECT_EQ(t->resource(id)->condition, "Wanted") << id;
  EXPECT_THAT(properties(*t, "In"), HasSubstr(R"({"Fn::If":["Wanted",)"));
  EXPECT_EQ(properties(*t, "FnEventInvokeConfig"),
            R"({"FunctionName":{"Ref":"Fn"},"Qualifier":"$LATEST","MaximumRetryAttempts":1,)"
            R"("DestinationConfig":{"OnFailure":{"Destination":"x"}}})");
}

TEST(SamStateMachine, BecomesAPlainOne) {
  const auto t = transformed(R"(
  M:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: m
      DefinitionUri: machine.json
      DefinitionSubstitutions: {A: b}
      Logging: {Level: ALL}
      Policies: [{LambdaInvokePolicy: {FunctionName: f}}]
)");
  ASSERT_TRUE(t.ok()) << t.error().message();
  EXPECT_EQ(properties(*t, "M"),
            R"({"StateMachineName":"m","DefinitionUri":"machine.json","DefinitionSubstitutions":{"A":"b"},)"
            R"("LoggingConfiguration":{"Level":"ALL"},"RoleArn":{"Fn::GetAtt":["MRole","Arn"]}})");
  EXPECT_THAT(properties(*t, "MRole"), HasSubstr("states.amazonaws.com"));
  EXPECT_THAT(properties(*t, "MRole"), HasSubstr("lambda:InvokeFunction"));
}

TEST(Sam, ErrorsNameResourceAndLine) {
  const auto why = [](const std::string& resources) {
    const auto t = transformed(resources);
    return t ? std::string("fine") : t.error().message();
  };
  EXPECT_EQ(why("  Fn:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: x\n      Hanlder: y\n"),
            "line 8: resource Fn: Encountered unsupported property Hanlder");
  EXPECT_THAT(why("  Fn: {Type: 'AWS::Serverless::Function', Properties: {Role: r}}"),
              HasSubstr("'CodeUri' or 'ImageUri'"));
  EXPECT_THAT(why("  Api: {Type: 'AWS::Serverless::Api'}"),
              HasSubstr("resource Api: the type AWS::Serverless::Api is not understood"));
  EXPECT_THAT(
      why("  Fn: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: x, Policies: [{NoSuchPolicy: {}}]}}"),
      HasSubstr("line 4: resource Fn: the policy template NoSuchPolicy is not understood"));
  EXPECT_THAT(why("  Fn: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: x, Events: {E: {Type: Schedule}}}}"),
              HasSubstr("the event E has the type \"Schedule\""));
  EXPECT_THAT(
      why("  Fn: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: x, Events: {E: {Type: S3, Properties: "
          "{Bucket: name, Events: x}}}}}"),
      HasSubstr("must name its bucket by Ref"));
  EXPECT_EQ(
      why("  Fn: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: x}}\n  FnRole: {Type: 'AWS::IAM::Role'}"),
      "line 5: resource FnRole: Duplicate name: one of that name is made for an AWS::Serverless resource");
}

TEST(HostileTemplates, LargeGlobalsForManyFunctionsAreStopped) {
  std::string text = "Transform: AWS::Serverless-2016-10-31\nGlobals: {Function: {Layers: [";
  for (int i = 0; i < 10'000; ++i) text += "x,";
  text += "x]}}\nResources:\n";
  for (int i = 0; i < 400; ++i)
    text += "  F" + std::to_string(i) + ": {Type: 'AWS::Serverless::Function', Properties: {InlineCode: x, Role: r}}\n";
  auto t = read_template(*parse_yaml(text));
  ASSERT_TRUE(t.ok());
  const auto done = apply_sam_transform(*t);
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().message(), testing::HasSubstr("the transform makes more than 200,000 values"));
}

}  // namespace
}  // namespace cumulet::cloudformation
