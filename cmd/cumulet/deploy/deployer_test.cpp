#include "cmd/cumulet/deploy/deployer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/manual_time.hpp"

namespace cumulet::deploy {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A cloud that keeps what it is told: objects, buckets, roles, functions, log groups. `calls` are the changing ones, in
// order; `refuse` makes a call fail by its name.
class FakeCloud final : public Api {
 public:
  Result<json::value> json_call(std::string_view service, std::string_view operation,
                                const json::object& input) override {
    const std::string name(operation);
    if (service == "logs") {
      const std::string group = text(input, name == "DescribeLogGroups" ? "logGroupNamePrefix" : "logGroupName");
      if (name == "DescribeLogGroups") {
        json::array groups;
        if (things.contains("log " + group)) groups.push_back(json::object{{"logGroupName", group}});
        return json::value(json::object{{"logGroups", groups}});
      }
      CUMULET_CHECK(
          change(name, "log " + group, name == "CreateLogGroup", name == "DeleteLogGroup", json::text(input)));
      return json::value(json::object{});
    }
    if (service == "sqs") {
      const std::string queue = name == "CreateQueue" || name == "GetQueueUrl"
                                    ? "queue http://q/" + text(input, "QueueName")
                                    : "queue " + text(input, "QueueUrl");
      const bool reads = name == "GetQueueUrl" || name == "GetQueueAttributes";
      if (name != "CreateQueue" && !things.contains(queue)) return aws_error("QueueDoesNotExist", queue);
      if (!reads) CUMULET_CHECK(change(name, queue, name == "CreateQueue", name == "DeleteQueue", json::text(input)));
      return json::value(
          json::object{{"QueueUrl", queue.substr(6)}, {"Attributes", json::object{{"Policy", "a policy"}}}});
    }
    const std::string arn =
        name == "CreateStateMachine" ? "arn:machine:" + text(input, "name") : text(input, "stateMachineArn");
    if (name == "DescribeStateMachine") {
      if (!things.contains(arn)) return aws_error("StateMachineDoesNotExist", arn);
      return json::value(json::object{{"status", "ACTIVE"}});
    }
    CUMULET_CHECK(change(name, arn, name == "CreateStateMachine", name == "DeleteStateMachine", json::text(input)));
    return json::value(json::object{{"stateMachineArn", arn}});
  }

  Result<json::value> lambda(std::string_view method, const std::string& path, const json::value& input,
                             const Pairs&) override {
    if (path.find("/event-source-mappings") != std::string::npos) return mapping(method, path, input);
    std::string name = path.substr(path.find("/functions") + 10);
    if (name.starts_with('/')) name.erase(0, 1);
    const std::string what = name.find('/') == std::string::npos ? "" : name.substr(name.find('/') + 1);
    name = name.substr(0, name.find('/'));
    if (method == "GET") {
      if (!things.contains("function " + name)) return aws_error("ResourceNotFoundException", name);
      return json::value(json::object{{"State", "Active"}, {"LastUpdateStatus", "Successful"}, {"Policy", policy}});
    }
    const bool creates = method == "POST" && what.empty();
    if (creates) name = text(input.as_object(), "FunctionName");
    if (what == "policy") policy += "\"" + text(input.as_object(), "StatementId") + "\"";
    CUMULET_CHECK(change(std::string(method) + " " + (what.empty() ? "function" : what.substr(0, what.find('/'))),
                         "function " + name, creates, method == "DELETE" && what.empty(),
                         input.is_null() ? "" : json::text(input)));
    return json::value(json::object{{"FunctionArn", "arn:function:" + name}});
  }

  Result<std::string> query(std::string_view, std::string_view action, const Pairs& input) override {
    const std::string name = "role " + input.front().second;
    if (action == "GetRole") {
      if (!things.contains(name)) return aws_error("NoSuchEntity", name);
      return std::string("<R/>");
    }
    std::string detail;
    for (const auto& [key, value] : input) detail += key + "=" + value + " ";
    CUMULET_CHECK(change(std::string(action), name, action == "CreateRole", action == "DeleteRole", detail));
    return "<R><Arn>arn:" + name + "</Arn></R>";
  }

  Result<std::string> s3(std::string_view method, const std::string& bucket, const std::string& key, const Pairs& query,
                         std::string body, const Pairs& headers) override {
    const std::string name = key.empty() ? "bucket " + bucket : "object " + bucket + "/" + key;
    const bool quiet = bucket.starts_with("cumulet-deployments");
    if (!query.empty() && query.front().first == "list-type") {
      std::string out = "<L>";
      const std::string prefix = "object " + bucket + "/";
      const std::string wanted = query.size() > 1 && query[1].first == "prefix" ? prefix + query[1].second : prefix;
      for (const auto& [thing, content] : things)
        if (thing.starts_with(wanted)) out += "<Key>" + thing.substr(prefix.size()) + "</Key>";
      return out + "</L>";
    }
    if (method == "HEAD" || method == "GET") {
      const auto it = things.find(name);
      if (it == things.end()) return aws_error(key.empty() ? "NoSuchBucket" : "NoSuchKey", name);
      return it->second;
    }
    if (method == "DELETE" && key.empty() && has_objects(bucket)) return aws_error("BucketNotEmpty", "not empty");
    const std::string call = std::string(method) + (query.empty() ? "" : " " + query.front().first);
    if (quiet) {
      const bool only_new = !headers.empty() && headers.front().first == "If-None-Match";
      if (method == "PUT" && only_new && things.contains(name)) return aws_error("PreconditionFailed", name);
      if (method == "PUT") things[name] = std::move(body);
      if (method == "DELETE") things.erase(name);
      return std::string();
    }
    CUMULET_CHECK(change(call, name, method == "PUT" && query.empty(), method == "DELETE", body));
    return std::string();
  }

