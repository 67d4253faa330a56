#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

// Which images a lifecycle policy expires. Pure.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html, lifecycle_policy_parameters.html
namespace cumulet::ecr {

struct LifecycleRule {
  enum class Of { tagged, untagged, any };
  enum class By { count, age };
  int priority = 0;
  Of of = Of::any;
  std::vector<std::string> prefixes;  // each must begin a tag of the image
  std::vector<std::string> patterns;  // each must fit a tag of the image; '*' stands for any text
  By by = By::count;
  std::int64_t number = 0;  // images that stay, or days
};

struct LifecyclePolicy {
  std::vector<LifecycleRule> rules;  // by priority
};

// Errors: InvalidParameterException, which says what is wrong where.
Result<LifecyclePolicy> parse_lifecycle_policy(std::string_view text);

struct AgingImage {
  std::string digest;
  std::vector<std::string> tags;
  TimePoint pushed;
  bool is_in_index = false;  // it goes with the index that names it, not before
};

struct Expiry {
  std::size_t image;  // index
  int priority;       // of the rule
};

// An image that fits a rule's tags is no later rule's to expire; counts see all images that fit, those that an earlier
// rule expires too. In the order of `images`.
std::vector<Expiry> expired(const LifecyclePolicy& policy, const std::vector<AgingImage>& images, TimePoint now);

}  // namespace cumulet::ecr
