#include "cmd/cumulet/deploy/deployer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/manual_time.hpp"
#include "cloudformation/fake_cloud.hpp"
#include "cmd/cumulet/deploy/package.hpp"

namespace cumulet::deploy {
namespace {

using namespace cloudformation;

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DeployerTest : public testing::Test {
 protected:
  DeployerTest() {
    std::filesystem::create_directories(folder_);
    write("code.zip", "PK\x03\x04 code");
    write("machine.json", R"({"StartAt":"${Fn}"})");
  }
  ~DeployerTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& content) { std::ofstream(folder_ / name) << content; }

  // The stack, or what failed.
  Result<Stack> deploy_text(const std::string& text, std::map<std::string, std::string> parameters = {}) {
    cloud_.calls.clear();
    steps_.clear();
    Surroundings s = surroundings();
    const DeployRequest request{
        .template_text = text, .folder = folder_, .stack_name = "st", .parameters = std::move(parameters)};
    auto outcome = deploy(s, request);
    if (!outcome) return std::move(outcome).error();
    stack_ = outcome->stack;
    if (outcome->failure) return *outcome->failure;
    if (outcome->rollback_failure) return *outcome->rollback_failure;
    return stack_;
  }

  Surroundings surroundings() {
    return {.aws = cloud_,
            .environment = {.account_id = "000000000000", .region = "us-east-1", .stack_name = {}, .stack_id = {}},
            .random = random_,
            .clock = time_,
            .pause = [](std::chrono::milliseconds) {},
            .on_step =
                [this](const Step& step) {
                  steps_.push_back(std::string(text(step.action)) + " " + step.logical_id +
                                   (step.detail.empty() ? "" : ": " + step.detail));
                },
            .on_note = [this](const std::string& note) { notes_.push_back(note); },
            .owner = owner_};
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("deployer_test_" + std::to_string(getpid()));
  FakeCloud cloud_;
  SeededRandom random_{7};
  ManualTime time_;
  Owner owner_;
  std::vector<std::string> steps_, notes_;
  Stack stack_;  // as the last deploy left it
};

const std::string kMachine = "arn:aws:states:us-east-1:000000000000:stateMachine:machine";

constexpr const char* kChain = R"(
Transform: AWS::Serverless-2016-10-31
Parameters: {Size: {Type: Number, Default: 256}}
Resources:
  In: {Type: "AWS::S3::Bucket", Properties: {BucketName: in}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: role
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}
      ManagedPolicyArns: [arn:a, arn:b]
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: machine
      Role: !GetAtt Role.Arn
      DefinitionUri: machine.json
      DefinitionSubstitutions: {Fn: !Ref Work}
  Work:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: work, CodeUri: code.zip, Role: !GetAtt Role.Arn, MemorySize: !Ref Size}
  Start:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: start
      CodeUri: code.zip
      Role: !GetAtt Role.Arn
      Environment: {Variables: {MACHINE: !Ref Machine}}
      Events:
        E: {Type: S3, Properties: {Bucket: !Ref In, Events: "s3:ObjectCreated:*"}}
Outputs:
  Machine: {Value: !Ref Machine}
)";