  bool has_objects(const std::string& bucket) const {
    return std::ranges::any_of(things,
                               [&](const auto& thing) { return thing.first.starts_with("object " + bucket + "/"); });
  }

  std::map<std::string, std::string> things;
  std::vector<std::string> calls;
  std::map<std::string, std::string> bodies;  // call → its last input
  std::string refuse;
  std::string policy;

 private:
  Result<json::value> mapping(std::string_view method, const std::string& path, const json::value& input) {
    const bool creates = method == "POST";
    const std::string uuid =
        creates ? "uuid-" + text(input.as_object(), "FunctionName") : path.substr(path.rfind('/') + 1);
    if (!creates && !things.contains("mapping " + uuid)) return aws_error("ResourceNotFoundException", uuid);
    if (method != "GET")
      CUMULET_CHECK(change(std::string(method) + " mapping", "mapping " + uuid, creates, method == "DELETE",
                           input.is_null() ? "" : json::text(input)));
    return json::value(json::object{{"UUID", uuid}, {"State", "Enabled"}, {"EventSourceMappingArn", "arn:" + uuid}});
  }

  static std::string text(const json::object& object, std::string_view name) {
    const auto* v = object.if_contains(name);
    return v && v->is_string() ? std::string(v->as_string()) : "";
  }

  Result<void> change(std::string call, const std::string& name, bool makes, bool removes, std::string body) {
    call += " " + name;
    if (!refuse.empty() && call.find(refuse) != std::string::npos) return aws_error("AccessDenied", "not you");
    bodies[call] = body;
    calls.push_back(std::move(call));
    if (makes) things[name] = std::move(body);
    if (removes) things.erase(name);
    return {};
  }
};

class DeployerTest : public testing::Test {
 protected:
  DeployerTest() {
    std::filesystem::create_directories(folder_);
    write("code.zip", "PK\x03\x04 code");
    write("machine.json", R"({"StartAt":"${Fn}"})");
  }
  ~DeployerTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& content) { std::ofstream(folder_ / name) << content; }

  Result<Stack> deploy_text(const std::string& text, std::map<std::string, std::string> parameters = {}) {
    cloud_.calls.clear();
    steps_.clear();
    Surroundings s = surroundings();
    const DeployRequest request{
        .template_text = text, .folder = folder_, .stack_name = "st", .parameters = std::move(parameters)};
    return deploy(s, request);
  }

