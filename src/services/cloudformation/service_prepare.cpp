#include <algorithm>

#include "base/arn.hpp"
#include "base/encoding.hpp"
#include "services/cloudformation/prepared_change.hpp"
#include "services/cloudformation/service.hpp"
#include "services/cloudformation/statuses.hpp"

namespace cumulet::cloudformation::service {
namespace {

constexpr std::size_t kMostBodyBytes = 51'200;
constexpr std::string_view kHidden = "****";

struct ObjectPlace {
  std::string bucket, key;
};

// https://bucket.s3.region.amazonaws.com/key, https://s3.region.amazonaws.com/bucket/key, and this engine's own
// addresses: http://127.0.0.1:4566/bucket/key, http://bucket.s3.localhost:4566/key.
std::optional<ObjectPlace> object_of_url(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  if (const auto name = url.substr(0, scheme); name != "http" && name != "https" && name != "s3") return std::nullopt;
  const bool is_s3 = url.starts_with("s3://");
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("?#"));
  const auto slash = url.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::string host(url.substr(0, slash));
  std::string path = percent_decode(url.substr(slash + 1), Plus::literal).value_or("");
  ObjectPlace out;
  const auto service = std::min(host.find(".s3."), host.find(".s3-"));
  if (is_s3) {
    out = {host, path};
  } else if (service != std::string::npos) {
    out = {host.substr(0, service), path};
  } else {
    const auto next = path.find('/');
    if (next == std::string::npos) return std::nullopt;
    out = {path.substr(0, next), path.substr(next + 1)};
  }
  if (out.bucket.empty() || out.key.empty()) return std::nullopt;
  return out;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

// The parameters' texts: as given, as before where that is asked for. What is not among them has its default.
Result<std::map<std::string, std::string>> given_values(const StackInput& input, const StackRow& row) {
  std::map<std::string, std::string> out;
  if (!input.parameters) return out;
  for (const StackParameter& p : *input.parameters) {
    if (!p.parameter_key || p.parameter_key->empty())
      return template_error(0, "Parameter keys cannot be null or empty.");
    if (p.use_previous_value.value_or(false)) {
      if (p.parameter_value)
        return template_error(0, "Invalid input for parameter key " + *p.parameter_key +
                                     ". Cannot specify usePreviousValue as true and non empty value for a parameter");
      // Where it had its default, it has the new template's.
      if (!row.details.given) continue;
      for (const StackParameter& before : *row.details.given)
        if (before.parameter_key == p.parameter_key) out[*p.parameter_key] = before.parameter_value.value_or("");
      continue;
    }
    if (!p.parameter_value) return template_error(0, "Parameter '" + *p.parameter_key + "' must have a value");
    if (!out.try_emplace(*p.parameter_key, *p.parameter_value).second)
      return template_error(0, "Parameters: [" + *p.parameter_key + "] are specified more than once");
  }
  return out;
}

std::string value_text(const Node& value) {
  if (!value.is(Node::Kind::list)) return as_text(value).value_or("");
  std::string out;
  for (const Node& item : value.items) out += (out.empty() ? "" : ",") + as_text(item).value_or("");
  return out;
}

bool has_same_outputs(const Template& a, const Template& b) {
  return std::ranges::equal(a.outputs, b.outputs, [](const Output& x, const Output& y) {
    return x.name == y.name && x.description == y.description && x.condition == y.condition &&
           to_json(x.value) == to_json(y.value) && to_json(x.export_name) == to_json(y.export_name);
  });
}

bool has_same_tags(const std::vector<StackTag>& a, const std::vector<StackTag>& b) {
  return std::ranges::is_permutation(
      a, b, [](const StackTag& x, const StackTag& y) { return x.key == y.key && x.value == y.value; });
}

Result<void> check_capabilities(const TemplateFacts& facts, const Texts& acknowledged) {
  const auto has = [&](std::string_view name) {
    return acknowledged && std::ranges::find(*acknowledged, name) != acknowledged->end();
  };
  std::vector<std::string> lacking;
  for (const std::string& needed : facts.capabilities)
    if (!has(needed) && !has("CAPABILITY_NAMED_IAM")) lacking.push_back(needed);
  if (lacking.empty()) return {};
  return Error{kInsufficientCapabilities, "Requires capabilities : [" + joined(lacking) + "]"};
}

}  // namespace

Result<std::string> CloudFormation::template_text(const wire::CallContext& context, const Text& body, const Text& url) {
  if (body && url) return template_error(0, "Either Template URL or Template Body must be specified, not both.");
  if (body) {
    if (body->size() > kMostBodyBytes)
      return template_error(0,
                            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
                            "Member must have length less than or equal to 51200");
    return *body;
  }
  if (!url) return template_error(0, "Either Template URL or Template Body must be specified.");
  const auto place = object_of_url(*url);
  if (!place) return template_error(0, "TemplateURL must be a supported URL.");
  const auto caller = make_caller_({context.caller, context.region, context.endpoint});
  const auto object = caller->call("s3", "GetObject", {{"Bucket", place->bucket}, {"Key", place->key}});
  if (!object.ok()) {
    std::string why = object.error().message();
    if (const std::string code = error_code(object.error()); why.starts_with(code + ": "))
      why.erase(0, code.size() + 2);
    return template_error(0, "S3 error: " + why +
                                 "\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/"
                                 "ErrorResponses.html");
  }
  return member_text(*object, "Body");
}

Result<std::map<std::string, Export>> CloudFormation::exports_beside(const std::string& region,
                                                                     const std::string& stack_id) {
  std::map<std::string, Export> out;
  CUMULET_TRY(const auto rows, rows_.list(region, StackRows::Which::live));
  for (const StackRow& row : rows) {
    if (row.stack.id == stack_id) continue;
    for (const auto& [name, output] : row.stack.exports) {
      const json::value* value = output.is_string() ? row.stack.outputs.if_contains(output.as_string()) : nullptr;
      if (value && value->is_string()) out[std::string(name)] = {std::string(value->as_string()), row.stack.name};
    }
  }
  return out;
}

Result<PreparedChange> CloudFormation::prepare(const wire::CallContext& context, const StackInput& input,
                                               const StackRow& row, std::string text, Purpose purpose) {
  PreparedChange out;
  CUMULET_TRY(out.facts, template_facts(text));
  const Texts acknowledged = input.capabilities;
  CUMULET_CHECK(check_capabilities(out.facts, acknowledged));
  out.who = {context.caller, context.region, context.endpoint};

  PlanRequest request;
  request.template_text = text;
  CUMULET_TRY(request.parameters, given_values(input, row));
  Environment environment;
  environment.account_id = kAccountId;
  environment.region = context.region;
  environment.stack_name = row.stack.name;
  environment.stack_id = row.stack.id;
  CUMULET_TRY(environment.exports, exports_beside(context.region, row.stack.id));
  // What is not given has its default, whatever it was before.
  Stack before = row.stack;
  before.parameters = {};
  NoArtifacts none;
  std::set<std::string> gone;
  const auto caller = make_caller_(out.who);
  for (const std::string& name : stored_parameters(out.facts.source, request.parameters)) {
    const auto found = caller->call("ssm", "GetParameter", {{"Name", name}});
    if (!found.ok() && error_code(found.error()) != "ParameterNotFound") return found.error();
    const json::value* parameter = found.ok() ? json::find(*found, "Parameter") : nullptr;
    if (parameter) request.stored[name] = member_text(*parameter, "Value");
  }
  if (purpose == Purpose::update) {
    RowStore store(rows_, context.region, work_.is_over());
    Surroundings around = surroundings(*caller, store, none, context.region);
    CUMULET_TRY(gone, find_gone(around, row.stack));
  }
  request.aws = caller.get();
  CUMULET_TRY(out.plan, make_plan(request, environment, before, gone, none));

  StackDetails& d = out.details;
  d = row.details;
  if (!out.facts.source.description.empty()) d.description = out.facts.source.description;
  if (out.facts.source.description.empty()) d.description.reset();
  d.template_body = std::move(text);
  d.processed_template.reset();
  if (out.facts.source.sam) d.processed_template = processed_text(out.facts.processed);
  d.parameters.clear();
  d.given.emplace();
  for (const Parameter& p : out.facts.source.parameters) {
    const auto value = out.plan.parameters.find(p.name);
    if (value == out.plan.parameters.end()) continue;
    const auto given = request.parameters.find(p.name);
    const std::string shown = given != request.parameters.end() ? given->second : value_text(value->second);
    StackParameter one;
    one.parameter_key = p.name;
    one.parameter_value = p.no_echo ? std::string(kHidden) : shown;
    if (p.type.starts_with("AWS::SSM::Parameter::Value<")) {
      one.resolved_value = value_text(value->second);
      if (given == request.parameters.end()) one.parameter_value = p.default_value;
    }
    d.parameters.push_back(one);
    one.resolved_value.reset();
    if (given == request.parameters.end()) continue;
    one.parameter_value = given->second;
    d.given->push_back(std::move(one));
  }
  d.outputs.clear();
  for (const Output& o : out.facts.source.outputs) {
    if (o.description.empty()) continue;
    StackOutput one;
    one.output_key = o.name;
    one.description = o.description;
    d.outputs.push_back(std::move(one));
  }
  if (input.tags) d.tags = *input.tags;
  d.capabilities = input.capabilities.value_or(std::vector<std::string>{});
  if (input.notification_arns) d.notification_arns = *input.notification_arns;
  if (input.role_arn) d.role_arn = input.role_arn;
  if (input.rollback_configuration) d.rollback_configuration = input.rollback_configuration;
  if (purpose == Purpose::update) d.updated = clock_.now();
  d.caller_key = context.caller.access_key_id;
  d.caller_account = context.caller.account;
  d.caller_arn = context.caller.arn;
  d.caller_id = context.caller.user_id;
  d.caller_is_root = context.caller.is_root;
  d.endpoint = context.endpoint;

  out.changes_anything = changes_anything(out.plan) || !row.stack.replaced.empty();
  if (!out.changes_anything && purpose == Purpose::update) {
    const auto old = template_facts(row.details.template_body);
    out.changes_anything =
        !old.ok() || !has_same_outputs(old->source, out.facts.source) || !has_same_tags(d.tags, row.details.tags);
  }
  return out;
}

}  // namespace cumulet::cloudformation::service