TEST_F(DeployerTest, CreatesInOrderOfDependencies) {
  const auto stack = deploy_text(kChain);
  ASSERT_TRUE(stack.ok()) << stack.error().message();
  EXPECT_THAT(steps_, ElementsAre("created Role", "created Work", "created Machine", "created Start",
                                  "created StartEPermission", "created In"));
  EXPECT_THAT(cloud_.inputs["CreateFunction start"], HasSubstr(R"("Variables":{"MACHINE":")" + kMachine + R"("})"));
  EXPECT_THAT(cloud_.inputs["CreateFunction work"], HasSubstr(R"("MemorySize":256)"));
  EXPECT_THAT(cloud_.inputs["CreateFunction work"], HasSubstr(R"("S3Key":"stacks/st/code/)"));
  EXPECT_THAT(cloud_.inputs["CreateStateMachine " + kMachine], HasSubstr(R"({\"StartAt\":\"work\"})"));
  EXPECT_THAT(cloud_.inputs["PutBucketNotificationConfiguration in"],
              HasSubstr(R"("LambdaFunctionArn":"arn:function:start")"));
  EXPECT_EQ(stack->outputs.at("Machine").as_string(), kMachine);
  EXPECT_EQ(stack->status, "CREATE_COMPLETE");
}

TEST_F(DeployerTest, ASecondDeployChangesNothing) {
  ASSERT_TRUE(deploy_text(kChain).ok());
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_THAT(cloud_.calls, IsEmpty());
  EXPECT_THAT(steps_, Contains("unchanged Work"));
}

TEST_F(DeployerTest, ChangesOnlyWhatChangedAndSaysWhat) {
  ASSERT_TRUE(deploy_text(kChain).ok());
  ASSERT_TRUE(deploy_text(kChain, {{"Size", "512"}}).ok());
  EXPECT_THAT(steps_, Contains("changed Work: MemorySize"));
  EXPECT_THAT(cloud_.calls, ElementsAre("UpdateFunctionConfiguration work"));
  // The value stays when it is not given again.
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_THAT(cloud_.calls, IsEmpty());
  write("code.zip", "PK\x03\x04 other code");
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_THAT(steps_, Contains("changed Work: Code"));
  EXPECT_THAT(cloud_.calls, ElementsAre("UpdateFunctionCode work", "UpdateFunctionCode start"));
  write("machine.json", R"({"StartAt":"x"})");
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_THAT(cloud_.calls, ElementsAre("UpdateStateMachine " + kMachine));
}

TEST_F(DeployerTest, DeletesWhatTheTemplateLost) {
  ASSERT_TRUE(deploy_text(kChain).ok());
  std::string shorter = kChain;
  shorter.resize(shorter.find("  Start:"));
  ASSERT_TRUE(deploy_text(shorter).ok());
  EXPECT_THAT(cloud_.calls,
              ElementsAre("PutBucketNotificationConfiguration in", "RemovePermission start", "DeleteFunction start"));
}

TEST_F(DeployerTest, ReplacesWhatCannotChange) {
  const std::string before = "Resources:\n  B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: one}}\n";
  const std::string after = "Resources:\n  B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: two}}\n";
  ASSERT_TRUE(deploy_text(before).ok());
  ASSERT_TRUE(deploy_text(after).ok());
  EXPECT_THAT(steps_, ElementsAre("replaced B: BucketName", "deleted B"));
  EXPECT_FALSE(cloud_.things.contains("bucket one"));
  EXPECT_TRUE(cloud_.things.contains("bucket two"));
}

TEST_F(DeployerTest, MakesAgainWhatIsGone) {
  ASSERT_TRUE(deploy_text(kChain).ok());
  cloud_.things.erase("function work");
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_THAT(steps_, Contains("created Work: it was gone"));
  EXPECT_THAT(cloud_.calls, ElementsAre("CreateFunction work"));
}

TEST_F(DeployerTest, AFailureNamesResourceLineAndAnswerAndIsRolledBack) {
  cloud_.refuse = "CreateFunction start";
  const auto failed = deploy_text(kChain);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().message(), "line 22: resource Start: AccessDenied: not you");
  EXPECT_THAT(steps_, ElementsAre("created Role", "created Work", "created Machine", "deleted Machine: rolled back",
                                  "deleted Work: rolled back", "deleted Role: rolled back"));
  EXPECT_EQ(stack_.status, "ROLLBACK_COMPLETE");
  for (const char* thing : {"role role", "function work", "function start", "bucket in"})
    EXPECT_FALSE(cloud_.things.contains(thing)) << thing;
  const std::string id = stack_.id;
  cloud_.refuse.clear();
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_THAT(steps_, Contains("created Role"));
  EXPECT_NE(stack_.id, id);  // a new stack
  EXPECT_EQ(stack_.status, "CREATE_COMPLETE");
}

