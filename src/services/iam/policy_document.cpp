#include "services/iam/policy_document.hpp"

#include "base/json.hpp"
#include "services/iam/service.hpp"

namespace cumulet::iam {
namespace {

Error malformed(std::string text) { return Error{kMalformedPolicyDocument, std::move(text)}; }

bool has_any(const json::value& statement, std::string_view one, std::string_view other) {
  return json::find(statement, one) || json::find(statement, other);
}

Result<void> check_common(const json::value& statement) {
  if (!statement.is_object()) return malformed("Syntax errors in policy.");
  const json::value* effect = json::find(statement, "Effect");
  if (!effect || !effect->is_string()) return malformed("Missing required field Effect");
  if (effect->get_string() != "Allow" && effect->get_string() != "Deny")
    return malformed("Invalid effect: " + std::string(effect->get_string()));
  if (!has_any(statement, "Action", "NotAction")) return malformed("Missing required field Action");
  return {};
}

Result<void> check_trust_statement(const json::value& statement) {
  CUMULET_CHECK(check_common(statement));
  if (has_any(statement, "Resource", "NotResource")) return malformed("Has prohibited field Resource");
  if (!has_any(statement, "Principal", "NotPrincipal")) return malformed("Missing required field Principal");
  return {};
}

Result<void> check_permission_statement(const json::value& statement) {
  CUMULET_CHECK(check_common(statement));
  if (has_any(statement, "Principal", "NotPrincipal"))
    return malformed("Policy document should not specify a principal.");
  if (!has_any(statement, "Resource", "NotResource")) return malformed("Policy statement must contain resources.");
  return {};
}

Result<void> check(std::string_view document, Result<void> (*check_statement)(const json::value&)) {
  const auto parsed = json::parse(document, {.depth = 64});
  if (!parsed.ok() || !parsed->is_object()) return malformed("This policy contains invalid Json");
  if (const json::value* version = json::find(*parsed, "Version")) {
    if (!version->is_string() || (version->get_string() != "2012-10-17" && version->get_string() != "2008-10-17"))
      return malformed("The policy failed legacy parsing");
  }
  const json::value* statements = json::find(*parsed, "Statement");
  if (!statements) return malformed("Syntax errors in policy.");
  if (statements->is_object()) return check_statement(*statements);
  if (!statements->is_array() || statements->get_array().empty()) return malformed("Syntax errors in policy.");
  for (const auto& statement : statements->get_array()) CUMULET_CHECK(check_statement(statement));
  return {};
}

}  // namespace

Result<void> check_trust_policy(std::string_view document) { return check(document, check_trust_statement); }
Result<void> check_permission_policy(std::string_view document) { return check(document, check_permission_statement); }

}  // namespace cumulet::iam
