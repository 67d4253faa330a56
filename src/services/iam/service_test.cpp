#include "services/iam/service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/encoding.hpp"
#include "base/manual_time.hpp"
#include "services/iam/managed_policies.hpp"
#include "services/iam/policy_document.hpp"

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
    iam_.emplace(Dependencies{*database_, time_, random_});
    ASSERT_TRUE(iam_->load().ok());
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

TEST_F(IamTest, AwssPoliciesAreReadAndListed) {
  const std::string arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
  ASSERT_TRUE(create("r").ok());
  ASSERT_TRUE(iam_->attach_role_policy(context_, {"r", arn}).ok());
  const auto policy = iam_->get_policy(context_, {arn});
  ASSERT_TRUE(policy.ok());
  EXPECT_EQ(policy->policy.policy_name, "AWSLambdaBasicExecutionRole");
  EXPECT_EQ(policy->policy.path, "/service-role/");
  EXPECT_EQ(policy->policy.policy_id.size(), 21u);
  EXPECT_EQ(policy->policy.attachment_count, 1);
  CreatePolicyRequest own;
  own.policy_name = "own";
  own.policy_document = kPermission;
  ASSERT_TRUE(iam_->create_policy(context_, own).ok());
  ListPoliciesRequest request;
  request.max_items = 7;
  std::vector<std::string> names;
  for (int pages = 0; pages < 50; ++pages) {
    const auto page = iam_->list_policies(context_, request);
    ASSERT_TRUE(page.ok());
    for (const auto& one : page->policies) names.push_back(one.policy_name);
    EXPECT_EQ(page->is_truncated, page->marker.has_value());
    if (!page->is_truncated) break;
    request.marker = page->marker;
  }
  EXPECT_EQ(names.size(), managed_policies().size() + 1);
  EXPECT_TRUE(std::ranges::is_sorted(names));
  const auto count = [&](std::optional<std::string> scope, std::optional<bool> only_attached,
                         std::optional<std::string> prefix) {
    ListPoliciesRequest all;
    all.scope = scope;
    all.only_attached = only_attached;
    all.path_prefix = prefix;
    all.max_items = 1000;
    return iam_->list_policies(context_, all)->policies.size();
  };
  EXPECT_EQ(count("Local", {}, {}), 1u);
  EXPECT_EQ(count("AWS", {}, {}), managed_policies().size());
  EXPECT_EQ(count({}, true, {}), 1u);
  EXPECT_EQ(count("AWS", {}, "/job-function/"), 2u);
}

