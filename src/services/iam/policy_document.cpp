#include "services/iam/policy_document.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/http.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "services/iam/service.hpp"

namespace cumulet::iam {
namespace {

constexpr std::string_view kSyntax = "Syntax errors in policy.";
constexpr std::string_view kLegacy = "The policy failed legacy parsing";

Error malformed(std::string_view text) { return Error{kMalformedPolicyDocument, std::string(text)}; }

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& known) {
  return std::ranges::find(known, name) != known.end();
}

const json::value* member(const json::value& statement, std::string_view name) { return json::find(statement, name); }
const json::value* either(const json::value& statement, std::string_view one, std::string_view other) {
  const json::value* found = member(statement, one);
  return found ? found : member(statement, other);
}

// A text or a list of texts; nothing else.
bool is_texts(const json::value& v) {
  if (v.is_string()) return true;
  return v.is_array() && std::ranges::all_of(v.get_array(), [](const json::value& one) { return one.is_string(); });
}
std::vector<std::string> texts(const json::value* v) {
  std::vector<std::string> out;
  if (v && v->is_string()) out.emplace_back(v->get_string());
  if (v && v->is_array())
    for (const json::value& one : v->get_array())
      if (one.is_string()) out.emplace_back(one.get_string());
  return out;
}

using Statements = std::vector<const json::value*>;

std::optional<Statements> statements_of(const json::value& document) {
  const json::value* found = member(document, "Statement");
  if (!found) return std::nullopt;
  Statements out;
  if (found->is_object()) out.push_back(found);
  if (found->is_array())
    for (const json::value& one : found->get_array()) out.push_back(&one);
  const bool are_objects = std::ranges::all_of(out, [](const json::value* s) { return s->is_object(); });
  return out.empty() || !are_objects ? std::nullopt : std::optional(std::move(out));
}

// "ForAllValues:StringEqualsIfExists" -> "StringEquals"
std::string_view operator_of(std::string_view condition) {
  for (const std::string_view set : {"ForAnyValue:", "ForAllValues:"})
    if (condition.starts_with(set)) condition.remove_prefix(set.size());
  constexpr std::string_view kIfExists = "IfExists";
  if (condition.ends_with(kIfExists)) condition.remove_suffix(kIfExists.size());
  return condition;
}

bool is_condition(const json::value& condition) {
  static constexpr auto kOperators = std::to_array<std::string_view>({
      "StringEquals",
      "StringNotEquals",
      "StringEqualsIgnoreCase",
      "StringNotEqualsIgnoreCase",
      "StringLike",
      "StringNotLike",
      "NumericEquals",
      "NumericNotEquals",
      "NumericLessThan",
      "NumericLessThanEquals",
      "NumericGreaterThan",
      "NumericGreaterThanEquals",
      "DateEquals",
      "DateNotEquals",
      "DateLessThan",
      "DateLessThanEquals",
      "DateGreaterThan",
      "DateGreaterThanEquals",
      "Bool",
      "BinaryEquals",
      "IpAddress",
      "NotIpAddress",
      "ArnEquals",
      "ArnLike",
      "ArnNotEquals",
      "ArnNotLike",
      "Null",
  });
  if (!condition.is_object()) return false;
  for (const auto& [name, keys] : condition.get_object()) {
    if (!keys.is_object()) return false;
    if (!keys.get_object().empty() && !is_one_of(operator_of(name), kOperators)) return false;
    for (const auto& [key, values] : keys.get_object()) {
      const auto is_scalar = [](const json::value& v) { return v.is_string() || v.is_bool() || v.is_number(); };
      if (is_scalar(values)) continue;
      if (!values.is_array() || !std::ranges::all_of(values.get_array(), is_scalar)) return false;
    }
  }
  return true;
}

// What a document needs to be one at all, whatever it says.
bool is_permission_document(const json::value& document) {
  static constexpr auto kTop = std::to_array<std::string_view>({"Version", "Id", "Statement", "Conditions"});
  static constexpr auto kMembers =
      std::to_array<std::string_view>({"Sid", "Action", "NotAction", "Resource", "NotResource", "Effect", "Condition"});
  for (const auto& [name, value] : document.get_object())
    if (!is_one_of(name, kTop)) return false;
  if (const json::value* id = member(document, "Id"); id && !id->is_string()) return false;
  const auto statements = statements_of(document);
  if (!statements) return false;
  for (const json::value* statement : *statements) {
    for (const auto& [name, value] : statement->get_object())
      if (!is_one_of(name, kMembers)) return false;
    for (const std::string_view what : {"Action", "Resource"}) {
      const json::value* positive = member(*statement, what);
      const json::value* negative = member(*statement, "Not" + std::string(what));
      if (positive && negative) return false;
      if (const json::value* given = positive ? positive : negative; given && !is_texts(*given)) return false;
    }
    const json::value* effect = member(*statement, "Effect");
    if (!effect || !effect->is_string()) return false;
    if (!iequals(effect->get_string(), "allow") && !iequals(effect->get_string(), "deny")) return false;
    if (const json::value* condition = member(*statement, "Condition"); condition && !is_condition(*condition))
      return false;
    if (const json::value* sid = member(*statement, "Sid"); sid && !sid->is_string()) return false;
  }
  return true;
}

bool is_date(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc{} && end == text.data() + text.size()) return true;
  if (text.size() == 10) return parse_iso8601(std::string(text) + "T00:00:00Z").has_value();
  return parse_iso8601(text).has_value();
}