TEST_F(DeployerTest, AHalfMadeResourceIsTakenBack) {
  cloud_.refuse = "AttachRolePolicy";
  ASSERT_FALSE(deploy_text(kChain).ok());
  EXPECT_FALSE(cloud_.things.contains("role role"));
  cloud_.refuse.clear();
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_THAT(cloud_.calls, Contains("AttachRolePolicy role").Times(2));
}

TEST_F(DeployerTest, ARefusedUpdateGivesBackWhatWas) {
  ASSERT_TRUE(deploy_text(kChain).ok());
  const auto before = cloud_.things;
  write("code.zip", "PK\x03\x04 other code");
  cloud_.refuse = "UpdateFunctionCode start";
  ASSERT_FALSE(deploy_text(kChain, {{"Size", "512"}}).ok());
  EXPECT_THAT(steps_, Contains("changed Work: Code, MemorySize"));
  EXPECT_THAT(cloud_.inputs["UpdateFunctionConfiguration work"], HasSubstr(R"("MemorySize":256)"));
  EXPECT_EQ(stack_.status, "UPDATE_ROLLBACK_FAILED");  // `start` cannot get its code back either
  cloud_.refuse.clear();
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_THAT(notes_, Contains("the last change of st ended in UPDATE_ROLLBACK_FAILED: it is rolled back first"));
  EXPECT_THAT(steps_, Contains("restored Start: rolled back"));
  EXPECT_THAT(steps_, Contains("changed Start: Code"));
  EXPECT_EQ(stack_.status, "UPDATE_COMPLETE");
}

TEST_F(DeployerTest, ARecordFromBeforeThereWereRollbacksIsRead) {
  ASSERT_TRUE(deploy_text(kChain).ok());
  const std::string key = "object cumulet-deployments-000000000000-us-east-1/stacks/st/state.json";
  json::value record = *json::parse(cloud_.things.at(key));
  json::object& stack = record.as_object();
  stack["Version"] = 1;
  stack["Status"] = "FAILED";
  for (const char* name : {"Events", "StatusReason"}) stack.erase(name);
  for (json::value& r : stack["Resources"].as_array()) {
    for (const char* name : {"Name", "DeletionPolicy", "Status", "StatusReason", "Touch"}) r.as_object().erase(name);
    r.as_object()["Retain"] = r.at("LogicalId") == json::value("Role");
    r.as_object()["Incomplete"] = r.at("LogicalId") == json::value("Work");
  }
  cloud_.things[key] = json::text(record);
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_THAT(steps_, Contains("unchanged Machine"));
  EXPECT_THAT(steps_, Contains("changed Work: finished what failed before"));
  EXPECT_EQ(stack_.status, "UPDATE_COMPLETE");
}

TEST_F(DeployerTest, DestroyGoesBackwardsAndKeepsFullBuckets) {
  ASSERT_TRUE(deploy_text(kChain).ok());
  cloud_.things["object in/video.mp4"] = "x";
  cloud_.calls.clear();
  Surroundings s = surroundings();
  const auto full = destroy(s, "st", Buckets::keep_full);
  ASSERT_FALSE(full.ok());
  EXPECT_THAT(full.error().message(), HasSubstr("resource In: cannot delete in: BucketNotEmpty"));
  EXPECT_THAT(full.error().fields(),
              Contains(std::pair<std::string, std::string>("ResourceErrorCode", "BucketNotEmpty")));
  ASSERT_TRUE(destroy(s, "st", Buckets::empty).ok());
  EXPECT_THAT(cloud_.calls, ElementsAre("DeleteObject in/video.mp4", "DeleteBucket in", "RemovePermission start",
                                        "DeleteFunction start", "DeleteStateMachine " + kMachine, "DeleteFunction work",
                                        "DetachRolePolicy role", "DetachRolePolicy role", "DeleteRole role"));
  EXPECT_THAT(cloud_.things, IsEmpty());
  EXPECT_FALSE(destroy(s, "st", Buckets::empty).ok());
}

