#include "services/sts/service.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/manual_time.hpp"

namespace cumulet::sts {
namespace {

AssumeRoleRequest assuming(const std::string& arn, std::optional<int> seconds = std::nullopt) {
  AssumeRoleRequest request;
  request.role_arn = arn;
  request.role_session_name = "session";
  request.duration_seconds = seconds;
  return request;
}

class StsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("cumulet-sts-" + uuid4());
    std::filesystem::create_directories(folder_);
    open();
  }
  void TearDown() override {
    keys_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open() {
    keys_.reset();
    database_.reset();
    database_ = std::move(storage::Database::open(folder_ / "state.db", storage::Durability::ephemeral)).value();
    keys_.emplace(*database_, time_, random_, auth::Credentials{"test", "test", ""});
    ASSERT_TRUE(keys_->load().ok());
  }
  Sts service() {
    return Sts(Dependencies{*database_, *keys_, [](std::string_view arn) -> std::optional<AssumableRole> {
                              if (arn != "arn:aws:iam::000000000000:role/r") return std::nullopt;
                              return AssumableRole{"r", "AROAEXAMPLE", Seconds{3600}};
                            }});
  }

  std::filesystem::path folder_;
  ManualTime time_;
  SeededRandom random_{3};
  std::unique_ptr<storage::Database> database_;
  std::optional<Keys> keys_;
  wire::CallContext context_;
};

TEST_F(StsTest, AnAssumedRolesKeyIsKnownAfterARestart) {
  Sts sts = service();
  const auto got = sts.assume_role(context_, assuming("arn:aws:iam::000000000000:role/r"));
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->assumed_role_user.arn, "arn:aws:sts::000000000000:assumed-role/r/session");
  EXPECT_EQ(got->assumed_role_user.assumed_role_id, "AROAEXAMPLE:session");
  EXPECT_EQ(got->credentials.expiration, std::chrono::floor<Seconds>(time_.now()) + Seconds{3600});
  const std::string id = got->credentials.access_key_id;
  open();
  const auto known = keys_->find(id);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->credentials.secret_access_key, got->credentials.secret_access_key);
  EXPECT_EQ(known->credentials.session_token, got->credentials.session_token);
  EXPECT_FALSE(known->is_root);
}

TEST_F(StsTest, RefusesUnknownRolesAndLongSessions) {
  context_.caller.arn = "arn:aws:iam::000000000000:root";
  Sts sts = service();
  EXPECT_EQ(sts.assume_role(context_, assuming("arn:aws:iam::000000000000:role/none")).error().message(),
            "User: arn:aws:iam::000000000000:root is not authorized to perform: sts:AssumeRole on resource: "
            "arn:aws:iam::000000000000:role/none");
  EXPECT_EQ(sts.assume_role(context_, assuming("arn:aws:iam::000000000000:role/r", 7200)).error().message(),
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
}

TEST_F(StsTest, SessionsGetNoSessionTokens) {
  Sts sts = service();
  EXPECT_TRUE(sts.get_session_token(context_, {}).ok());
  const auto assumed = sts.assume_role(context_, assuming("arn:aws:iam::000000000000:role/r"));
  context_.caller.access_key_id = assumed->credentials.access_key_id;
  EXPECT_EQ(sts.get_session_token(context_, {}).error().message(),
            "Cannot call GetSessionToken with session credentials");
}

// Recorded: localstack's tests/aws/services/sts/test_sts.snapshot.json
TEST_F(StsTest, MalformedArnsAreInvalid) {
  Sts sts = service();
  for (const char* arn : {"nothing-valid-in-here", "arn::b:::something/test-role", "arn:a::::something/test-role",
                          "arn:a:::something/test-role", "arn:a:a::aaaaaaaaaa:"}) {
    const auto refused = sts.assume_role(context_, assuming(arn));
    EXPECT_EQ(refused.error().code(), "ValidationError");
    EXPECT_EQ(refused.error().message(), std::string(arn) + " is invalid");
  }
}

// Recorded: localstack's tests/aws/services/sts/test_sts.snapshot.json
TEST_F(StsTest, ChecksWhatASessionCarries) {
  Sts sts = service();
  AssumeRoleRequest request = assuming("arn:aws:iam::000000000000:role/r");
  EXPECT_FALSE(sts.assume_role(context_, request)->packed_policy_size);
  request.tags = {{"Team", "a"}, {"team", "b"}};
  EXPECT_EQ(sts.assume_role(context_, request).error().code(), "InvalidParameterValue");
  EXPECT_EQ(sts.assume_role(context_, request).error().message(),
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  request.tags = {{"Team", "a"}};
  request.transitive_tag_keys = {"Other"};
  EXPECT_EQ(sts.assume_role(context_, request).error().message(),
            "The specified transitive tag key must be included in the requested tags.");
  request.transitive_tag_keys = {"team"};
  request.source_identity = "alice";
  const auto assumed = sts.assume_role(context_, request);
  ASSERT_TRUE(assumed.ok());
  EXPECT_EQ(assumed->source_identity, "alice");
  EXPECT_TRUE(assumed->packed_policy_size);
  request.policy = "{";
  EXPECT_EQ(sts.assume_role(context_, request).error().code(), "MalformedPolicyDocument");
}

TEST_F(StsTest, MintedKeysAreKnownUntilRevoked) {
  const SessionKey key = keys_->mint({"r", "AROAEXAMPLE", "f"}, Seconds{60});
  EXPECT_TRUE(keys_->find(key.credentials.access_key_id));
  keys_->revoke(key.credentials.access_key_id);
  EXPECT_FALSE(keys_->find(key.credentials.access_key_id));
  EXPECT_TRUE(keys_->find("test")->is_root);
}

}  // namespace
}  // namespace cumulet::sts
