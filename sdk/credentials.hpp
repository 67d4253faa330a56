#pragma once
#include <memory>
#include <mutex>
#include <optional>

#include "aws/auth/sigv4.hpp"
#include "sdk/settings.hpp"
#include "sdk/transport.hpp"

namespace cumulet::sdk {

struct IssuedCredentials {
  auth::Credentials keys;
  std::optional<TimePoint> expires;  // nullopt: do not expire
};

// Where credentials come from. Thread-safe; may block on I/O.
class CredentialsSource {
 public:
  virtual ~CredentialsSource() = default;
  virtual Result<IssuedCredentials> fetch() = 0;
};

class StaticCredentials final : public CredentialsSource {
 public:
  explicit StaticCredentials(auth::Credentials keys) : keys_(std::move(keys)) {}
  Result<IssuedCredentials> fetch() override { return IssuedCredentials{keys_, std::nullopt}; }

 private:
  auth::Credentials keys_;
};

// Keeps what a source gave until 5 minutes before it expires. When renewing fails, the old ones serve until they
// expire.
class CachedCredentials {
 public:
  CachedCredentials(std::shared_ptr<CredentialsSource> source, const Clock& clock)
      : source_(std::move(source)), clock_(&clock) {}
  Result<auth::Credentials> get();
  // The service refused them as expired: the next get() fetches new ones.
  void discard();

 private:
  std::shared_ptr<CredentialsSource> source_;
  const Clock* clock_;
  std::mutex mutex_;
  std::optional<IssuedCredentials> kept_;
};

// Instance-role credentials: IMDSv2 (a session token, then the role's name, then its keys).
// AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_EC2_METADATA_DISABLED, AWS_METADATA_SERVICE_TIMEOUT, ..._NUM_ATTEMPTS.
Result<IssuedCredentials> fetch_instance_credentials(const Environment& environment, Transport& transport);
// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI (loopback, link-local or https only), with the token of
// AWS_CONTAINER_AUTHORIZATION_TOKEN(_FILE). kNoCredentials when neither is set.
Result<IssuedCredentials> fetch_container_credentials(const Environment& environment, Transport& transport);

// The chain of the CLI: environment variables; the profile's role (role_arn with source_profile or credential_source,
// by STS AssumeRole), keys in the credentials and config files; container; instance role.
std::shared_ptr<CredentialsSource> default_credentials(std::shared_ptr<const Settings> settings,
                                                       std::shared_ptr<Transport> transport);

}  // namespace cumulet::sdk
