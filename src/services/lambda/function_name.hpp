#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cumulet::lambda {

// A function as a request names it: "f", "f:qualifier", "123456789012:function:f", or a full or partial ARN.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#lambda-Invoke-request-FunctionName
struct FunctionName {
  std::string name;
  std::string region;                    // the ARN's, else the call's
  std::optional<std::string> qualifier;  // "$LATEST", a version or an alias

  // `call_region` fills in what the text leaves out; `query_qualifier` is the Qualifier parameter. Errors as Lambda's:
  // another account or region, two qualifiers that differ, a name over 64 characters.
  static Result<FunctionName> parse(std::string_view text, std::string_view call_region,
                                    const std::optional<std::string>& query_qualifier = std::nullopt);
  std::string arn() const;            // unqualified
  std::string qualified_arn() const;  // with ":qualifier" when there is one
};

// Of a function that is there or not: the qualifier is none of it. AWS tells an alias from a version by its form.
Error missing_qualifier(const FunctionName& name);

}  // namespace cumulet::lambda
