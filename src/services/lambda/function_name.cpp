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

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "us-east-1", "us-gov-west-1", "eusc-de-east-1".
bool is_region(std::string_view text) {
  if (text.size() < 6 || text[text.size() - 2] != '-' || text.back() < '0' || text.back() > '9') return false;
  text.remove_suffix(2);
  return text.find('-') != std::string_view::npos &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
}

}  // namespace

// [arn:aws:lambda:] [REGION:] [ACCOUNT:] [function:] NAME [:QUALIFIER], each part left out at will. The shapes' pattern
// was held against the text before; what it lets through in two ways is read as AWS does: a prefix where it can be one.
Result<FunctionName> FunctionName::parse(std::string_view text, std::string_view call_region,
                                         const std::optional<std::string>& query_qualifier) {
  FunctionName out;
  out.region = call_region;
  const auto parts = split(text);
  std::size_t at = 0;
  const auto has_more = [&] { return at + 1 < parts.size(); };  // the last part is the name
  if (parts.size() > 3 && parts[0] == "arn" && parts[2] == "lambda") at = 3;
  // "my-fn-1:live" is a function and its alias: a region is followed by more of an ARN.
  if (has_more() && is_region(parts[at]) && (is_account(parts[at + 1]) || parts[at + 1] == "function"))
    out.region = parts[at++];
  std::string_view account = kAccountId;
  if (has_more() && is_account(parts[at])) account = parts[at++];
  if (has_more() && parts[at] == "function") ++at;
  out.name = parts[at];
  if (has_more()) out.qualifier = std::string(parts[at + 1]);
  if (account != kAccountId) return Error{kAccessDenied, ""};
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

Error missing_qualifier(const FunctionName& name) {
  const std::string qualifier = name.qualifier.value_or("");
  const bool is_number = qualifier.find_first_not_of("0123456789") == std::string::npos;
  const bool is_alias = !is_number && qualifier.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789-_") == std::string::npos;
  if (is_alias) return user_error(kResourceNotFound, "Cannot find alias arn: " + name.qualified_arn());
  return function_not_found(name.qualified_arn());
}

}  // namespace cumulet::lambda
