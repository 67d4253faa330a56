#include "cloudformation/apply.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_time.hpp"
#include "cloudformation/fake_cloud.hpp"
#include "cloudformation/memory_stack_store.hpp"

namespace cumulet::cloudformation {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ApplyTest : public testing::Test {
 protected:
  // Brings the stack to a template, as a deploy does: what was cut off is rolled back first.
  Result<Outcome> apply_text(const std::string& text, std::map<std::string, std::string> parameters = {}) {
    Surroundings s = surroundings();
    CUMULET_TRY(auto recorded, store_.load("st"));
    Stack stack = recorded ? std::move(*recorded) : Stack();
    if (is_unfinished(stack)) {
      CUMULET_TRY(Outcome outcome, roll_back(s, std::move(stack), "cut off"));
      if (outcome.rollback_failure) return outcome;
      stack = std::move(outcome.stack);
    }
    if (is_rolled_back_creation(stack)) stack = {};
    stack.name = "st";
    stack.id = "arn:stack/st";
    steps_.clear();
    cloud_.calls.clear();
    CUMULET_TRY(const auto gone, find_gone(s, stack));
    Environment environment = s.environment;
    environment.stack_name = "st";
    environment.stack_id = stack.id;
    CUMULET_TRY(const Plan plan, make_plan({.template_text = text, .parameters = std::move(parameters)}, environment,
                                           stack, gone, none_));
    return apply(s, plan, std::move(stack));
  }

  Surroundings surroundings() {
    return {.aws = cloud_,
            .store = store_,
            .artifacts = none_,
            .environment = {.account_id = "000000000000", .region = "us-east-1", .stack_name = {}, .stack_id = {}},
            .random = random_,
            .clock = time_,
            .pause = [this](std::chrono::milliseconds time) { paused_ += time; },
            .on_step =
                [this](const Step& step) {
                  steps_.push_back(std::string(text(step.action)) + " " + step.logical_id +
                                   (step.detail.empty() ? "" : ": " + step.detail));
                }};
  }

  static std::vector<std::string> events(const Stack& stack) {
    std::vector<std::string> out;
    for (const StackEvent& e : stack.events)
      out.push_back(e.logical_id + " " + e.status + (e.reason.empty() ? "" : ": " + e.reason));
    return out;
  }

  Stack recorded() { return **store_.load("st"); }

  FakeCloud cloud_;
  MemoryStackStore store_;
  NoArtifacts none_;
  SeededRandom random_{7};
  ManualTime time_;
  std::vector<std::string> steps_;
  std::chrono::milliseconds paused_{0};
};

constexpr const char* kThree = R"(
Parameters: {Delay: {Type: Number, Default: 1}, Days: {Type: Number, Default: 7}}
Resources:
  Queue: {Type: "AWS::SQS::Queue", Properties: {QueueName: q, DelaySeconds: !Ref Delay}}
  Log: {Type: "AWS::Logs::LogGroup", DependsOn: Queue, Properties: {LogGroupName: /log, RetentionInDays: !Ref Days}}
  Bucket: {Type: "AWS::S3::Bucket", DependsOn: Log, Properties: {BucketName: b}}
)";