bool passes_legacy_parsing(const json::value& statement) {
  const std::string_view effect = member(statement, "Effect")->get_string();
  if (effect != "Allow" && effect != "Deny") return false;
  const json::value* condition = member(statement, "Condition");
  if (!condition) return true;
  for (const auto& [name, keys] : condition->get_object()) {
    if (!operator_of(name).starts_with("Date")) continue;
    for (const auto& [key, values] : keys.get_object())
      for (const std::string& value : texts(&values))
        if (!is_date(value)) return false;
  }
  return true;
}

std::string_view before_colon(std::string_view& rest) {
  const auto colon = rest.find(':');
  const std::string_view part = rest.substr(0, colon);
  rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
  return part;
}

// The text of what is wrong with a resource, as far as IAM looks at it; empty: nothing.
std::string resource_fault(const std::string& resource) {
  if (resource == "*") return {};
  if (resource.find(':') == std::string::npos) return "Resource " + resource + " must be in ARN format or \"*\".";
  std::string_view rest = resource;
  before_colon(rest);
  const bool has_service = rest.find(':') != std::string_view::npos;
  const std::string_view partition = before_colon(rest);
  if (partition != "aws" && partition != "aws-cn" && partition != "aws-us-gov" && partition != "*") {
    std::string parts;
    for (int i = 0; i < 3; ++i) {
      const bool is_missing = rest.empty() && (i > 0 || !has_service);
      const std::string_view part = before_colon(rest);
      parts += ':' + (is_missing || (i == 0 && part.empty() && rest.empty()) ? std::string("*") : std::string(part));
    }
    parts += ':' + (rest.empty() ? std::string("*") : std::string(rest));
    return "Partition \"" + std::string(partition) + "\" is not valid for resource \"arn:" + std::string(partition) +
           parts + "\".";
  }
  if (!has_service) return "Resource vendor must be fully qualified and cannot contain regexes.";
  const std::string_view service = before_colon(rest);
  const bool has_region = !rest.empty() && !rest.starts_with(':') && !rest.starts_with("*:");
  if (service == "iam" && has_region) return "IAM resource " + resource + " cannot contain region information.";
  if (service == "s3" && has_region) return "Resource " + resource + " can not contain region information.";
  if (service != "iam") return {};
  before_colon(rest);  // region
  before_colon(rest);  // account
  static constexpr auto kPaths = std::to_array<std::string_view>(
      {"user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/",
       "sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/"});
  if (rest.starts_with('*') || rest == "root" ||
      std::ranges::any_of(kPaths, [&](std::string_view path) { return rest.starts_with(path); }))
    return {};
  std::string known;
  for (const std::string_view path : kPaths) known += (known.empty() ? "" : ", ") + std::string(path);
  return "IAM resource path must either be \"*\" or start with " + known + ".";
}

// "arn:aws:s3::bucket": a field short.
bool is_legacy_resource(const std::string& resource) {
  if (resource == "*") return true;
  if (std::ranges::count(resource, ':') < 5 && resource.find("::") != std::string::npos) return false;
  std::string_view rest = resource;
  before_colon(rest);
  before_colon(rest);
  return !before_colon(rest).empty();
}

Result<void> check_action(const std::string& action) {
  const auto colon = action.find(':');
  if (colon == std::string::npos) {
    if (action == "*") return {};
    return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  }
  if (action.find(':', colon + 1) != std::string::npos)
    return malformed("Actions/Condition can contain only one colon.");
  const std::string vendor = action.substr(0, colon);
  const bool is_vendor = vendor == "*" || std::ranges::all_of(vendor, [](char c) {
                           return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.';
                         });
  return is_vendor ? Result<void>{} : malformed("Vendor " + vendor + " is not valid");
}

