#pragma once
#include <string_view>

#include "base/result.hpp"

namespace cumulet::iam {

// What IAM checks before it stores a document: JSON, a known Version, statements with Effect and the members its kind
// needs (a trust policy: Principal and no Resource; a permission policy: Action and Resource, no Principal).
// Error: kMalformedPolicyDocument with IAM's text.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
Result<void> check_trust_policy(std::string_view document);
Result<void> check_permission_policy(std::string_view document);

}  // namespace cumulet::iam