TEST_F(ApplyTest, ACreationThatFailsHalfWayIsRolledBack) {
  cloud_.refuse = "CreateBucket";
  const auto outcome = apply_text(kThree);
  ASSERT_TRUE(outcome.ok()) << outcome.error().message();
  ASSERT_TRUE(outcome->failure);
  EXPECT_EQ(outcome->failure->message(), "line 6: resource Bucket: AccessDenied: not you");
  EXPECT_FALSE(outcome->rollback_failure);
  EXPECT_THAT(cloud_.things, IsEmpty());
  EXPECT_THAT(cloud_.calls, ElementsAre("CreateQueue http://q/q", "CreateLogGroup /log", "PutRetentionPolicy /log",
                                        "DeleteLogGroup /log", "DeleteQueue http://q/q"));
  EXPECT_THAT(steps_,
              ElementsAre("created Queue", "created Log", "deleted Log: rolled back", "deleted Queue: rolled back"));
  const Stack stack = recorded();
  EXPECT_EQ(stack.status, "ROLLBACK_COMPLETE");
  EXPECT_THAT(stack.resources, IsEmpty());
  EXPECT_THAT(
      events(stack),
      ElementsAre(
          "st CREATE_IN_PROGRESS: User Initiated", "Queue CREATE_IN_PROGRESS", "Queue CREATE_COMPLETE",
          "Log CREATE_IN_PROGRESS", "Log CREATE_COMPLETE", "Bucket CREATE_IN_PROGRESS",
          "Bucket CREATE_FAILED: AccessDenied: not you",
          "st ROLLBACK_IN_PROGRESS: The following resource(s) failed to create: [Bucket]. Rollback requested by "
          "user.",
          "Bucket DELETE_IN_PROGRESS", "Bucket DELETE_COMPLETE", "Log DELETE_IN_PROGRESS", "Log DELETE_COMPLETE",
          "Queue DELETE_IN_PROGRESS", "Queue DELETE_COMPLETE", "st ROLLBACK_COMPLETE"));
  EXPECT_EQ(stack.events.front().timestamp, iso8601_millis(time_.now()));
}

