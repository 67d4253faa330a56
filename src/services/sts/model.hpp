#pragma once
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Shapes of the Security Token Service, API version 2011-06-15.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
namespace cumulet::sts {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  TimePoint expiration;
};

struct AssumedRoleUser {
  std::string assumed_role_id;  // AROA...:session
  std::string arn;
};

struct GetCallerIdentityResponse {
  std::string user_id;
  std::string account;
  std::string arn;
};

struct SessionTag {
  std::string key;
  std::string value;
};

struct AssumeRoleRequest {
  std::string role_arn;
  std::string role_session_name;
  std::optional<int> duration_seconds;
  std::optional<std::string> policy;  // checked for form, not kept: nothing is enforced yet. The tags as well
  std::vector<SessionTag> tags;
  std::vector<std::string> transitive_tag_keys;
  std::optional<std::string> source_identity;
};

struct AssumeRoleResponse {
  Credentials credentials;
  AssumedRoleUser assumed_role_user;
  std::optional<int> packed_policy_size;  // percent of what a session may carry
  std::optional<std::string> source_identity;
};

struct GetSessionTokenRequest {
  std::optional<int> duration_seconds;
};

struct GetSessionTokenResponse {
  Credentials credentials;
};

struct GetAccessKeyInfoRequest {
  std::string access_key_id;
};

struct GetAccessKeyInfoResponse {
  std::string account;
};

}  // namespace cumulet::sts

namespace cumulet::wire {

template <>
struct Describe<sts::Credentials> {
  static Shape shape() {
    return structure("Credentials", {
                                        member<&sts::Credentials::access_key_id>("AccessKeyId"),
                                        member<&sts::Credentials::secret_access_key>("SecretAccessKey"),
                                        member<&sts::Credentials::session_token>("SessionToken"),
                                        member<&sts::Credentials::expiration>("Expiration"),
                                    });
  }
};

template <>
struct Describe<sts::AssumedRoleUser> {
  static Shape shape() {
    return structure("AssumedRoleUser", {
                                            member<&sts::AssumedRoleUser::assumed_role_id>("AssumedRoleId"),
                                            member<&sts::AssumedRoleUser::arn>("Arn"),
                                        });
  }
};

template <>
struct Describe<sts::GetCallerIdentityResponse> {
  static Shape shape() {
    return structure("GetCallerIdentityResponse", {
                                                      member<&sts::GetCallerIdentityResponse::user_id>("UserId"),
                                                      member<&sts::GetCallerIdentityResponse::account>("Account"),
                                                      member<&sts::GetCallerIdentityResponse::arn>("Arn"),
                                                  });
  }
};

template <>
struct Describe<sts::SessionTag> {
  static Shape shape() {
    return structure("SessionTag", {member<&sts::SessionTag::key>("Key").required().range(1, 128),
                                    member<&sts::SessionTag::value>("Value").required().range(0, 256)});
  }
};

template <>
struct Describe<sts::AssumeRoleRequest> {
  static Shape shape() {
    using R = sts::AssumeRoleRequest;
    return structure(
        "AssumeRoleRequest",
        {
            member<&R::role_arn>("RoleArn").required().range(20, 2048),
            member<&R::role_session_name>("RoleSessionName").required().range(2, 64).pattern("[\\w+=,.@-]*"),
            member<&R::duration_seconds>("DurationSeconds").range(900, 43200),
            member<&R::policy>("Policy").range(1, 2048),
            member<&R::tags>("Tags").range(0, 50),
            member<&R::transitive_tag_keys>("TransitiveTagKeys").range(0, 50),
            member<&R::source_identity>("SourceIdentity").range(2, 64).pattern("[\\w+=,.@-]*"),
        });
  }
};

template <>
struct Describe<sts::AssumeRoleResponse> {
  static Shape shape() {
    return structure("AssumeRoleResponse", {
                                               member<&sts::AssumeRoleResponse::credentials>("Credentials"),
                                               member<&sts::AssumeRoleResponse::assumed_role_user>("AssumedRoleUser"),
                                               member<&sts::AssumeRoleResponse::packed_policy_size>("PackedPolicySize"),
                                               member<&sts::AssumeRoleResponse::source_identity>("SourceIdentity"),
                                           });
  }
};

template <>
struct Describe<sts::GetSessionTokenRequest> {
  static Shape shape() {
    return structure("GetSessionTokenRequest",
                     {member<&sts::GetSessionTokenRequest::duration_seconds>("DurationSeconds").range(900, 129600)});
  }
};

template <>
struct Describe<sts::GetSessionTokenResponse> {
  static Shape shape() {
    return structure("GetSessionTokenResponse", {member<&sts::GetSessionTokenResponse::credentials>("Credentials")});
  }
};

template <>
struct Describe<sts::GetAccessKeyInfoRequest> {
  static Shape shape() {
    return structure("GetAccessKeyInfoRequest",
                     {member<&sts::GetAccessKeyInfoRequest::access_key_id>("AccessKeyId").required().range(16, 128)});
  }
};

template <>
struct Describe<sts::GetAccessKeyInfoResponse> {
  static Shape shape() {
    return structure("GetAccessKeyInfoResponse", {member<&sts::GetAccessKeyInfoResponse::account>("Account")});
  }
};

}  // namespace cumulet::wire
