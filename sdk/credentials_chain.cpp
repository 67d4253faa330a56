#include <pugixml.hpp>

#include "base/json.hpp"
#include "sdk/client.hpp"
#include "sdk/credentials.hpp"
#include "sdk/errors.hpp"

namespace cumulet::sdk {
namespace {

constexpr int kLongestRoleChain = 5;

std::optional<IssuedCredentials> keys_of_profile(const Settings& settings, const std::string& profile) {
  const auto id = settings.value_of(profile, "aws_access_key_id");
  const auto secret = settings.value_of(profile, "aws_secret_access_key");
  if (!id || !secret) return std::nullopt;
  return IssuedCredentials{{*id, *secret, settings.value_of(profile, "aws_session_token").value_or("")}, std::nullopt};
}

class DefaultChain final : public CredentialsSource {
 public:
  DefaultChain(std::shared_ptr<const Settings> settings, std::shared_ptr<Transport> transport)
      : settings_(std::move(settings)), transport_(std::move(transport)) {}

  Result<IssuedCredentials> fetch() override {
    if (auto keys = of_environment()) return *keys;
    if (auto of_profile = profile(settings_->profile(), 0)) return std::move(*of_profile);
    auto container = fetch_container_credentials(env(), *transport_);
    if (container.ok() || !container.error().is(kNoCredentials)) return container;
    auto instance = fetch_instance_credentials(env(), *transport_);
    if (instance.ok()) return instance;
    return Error{kNoCredentials, "Unable to locate credentials: none in the environment, in profile \"" +
                                     settings_->profile() + "\", from a container or from an instance role (" +
                                     instance.error().message() + ")"};
  }

 private:
  const Environment& env() const { return settings_->environment(); }

  std::optional<IssuedCredentials> of_environment() const {
    const auto id = env()("AWS_ACCESS_KEY_ID");
    const auto secret = env()("AWS_SECRET_ACCESS_KEY");
    if (!id || !secret) return std::nullopt;
    return IssuedCredentials{{*id, *secret, env()("AWS_SESSION_TOKEN").value_or("")}, std::nullopt};
  }

  std::optional<Result<IssuedCredentials>> profile(const std::string& name, int depth) const {
    const auto role = settings_->value_of(name, "role_arn");
    if (!role) {
      if (auto keys = keys_of_profile(*settings_, name)) return Result<IssuedCredentials>(std::move(*keys));
      return std::nullopt;
    }
    if (depth >= kLongestRoleChain)
      return Result<IssuedCredentials>(
          Error{kBadConfiguration, "the source profiles of \"" + name + "\" go in a circle"});
    Result<IssuedCredentials> source = Error{
        kBadConfiguration, "profile \"" + name + "\" has a role_arn but neither source_profile nor credential_source"};
    if (const auto from = settings_->value_of(name, "source_profile")) {
      auto keys = *from == name ? std::nullopt : profile(*from, depth + 1);
      if (*from == name)
        if (auto own = keys_of_profile(*settings_, name)) keys = Result<IssuedCredentials>(std::move(*own));
      source =
          keys
              ? std::move(*keys)
              : Result<IssuedCredentials>(Error{kNoCredentials, "source profile \"" + *from + "\" has no credentials"});
    } else if (const auto kind = settings_->value_of(name, "credential_source")) {
      if (*kind == "Ec2InstanceMetadata") source = fetch_instance_credentials(env(), *transport_);
      if (*kind == "EcsContainer") source = fetch_container_credentials(env(), *transport_);
      if (*kind == "Environment") {
        auto keys = of_environment();
        source = keys ? Result<IssuedCredentials>(std::move(*keys))
                      : Result<IssuedCredentials>(Error{kNoCredentials, "no credentials in the environment"});
      }
    }
    if (!source.ok()) return source;
    return assume(*role, name, std::move(*source).keys);
  }

  Result<IssuedCredentials> assume(const std::string& role, const std::string& profile, auth::Credentials keys) const {
    ClientOptions options;
    options.settings = settings_;
    options.transport = transport_;
    options.credentials = std::make_shared<StaticCredentials>(std::move(keys));
    CUMULET_TRY(auto client, Client::create(std::move(options)));
    Parameters parameters{
        {"RoleArn", role},
        {"RoleSessionName", settings_->value_of(profile, "role_session_name").value_or("cumulet-sdk")}};
    if (const auto id = settings_->value_of(profile, "external_id")) parameters.emplace_back("ExternalId", *id);
    if (const auto seconds = settings_->value_of(profile, "duration_seconds"))
      parameters.emplace_back("DurationSeconds", *seconds);
    CUMULET_TRY(const auto xml, client.query("sts", "AssumeRole", parameters));
    pugi::xml_document document;
    document.load_string(xml.c_str());
    const auto node = document.document_element().child("AssumeRoleResult").child("Credentials");
    IssuedCredentials out;
    out.keys = {node.child_value("AccessKeyId"), node.child_value("SecretAccessKey"), node.child_value("SessionToken")};
    out.expires = parse_iso8601(node.child_value("Expiration"));
    if (out.keys.access_key_id.empty()) return Error{kBadResponse, "AssumeRole gave no credentials"};
    return out;
  }

  std::shared_ptr<const Settings> settings_;
  std::shared_ptr<Transport> transport_;
};

}  // namespace

std::shared_ptr<CredentialsSource> default_credentials(std::shared_ptr<const Settings> settings,
                                                       std::shared_ptr<Transport> transport) {
  return std::make_shared<DefaultChain>(std::move(settings), std::move(transport));
}

}  // namespace cumulet::sdk