TEST_F(ApplyTest, AnUpdateThatFailsHalfWayGivesBackWhatWas) {
  ASSERT_FALSE(apply_text(kThree)->failure);
  const Stack before = recorded();
  const std::string longer =
      std::string(kThree) +
      "  New: {Type: 'AWS::SQS::Queue', Properties: {QueueName: new}}\n"
      "  Last: {Type: 'AWS::SQS::Queue', DependsOn: [New, Log], Properties: {QueueName: last}}\n";
  cloud_.refuse = "CreateQueue http://q/last";
  const auto outcome = apply_text(longer, {{"Delay", "5"}, {"Days", "30"}});
  ASSERT_TRUE(outcome->failure);
  EXPECT_FALSE(outcome->rollback_failure);
  EXPECT_THAT(steps_, ElementsAre("changed Queue: DelaySeconds", "changed Log: RetentionInDays", "unchanged Bucket",
                                  "created New", "restored Log: rolled back", "restored Queue: rolled back",
                                  "deleted New: rolled back"));
  EXPECT_THAT(cloud_.inputs["SetQueueAttributes http://q/q"], HasSubstr(R"("DelaySeconds":"1")"));
  EXPECT_THAT(cloud_.inputs["PutRetentionPolicy /log"], HasSubstr(R"("retentionInDays":7)"));
  EXPECT_FALSE(cloud_.things.contains("queue http://q/new"));
  const Stack stack = recorded();
  EXPECT_EQ(stack.status, "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_EQ(stack.parameters, before.parameters);
  ASSERT_EQ(stack.resources.size(), 3u);
  for (const StackResource& r : stack.resources) EXPECT_EQ(r.properties, before.find(r.logical_id)->properties);
  const auto said = events(stack);
  EXPECT_THAT(said, Contains("st UPDATE_ROLLBACK_IN_PROGRESS: The following resource(s) failed to update: [Last]. "
                             "Rollback requested by user."));
  EXPECT_EQ(said.back(), "st UPDATE_ROLLBACK_COMPLETE");
  // The next one starts from there.
  cloud_.refuse.clear();
  ASSERT_FALSE(apply_text(longer, {{"Delay", "5"}, {"Days", "30"}})->failure);
  EXPECT_EQ(recorded().status, "UPDATE_COMPLETE");
}

TEST_F(ApplyTest, NothingIsDeletedBeforeNothingCanFail) {
  const std::string before =
      "Resources:\n  A: {Type: 'AWS::SQS::Queue', Properties: {QueueName: a}}\n"
      "  R: {Type: 'AWS::SQS::Queue', Properties: {QueueName: one}}\n";
  const std::string after =
      "Resources:\n  R: {Type: 'AWS::SQS::Queue', Properties: {QueueName: two}}\n"
      "  Z: {Type: 'AWS::S3::Bucket', DependsOn: R, Properties: {BucketName: z}}\n";
  ASSERT_FALSE(apply_text(before)->failure);
  cloud_.refuse = "CreateBucket";
  ASSERT_TRUE(apply_text(after)->failure);
  EXPECT_THAT(cloud_.calls, ElementsAre("CreateQueue http://q/two", "DeleteQueue http://q/two"));
  EXPECT_EQ(recorded().find("R")->physical_id, "http://q/one");
  cloud_.refuse.clear();
  ASSERT_FALSE(apply_text(after)->failure);
  EXPECT_THAT(cloud_.calls, ElementsAre("CreateQueue http://q/two", "CreateBucket z", "DeleteQueue http://q/one",
                                        "DeleteQueue http://q/a"));
  const auto said = events(recorded());
  EXPECT_THAT(said, Contains("st UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"));
  EXPECT_THAT(said, Contains("R UPDATE_IN_PROGRESS: Requested update requires the creation of a new physical resource; "
                             "hence creating one."));
}

TEST_F(ApplyTest, AResourceMadeHalfIsDeletedWhole) {
  cloud_.refuse = "AttachRolePolicy";
  const auto outcome = apply_text(
      "Resources: {R: {Type: 'AWS::IAM::Role', Properties: {RoleName: r, AssumeRolePolicyDocument: {}, "
      "Policies: [{PolicyName: p, PolicyDocument: {}}], ManagedPolicyArns: [arn:a]}}}");
  ASSERT_TRUE(outcome->failure);
  EXPECT_FALSE(outcome->rollback_failure);
  EXPECT_THAT(cloud_.things, IsEmpty());
}

TEST_F(ApplyTest, WhatWasThereBeforeIsLeftAlone) {
  cloud_.things["function theirs"] = "{}";
  cloud_.things["bucket theirs"] = "{}";
  for (const char* text : {"Resources: {F: {Type: 'AWS::Lambda::Function', Properties: {FunctionName: theirs, Role: r, "
                           "Code: 's3://b/k'}}}",
                           "Resources: {B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: theirs}}}"}) {
    const auto outcome = apply_text(text);
    ASSERT_TRUE(outcome->failure);
    EXPECT_THAT(cloud_.calls, IsEmpty());
    EXPECT_EQ(recorded().status, "ROLLBACK_COMPLETE");
  }
  EXPECT_EQ(cloud_.things.size(), 2u);
}

TEST_F(ApplyTest, ARollbackThatFailsSaysSoAndIsTriedAgain) {
  std::string text = kThree;
  text += "  Last: {Type: 'AWS::SQS::Queue', DependsOn: Bucket, Properties: {QueueName: last}}\n";
  cloud_.refuse = "CreateQueue http://q/last";
  cloud_.things["object b/x"] = "x";  // somebody was quick: the bucket cannot be deleted
  const auto outcome = apply_text(text);
  ASSERT_TRUE(outcome->failure);
  ASSERT_TRUE(outcome->rollback_failure);
  EXPECT_EQ(outcome->rollback_failure->message(), "resource Bucket: cannot delete b: BucketNotEmpty: not empty");
  EXPECT_EQ(recorded().status, "ROLLBACK_FAILED");
  EXPECT_EQ(recorded().status_reason, outcome->rollback_failure->message());
  ASSERT_EQ(recorded().resources.size(), 1u);  // the others are gone
  cloud_.things.erase("object b/x");
  cloud_.refuse.clear();
  ASSERT_FALSE(apply_text(text)->failure);
  EXPECT_EQ(recorded().status, "CREATE_COMPLETE");
  EXPECT_EQ(cloud_.things.size(), 4u);
}

TEST_F(ApplyTest, WhatCannotBeGivenBackLeavesTheRollbackFailed) {
  ASSERT_FALSE(apply_text(kThree)->failure);
  cloud_.refuse = "RetentionPolicy";
  const auto outcome = apply_text(kThree, {{"Days", "30"}});
  ASSERT_TRUE(outcome->rollback_failure);
  EXPECT_EQ(outcome->rollback_failure->message(),
            "resource Log: cannot give /log back what it had: AccessDenied: not you");
  EXPECT_EQ(recorded().status, "UPDATE_ROLLBACK_FAILED");
  cloud_.refuse.clear();
  ASSERT_FALSE(apply_text(kThree, {{"Days", "30"}})->failure);
  EXPECT_THAT(steps_, Contains("changed Log: RetentionInDays"));
}

TEST_F(ApplyTest, RetainedIsWhatItsPolicySays) {
  const std::string text =
      "Resources:\n  A: {Type: 'AWS::SQS::Queue', DeletionPolicy: Retain, Properties: {QueueName: a}}\n"
      "  B: {Type: 'AWS::SQS::Queue', DeletionPolicy: RetainExceptOnCreate, DependsOn: A, Properties: {QueueName: b}}\n"
      "  C: {Type: 'AWS::S3::Bucket', DependsOn: B, Properties: {BucketName: c}}\n";
  cloud_.refuse = "CreateBucket";
  ASSERT_TRUE(apply_text(text)->failure);
  EXPECT_THAT(steps_, ElementsAre("created A", "created B", "deleted B: rolled back", "retained A: rolled back"));
  EXPECT_THAT(events(recorded()), Contains("A DELETE_SKIPPED"));
  cloud_.refuse.clear();
  cloud_.things.clear();
  ASSERT_FALSE(apply_text(text)->failure);
  ASSERT_FALSE(apply_text("Resources: {D: {Type: 'AWS::SQS::Queue', Properties: {QueueName: d}}}")->failure);
  EXPECT_THAT(steps_, ElementsAre("created D", "retained B", "retained A", "deleted C"));
}

TEST_F(ApplyTest, ACleanupThatFailsIsTriedAgain) {
  const std::string one = "Resources: {A: {Type: 'AWS::S3::Bucket', Properties: {BucketName: one}}}";
  const std::string two = "Resources: {A: {Type: 'AWS::S3::Bucket', Properties: {BucketName: two}}}";
  ASSERT_FALSE(apply_text(one)->failure);
  cloud_.things["object one/x"] = "x";
  const auto outcome = apply_text(two);
  EXPECT_FALSE(outcome->failure);
  ASSERT_TRUE(outcome->cleanup_failure);
  EXPECT_EQ(outcome->cleanup_failure->message(), "resource A: cannot delete one: BucketNotEmpty: not empty");
  EXPECT_EQ(recorded().status, "UPDATE_COMPLETE");
  cloud_.things.erase("object one/x");
  ASSERT_FALSE(apply_text(two)->cleanup_failure);
  EXPECT_FALSE(cloud_.things.contains("bucket one"));
}

TEST_F(ApplyTest, AnOutputThatCannotBeMadeIsAFailureToo) {
  const auto outcome =
      apply_text(std::string(kThree) + "Outputs: {O: {Value: !Select [9, !Split [':', !GetAtt Log.Arn]]}}");
  ASSERT_TRUE(outcome->failure);
  EXPECT_THAT(cloud_.things, IsEmpty());
  EXPECT_EQ(recorded().status, "ROLLBACK_COMPLETE");
}

TEST_F(ApplyTest, WithoutARecordNothingIsDone) {
  store_.full = true;
  const auto outcome = apply_text(kThree);
  ASSERT_FALSE(outcome.ok());
  EXPECT_THAT(cloud_.calls, IsEmpty());
}

constexpr const char* kEverything = R"(
Transform: AWS::Serverless-2016-10-31
Parameters: {Size: {Type: Number, Default: 128}, Name: {Type: String, Default: one}}
Resources:
  Role: {Type: "AWS::IAM::Role", Properties: {RoleName: r, AssumeRolePolicyDocument: {}, ManagedPolicyArns: [arn:a, arn:b]}}
  Jobs: {Type: "AWS::SQS::Queue", Properties: {QueueName: !Ref Name, DelaySeconds: !Ref Size}}
  QueuePolicy: {Type: "AWS::SQS::QueuePolicy", Properties: {Queues: [!Ref Jobs], PolicyDocument: {a: !Ref Size}}}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: work
      CodeUri: s3://b/k
      Role: !GetAtt Role.Arn
      MemorySize: !Ref Size
      EventInvokeConfig: {MaximumRetryAttempts: 1}
      Events:
        Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}
        Put: {Type: S3, Properties: {Bucket: !Ref In, Events: "s3:ObjectCreated:*"}}
  In: {Type: "AWS::S3::Bucket", Properties: {BucketName: in}}
  InPolicy: {Type: "AWS::S3::BucketPolicy", Properties: {Bucket: !Ref In, PolicyDocument: {}}}
  Machine: {Type: "AWS::Serverless::StateMachine", Properties: {Role: !GetAtt Role.Arn, Definition: {a: !Ref Size}}}
  Log: {Type: "AWS::Logs::LogGroup", DependsOn: Machine, Properties: {RetentionInDays: 7}}
)";