TEST_F(DeployerTest, OneChangesAStackAtATime) {
  const std::string lock = "object cumulet-deployments-000000000000-us-east-1/stacks/st/lock.json";
  const auto held_by = [&](const std::string& host, int process) {
    cloud_.things["bucket cumulet-deployments-000000000000-us-east-1"];
    cloud_.things[lock] = R"({"Host":")" + host + R"(","Process":)" + std::to_string(process) + R"(,"Since":")" +
                          iso8601(time_.now()) + R"("})";
  };
  owner_ = {.host = "here", .process = 7, .runs = [](std::int64_t process) { return process == 8; }};
  for (const auto& [host, process] : {std::pair("here", 8), std::pair("there", 9)}) {
    held_by(host, process);
    const auto refused = deploy_text(kChain);
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message(),
                HasSubstr("the stack st is being changed by process " + std::to_string(process) + " on " + host));
    EXPECT_THAT(cloud_.calls, IsEmpty());
  }
  held_by("here", 9);  // killed
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_FALSE(cloud_.things.contains(lock));
  held_by("there", 9);
  Surroundings s = surroundings();
  EXPECT_THAT(destroy(s, "st", Buckets::keep_full).error().message(), HasSubstr("is being changed by process 9"));
  time_.advance(Seconds{3600});
  EXPECT_TRUE(destroy(s, "st", Buckets::keep_full).ok());
  EXPECT_FALSE(cloud_.things.contains(lock));
}

TEST_F(DeployerTest, AFailedChangeGivesTheStackBack) {
  cloud_.refuse = "CreateStateMachine";
  EXPECT_FALSE(deploy_text(kChain).ok());
  cloud_.refuse.clear();
  EXPECT_TRUE(deploy_text(kChain).ok());
  cloud_.things["object in/video.mp4"] = "v";
  Surroundings s = surroundings();
  EXPECT_FALSE(destroy(s, "st", Buckets::keep_full).ok());
  cloud_.things.erase("object in/video.mp4");
  EXPECT_TRUE(destroy(s, "st", Buckets::keep_full).ok());
}

TEST_F(DeployerTest, RefusesBeforeItTouchesAnything) {
  const auto why = [&](const std::string& resources) {
    const auto stack = deploy_text("Resources:\n" + resources);
    EXPECT_THAT(cloud_.calls, IsEmpty());
    return stack ? std::string("fine") : stack.error().message();
  };
  EXPECT_EQ(why("  X: {Type: 'AWS::EC2::Instance'}"),
            "line 2: resource X: the type AWS::EC2::Instance is not understood");
  EXPECT_EQ(why("  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      Bucketname: x"),
            "line 5: resource B: Encountered unsupported property Bucketname");
  EXPECT_EQ(why("  P: {Type: 'AWS::Lambda::Permission', Properties: {Action: a}}"),
            "2 errors in the template:\n"
            "  line 2: resource P: Property FunctionName cannot be empty.\n"
            "  line 2: resource P: Property Principal cannot be empty.");
  EXPECT_THAT(why("  A: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !Ref B}}\n"
                  "  B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !Ref A}}"),
              HasSubstr("Circular dependency between resources: [A, B]"));
  EXPECT_THAT(why("  A: {Type: 'AWS::S3::Bucket', DependsOn: Z}"), HasSubstr("Unresolved resource dependencies [Z]"));
}

TEST_F(DeployerTest, NamesLikeCloudFormation) {
  const auto stack = deploy_text(
      "Resources:\n  MyBucket: {Type: 'AWS::S3::Bucket'}\n  Log: {Type: 'AWS::Logs::LogGroup', Properties: "
      "{RetentionInDays: '7'}}\n");
  ASSERT_TRUE(stack.ok()) << stack.error().message();
  EXPECT_THAT(stack->find("MyBucket")->physical_id, testing::MatchesRegex("st-mybucket-[a-z0-9]{12}"));
  EXPECT_THAT(stack->find("Log")->physical_id, testing::MatchesRegex("st-Log-[A-Z0-9]{12}"));
  EXPECT_EQ(stack->find("Log")->attributes.at("Arn"),
            "arn:aws:logs:us-east-1:000000000000:log-group:" + stack->find("Log")->physical_id + ":*");
}

