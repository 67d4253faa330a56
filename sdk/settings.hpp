#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

// The standard variables and the shared config and credentials files.
// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
namespace cumulet::sdk {

// An environment variable; nullopt when unset or empty. An argument so that tests need not change their process.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
Environment process_environment();

// Sections of an INI file of the AWS form: "[profile x]", "[services y]", "key = value", nested lines indented under a
// key without a value ("s3 =\n  endpoint_url = ..." is found as "s3.endpoint_url").
using IniFile = std::map<std::string, std::map<std::string, std::string>>;
IniFile parse_ini(std::string_view text);

class Settings {
 public:
  // Reads AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE (default ~/.aws/config, ~/.aws/credentials); files that are
  // not there are empty. `profile` overrides AWS_PROFILE. Error: kBadConfiguration for a named profile that is in
  // neither file.
  static Result<Settings> load(Environment environment, std::optional<std::string> profile = std::nullopt);

  const Environment& environment() const { return environment_; }
  const std::string& profile() const { return profile_; }
  // AWS_REGION, AWS_DEFAULT_REGION, the profile's region.
  std::optional<std::string> region() const;
  // AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's services section, its endpoint_url; without a trailing
  // slash. nullopt: AWS. `service_id`: "CloudWatch Logs", "S3".
  std::optional<std::string> endpoint_url(std::string_view service_id) const;
  // AWS_MAX_ATTEMPTS, the profile's max_attempts, 3.
  int max_attempts() const;
  // A value of the profile (or of `of`), the credentials file before the config file.
  std::optional<std::string> value(std::string_view key) const { return value_of(profile_, key); }
  std::optional<std::string> value_of(std::string_view profile, std::string_view key) const;

 private:
  Environment environment_;
  std::string profile_ = "default";
  IniFile config_, credentials_;
};

}  // namespace cumulet::sdk
