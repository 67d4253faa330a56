#include "cloudformation/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
namespace cumulet::cloudformation {
namespace {

Result<Created> create(Provisioning& p, const Desired& desired) {
  const std::string& name = desired.name;
  CUMULET_CHECK(p.aws.call("logs", "CreateLogGroup", {{"logGroupName", name}}));
  const Environment& e = p.environment;
  const std::string arn = "arn:" + e.partition + ":logs:" + e.region + ":" + e.account_id + ":log-group:" + name + ":*";
  return Created{.physical_id = name, .attributes = {{"Arn", arn}}, .applied = {}};
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  if (!property_changed(current, to_json(desired.properties).as_object(), "RetentionInDays")) return {};
  const Node* days = desired.properties.find("RetentionInDays");
  if (!days) {
    if (!current.properties.contains("RetentionInDays")) return {};
    return discard(p.aws.call("logs", "DeleteRetentionPolicy", {{"logGroupName", current.physical_id}}));
  }
  const auto count = as_integer(*days);
  if (!count) return template_error(days->line, "RetentionInDays must be a number of days");
  return discard(
      p.aws.call("logs", "PutRetentionPolicy", {{"logGroupName", current.physical_id}, {"retentionInDays", *count}}));
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  return unless_gone(discard(p.aws.call("logs", "DeleteLogGroup", {{"logGroupName", current.physical_id}})),
                     {"ResourceNotFoundException"});
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  CUMULET_TRY(const json::value answer,
              p.aws.call("logs", "DescribeLogGroups", {{"logGroupNamePrefix", current.physical_id}}));
  const json::value* groups = json::find(answer, "logGroups");
  if (!groups || !groups->is_array()) return false;
  for (const json::value& group : groups->as_array())
    if (const auto* name = json::find(group, "logGroupName"); name && *name == json::value(current.physical_id))
      return true;
  return false;
}

}  // namespace

const ResourceType kLogGroup{.name = "AWS::Logs::LogGroup",
                             .properties = {"LogGroupName", "RetentionInDays"},
                             .ignored = {"KmsKeyId", "DataProtectionPolicy", "LogGroupClass", "Tags"},
                             .required = {},
                             .replacing = {"LogGroupName"},
                             .name_property = "LogGroupName",
                             .name_length = 512,
                             .attributes = {"Arn"},
                             .create = create,
                             .update = update,
                             .remove = remove,
                             .exists = exists};

}  // namespace cumulet::cloudformation