// A process that is killed at any call that changes something, before it is sent or before the answer is heard: the
// next run finds whatever was made, and nothing is left when the stack is gone.
TEST_F(ApplyTest, KilledAtAnyCallNothingIsLeftThatNobodyKnows) {
  ASSERT_FALSE(apply_text(kEverything)->failure);
  const int calls = static_cast<int>(cloud_.calls.size());
  const std::size_t things = cloud_.things.size();
  ASSERT_GT(calls, 14);
  for (int at = 0; at < calls; ++at) {
    for (auto FakeCloud::*when : {&FakeCloud::kill_before, &FakeCloud::kill_after}) {
      cloud_ = FakeCloud();
      store_ = MemoryStackStore();
      cloud_.*when = at;
      EXPECT_THROW((void)apply_text(kEverything), FakeCloud::Killed);
      (cloud_.*when).reset();
      const auto saved_cloud = cloud_;
      const auto saved_store = store_;
      const auto outcome = apply_text(kEverything);
      ASSERT_TRUE(outcome.ok()) << at << ": " << outcome.error().message();
      ASSERT_FALSE(outcome->failure) << at << ": " << outcome->failure->message();
      EXPECT_EQ(cloud_.things.size(), things) << at;
      Surroundings s = surroundings();
      ASSERT_TRUE(delete_stack(s, recorded(), Buckets::keep_full).ok()) << at;
      EXPECT_THAT(cloud_.things, IsEmpty()) << at;
      // Or deleted at once.
      cloud_ = saved_cloud;
      store_ = saved_store;
      ASSERT_TRUE(delete_stack(s, recorded(), Buckets::keep_full).ok()) << at;
      EXPECT_THAT(cloud_.things, IsEmpty()) << at;
      EXPECT_THAT(store_.records, IsEmpty());
    }
  }
}

