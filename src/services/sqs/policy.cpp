#include "services/sqs/policy.hpp"

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/text.hpp"
#include "services/sqs/errors.hpp"

namespace cumulet::sqs {
namespace {

constexpr std::size_t kStatements = 20;
constexpr std::array<std::string_view, 10> kMembers = {"Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
                                                       "NotAction", "Resource", "NotResource", "Condition",    "Id"};
// Those that AddPermission may grant.
constexpr std::array<std::string_view, 9> kActions = {
    "*",           "ChangeMessageVisibility",    "DeleteMessage", "GetQueueAttributes",
    "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue",    "ReceiveMessage",
    "SendMessage"};
constexpr std::array<std::string_view, 12> kOwnersActions = {"AddPermission",
                                                             "CancelMessageMoveTask",
                                                             "CreateQueue",
                                                             "DeleteQueue",
                                                             "ListMessageMoveTasks",
                                                             "ListQueues",
                                                             "ListQueueTags",
                                                             "RemovePermission",
                                                             "SetQueueAttributes",
                                                             "StartMessageMoveTask",
                                                             "TagQueue",
                                                             "UntagQueue"};

Error bad_policy() { return Error{kInvalidAttributeValue, "Invalid value for the parameter Policy."}; }

bool is_text(const json::value& value, std::string_view text) {
  const auto* string = value.if_string();
  return string != nullptr && std::string_view(*string) == text;
}

// A string, or any of a list of strings.
template <class Matches>
bool any_of(const json::value* value, Matches matches) {
  if (value == nullptr) return false;
  if (const auto* text = value->if_string()) return matches(std::string_view(*text));
  const auto* list = value->if_array();
  return list != nullptr && std::any_of(list->begin(), list->end(), [&](const json::value& one) {
           return one.is_string() && matches(std::string_view(one.get_string()));
         });
}

std::vector<const json::value*> statements_of(const json::value& document) {
  std::vector<const json::value*> out;
  const json::value* statements = json::find(document, "Statement");
  if (statements == nullptr) return out;
  if (const auto* list = statements->if_array())
    for (const json::value& one : *list) out.push_back(&one);
  else
    out.push_back(statements);
  return out;
}

bool names_principal(const json::value& statement, std::string_view service) {
  const json::value* principal = json::find(statement, "Principal");
  if (principal == nullptr) return false;
  if (principal->is_string()) return principal->get_string() == "*";
  const auto is_everyone = [](std::string_view text) { return text == "*"; };
  const auto is_service = [&](std::string_view text) { return text == "*" || text == service; };
  return any_of(json::find(*principal, "AWS"), is_everyone) || any_of(json::find(*principal, "Service"), is_service);
}

enum class Condition { met, not_met, unknown };

Condition check_condition(std::string_view kind, std::string_view key, const json::value& wanted,
                          const ServiceAccess& access) {
  std::string_view actual;
  if (iequals(key, "aws:SourceArn"))
    actual = access.source_arn;
  else if (iequals(key, "aws:SourceAccount"))
    actual = access.source_account;
  else
    return Condition::unknown;
  if (kind.ends_with("IfExists")) kind.remove_suffix(8);
  const bool is_pattern = kind == "ArnLike" || kind == "ArnEquals" || kind == "StringLike";
  if (!is_pattern && kind != "StringEquals") return Condition::unknown;
  const bool met = any_of(&wanted, [&](std::string_view text) {
    return is_pattern ? matches_wildcard(text, actual, Wildcards::star_question) : text == actual;
  });
  return met ? Condition::met : Condition::not_met;
}

Condition conditions(const json::value& statement, const ServiceAccess& access) {
  const json::value* kinds = json::find(statement, "Condition");
  if (kinds == nullptr || !kinds->is_object()) return Condition::met;
  Condition all = Condition::met;
  for (const auto& [kind, keys] : kinds->get_object()) {
    if (!keys.is_object()) return Condition::unknown;
    for (const auto& [key, wanted] : keys.get_object()) {
      const Condition one = check_condition(kind, key, wanted, access);
      if (one == Condition::not_met) return Condition::not_met;
      if (one == Condition::unknown) all = Condition::unknown;
    }
  }
  return all;
}

bool applies(const json::value& statement, const ServiceAccess& access) {
  if (!names_principal(statement, access.principal)) return false;
  const auto is_action = [&](std::string_view text) {
    return matches_wildcard(text, access.action, Wildcards::star_question, Letters::any_case);
  };
  if (!any_of(json::find(statement, "Action"), is_action)) return false;
  const auto is_queue = [&](std::string_view text) {
    return matches_wildcard(text, access.queue_arn, Wildcards::star_question);
  };
  const json::value* resource = json::find(statement, "Resource");
  return resource == nullptr || any_of(resource, is_queue);
}

json::value one_or_list(std::vector<std::string> texts) {
  if (texts.size() == 1) return json::value(texts.front());
  json::array list;
  for (auto& text : texts) list.emplace_back(std::move(text));
  return list;
}

}  // namespace

Result<void> check_policy(std::string_view document) {
  const auto parsed = json::parse(document);
  if (!parsed.ok() || !parsed->is_object()) return bad_policy();
  for (const auto& [key, value] : parsed->get_object()) {
    if (key != "Version" && key != "Id" && key != "Statement") return bad_policy();
    if (key == "Version" && value != "2012-10-17" && value != "2008-10-17") return bad_policy();
  }
  const auto statements = statements_of(*parsed);
  if (statements.empty()) return bad_policy();
  if (statements.size() > kStatements)
    return Error{kOverLimit, std::to_string(statements.size()) +
                                 " statements were found in the submitted policy, max allowed is 20"};
  for (const json::value* statement : statements) {
    if (!statement->is_object()) return bad_policy();
    for (const auto& [key, value] : statement->get_object())
      if (std::find(kMembers.begin(), kMembers.end(), std::string_view(key)) == kMembers.end()) return bad_policy();
    const json::value* effect = json::find(*statement, "Effect");
    if (effect == nullptr || (*effect != "Allow" && *effect != "Deny")) return bad_policy();
    if (!json::find(*statement, "Principal") && !json::find(*statement, "NotPrincipal")) return bad_policy();
    if (!json::find(*statement, "Action") && !json::find(*statement, "NotAction")) return bad_policy();
  }
  return {};
}

Result<std::string> with_permission(std::string_view document, std::string_view queue_arn, const Permission& added) {
  for (const std::string& action : added.actions) {
    if (std::find(kActions.begin(), kActions.end(), action) != kActions.end()) continue;
    if (std::find(kOwnersActions.begin(), kOwnersActions.end(), action) != kOwnersActions.end())
      return invalid_parameter("SQS:" + action, "ActionName", "Only the queue owner is allowed to invoke this action.");
    return invalid_parameter("SQS:" + action, "ActionName",
                             "Please refer to the appropriate WSDL for a list of valid actions. ");
  }
  json::object policy;
  json::array statements;
  if (const auto parsed = json::parse(document); parsed.ok() && parsed->is_object()) {
    policy = parsed->get_object();
    for (const json::value* statement : statements_of(*parsed)) statements.push_back(*statement);
  } else {
    policy["Version"] = "2008-10-17";
    policy["Id"] = std::string(queue_arn) + "/SQSDefaultPolicy";
  }
  for (const json::value& statement : statements)
    if (const auto* sid = json::find(statement, "Sid"); sid != nullptr && is_text(*sid, added.label))
      return invalid_parameter(added.label, "Label", "Already exists.");
  if (statements.size() >= kStatements)
    return Error{kOverLimit, std::to_string(statements.size() + 1) +
                                 " statements were found in the submitted policy, max allowed is 20"};

  std::vector<std::string> principals, actions;
  for (const auto& id : added.account_ids) principals.push_back("arn:aws:iam::" + id + ":root");
  for (const auto& action : added.actions) actions.push_back("SQS:" + action);
  json::object statement;
  statement["Sid"] = added.label;
  statement["Effect"] = "Allow";
  statement["Principal"] = json::object{{"AWS", one_or_list(std::move(principals))}};
  statement["Action"] = one_or_list(std::move(actions));
  statement["Resource"] = queue_arn;
  statements.emplace_back(std::move(statement));
  policy["Statement"] = std::move(statements);
  return json::text(policy);
}

Result<std::string> without_permission(std::string_view document, std::string_view label) {
  const Error missing = invalid_parameter(label, "Label", "can't find label.");
  const auto parsed = json::parse(document);
  if (!parsed.ok() || !parsed->is_object()) return missing;
  json::array kept;
  const auto statements = statements_of(*parsed);
  for (const json::value* statement : statements) {
    const json::value* sid = json::find(*statement, "Sid");
    if (sid == nullptr || !is_text(*sid, label)) kept.push_back(*statement);
  }
  if (kept.size() == statements.size()) return missing;
  if (kept.empty()) return std::string();
  json::object policy = parsed->get_object();
  policy["Statement"] = std::move(kept);
  return json::text(policy);
}

bool policy_allows(std::string_view document, const ServiceAccess& access) {
  const auto parsed = json::parse(document);
  if (!parsed.ok()) return false;
  bool is_allowed = false;
  for (const json::value* statement : statements_of(*parsed)) {
    if (!applies(*statement, access)) continue;
    const json::value* effect = json::find(*statement, "Effect");
    const Condition condition = conditions(*statement, access);
    if (effect == nullptr) continue;
    // What is not understood never opens a door.
    if (*effect == "Deny" && condition != Condition::not_met) return false;
    if (*effect == "Allow" && condition == Condition::met) is_allowed = true;
  }
  return is_allowed;
}

}  // namespace cumulet::sqs