bool lacks(const json::value& statement, std::string_view what) {
  const json::value* given = either(statement, what, "Not" + std::string(what));
  return !given || (given->is_array() && given->get_array().empty());
}

// The faults in the order in which IAM reports them.
Result<void> check_statements(const Statements& statements) {
  for (const json::value* statement : statements)
    if (!passes_legacy_parsing(*statement)) return malformed(kLegacy);
  std::string fault;
  for (const json::value* statement : statements) {
    const auto resources = texts(either(*statement, "Resource", "NotResource"));
    for (const std::string& resource : resources)
      if (fault.empty()) fault = resource_fault(resource);
    if (fault.empty() && !std::ranges::all_of(resources, is_legacy_resource)) return malformed(kLegacy);
  }
  std::set<std::string> sids;
  for (const json::value* statement : statements)
    for (const std::string& sid : texts(member(*statement, "Sid")))
      if (!sid.empty() && !sids.insert(sid).second)
        return malformed("Statement IDs (SID) in a single policy must be unique.");
  for (const json::value* statement : statements)
    if (lacks(*statement, "Action")) return malformed("Policy statement must contain actions.");
  for (const json::value* statement : statements)
    if (lacks(*statement, "Resource")) {
      // An action without its service is told first.
      for (const std::string& action : texts(either(*statement, "Action", "NotAction")))
        CUMULET_CHECK(check_action(action));
      return malformed("Policy statement must contain resources.");
    }
  if (!fault.empty()) return malformed(fault);
  for (const json::value* statement : statements)
    for (const std::string& action : texts(either(*statement, "Action", "NotAction")))
      CUMULET_CHECK(check_action(action));
  return {};
}

bool names_version(const json::value& document, std::string_view wanted) {
  const json::value* version = member(document, "Version");
  return version && version->is_string() && version->get_string() == wanted;
}

Result<void> check_trust_statement(const json::value& statement) {
  const json::value* effect = member(statement, "Effect");
  if (!effect || !effect->is_string()) return malformed("Missing required field Effect");
  if (effect->get_string() != "Allow" && effect->get_string() != "Deny")
    return malformed("Invalid effect: " + std::string(effect->get_string()));
  const json::value* actions = either(statement, "Action", "NotAction");
  if (!actions) return malformed("Missing required field Action");
  if (either(statement, "Resource", "NotResource")) return malformed("Has prohibited field Resource");
  if (!either(statement, "Principal", "NotPrincipal")) return malformed("Missing required field Principal");
  for (const std::string& action : texts(actions))
    if (!iequals(action.substr(0, 4), "sts:"))
      return malformed("AssumeRole policy may only specify STS AssumeRole actions.");
  const json::value* principal = member(statement, "Principal");
  if (!principal || !principal->is_object()) return {};
  for (const std::string& service : texts(member(*principal, "Service")))
    if (service.find('.') == std::string::npos)
      return malformed("Invalid principal in policy: \"SERVICE\":\"" + service + "\"");
  return {};
}

}  // namespace

Result<void> check_trust_policy(std::string_view document) {
  const auto parsed = json::parse(document, {.depth = 64});
  if (!parsed.ok() || !parsed->is_object()) return malformed("This policy contains invalid Json");
  if (member(*parsed, "Version") && !names_version(*parsed, "2012-10-17") && !names_version(*parsed, "2008-10-17"))
    return malformed(kSyntax);
  const auto statements = statements_of(*parsed);
  if (!statements) return malformed(kSyntax);
  for (const json::value* statement : *statements) CUMULET_CHECK(check_trust_statement(*statement));
  return {};
}

Result<void> check_permission_policy(std::string_view document, PolicyUse use) {
  const auto parsed = json::parse(document, {.depth = 64});
  if (!parsed.ok() || !parsed->is_object()) return malformed(kSyntax);
  if (member(*parsed, "Version") && !names_version(*parsed, "2012-10-17") && !names_version(*parsed, "2008-10-17"))
    return malformed(kSyntax);
  const auto statements = statements_of(*parsed);
  if (statements && std::ranges::any_of(*statements, [](const json::value* s) {
        return either(*s, "Principal", "NotPrincipal") != nullptr;
      }))
    return malformed("Policy document should not specify a principal.");
  if (!is_permission_document(*parsed)) return malformed(kSyntax);
  if (use == PolicyUse::managed && !names_version(*parsed, "2012-10-17"))
    return malformed("Policy document must be version 2012-10-17 or greater.");
  return check_statements(*statements);
}

std::size_t counted_size(std::string_view document) {
  return static_cast<std::size_t>(
      std::ranges::count_if(document, [](unsigned char c) { return std::isspace(c) == 0; }));
}

}  // namespace cumulet::iam