TEST_F(ApplyTest, KilledWhileItUpdatesOrRollsBackTheStackComesBackWhole) {
  ASSERT_FALSE(apply_text(kEverything)->failure);
  const FakeCloud cloud = cloud_;
  const MemoryStackStore store = store_;
  const std::map<std::string, std::string> changes{{"Size", "256"}, {"Name", "two"}};
  ASSERT_FALSE(apply_text(kEverything, changes)->failure);
  const int calls = static_cast<int>(cloud_.calls.size());
  const std::size_t things = cloud_.things.size();
  ASSERT_GE(calls, 8);
  for (int at = 0; at < calls; ++at) {
    for (auto FakeCloud::*when : {&FakeCloud::kill_before, &FakeCloud::kill_after}) {
      cloud_ = cloud;
      store_ = store;
      cloud_.*when = at;
      EXPECT_THROW((void)apply_text(kEverything, changes), FakeCloud::Killed);
      // The rollback is killed too, once, at its first call.
      (cloud_.*when).reset();
      cloud_.kill_after = 0;
      Surroundings s = surroundings();
      if (is_unfinished(recorded())) {
        try {
          (void)roll_back(s, recorded(), "cut off");
        } catch (const FakeCloud::Killed&) {
        }
      }
      cloud_.kill_after.reset();
      if (is_unfinished(recorded())) {
        const auto outcome = roll_back(s, recorded(), "cut off");
        ASSERT_FALSE(outcome->rollback_failure) << at << ": " << outcome->rollback_failure->message();
        EXPECT_EQ(recorded().status, "UPDATE_ROLLBACK_COMPLETE");
        EXPECT_EQ(cloud_.things.contains("queue http://q/one"), true) << at;
        EXPECT_EQ(cloud_.things.contains("queue http://q/two"), false) << at;
        EXPECT_EQ(cloud_.things.size(), cloud.things.size()) << at;
        EXPECT_EQ(cloud_.parts, cloud.parts) << at;
      }
      const auto outcome = apply_text(kEverything, changes);
      ASSERT_TRUE(outcome.ok()) << at << ": " << outcome.error().message();
      ASSERT_FALSE(outcome->failure) << at << ": " << outcome->failure->message();
      EXPECT_EQ(cloud_.things.size(), things) << at;
      EXPECT_FALSE(cloud_.things.contains("queue http://q/one")) << at;
      ASSERT_TRUE(delete_stack(s, recorded(), Buckets::keep_full).ok()) << at;
      EXPECT_THAT(cloud_.things, IsEmpty()) << at;
    }
  }
}