TEST_F(IamTest, ListsOfARolePageByPage) {
  ASSERT_TRUE(create("r").ok());
  for (const char* name : {"c", "a", "b"}) ASSERT_TRUE(iam_->put_role_policy(context_, {"r", name, kPermission}).ok());
  for (const char* name : {"AmazonS3FullAccess", "service-role/AWSLambdaRole", "AmazonSQSFullAccess"})
    ASSERT_TRUE(iam_->attach_role_policy(context_, {"r", std::string("arn:aws:iam::aws:policy/") + name}).ok());
  ASSERT_TRUE(iam_->tag_role(context_, {"r", {{"k1", ""}, {"k2", ""}, {"k3", ""}}}).ok());
  ListOfRoleRequest request{"r", {}, {}, 2};
  auto inline_page = iam_->list_role_policies(context_, request);
  EXPECT_EQ(inline_page->policy_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(inline_page->is_truncated);
  request.marker = inline_page->marker;
  inline_page = iam_->list_role_policies(context_, request);
  EXPECT_EQ(inline_page->policy_names, std::vector<std::string>{"c"});
  EXPECT_FALSE(inline_page->is_truncated);
  auto attached = iam_->list_attached_role_policies(context_, {"r", {}, {}, 1});
  ASSERT_TRUE(attached->is_truncated);
  attached = iam_->list_attached_role_policies(context_, {"r", {}, attached->marker, 1});
  EXPECT_EQ(attached->attached_policies.at(0).policy_name, "AmazonS3FullAccess");
  attached = iam_->list_attached_role_policies(context_, {"r", "/service-role/", {}, {}});
  ASSERT_EQ(attached->attached_policies.size(), 1u);
  EXPECT_EQ(attached->attached_policies[0].policy_name, "AWSLambdaRole");
  EXPECT_EQ(iam_->list_role_tags(context_, {"r", {}, {}, 2})->tags.size(), 2u);
  EXPECT_EQ(iam_->list_roles(context_, {{}, "no base64!", {}}).error().message(), "Invalid Marker.");
}

// Recorded: localstack's tests/aws/services/iam/test_iam.snapshot.json
TEST_F(IamTest, AnswersHaveTheMembersThatAwsGives) {
  const auto made = create("r");
  EXPECT_FALSE(made->role.max_session_duration);
  EXPECT_FALSE(made->role.role_last_used);
  const auto got = iam_->get_role(context_, {"r"});
  EXPECT_EQ(got->role.max_session_duration, 3600);
  EXPECT_TRUE(got->role.role_last_used);
  const auto listed = iam_->list_roles(context_, {});
  EXPECT_EQ(listed->roles.at(0).max_session_duration, 3600);
  EXPECT_FALSE(listed->roles.at(0).role_last_used);
  const auto bad_arn = iam_->attach_role_policy(context_, {"r", "longpolicynamebutnoarn"});
  EXPECT_EQ(bad_arn.error().kind().query_code, "ValidationError");
  EXPECT_EQ(bad_arn.error().message(), "Invalid ARN:  Could not be parsed!");
  for (const char* arn : {"arn:aws:iam::1:policy/short-account", "arn:aws:s3:::policy/of-a-bucket",
                          "arn:aws:iam::000000000000:role/no-policy", "a-name-of-twenty-characters"}) {
    EXPECT_EQ(iam_->attach_role_policy(context_, {"r", arn}).error().message(), bad_arn.error().message()) << arn;
    EXPECT_EQ(iam_->detach_role_policy(context_, {"r", arn}).error().message(), bad_arn.error().message()) << arn;
    EXPECT_EQ(iam_->get_policy(context_, {arn}).error().message(), bad_arn.error().message()) << arn;
    EXPECT_EQ(iam_->delete_policy(context_, {arn}).error().message(), bad_arn.error().message()) << arn;
    EXPECT_EQ(iam_->get_policy_version(context_, {arn, "v1"}).error().message(), bad_arn.error().message()) << arn;
  }
}

TEST_F(IamTest, KeepsQuotasAndTagKeys) {
  ASSERT_TRUE(create("r").ok());
  const auto with = [](std::size_t size) {
    std::string document = kPermission;
    const auto at = document.find("\"*\"");
    return document.replace(at, 3, "\"arn:aws:s3:::" + std::string(size, 'b') + "\"   ");
  };
  ASSERT_TRUE(iam_->put_role_policy(context_, {"r", "one", with(6000)}).ok());
  EXPECT_EQ(iam_->put_role_policy(context_, {"r", "two", with(6000)}).error().message(),
            "Maximum policy size of 10240 bytes exceeded for role r");
  EXPECT_EQ(iam_->list_role_policies(context_, {"r", {}, {}, {}})->policy_names.size(), 1u);
  CreatePolicyRequest policy;
  policy.policy_name = "large";
  policy.policy_document = with(6144);
  EXPECT_EQ(iam_->create_policy(context_, policy).error().message(), "Cannot exceed quota for PolicySize: 6144");
  std::string trust = kTrust;
  trust.insert(trust.find("\"Effect\""), "\"Sid\":\"" + std::string(2048, 's') + "\",");
  EXPECT_EQ(iam_->update_assume_role_policy(context_, {"r", trust}).error().message(),
            "Cannot exceed quota for ACLSizePerRole: 2048");
  EXPECT_EQ(iam_->tag_role(context_, {"r", {{"key", "1"}, {"KEY", "2"}}}).error().message(),
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  EXPECT_EQ(create("bad name").error().message(),
            "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the "
            "following: +=,.@_-");
  EXPECT_TRUE(iam_->get_role(context_, {"bad/name"}).error().is(kValidationError));
  EXPECT_EQ(iam_->list_roles(context_, {"no-slash", {}, {}}).error().message(),
            "The specified value for pathPrefix is invalid. It must begin with the / character and contain only "
            "alphanumeric characters and/or / characters.");
  EXPECT_FALSE(create("s", "no-slash").ok());
  EXPECT_FALSE(create("s", "/with space/").ok());
}

TEST(TrustPolicies, AreCheckedAsIamChecksThem) {
  const auto message = [](std::string_view document) {
    const auto checked = check_trust_policy(document);
    return checked.ok() ? std::string() : checked.error().message();
  };
  EXPECT_EQ(message(kTrust), "");
  EXPECT_EQ(message("{"), "This policy contains invalid Json");
  EXPECT_EQ(message(kPermission), "Has prohibited field Resource");
  EXPECT_EQ(message(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]})"),
            "Missing required field Principal");
  EXPECT_EQ(
      message(
          R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject"}]})"),
      "AssumeRole policy may only specify STS AssumeRole actions.");
  EXPECT_EQ(
      message(
          R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda"},"Action":"sts:AssumeRole"}]})"),
      "Invalid principal in policy: \"SERVICE\":\"lambda\"");
}

