#include "sdk/credentials.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/manual_time.hpp"
#include "sdk/errors.hpp"
#include "sdk/testing/fake_http_server.hpp"

namespace cumulet::sdk {
namespace {

using Reply = FakeHttpServer::Reply;
using Received = FakeHttpServer::Received;

Environment environment(std::map<std::string, std::string> values) {
  return [values](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(std::string(name));
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sdk-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

constexpr const char* kConfig = R"(
[default]
region = us-west-2
[profile dev]
region = eu-central-1   # near
services = local
endpoint_url = http://127.0.0.1:9000/
max_attempts = 5
[profile role]
role_arn = arn:aws:iam::000000000000:role/r
source_profile = dev
[services local]
s3 =
  endpoint_url = http://127.0.0.1:9001
cloudwatch_logs =
  endpoint_url = http://127.0.0.1:9002
)";
constexpr const char* kCredentials = R"(
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = one
[dev]
aws_access_key_id=AKIADEV
aws_secret_access_key=two
aws_session_token=token
)";

class FilesTest : public testing::Test {
 protected:
  Settings load(std::map<std::string, std::string> values) {
    values["AWS_CONFIG_FILE"] = folder_.write("config", kConfig);
    values["AWS_SHARED_CREDENTIALS_FILE"] = folder_.write("credentials", kCredentials);
    return *Settings::load(environment(std::move(values)));
  }
  Result<IssuedCredentials> chain(std::map<std::string, std::string> values) {
    auto settings = std::make_shared<const Settings>(load(std::move(values)));
    return default_credentials(settings, curl_transport())->fetch();
  }
  Folder folder_;
};

TEST_F(FilesTest, RegionEndpointsAndAttemptsComeFromVariablesThenTheProfile) {
  EXPECT_EQ(load({}).region(), "us-west-2");
  EXPECT_EQ(load({{"AWS_DEFAULT_REGION", "a"}}).region(), "a");
  EXPECT_EQ(load({{"AWS_REGION", "b"}, {"AWS_DEFAULT_REGION", "a"}}).region(), "b");
  const auto dev = load({{"AWS_PROFILE", "dev"}});
  EXPECT_EQ(dev.region(), "eu-central-1");
  EXPECT_EQ(dev.max_attempts(), 5);
  EXPECT_EQ(dev.endpoint_url("S3"), "http://127.0.0.1:9001");
  EXPECT_EQ(dev.endpoint_url("CloudWatch Logs"), "http://127.0.0.1:9002");
  EXPECT_EQ(dev.endpoint_url("SQS"), "http://127.0.0.1:9000");
  const auto both = load(
      {{"AWS_PROFILE", "dev"}, {"AWS_ENDPOINT_URL", "http://e"}, {"AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "http://l"}});
  EXPECT_EQ(both.endpoint_url("S3"), "http://e");
  EXPECT_EQ(both.endpoint_url("CloudWatch Logs"), "http://l");
  EXPECT_EQ(load({}).endpoint_url("S3"), std::nullopt);
  const auto unknown = Settings::load(environment({{"AWS_PROFILE", "nobody"}, {"AWS_CONFIG_FILE", "/nonexistent"}}));
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().message(), "The config profile (nobody) could not be found");
}

TEST_F(FilesTest, KeysComeFromVariablesThenTheProfile) {
  EXPECT_EQ(chain({{"AWS_ACCESS_KEY_ID", "AKIAENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}})->keys.access_key_id, "AKIAENV");
  EXPECT_EQ(chain({})->keys.access_key_id, "AKIADEFAULT");
  const auto dev = chain({{"AWS_PROFILE", "dev"}});
  EXPECT_EQ(dev->keys.access_key_id, "AKIADEV");
  EXPECT_EQ(dev->keys.session_token, "token");
}

TEST_F(FilesTest, AProfilesRoleIsAssumedWithItsSourcesKeys) {
  FakeHttpServer server([](const Received&) {
    return Reply{
        .body =
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>"
            "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
            "<Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"};
  });
  const auto out = chain({{"AWS_PROFILE", "role"}, {"AWS_REGION", "us-east-1"}, {"AWS_ENDPOINT_URL", server.url()}});
  ASSERT_TRUE(out.ok()) << out.error().message();
  EXPECT_EQ(out->keys.access_key_id, "ASIAROLE");
  EXPECT_EQ(out->expires, parse_iso8601("2030-01-01T00:00:00Z"));
  const auto request = server.received().at(0);
  EXPECT_NE(request.body.find("Action=AssumeRole&"), std::string::npos);
  EXPECT_NE(request.headers.get_or("authorization", "").find("Credential=AKIADEV/"), std::string_view::npos);
}

TEST(InstanceCredentials, AskWithASessionToken) {
  FakeHttpServer server([](const Received& request) {
    if (request.method == "PUT" && request.target == "/latest/api/token" &&
        request.headers.has("x-aws-ec2-metadata-token-ttl-seconds"))
      return Reply{.body = "the-token"};
    if (request.headers.get_or("x-aws-ec2-metadata-token", "") != "the-token") return Reply{.status = 401};
    if (request.target == "/latest/meta-data/iam/security-credentials/") return Reply{.body = "my-role\n"};
    if (request.target == "/latest/meta-data/iam/security-credentials/my-role")
      return Reply{
          .body =
              R"({"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"2030-01-01T00:00:00Z"})"};
    return Reply{.status = 404};
  });
  const auto transport = curl_transport();
  const auto out =
      fetch_instance_credentials(environment({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url() + "/"}}), *transport);
  ASSERT_TRUE(out.ok()) << out.error().message();
  EXPECT_EQ(out->keys.access_key_id, "ASIA");
  EXPECT_EQ(out->keys.session_token, "t");
  EXPECT_TRUE(out->expires.has_value());
  const auto disabled = fetch_instance_credentials(
      environment({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url()}, {"AWS_EC2_METADATA_DISABLED", "true"}}),
      *transport);
  EXPECT_FALSE(disabled.ok());
}

TEST(ContainerCredentials, AskWithTheGivenTokenAndTrustOnlyLocalHosts) {
  FakeHttpServer server([](const Received& request) {
    if (request.headers.get_or("authorization", "") != "Basic abc") return Reply{.status = 403};
    return Reply{.body =
                     R"({"AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"2030-01-01T00:00:00Z"})"};
  });
  const auto transport = curl_transport();
  const auto out = fetch_container_credentials(environment({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url() + "/c"},
                                                            {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc"}}),
                                               *transport);
  ASSERT_TRUE(out.ok()) << out.error().message();
  EXPECT_EQ(out->keys.access_key_id, "ASIA");
  const auto far = fetch_container_credentials(
      environment({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/c"}}), *transport);
  EXPECT_TRUE(far.error().is(kBadConfiguration));
}

class CountingSource final : public CredentialsSource {
 public:
  explicit CountingSource(const Clock& clock) : clock_(&clock) {}
  Result<IssuedCredentials> fetch() override {
    if (failing) return Error{kNoCredentials, "down"};
    return IssuedCredentials{{"A" + std::to_string(++count), "s", "t"}, clock_->now() + Seconds{3600}};
  }
  int count = 0;
  bool failing = false;

 private:
  const Clock* clock_;
};

TEST(CachedCredentials, AreRenewedFiveMinutesBeforeTheyExpire) {
  ManualTime time;
  auto source = std::make_shared<CountingSource>(time);
  CachedCredentials cached(source, time);
  EXPECT_EQ(cached.get()->access_key_id, "A1");
  time.advance(Seconds{3299});
  EXPECT_EQ(cached.get()->access_key_id, "A1");
  source->failing = true;
  time.advance(Seconds{100});
  EXPECT_EQ(cached.get()->access_key_id, "A1") << "still valid";
  source->failing = false;
  EXPECT_EQ(cached.get()->access_key_id, "A2");
  source->failing = true;
  time.advance(Seconds{3601});
  EXPECT_FALSE(cached.get().ok());
}

}  // namespace
}  // namespace cumulet::sdk