TEST_F(DeployerTest, NotesPropertiesWithoutEffect) {
  ASSERT_TRUE(deploy_text("Resources:\n  B: {Type: 'AWS::S3::Bucket', Properties: {Tags: [{Key: a, Value: b}]}}").ok());
  EXPECT_THAT(notes_, ElementsAre("line 2: resource B: Tags has no effect here"));
}

constexpr const char* kQueues = R"(
Transform: AWS::Serverless-2016-10-31
Parameters: {Size: {Type: Number, Default: 1}}
Resources:
  Dead: {Type: "AWS::SQS::Queue", Properties: {QueueName: dead}}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs
      VisibilityTimeout: 60
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sqs:SendMessage", Resource: !GetAtt Jobs.Arn}]}
  In:
    Type: AWS::S3::Bucket
    DependsOn: Policy
    Properties:
      BucketName: in
      NotificationConfiguration: {QueueConfigurations: [{Queue: !GetAtt Jobs.Arn, Event: "s3:ObjectCreated:*"}]}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: work
      CodeUri: code.zip
      Role: arn:r
      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn, BatchSize: !Ref Size}}}
)";

TEST_F(DeployerTest, QueuesTheirPoliciesAndMappings) {
  const auto stack = deploy_text(kQueues);
  ASSERT_TRUE(stack.ok()) << stack.error().message();
  const std::string jobs = cloud_.inputs["CreateQueue http://q/jobs"];
  EXPECT_THAT(jobs, HasSubstr(R"("VisibilityTimeout":"60")"));
  EXPECT_THAT(jobs,
              HasSubstr(R"("RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:dead\",)"
                        R"(\"maxReceiveCount\":3}")"));
  EXPECT_THAT(cloud_.inputs["SetQueueAttributes http://q/jobs"], HasSubstr("sqs:SendMessage"));
  EXPECT_THAT(cloud_.inputs["PutBucketNotificationConfiguration in"],
              HasSubstr(R"("QueueArn":"arn:aws:sqs:us-east-1:000000000000:jobs")"));
  EXPECT_EQ(cloud_.inputs["CreateEventSourceMapping uuid-work-jobs"],
            R"({"FunctionName":"work","BatchSize":1,"EventSourceArn":"arn:aws:sqs:us-east-1:000000000000:jobs"})");
  ASSERT_TRUE(deploy_text(kQueues).ok());
  EXPECT_THAT(cloud_.calls, IsEmpty());
  ASSERT_TRUE(deploy_text(kQueues, {{"Size", "5"}}).ok());
  EXPECT_THAT(cloud_.calls, ElementsAre("UpdateEventSourceMapping uuid-work-jobs"));
  std::string plain = kQueues;
  plain.erase(plain.find("      VisibilityTimeout: 60\n"), 28);
  ASSERT_TRUE(deploy_text(plain).ok());
  EXPECT_THAT(cloud_.inputs["SetQueueAttributes http://q/jobs"], HasSubstr(R"("VisibilityTimeout":"30")"));
}

TEST_F(DeployerTest, AMissingFileIsNamedWithItsLine) {
  const auto stack = deploy_text(
      "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Role: r\n      Code: nowhere.zip\n");
  ASSERT_FALSE(stack.ok());
  EXPECT_EQ(stack.error().message(),
            "line 6: resource F: there is no file or folder " + (folder_ / "nowhere.zip").string());
}

TEST_F(DeployerTest, ZipsAFolderTheSameEachTime) {
  std::filesystem::create_directories(folder_ / "f/sub");
  write("f/b", "bb");
  write("f/sub/a", "a");
  const auto first = zip(folder_ / "f");
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first->starts_with("PK\x03\x04"));
  std::filesystem::last_write_time(folder_ / "f/b",
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_EQ(*zip(folder_ / "f"), *first);
  write("f/b", "other");
  EXPECT_NE(*zip(folder_ / "f"), *first);
}

}  // namespace
}  // namespace cumulet::deploy
