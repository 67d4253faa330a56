#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cumulet::logs {

// CloudWatch Logs filter patterns: terms ("a b", "?a ?b", "-a", "\"exact phrase\"", "%regex%"), JSON patterns
// ("{ $.level = \"ERR*\" && ($.code >= 500 || $.retry IS TRUE) }") and space-delimited ones ("[ip, ..., status = 4*]").
// Case-sensitive.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
class FilterPattern {
 public:
  // The empty pattern matches everything. Error: InvalidParameterException.
  static Result<FilterPattern> parse(std::string_view text);
  bool matches(std::string_view message) const;

  struct Node;

 private:
  std::shared_ptr<const Node> root_;  // null: everything
};

}  // namespace cumulet::logs
