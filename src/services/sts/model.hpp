#pragma once
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Shapes of the Security Token Service, API version 2011-06-15.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
namespace cumulet::sts {

using wire::member;
using wire::structure;

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  TimePoint expiration;

  static wire::Shape shape() {
    return structure("Credentials", {
                                        member<&Credentials::access_key_id>("AccessKeyId"),
                                        member<&Credentials::secret_access_key>("SecretAccessKey"),
                                        member<&Credentials::session_token>("SessionToken"),
                                        member<&Credentials::expiration>("Expiration"),
                                    });
  }
};

struct AssumedRoleUser {
  std::string assumed_role_id;  // AROA...:session
  std::string arn;

  static wire::Shape shape() {
    return structure("AssumedRoleUser", {
                                            member<&AssumedRoleUser::assumed_role_id>("AssumedRoleId"),
                                            member<&AssumedRoleUser::arn>("Arn"),
                                        });
  }
};

struct GetCallerIdentityResponse {
  std::string user_id;
  std::string account;
  std::string arn;

  static wire::Shape shape() {
    return structure("GetCallerIdentityResponse", {
                                                      member<&GetCallerIdentityResponse::user_id>("UserId"),
                                                      member<&GetCallerIdentityResponse::account>("Account"),
                                                      member<&GetCallerIdentityResponse::arn>("Arn"),
                                                  });
  }
};

struct SessionTag {
  std::string key;
  std::string value;

  static wire::Shape shape() {
    return structure("SessionTag", {member<&SessionTag::key>("Key").required().range(1, 128),
                                    member<&SessionTag::value>("Value").required().range(0, 256)});
  }
};

struct AssumeRoleRequest {
  std::string role_arn;
  std::string role_session_name;
  std::optional<int> duration_seconds;
  std::optional<std::string> policy;  // checked for form, not kept: nothing is enforced yet. The tags as well
  std::vector<SessionTag> tags;
  std::vector<std::string> transitive_tag_keys;
  std::optional<std::string> source_identity;

  static wire::Shape shape() {
    return structure(
        "AssumeRoleRequest",
        {
            member<&AssumeRoleRequest::role_arn>("RoleArn").required().range(20, 2048),
            member<&AssumeRoleRequest::role_session_name>("RoleSessionName")
                .required()
                .range(2, 64)
                .pattern("[\\w+=,.@-]*"),
            member<&AssumeRoleRequest::duration_seconds>("DurationSeconds").range(900, 43200),
            member<&AssumeRoleRequest::policy>("Policy").range(1, 2048),
            member<&AssumeRoleRequest::tags>("Tags").range(0, 50),
            member<&AssumeRoleRequest::transitive_tag_keys>("TransitiveTagKeys").range(0, 50),
            member<&AssumeRoleRequest::source_identity>("SourceIdentity").range(2, 64).pattern("[\\w+=,.@-]*"),
        });
  }
};

struct AssumeRoleResponse {
  Credentials credentials;
  AssumedRoleUser assumed_role_user;
  std::optional<int> packed_policy_size;  // percent of what a session may carry
  std::optional<std::string> source_identity;

  static wire::Shape shape() {
    return structure("AssumeRoleResponse", {
                                               member<&AssumeRoleResponse::credentials>("Credentials"),
                                               member<&AssumeRoleResponse::assumed_role_user>("AssumedRoleUser"),
                                               member<&AssumeRoleResponse::packed_policy_size>("PackedPolicySize"),
                                               member<&AssumeRoleResponse::source_identity>("SourceIdentity"),
                                           });
  }
};

struct GetSessionTokenRequest {
  std::optional<int> duration_seconds;

  static wire::Shape shape() {
    return structure("GetSessionTokenRequest",
                     {member<&GetSessionTokenRequest::duration_seconds>("DurationSeconds").range(900, 129600)});
  }
};

struct GetSessionTokenResponse {
  Credentials credentials;

  static wire::Shape shape() {
    return structure("GetSessionTokenResponse", {member<&GetSessionTokenResponse::credentials>("Credentials")});
  }
};

struct GetAccessKeyInfoRequest {
  std::string access_key_id;

  static wire::Shape shape() {
    return structure("GetAccessKeyInfoRequest",
                     {member<&GetAccessKeyInfoRequest::access_key_id>("AccessKeyId").required().range(16, 128)});
  }
};

struct GetAccessKeyInfoResponse {
  std::string account;

  static wire::Shape shape() {
    return structure("GetAccessKeyInfoResponse", {member<&GetAccessKeyInfoResponse::account>("Account")});
  }
};

}  // namespace cumulet::sts
