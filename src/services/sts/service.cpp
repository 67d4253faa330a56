#include "services/sts/service.hpp"

#include <algorithm>

#include "base/arn.hpp"
#include "base/http.hpp"
#include "base/json.hpp"

namespace cumulet::sts {

Result<GetCallerIdentityResponse> Sts::get_caller_identity(const wire::CallContext& context, const wire::Empty&) {
  return GetCallerIdentityResponse{context.caller.user_id, context.caller.account, context.caller.arn};
}

Result<Credentials> Sts::keep(const SessionKey& key) {
  CUMULET_CHECK(database_.write_blocking([&](storage::Transaction& tx) -> Result<void> {
    keys_.store(tx, key);
    return {};
  }));
  keys_.remember(key);
  return Credentials{key.credentials.access_key_id, key.credentials.secret_access_key, key.credentials.session_token,
                     key.expires};
}

namespace {

Result<void> check_session(const AssumeRoleRequest& request) {
  const auto has = [&](auto end, const std::string& key) {
    return std::any_of(request.tags.begin(), end, [&](const SessionTag& tag) { return iequals(tag.key, key); });
  };
  for (auto tag = request.tags.begin(); tag != request.tags.end(); ++tag)
    if (has(tag, tag->key))
      return Error{kInvalidParameterValue, "Duplicate tag keys found. Please note that Tag keys are case insensitive."};
  for (const std::string& key : request.transitive_tag_keys)
    if (!has(request.tags.end(), key))
      return Error{kInvalidParameterValue, "The specified transitive tag key must be included in the requested tags."};
  if (!request.policy) return {};
  const auto policy = json::parse(*request.policy, {.depth = 64});
  if (!policy.ok() || !policy->is_object()) return Error{kMalformedPolicyDocument, "This policy contains invalid Json"};
  return {};
}

// AWS packs policy and tags into a binary of its own; the share of the plain text stands for it.
std::optional<int> packed_size(const AssumeRoleRequest& request) {
  constexpr std::size_t kAllowed = 2048;
  std::size_t size = request.policy ? request.policy->size() : 0;
  for (const SessionTag& tag : request.tags) size += tag.key.size() + tag.value.size();
  if (size == 0) return std::nullopt;
  return static_cast<int>(std::clamp<std::size_t>(size * 100 / kAllowed, 1, 100));
}

}  // namespace

Result<AssumeRoleResponse> Sts::assume_role(const wire::CallContext& context, const AssumeRoleRequest& request) {
  if (!Arn::parse(request.role_arn)) return Error{kValidationError, request.role_arn + " is invalid"};
  CUMULET_CHECK(check_session(request));
  const auto role = roles_(request.role_arn);
  if (!role) {
    return Error{kAccessDenied, "User: " + context.caller.arn +
                                    " is not authorized to perform: sts:AssumeRole on resource: " + request.role_arn};
  }
  const Seconds lifetime{request.duration_seconds.value_or(3600)};
  if (lifetime > role->max_session)
    return Error{kValidationError, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."};
  const SessionKey key = keys_.make({role->name, role->id, request.role_session_name}, lifetime);
  CUMULET_TRY(Credentials credentials, keep(key));
  return AssumeRoleResponse{
      std::move(credentials), {key.user_id, key.arn}, packed_size(request), request.source_identity};
}

Result<GetSessionTokenResponse> Sts::get_session_token(const wire::CallContext& context,
                                                       const GetSessionTokenRequest& request) {
  if (const auto key = keys_.find(context.caller.access_key_id); key && !key->credentials.session_token.empty())
    return Error{kAccessDenied, "Cannot call GetSessionToken with session credentials"};
  CUMULET_TRY(Credentials credentials, keep(keys_.make_for_root(Seconds{request.duration_seconds.value_or(43200)})));
  return GetSessionTokenResponse{std::move(credentials)};
}

Result<GetAccessKeyInfoResponse> Sts::get_access_key_info(const wire::CallContext&,
                                                          const GetAccessKeyInfoRequest& request) {
  if (!keys_.find(request.access_key_id))
    return Error{kValidationError, "The access key ID " + request.access_key_id + " is not known"};
  return GetAccessKeyInfoResponse{std::string(kAccountId)};
}

}  // namespace cumulet::sts