  Surroundings surroundings() {
    return {.api = cloud_,
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
};

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
  EXPECT_THAT(cloud_.bodies["POST function function start"],
              HasSubstr(R"("Variables":{"MACHINE":"arn:machine:machine"})"));
  EXPECT_THAT(cloud_.bodies["POST function function work"], HasSubstr(R"("MemorySize":256)"));
  EXPECT_THAT(cloud_.bodies["POST function function work"], HasSubstr(R"("S3Key":"stacks/st/code/)"));
  EXPECT_THAT(cloud_.bodies["CreateStateMachine arn:machine:machine"], HasSubstr(R"({\"StartAt\":\"work\"})"));
  EXPECT_THAT(cloud_.bodies["PUT notification bucket in"],
              HasSubstr("<CloudFunction>arn:function:start</CloudFunction>"));
  EXPECT_EQ(stack->outputs.at("Machine").as_string(), "arn:machine:machine");
  EXPECT_EQ(stack->status, "COMPLETE");
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
  EXPECT_THAT(cloud_.calls, ElementsAre("PUT configuration function work"));
  // The value stays when it is not given again.
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_THAT(cloud_.calls, IsEmpty());
  write("code.zip", "PK\x03\x04 other code");
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_THAT(steps_, Contains("changed Work: Code"));
  EXPECT_THAT(cloud_.calls, ElementsAre("PUT code function work", "PUT code function start"));
  write("machine.json", R"({"StartAt":"x"})");
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_THAT(cloud_.calls, ElementsAre("UpdateStateMachine arn:machine:machine"));
}

TEST_F(DeployerTest, DeletesWhatTheTemplateLost) {
  ASSERT_TRUE(deploy_text(kChain).ok());
  std::string shorter = kChain;
  shorter.resize(shorter.find("  Start:"));
  ASSERT_TRUE(deploy_text(shorter).ok());
  EXPECT_THAT(cloud_.calls, ElementsAre("PUT notification bucket in", "DELETE policy function start",
                                        "DELETE function function start"));
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
  EXPECT_THAT(cloud_.calls, ElementsAre("POST function function work"));
}

TEST_F(DeployerTest, AFailureNamesResourceLineAndAnswerAndTheNextDeployGoesOn) {
  cloud_.refuse = "POST function function start";
  const auto failed = deploy_text(kChain);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().message(), "line 22: resource Start: AccessDenied: not you");
  EXPECT_THAT(steps_, ElementsAre("created Role", "created Work", "created Machine"));
  cloud_.refuse.clear();
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_THAT(steps_, Contains("unchanged Machine"));
  EXPECT_THAT(steps_, Contains("created Start"));
}

TEST_F(DeployerTest, AHalfMadeResourceIsFinished) {
  cloud_.refuse = "AttachRolePolicy";
  ASSERT_FALSE(deploy_text(kChain).ok());
  EXPECT_TRUE(cloud_.things.contains("role role"));
  cloud_.refuse.clear();
  ASSERT_TRUE(deploy_text(kChain).ok());
  EXPECT_THAT(cloud_.calls, Contains("AttachRolePolicy role role").Times(2));
  EXPECT_THAT(cloud_.calls, testing::Not(Contains("CreateRole role role")));
}

TEST_F(DeployerTest, WhatWasMadeHalfIsNotMadeAgain) {
  const std::string text = R"(
Resources:
  Log: {Type: "AWS::Logs::LogGroup", Properties: {LogGroupName: /own, RetentionInDays: 7}}
  In: {Type: "AWS::S3::Bucket", Properties: {BucketName: in, NotificationConfiguration: {LambdaConfigurations: []}}}
)";
  cloud_.refuse = "PutRetentionPolicy";
  ASSERT_FALSE(deploy_text(text).ok());
  cloud_.refuse = "PUT notification";
  ASSERT_FALSE(deploy_text(text).ok());
  cloud_.refuse.clear();
  ASSERT_TRUE(deploy_text(text).ok());
  EXPECT_THAT(steps_, ElementsAre("unchanged Log", "changed In: NotificationConfiguration"));
}

TEST_F(DeployerTest, DestroyGoesBackwardsAndKeepsFullBuckets) {
  ASSERT_TRUE(deploy_text(kChain).ok());
  cloud_.things["object in/video.mp4"] = "x";
  cloud_.calls.clear();
  Surroundings s = surroundings();
  const auto full = destroy(s, "st", Buckets::keep_full);
  ASSERT_FALSE(full.ok());
  EXPECT_THAT(full.error().message(), HasSubstr("resource In: cannot delete in: BucketNotEmpty"));
  EXPECT_THAT(full.error().message(), HasSubstr("--empty-buckets"));
  ASSERT_TRUE(destroy(s, "st", Buckets::empty).ok());
  EXPECT_THAT(cloud_.calls,
              ElementsAre("DELETE object in/video.mp4", "DELETE bucket in", "DELETE policy function start",
                          "DELETE function function start", "DeleteStateMachine arn:machine:machine",
                          "DELETE function function work", "DetachRolePolicy role role", "DetachRolePolicy role role",
                          "DeleteRole role role"));
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
            "line 2: resource P: Property FunctionName cannot be empty.");
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
  const std::string jobs = cloud_.bodies["CreateQueue queue http://q/jobs"];
  EXPECT_THAT(jobs, HasSubstr(R"("VisibilityTimeout":"60")"));
  EXPECT_THAT(jobs,
              HasSubstr(R"("RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:dead\",)"
                        R"(\"maxReceiveCount\":3}")"));
  EXPECT_THAT(cloud_.bodies["SetQueueAttributes queue http://q/jobs"], HasSubstr("sqs:SendMessage"));
  EXPECT_THAT(cloud_.bodies["PUT notification bucket in"],
              HasSubstr("<QueueConfiguration><Queue>arn:aws:sqs:us-east-1:000000000000:jobs</Queue>"));
  EXPECT_EQ(cloud_.bodies["POST mapping mapping uuid-work"],
            R"({"FunctionName":"work","BatchSize":1,"EventSourceArn":"arn:aws:sqs:us-east-1:000000000000:jobs"})");
  ASSERT_TRUE(deploy_text(kQueues).ok());
  EXPECT_THAT(cloud_.calls, IsEmpty());
  ASSERT_TRUE(deploy_text(kQueues, {{"Size", "5"}}).ok());
  EXPECT_THAT(cloud_.calls, ElementsAre("PUT mapping mapping uuid-work"));
  std::string plain = kQueues;
  plain.erase(plain.find("      VisibilityTimeout: 60\n"), 28);
  ASSERT_TRUE(deploy_text(plain).ok());
  EXPECT_THAT(cloud_.bodies["SetQueueAttributes queue http://q/jobs"], HasSubstr(R"("VisibilityTimeout":"30")"));
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
