#pragma once
#include <string>
#include <string_view>

#include "services/lambda/function.hpp"

namespace cumulet::lambda {

inline constexpr std::size_t kPolicyLimit = 20'480;  // bytes of the whole document

// A permission as Lambda renders it: {"Sid":..,"Effect":"Allow","Principal":{"Service":..},"Action":..,"Resource":ARN,
// "Condition":{..}}, and the document of all permissions of a function, a version or an alias (`qualifier`; kLatest:
// the function). https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
std::string statement_text(const AddPermissionRequest& permission, std::string_view function_arn);
std::string policy_text(const Function& function, const std::string& qualifier);
// The ARN that a policy of that qualifier speaks of: the function's, or with the version or alias.
std::string policy_resource(const Function& function, const std::string& qualifier);

// May the service principal ("s3.amazonaws.com") invoke the function by that qualifier for `source_arn` of
// `source_account`? Conditions on the source ARN match with * and ? as ArnLike does.
bool allows_service(const Function& function, const std::string& qualifier, std::string_view principal,
                    std::string_view source_arn, std::string_view source_account);

// Whether anybody may call the URL of the type NONE that the qualifier has.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
bool allows_url(const Function& function, const std::string& qualifier);

}  // namespace cumulet::lambda
