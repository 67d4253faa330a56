#include "services/lambda/policy.hpp"

#include "base/json.hpp"
#include "base/text.hpp"

namespace cumulet::lambda {
namespace {

json::value principal_value(const std::string& principal) {
  if (principal == "*") return "*";
  if (principal.find(".amazonaws.com") != std::string::npos || principal.find(".amazon.com") != std::string::npos)
    return json::object{{"Service", principal}};
  const bool is_account = principal.size() == 12 && principal.find_first_not_of("0123456789") == std::string::npos;
  return json::object{{"AWS", is_account ? "arn:aws:iam::" + principal + ":root" : principal}};
}

json::object statement(const AddPermissionRequest& permission, std::string_view function_arn) {
  json::object out{{"Sid", permission.statement_id}, {"Effect", "Allow"}};
  out["Principal"] = principal_value(permission.principal);
  out["Action"] = permission.action;
  out["Resource"] = function_arn;
  json::object condition;
  json::object equals;
  if (permission.source_account) equals["AWS:SourceAccount"] = *permission.source_account;
  if (permission.principal_org_id) equals["aws:PrincipalOrgID"] = *permission.principal_org_id;
  if (permission.event_source_token) equals["lambda:EventSourceToken"] = *permission.event_source_token;
  if (permission.function_url_auth_type) equals["lambda:FunctionUrlAuthType"] = *permission.function_url_auth_type;
  if (permission.invoked_via_function_url)
    condition["Bool"] =
        json::object{{"lambda:InvokedViaFunctionUrl", *permission.invoked_via_function_url ? "true" : "false"}};
  if (!equals.empty()) condition["StringEquals"] = std::move(equals);
  if (permission.source_arn) condition["ArnLike"] = json::object{{"AWS:SourceArn", *permission.source_arn}};
  if (!condition.empty()) out["Condition"] = std::move(condition);
  return out;
}

}  // namespace

std::string statement_text(const AddPermissionRequest& permission, std::string_view function_arn) {
  return json::text(statement(permission, function_arn));
}

std::string policy_resource(const Function& function, const std::string& qualifier) {
  return qualifier == kLatest ? function.arn() : function.arn() + ':' + qualifier;
}

std::string policy_text(const Function& function, const std::string& qualifier) {
  json::array statements;
  const std::string resource = policy_resource(function, qualifier);
  if (const auto found = function.permissions.find(qualifier); found != function.permissions.end())
    for (const auto& permission : found->second) statements.push_back(statement(permission, resource));
  return json::text(json::object{{"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", std::move(statements)}});
}

bool allows_service(const Function& function, const std::string& qualifier, std::string_view principal,
                    std::string_view source_arn, std::string_view source_account) {
  const auto found = function.permissions.find(qualifier);
  if (found == function.permissions.end()) return false;
  for (const auto& permission : found->second) {
    const bool action = permission.action == "lambda:InvokeFunction" || permission.action == "lambda:*" ||
                        permission.action == "lambda:Invoke*" || permission.action == "*";
    if (!action || (permission.principal != principal && permission.principal != "*")) continue;
    if (permission.source_account && *permission.source_account != source_account) continue;
    if (permission.source_arn && !matches_wildcard(*permission.source_arn, source_arn, Wildcards::star_question))
      continue;
    return true;
  }
  return false;
}

bool allows_url(const Function& function, const std::string& qualifier) {
  const auto found = function.permissions.find(qualifier);
  if (found == function.permissions.end()) return false;
  for (const auto& permission : found->second) {
    const bool action =
        permission.action == "lambda:InvokeFunctionUrl" || permission.action == "lambda:*" || permission.action == "*";
    if (action && permission.principal == "*" && permission.function_url_auth_type.value_or("NONE") == "NONE" &&
        !permission.source_account && !permission.source_arn && !permission.principal_org_id)
      return true;
  }
  return false;
}

}  // namespace cumulet::lambda