TEST_F(ApplyTest, ARefusalAtAnyCallIsRolledBackWhole) {
  ASSERT_FALSE(apply_text(kEverything)->failure);
  const std::vector<std::string> calls = cloud_.calls;
  for (const std::string& call : calls) {
    cloud_ = FakeCloud();
    store_ = MemoryStackStore();
    cloud_.refuse = call.substr(0, call.find(' '));  // some names differ each time
    const auto outcome = apply_text(kEverything);
    ASSERT_TRUE(outcome->failure) << call;
    if (call.starts_with("SetQueueAttributes")) continue;  // its rollback needs the same call
    EXPECT_FALSE(outcome->rollback_failure) << call << outcome->rollback_failure->message();
    EXPECT_THAT(cloud_.things, IsEmpty()) << call;
  }
}

TEST_F(ApplyTest, AQueuesNameThatIsNotFreeYetIsWaitedFor) {
  cloud_.recently_deleted = 60;
  EXPECT_FALSE(apply_text(kThree)->failure);
  EXPECT_EQ(paused_, std::chrono::seconds{60});
  Surroundings s = surroundings();
  ASSERT_TRUE(delete_stack(s, recorded(), Buckets::keep_full).ok());
  cloud_.recently_deleted = 1000;
  EXPECT_THAT(apply_text(kThree)->failure->message(), HasSubstr("QueueDeletedRecently"));
}

TEST_F(ApplyTest, EventsAreBounded) {
  Stack stack;
  stack.name = "st";
  stack.events.resize(kMaxEvents);
  stack.status = "UPDATE_COMPLETE";
  store_.records["st"] = json::text(to_json(stack));
  ASSERT_FALSE(apply_text(kThree)->failure);
  EXPECT_EQ(recorded().events.size(), kMaxEvents);
  EXPECT_EQ(recorded().events.back().status, "UPDATE_COMPLETE");
}

}  // namespace
}  // namespace cumulet::cloudformation
