#include <gtest/gtest.h>

#include <filesystem>

#include "base/encoding.hpp"
#include "base/manual_time.hpp"
#include "services/iam/managed_policies.hpp"
#include "services/iam/policy_document.hpp"
#include "services/iam/service.hpp"

namespace cumulet::iam {
namespace {

constexpr const char* kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]})";
constexpr const char* kPermission =
    R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}})";

class IamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("cumulet-iam-" + uuid4());
    std::filesystem::create_directories(folder_);
    database_ = std::move(storage::Database::open(folder_ / "state.db", storage::Durability::ephemeral)).value();
    iam_.emplace(*database_, time_, random_);
    ASSERT_TRUE(iam_->migrate().ok());
  }
  void TearDown() override {
    iam_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  Result<RoleResponse> create(const std::string& name, std::optional<std::string> path = std::nullopt) {
    CreateRoleRequest request;
    request.role_name = name;
    request.path = std::move(path);
    request.assume_role_policy_document = kTrust;
    return iam_->create_role(context_, request);
  }

  std::filesystem::path folder_;
  ManualTime time_;
  SeededRandom random_{7};
  std::unique_ptr<storage::Database> database_;
  std::optional<Iam> iam_;
  wire::CallContext context_;
};

TEST_F(IamTest, ARoleIsMadeOnceAndFound) {
  const auto made = create("worker", "/service/");
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->role.arn, "arn:aws:iam::000000000000:role/service/worker");
  EXPECT_EQ(made->role.role_id.size(), 21u);
  EXPECT_EQ(percent_decode(made->role.assume_role_policy_document), kTrust);
  const auto again = create("Worker");  // names differ by more than case
  ASSERT_FALSE(again.ok());
  EXPECT_TRUE(again.error().is(kEntityAlreadyExists));
  EXPECT_EQ(again.error().message(), "Role with name Worker already exists.");
  EXPECT_TRUE(iam_->role_of_arn("arn:aws:iam::000000000000:role/service/worker"));
  EXPECT_FALSE(iam_->role_of_arn("arn:aws:iam::000000000000:role/worker"));
  EXPECT_EQ(iam_->get_role(context_, {"none"}).error().message(), "The role with name none cannot be found.");
}

TEST_F(IamTest, ARoleWithPoliciesIsNotDeleted) {
  ASSERT_TRUE(create("r").ok());
  ASSERT_TRUE(iam_->attach_role_policy(context_, {"r", "arn:aws:iam::aws:policy/AmazonS3FullAccess"}).ok());
  ASSERT_TRUE(iam_->attach_role_policy(context_, {"r", "arn:aws:iam::aws:policy/AmazonS3FullAccess"}).ok());
  ASSERT_TRUE(iam_->put_role_policy(context_, {"r", "inline", kPermission}).ok());
  EXPECT_EQ(iam_->delete_role(context_, {"r"}).error().message(),
            "Cannot delete entity, must detach all policies first.");
  ASSERT_TRUE(iam_->detach_role_policy(context_, {"r", "arn:aws:iam::aws:policy/AmazonS3FullAccess"}).ok());
  EXPECT_EQ(iam_->delete_role(context_, {"r"}).error().message(), "Cannot delete entity, must delete policies first.");
  ASSERT_TRUE(iam_->delete_role_policy(context_, {"r", "inline"}).ok());
  EXPECT_TRUE(iam_->delete_role(context_, {"r"}).ok());
  EXPECT_TRUE(iam_->delete_role(context_, {"r"}).error().is(kNoSuchEntity));
}

TEST_F(IamTest, OnlyKnownPoliciesAttach) {
  ASSERT_TRUE(create("r").ok());
  const auto unknown = iam_->attach_role_policy(context_, {"r", "arn:aws:iam::aws:policy/NoSuchPolicyHere"});
  EXPECT_EQ(unknown.error().message(),
            "Policy arn:aws:iam::aws:policy/NoSuchPolicyHere does not exist or is not attachable.");
  CreatePolicyRequest own;
  own.policy_name = "own";
  own.policy_document = kPermission;
  const auto policy = iam_->create_policy(context_, own);
  ASSERT_TRUE(policy.ok());
  ASSERT_TRUE(iam_->attach_role_policy(context_, {"r", policy->policy.arn}).ok());
  EXPECT_EQ(iam_->get_policy(context_, {policy->policy.arn})->policy.attachment_count, 1);
  EXPECT_TRUE(iam_->delete_policy(context_, {policy->policy.arn}).error().is(kDeleteConflict));
  const auto attached = iam_->list_attached_role_policies(context_, {"r", {}, {}, {}});
  ASSERT_EQ(attached->attached_policies.size(), 1u);
  EXPECT_EQ(attached->attached_policies[0].policy_name, "own");
}

TEST_F(IamTest, ListsRolesPageByPage) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(create(name).ok());
  ListRolesRequest request;
  request.max_items = 2;
  const auto first = iam_->list_roles(context_, request);
  ASSERT_EQ(first->roles.size(), 2u);
  EXPECT_TRUE(first->is_truncated);
  request.marker = first->marker;
  const auto second = iam_->list_roles(context_, request);
  ASSERT_EQ(second->roles.size(), 1u);
  EXPECT_EQ(second->roles[0].role_name, "c");
  EXPECT_FALSE(second->is_truncated);
}

TEST_F(IamTest, TagsAreKept) {
  ASSERT_TRUE(create("r").ok());
  ASSERT_TRUE(iam_->tag_role(context_, {"r", {{"k", "v"}, {"l", "w"}}}).ok());
  ASSERT_TRUE(iam_->untag_role(context_, {"r", {"k"}}).ok());
  const auto role = iam_->get_role(context_, {"r"});
  ASSERT_TRUE(role->role.tags);
  ASSERT_EQ(role->role.tags->size(), 1u);
  EXPECT_EQ(role->role.tags->front().key, "l");
}

TEST(PolicyDocuments, AreCheckedAsIamChecksThem) {
  EXPECT_TRUE(check_trust_policy(kTrust).ok());
  EXPECT_TRUE(check_permission_policy(kPermission).ok());
  EXPECT_EQ(check_trust_policy("{").error().message(), "This policy contains invalid Json");
  EXPECT_EQ(check_trust_policy(kPermission).error().message(), "Has prohibited field Resource");
  EXPECT_EQ(check_permission_policy(kTrust).error().message(), "Policy document should not specify a principal.");
  EXPECT_FALSE(check_permission_policy(R"({"Version":"2012-10-17","Statement":[]})").ok());
}

TEST(ManagedPolicies, AreKnownByTheirPath) {
  EXPECT_TRUE(managed_policy("arn:aws:iam::aws:policy/AWSStepFunctionsFullAccess"));
  EXPECT_TRUE(managed_policy("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"));
  EXPECT_FALSE(managed_policy("arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole"));
}

}  // namespace
}  // namespace cumulet::iam
