#include "services/lambda/function_name.hpp"

#include <vector>

#include "base/arn.hpp"
#include "services/lambda/errors.hpp"

namespace cumulet::lambda {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

Result<FunctionName> FunctionName::parse(std::string_view text, std::string_view call_region,
                                         const std::optional<std::string>& query_qualifier) {
  FunctionName out;
  out.region = call_region;
  auto parts = split(text);
  std::size_t at = 0;
  if (parts.size() >= 7 && parts[0] == "arn") {  // arn:aws:lambda:region:account:function:name[:qualifier]
    out.region = parts[3];
    at = 4;
  }
  if (parts.size() - at >= 3 && parts[at + 1] == "function") {  // account:function:name
    if (parts[at] != kAccountId) return Error{kAccessDenied, ""};
    at += 2;
  } else if (parts.size() - at >= 2 && parts[at] == "function") {
    at += 1;
  }
  out.name = parts[at];
  if (parts.size() > at + 1) out.qualifier = std::string(parts[at + 1]);
  if (out.region != call_region)
    return user_error(kResourceNotFound, "Functions from '" + out.region + "' are not reachable in this region ('" +
                                             std::string(call_region) + "')");
  if (query_qualifier) {
    if (out.qualifier && *out.qualifier != *query_qualifier)
      return user_error(kInvalidParameterValue,
                        "The derived qualifier from the function name does not match the specified qualifier.");
    out.qualifier = query_qualifier;
  }
  return out;
}

std::string FunctionName::arn() const {
  return "arn:aws:lambda:" + region + ':' + std::string(kAccountId) + ":function:" + name;
}

std::string FunctionName::qualified_arn() const { return qualifier ? arn() + ':' + *qualifier : arn(); }

}  // namespace cumulet::lambda
