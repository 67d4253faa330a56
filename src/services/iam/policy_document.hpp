#pragma once
#include <cstddef>
#include <string_view>

#include "base/result.hpp"

namespace cumulet::iam {

// What IAM checks before it stores a document: JSON, a known Version, statements with Effect and the members its kind
// needs (a trust policy: Principal, STS actions and no Resource; a permission policy: actions with their service,
// resources that are ARNs or "*", no Principal). Error: kMalformedPolicyDocument with IAM's text.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
Result<void> check_trust_policy(std::string_view document);
// Only a managed policy must name a Version.
enum class PolicyUse { managed, inline_ };
Result<void> check_permission_policy(std::string_view document, PolicyUse use);

// What counts against IAM's limits of size: white space does not.
std::size_t counted_size(std::string_view document);

}  // namespace cumulet::iam