// The texts are those that AWS was recorded with: moto's tests/test_iam/test_iam_policies.py.
TEST(PermissionPolicies, AreCheckedAsIamChecksThem) {
  const auto message = [](const std::string& statement, const std::string& version = R"("Version":"2012-10-17",)") {
    const auto checked =
        check_permission_policy("{" + version + "\"Statement\":" + statement + "}", PolicyUse::managed);
    return checked.ok() ? std::string() : checked.error().message();
  };
  const auto with_resource = [&](const std::string& resource) {
    return message(R"({"Effect":"Allow","Action":"s3:ListBucket","Resource":")" + resource + "\"}");
  };
  const auto with_action = [&](const std::string& action) {
    return message(R"({"Effect":"Allow","Action":")" + action + R"(","Resource":"*"})");
  };
  const auto with_condition = [&](const std::string& condition) {
    return message(R"({"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":)" + condition + "}");
  };
  const std::string syntax = "Syntax errors in policy.";
  const std::string legacy = "The policy failed legacy parsing";
  const std::string version = "Policy document must be version 2012-10-17 or greater.";
  const std::string good = R"({"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"})";

  EXPECT_EQ(message(good), "");
  EXPECT_EQ(message("[" + good + "]"), "");
  EXPECT_EQ(message(good, ""), version);
  EXPECT_EQ(message(good, R"("Version":"2008-10-17",)"), version);
  EXPECT_EQ(message(good, R"("Version":"2013-10-17",)"), syntax);
  EXPECT_EQ(message(good, R"("Version":"2012-10-17","Extra":"value",)"), syntax);
  EXPECT_EQ(message(good, R"("Version":"2012-10-17","Id":{},)"), syntax);
  EXPECT_TRUE(check_permission_policy("{\"Statement\":" + good + "}", PolicyUse::inline_).ok());
  EXPECT_EQ(check_permission_policy("not json", PolicyUse::inline_).error().message(), syntax);
  EXPECT_EQ(check_permission_policy(kTrust, PolicyUse::managed).error().message(),
            "Policy document should not specify a principal.");

  for (const char* statement :
       {"[]", "[\"afd\"]", R"({"Action":"s3:ListBucket","Resource":"*"})",
        R"({"Effect":"invalid","Action":"s3:ListBucket","Resource":"*"})",
        R"({"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Extra field":"value"})",
        R"({"Effect":"Allow","Action":"s3:ListBucket","NotAction":"iam:dsf","Resource":"*"})",
        R"({"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","NotResource":[]})",
        R"({"Effect":"Deny","Action":[[]],"Resource":"*"})", R"({"Effect":"Allow","Action":{},"Resource":"*"})",
        R"({"Effect":"Deny","Action":"s3:ListBucket","Resource":["adfdf",{}]})",
        R"({"Sid":[],"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"})"})
    EXPECT_EQ(message(statement), syntax) << statement;
  for (const char* condition : {"[]", "\"a\"", R"({"a":"b"})", R"({"DateGreaterThan":"b"})",
                                R"({"DateGreaterThan":[]})", R"({"DateGreaterThan":{"a":{}}})", R"({"x":{"a":"1"}})",
                                R"({"ForAnyValue::StringEqualsIfExists":{"a":"asf"}})"})
    EXPECT_EQ(with_condition(condition), syntax) << condition;
  for (const char* condition : {R"({"DateGreaterThan":{"a":"sdfdsf"}})", R"({"DateLessThanEquals":{"a":"234-13"}})",
                                R"({"DateLessThan":{"a":"9223372036854775808"}})"})
    EXPECT_EQ(with_condition(condition), legacy) << condition;
  for (const char* condition : {"{}", R"({"a":{}})", R"({"DateGreaterThan":{"a":[]}})",
                                R"({"ForAllValues:StringEquals":{"aws:TagKeys":"Department"}})",
                                R"({"DateGreaterThan":{"aws:CurrentTime":"2017-07-01T00:00:00Z"}})",
                                R"({"Bool":{"aws:SecureTransport":false}})"})
    EXPECT_EQ(with_condition(condition), "") << condition;

  EXPECT_EQ(message(R"({"Effect":"denY","Action":"s3:ListBucket","Resource":"*"})"), legacy);
  EXPECT_EQ(message(R"([{"Sid":"sdf","Effect":"Allow","Action":"s3:ListBucket","Resource":"*"},)"
                    R"({"Sid":"sdf","Effect":"Allow"}])"),
            "Statement IDs (SID) in a single policy must be unique.");
  EXPECT_EQ(message(R"({"Effect":"Allow"})"), "Policy statement must contain actions.");
  EXPECT_EQ(message(R"({"Effect":"Allow","Action":[],"Resource":"*"})"), "Policy statement must contain actions.");
  EXPECT_EQ(message(R"({"Effect":"Allow","Action":"s3:ListBucket"})"), "Policy statement must contain resources.");
  EXPECT_EQ(message(R"({"Effect":"Allow","Action":"s3:ListBucket","Resource":[]})"),
            "Policy statement must contain resources.");

  const std::string vendor = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
  EXPECT_EQ(message(R"({"Effect":"Allow","Action":"invalid"})"), vendor);
  EXPECT_EQ(with_action("invalid"), vendor);
  EXPECT_EQ(with_action(""), vendor);
  EXPECT_EQ(with_action("a a:ListBucket"), "Vendor a a is not valid");
  EXPECT_EQ(with_action("s3:List:Bucket"), "Actions/Condition can contain only one colon.");
  EXPECT_EQ(with_action("*"), "");
  EXPECT_EQ(with_action("iam: asdf safdsf af "), "");

  EXPECT_EQ(with_resource("invalid resource"), "Resource invalid resource must be in ARN format or \"*\".");
  EXPECT_EQ(with_resource(""), "Resource  must be in ARN format or \"*\".");
  EXPECT_EQ(with_resource("a:bsdfdsafsad"),
            "Partition \"bsdfdsafsad\" is not valid for resource \"arn:bsdfdsafsad:*:*:*:*\".");
  EXPECT_EQ(with_resource("a:b:cadfsdf"), "Partition \"b\" is not valid for resource \"arn:b:cadfsdf:*:*:*\".");
  EXPECT_EQ(with_resource("a:b:c:d:e:f:g:h"), "Partition \"b\" is not valid for resource \"arn:b:c:d:e:f:g:h\".");
  EXPECT_EQ(with_resource("aws:s3:::example_bucket"),
            "Partition \"s3\" is not valid for resource \"arn:s3:::example_bucket:*\".");
  EXPECT_EQ(with_resource("arn:error:s3:::example_bucket"),
            "Partition \"error\" is not valid for resource \"arn:error:s3:::example_bucket\".");
  EXPECT_EQ(with_resource("arn:aws"), "Resource vendor must be fully qualified and cannot contain regexes.");
  EXPECT_EQ(with_resource("arn:aws:iam:us-east-1::example_bucket"),
            "IAM resource arn:aws:iam:us-east-1::example_bucket cannot contain region information.");
  EXPECT_EQ(with_resource("arn:aws:s3:us-east-1::example_bucket"),
            "Resource arn:aws:s3:us-east-1::example_bucket can not contain region information.");
  EXPECT_EQ(with_resource("arn:aws:iam:::example_bucket"),
            "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, group/, "
            "instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, "
            "access-report/.");
  for (const char* resource : {"arn:aws:s3::example_bucket", "arn:aws::fdsasf", "arn:aws::::example_bucket"})
    EXPECT_EQ(with_resource(resource), legacy) << resource;
  for (const char* resource :
       {"*", "arn:aws:s3:::example_bucket/*", "arn:aws:fdsasf", "arn:aws:iam:::user/example_bucket",
        "arn:aws:iam::000000000000:role/*", "arn:aws:ec2:us-east-1::example_bucket", "arn:aws:invalid-service:::x",
        "arn:aws:states:us-east-1:000000000000:stateMachine:m", "arn:aws:logs:*:*:*"})
    EXPECT_EQ(with_resource(resource), "") << resource;
}

TEST(ManagedPolicies, AreKnownByTheirPath) {
  EXPECT_TRUE(managed_policy("arn:aws:iam::aws:policy/AWSStepFunctionsFullAccess"));
  EXPECT_TRUE(managed_policy("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"));
  EXPECT_FALSE(managed_policy("arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole"));
}

}  // namespace
}  // namespace cumulet::iam
