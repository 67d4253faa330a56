#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace cumulet {

inline constexpr std::string_view kAccountId = "000000000000";

// arn:partition:service:region:account:resource (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html).
// `resource` is everything after the fifth colon, colons included.
struct Arn {
  std::string partition = "aws";
  std::string service;
  std::string region;
  std::string account;
  std::string resource;

  static std::optional<Arn> parse(std::string_view text);
  std::string text() const;
  bool operator==(const Arn&) const = default;
};

}  // namespace cumulet
